"""How sub-processes and called processes can end, and who takes what they throw (BPMN 2.0.2 §10.5.6, 13.5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from app.engine.graph import Node, Process
from app.engine.soundness.net import Ending

RAISING = frozenset({"serviceTask", "scriptTask", "businessRuleTask", "sendTask", "userTask", "task"})
COUPLED = ("error", "escalation")


def thrown(node: Node) -> str:
    """What an event throws to the level around it; an empty string when nothing."""
    if "cancel" in node.event_kinds:
        return "cancel"
    kind = next((kind for kind in COUPLED if kind in node.event_kinds), "")
    return f"{kind}:{_code(node)}" if kind else ""


def catches(event: Node, ending: Ending) -> bool:
    """Whether a boundary event can ever fire on an activity that ends so; other kinds always can."""
    kinds = set(event.event_kinds)
    if not kinds or not kinds <= {*COUPLED, "cancel"}:
        return True
    if kinds & ending.raises or (kinds & {"cancel"}) & ending.outcomes:
        return True
    return any(_matches(event, outcome) for outcome in ending.outcomes)


def caught_inside(process: Process, scope_id: str | None, outcome: str) -> bool:
    """Whether an event sub-process of the level takes this error or escalation."""
    handlers = (node for node in process.children(scope_id) if node.triggered_by_event)
    starts = (start for handler in handlers for start in process.children(handler.id))
    return any(start.type == "startEvent" and _matches(start, outcome) for start in starts)


def raised(process: Process, scope_id: str | None, called: Mapping[str, Ending]) -> frozenset[str]:
    """The kinds that something inside may raise with a code that no diagram tells: services, unknown calls."""
    return frozenset(_raised(process, scope_id, called))


def _raised(process: Process, scope_id: str | None, called: Mapping[str, Ending]) -> Iterator[str]:
    for node in _inside(process, scope_id):
        if node.type in RAISING:
            yield "error"
        elif node.type == "callActivity":
            ending = called.get(node.called_element or "")
            yield from COUPLED if ending is None else ending.raises


def _inside(process: Process, scope_id: str | None) -> Iterable[Node]:
    for node in process.children(scope_id):
        yield node
        yield from _inside(process, node.id)


def _matches(event: Node, outcome: str) -> bool:
    kind, _, code = outcome.partition(":")
    own = _code(event)
    return kind in event.event_kinds and (not own or not code or own == code)


def _code(node: Node) -> str:
    return node.event_codes[0] if node.event_codes else ""
