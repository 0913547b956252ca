"""Events: one usable definition each, and everything it names."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from lxml import etree

from app.engine.graph import ACTIVITIES, EVENTS, strip_prefix
from app.engine.importer.draft import (
    Draft,
    definitions_of,
    entering,
    leaving,
    nodes_of,
    rename,
    text_of,
)
from app.engine.importer.expressions import is_feel, is_time
from app.engine.xml import bpmn, local_name

CATCHABLE = frozenset({"message", "timer", "signal", "conditional"})
ALLOWED = {
    "startEvent": frozenset({"message"}),
    "intermediateCatchEvent": CATCHABLE | {"link"},
    "intermediateThrowEvent": frozenset({"message", "signal", "escalation", "link"}),
    "boundaryEvent": CATCHABLE | {"error", "escalation"},
    "endEvent": frozenset({"message", "signal", "escalation", "error", "terminate"}),
}
TIMES = ("timeDate", "timeDuration", "timeCycle")
NAMED = {"message": "message", "signal": "signal", "error": "error", "escalation": "escalation"}
CREATED = {
    "message": "message_created",
    "signal": "signal_created",
    "error": "error_created",
    "escalation": "escalation_created",
}


def kind_of(draft: Draft, definition: Any) -> str:
    """`timer` of a timerEventDefinition or of a reference to one; empty when that names nothing."""
    if local_name(definition) == "eventDefinitionRef":
        target = strip_prefix((definition.text or "").strip())
        shared = next((item for item in draft.root if target and item.get("id") == target), None)
        return local_name(shared).removesuffix("EventDefinition") if shared is not None else ""
    return local_name(definition).removesuffix("EventDefinition")


def repair_events(draft: Draft, scope: Any) -> None:
    """Every event of one level."""
    for element in nodes_of(scope).values():
        if local_name(element) in EVENTS:
            _own_definitions(draft, element)
            _position(draft, scope, element)
            _choose(draft, element, _allowed(scope, element))
            for definition in definitions_of(element):
                _complete(draft, element, definition)
            _without_definition(draft, element)
    _links(draft, scope)


def _own_definitions(draft: Draft, element: Any) -> None:
    """References to shared definitions become definitions of the event's own."""
    for reference in element.findall(bpmn("eventDefinitionRef")):
        target = strip_prefix((reference.text or "").strip())
        shared = next((item for item in draft.root if target and item.get("id") == target), None)
        if shared is not None and local_name(shared).endswith("EventDefinition"):
            copy = deepcopy(shared)
            copy.attrib.pop("id", "")
            copy.tail = reference.tail
            element.replace(reference, copy)


def _position(draft: Draft, scope: Any, element: Any) -> None:
    """Events whose place in the flow contradicts their type."""
    kind, key = local_name(element), element.get("id")
    if kind == "startEvent" and entering(scope, key):
        _make_intermediate(draft, element, "flow_into_start")
    elif kind == "endEvent" and leaving(scope, key):
        _make_intermediate(draft, element, "end_with_outgoing")
    elif kind == "boundaryEvent":
        host = nodes_of(scope).get(element.get("attachedToRef") or "")
        if host is None or local_name(host) not in ACTIVITIES:
            element.attrib.pop("attachedToRef", None)
            element.attrib.pop("cancelActivity", None)
            rename(element, "intermediateCatchEvent")
            draft.note(element, "boundary_detached")
    elif kind == "event":
        rename(element, "intermediateThrowEvent")


def _make_intermediate(draft: Draft, element: Any, code: str) -> None:
    catches = any(kind_of(draft, item) in CATCHABLE for item in definitions_of(element))
    starts = local_name(element) == "startEvent"
    rename(element, "intermediateCatchEvent" if catches and starts else "intermediateThrowEvent")
    element.attrib.pop("isInterrupting", None)
    draft.note(element, code)


def _allowed(scope: Any, element: Any) -> frozenset[str]:
    if local_name(element) == "startEvent" and local_name(scope) != "process":
        return ALLOWED["boundaryEvent"] if scope.get("triggeredByEvent") == "true" else frozenset()
    return ALLOWED[local_name(element)]


