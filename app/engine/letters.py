"""The letter that a user task drafts: which template its next steps typeset, and with what data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.engine.definition import Definition
from app.engine.feel import FeelError, Scope
from app.engine.spiff.flow_node import FlowNode
from app.engine.spiff.formula import Formula
from app.engine.spiff.service_task import ServiceTask
from app.engine.spiff.sub_process import CallActivity
from app.engine.spiff.values import plain

DELEGATE = "render_letter"
_STEPS = 4  # how far behind the task its letter may be typeset


@dataclass(frozen=True)
class LetterPlan:
    """A letter that will be typeset with what a task's form holds now."""

    letter: str
    data: Mapping[str, Any]


def plan_letter(
    definition: Definition, process_id: str, element_id: str, variables: Mapping[str, Any], scope: Scope
) -> LetterPlan | None:
    """The letter behind a user task, computed as if its form held `variables`; None when it drafts none.

    Followed are the flows while there is only one way; the letter must show what the task's form gives.
    """
    result, found = _typeset_behind(definition, process_id, element_id)
    if found is None or not result or result not in found["data"].names:
        return None
    try:
        letter = found["letter"].evaluate(variables, scope)
        data = plain(found["data"].evaluate(variables, scope))
    except FeelError:
        return None
    return LetterPlan(str(letter), data) if isinstance(data, dict) else None


def _typeset_behind(
    definition: Definition, process_id: str, element_id: str
) -> tuple[str | None, dict[str, Formula] | None]:
    """The result variable of the task, and what the letter behind it is given."""
    specs = (spec for spec in definition.specs.values() if spec.process_id == process_id)
    spec = next((spec for spec in specs if spec.node(element_id) is not None), None)
    node = spec.node(element_id) if spec is not None else None
    result = node.settings.text("resultVariable") if node is not None else None
    for _step in range(_STEPS):
        node = spec.node(node.flows[0].target) if spec and node and len(node.flows) == 1 else None
        given = letter_parameters(node) if node is not None else {}
        if {"letter", "data"} <= given.keys():
            return result, given
        if not isinstance(node, ServiceTask):
            break
    return result, None


def letter_parameters(node: FlowNode) -> dict[str, Formula]:
    """What a step gives the delegate that typesets letters, or the process that it calls; else nothing."""
    if isinstance(node, ServiceTask) and node.settings.text("delegate") == DELEGATE:
        return dict(node.settings.parameters)
    return dict(node.settings.inputs) if isinstance(node, CallActivity) else {}
