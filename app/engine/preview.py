"""What rule tasks of a diagram would decide on given values, before anything is handed in: the same tables, the same
parameters, in the order given, each seeing the results of those before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.engine.definition import Definition
from app.engine.feel import FeelError, Scope
from app.engine.spiff.decision_task import DecisionTask


@dataclass(frozen=True)
class Preview:
    """What one rule task would decide; `trace` as the history keeps it."""

    element_id: str
    name: str
    decision_id: str
    trace: Mapping[str, Any]


def preview_rules(
    definition: Definition,
    process_id: str,
    element_ids: Sequence[str],
    variables: Mapping[str, Any],
    scope: Scope,
) -> list[Preview]:
    """The decisions that can be made already; one that fails on what is still missing is left out."""
    seen = dict(variables)
    found = []
    for element_id in element_ids:
        node = _rule(definition, process_id, element_id)
        if node is None:
            continue
        try:
            given = {name: formula.evaluate(seen, scope) for name, formula in node.settings.parameters}
            result = node.model.evaluate(node.decision_id, {**seen, **given}, scope)
        except FeelError:
            continue
        if result.errors:
            continue
        seen[node.settings.text("resultVariable") or ""] = result.value
        trace = result.trace.as_json()
        found.append(Preview(element_id, node.bpmn_name or element_id, node.decision_id, trace))
    return found


def _rule(definition: Definition, process_id: str, element_id: str) -> DecisionTask | None:
    for spec in definition.specs.values():
        node = spec.node(element_id) if spec.process_id == process_id else None
        if isinstance(node, DecisionTask):
            return node
    return None