def _choose(draft: Draft, element: Any, allowed: frozenset[str]) -> None:
    """Keep what the engine knows here; of an event that waits only the first definition."""
    waits = local_name(element) in ("startEvent", "intermediateCatchEvent", "boundaryEvent")
    kept = 0
    for definition in definitions_of(element):
        kind = kind_of(draft, definition)
        if kind == "cancel" and local_name(element) in ("boundaryEvent", "endEvent"):
            definition.tag = bpmn("errorEventDefinition")
            definition.set("errorRef", _cancel_error(draft))
            draft.note(element, "event_definition", "cancel")
            kept += 1
        elif kind in allowed and not (waits and kept):
            kept += 1
        else:
            code = "compensation" if kind == "compensate" else "event_definition"
            code = "start_trigger" if local_name(element) == "startEvent" and not kept else code
            draft.note(element, code, kind or text_of(definition))
            draft.set_aside(element, definition)


def _cancel_error(draft: Draft) -> str:
    for error in draft.root.findall(bpmn("error")):
        if error.get("errorCode") == "CANCEL":
            return str(error.get("id"))
    return draft.define("error", "CANCEL", errorCode="CANCEL")


def _complete(draft: Draft, element: Any, definition: Any) -> None:
    """Give a definition what it needs: a value, a condition, something to name."""
    kind = kind_of(draft, definition)
    if kind == "timer":
        _timer(draft, element, definition)
    elif kind == "conditional":
        _condition(draft, element, definition)
    elif kind in NAMED:
        _reference(draft, element, definition, kind)
    if (
        kind == "error"
        and local_name(element) == "boundaryEvent"
        and element.get("cancelActivity") == "false"
    ):
        del element.attrib["cancelActivity"]
        draft.note(element, "error_interrupts")


def _timer(draft: Draft, element: Any, definition: Any) -> None:
    values = [definition.find(bpmn(name)) for name in TIMES]
    given = [value for value in values if value is not None and text_of(value)]
    if given and is_time(text_of(given[0])):
        return
    draft.note(element, "timer_value", "；".join(text_of(value) for value in given))
    for value in values:
        if value is not None:
            draft.set_aside(element, value)
    duration = etree.SubElement(definition, bpmn("timeDuration"))
    duration.text = "P1D"


def _condition(draft: Draft, element: Any, definition: Any) -> None:
    condition = definition.find(bpmn("condition"))
    if condition is not None and text_of(condition) and is_feel(text_of(condition)):
        return
    draft.note(element, "condition_value", text_of(condition))
    if condition is not None:
        draft.set_aside(element, condition)
    placeholder = etree.SubElement(definition, bpmn("condition"))
    placeholder.text = "false"


def _reference(draft: Draft, element: Any, definition: Any, kind: str) -> None:
    attribute = f"{kind}Ref"
    if draft.referred(definition.get(attribute), kind) is not None:
        definition.set(attribute, definition.get(attribute).rpartition(":")[2])
        return
    catches_any = kind in ("error", "escalation") and local_name(element) in ("boundaryEvent", "startEvent")
    lost = definition.attrib.pop(attribute, None)
    if catches_any:
        if lost:
            draft.note(element, "dangling_reference", lost)
        return
    name = lost or (element.get("name") or "").strip() or element.get("id")
    codes = {"error": {"errorCode": name}, "escalation": {"escalationCode": name}}.get(kind, {})
    definition.set(attribute, draft.define(kind, name, **codes))
    draft.note(element, CREATED[kind], name)


def _without_definition(draft: Draft, element: Any) -> None:
    if definitions_of(element):
        return
    if local_name(element) == "intermediateCatchEvent":
        rename(element, "intermediateThrowEvent")
        draft.note(element, "event_without_definition")
    elif local_name(element) == "boundaryEvent":
        definition = etree.SubElement(element, bpmn("conditionalEventDefinition"))
        condition = etree.SubElement(definition, bpmn("condition"))
        condition.text = "false"
        draft.note(element, "boundary_condition")


def _links(draft: Draft, scope: Any) -> None:
    """Each link that is thrown needs exactly one event that catches it."""
    caught: dict[str, Any] = {}
    thrown: list[Any] = []
    for element in nodes_of(scope).values():
        definition = element.find(bpmn("linkEventDefinition"))
        if definition is None:
            continue
        name = definition.get("name") or (element.get("name") or "").strip()
        if local_name(element) == "intermediateThrowEvent":
            thrown.append((element, name))
        elif name in caught:
            definition.set("name", f"{name}_{element.get('id')}")
            draft.note(element, "link_twice", definition.get("name"))
        else:
            caught[name] = element
    for element, name in thrown:
        if name in caught:
            continue
        draft.set_aside(element, element.find(bpmn("linkEventDefinition")))
        if not leaving(scope, element.get("id")):
            rename(element, "endEvent")
        draft.note(element, "link_without_target")
