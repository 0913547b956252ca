"""What a case will have stamped when it is handed in: the parts that a later service task names, as they stand now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.engine.definition import Definition
from app.engine.feel import FeelError, Scope
from app.engine.spiff.service_task import ServiceTask
from app.engine.spiff.values import plain

DELEGATE = "stamp_submission"


def plan_receipt(
    definition: Definition, process_id: str, variables: Mapping[str, Any], scope: Scope
) -> list[dict[str, Any]]:
    """The parts {part, title, content} that the process stamps, computed as if it came to that with `variables`.

    Empty when the process stamps nothing, or when what it stamps cannot be told yet.
    """
    specs = (spec for spec in definition.specs.values() if spec.process_id == process_id)
    stamps = (node for spec in specs for node in spec.nodes
              if isinstance(node, ServiceTask) and node.settings.text("delegate") == DELEGATE)  # fmt: skip
    formula = next((dict(node.settings.parameters).get("parts") for node in stamps), None)
    if formula is None:
        return []
    try:
        parts = plain(formula.evaluate(variables, scope))
    except FeelError:
        return []
    return [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
