"""What a case will have stamped when it is handed in: the parts that a later service task names, as they stand now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from app.engine.definition import Definition
from app.engine.feel import FeelError, Scope
from app.engine.spiff.service_task import ServiceTask
from app.engine.spiff.values import plain

DELEGATE = "stamp_submission"


def plan_receipt(
    definition: Definition, process_id: str, variables: Mapping[str, Any], scope: Scope
) -> list[dict[str, Any]]:
    """The parts {part, title, title_en, content} that the process stamps, as if it came to that with `variables`.

    Empty when the process stamps nothing, or when what it stamps cannot be told yet.
    """
    return next(_plans(definition, variables, scope, process_id), [])


def titles_of_parts(definition: Definition, scope: Scope) -> dict[str, tuple[str, str]]:
    """Part → its title, Chinese and English, for every part that any process of this definition stamps."""
    parts = [part for plan in _plans(definition, {}, scope) for part in plan]
    return {
        str(part.get("part")): (str(part.get("title") or ""), str(part.get("title_en") or ""))
        for part in parts
    }


def _plans(
    definition: Definition, variables: Mapping[str, Any], scope: Scope, process_id: str | None = None
) -> Iterator[list[dict[str, Any]]]:
    """What each service task that stamps would stamp; nothing where that cannot be told yet."""
    for spec in definition.specs.values():
        stamps = (node for node in spec.nodes
                  if isinstance(node, ServiceTask) and node.settings.text("delegate") == DELEGATE)  # fmt: skip
        formulas = (dict(node.settings.parameters).get("parts") for node in stamps)
        for formula in formulas if process_id in (None, spec.process_id) else ():
            with suppress(FeelError):
                parts = plain(formula.evaluate(variables, scope)) if formula is not None else None
                yield [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
