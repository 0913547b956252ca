"""Where a process and each of its sub-processes begin and end."""

from __future__ import annotations

from typing import Any

from lxml import etree

from app.engine.graph import SUB_PROCESSES
from app.engine.importer.draft import Draft, definitions_of, flows_of, leaving, nodes_of, rename
from app.engine.importer.expressions import set_condition
from app.engine.xml import bpmn, local_name


def repair_beginnings(draft: Draft, scope: Any) -> None:
    """One plain start at most, at least one start and one end."""
    if scope.get("triggeredByEvent") == "true" and not _event_start(scope):
        del scope.attrib["triggeredByEvent"]
        draft.note(scope, "event_sub_process")
        for start in scope.findall(bpmn("startEvent")):
            for definition in definitions_of(start):
                draft.set_aside(start, definition)
    starts = [node for node in nodes_of(scope).values() if local_name(node) == "startEvent"]
    if not starts:
        _add_start(draft, scope)
    plain = [start for start in starts if not definitions_of(start)]
    if len(plain) > 1 and local_name(scope) == "process":
        _make_message_starts(draft, plain[1:])
    elif len(plain) > 1:
        _join_starts(draft, scope, plain)
    _distinct_messages(draft, starts)
    if not any(local_name(node) == "endEvent" for node in nodes_of(scope).values()):
        _add_end(draft, scope)


def _event_start(scope: Any) -> bool:
    starts = scope.findall(bpmn("startEvent"))
    return len(starts) == 1 and len(definitions_of(starts[0])) == 1


def _in_flow(scope: Any) -> dict[str, Any]:
    """Nodes that take part in the flow: no boundary events, event sub-processes, or links that are caught."""
    return {
        key: node
        for key, node in nodes_of(scope).items()
        if local_name(node) != "boundaryEvent"
        and not (local_name(node) in SUB_PROCESSES and node.get("triggeredByEvent") == "true")
        and not (
            local_name(node) == "intermediateCatchEvent"
            and node.find(bpmn("linkEventDefinition")) is not None
        )
    }


def _add_start(draft: Draft, scope: Any) -> None:
    nodes = _in_flow(scope)
    entered = {flow.get("targetRef") for flow in flows_of(scope)}
    heads = [key for key in nodes if key not in entered] or list(nodes)[:1]
    start = draft.add_node(scope, "startEvent", heads[0] if heads else "")
    for head in heads:
        draft.add_flow(scope, start.get("id"), head)
    draft.note(scope, "no_start")


def _add_end(draft: Draft, scope: Any) -> None:
    nodes = _in_flow(scope)
    left = {flow.get("sourceRef") for flow in flows_of(scope)}
    tails = [key for key in nodes if key not in left]
    tails = [key for key in tails if nodes[key].find(bpmn("linkEventDefinition")) is None]
    end = draft.add_node(scope, "endEvent", tails[-1] if tails else "")
    for tail in tails:
        draft.add_flow(scope, tail, end.get("id"))
    draft.note(scope, "no_end")


def _make_message_starts(draft: Draft, starts: list[Any]) -> None:
    """Further plain starts are other ways to begin: each gets a message of its own."""
    for start in starts:
        definition = etree.SubElement(start, bpmn("messageEventDefinition"))
        name = (start.get("name") or "").strip() or start.get("id")
        definition.set("messageRef", draft.define("message", name))
        draft.note(start, "several_starts", name)


def _join_starts(draft: Draft, scope: Any, starts: list[Any]) -> None:
    """In a sub-process: one start, and a choice behind it."""
    first, others = starts[0], starts[1:]
    gateway = draft.add_node(scope, "exclusiveGateway", first.get("id"))
    for flow in leaving(scope, first.get("id")):
        draft.move_flow(flow, "sourceRef", gateway.get("id"))
    draft.add_flow(scope, first.get("id"), gateway.get("id"))
    own = leaving(scope, gateway.get("id"))
    if own:
        gateway.set("default", own[0].get("id"))
    for other in others:
        rename(other, "intermediateThrowEvent")
        flow = draft.add_flow(scope, gateway.get("id"), other.get("id"))
        if gateway.get("default") is None:
            gateway.set("default", flow.get("id"))
        else:
            set_condition(draft, flow, "false")
    for flow in own[1:]:
        set_condition(draft, flow, "false")
    draft.note(scope, "several_inner_starts")


def _distinct_messages(draft: Draft, starts: list[Any]) -> None:
    used: set[str] = set()
    for start in starts:
        definition = start.find(bpmn("messageEventDefinition"))
        if definition is None:
            continue
        message = draft.referred(definition.get("messageRef"), "message")
        name = (message.get("name") or message.get("id")) if message is not None else ""
        if name in used:
            name = f"{name} {start.get('id')}"
            definition.set("messageRef", draft.define("message", name))
            draft.note(start, "same_start_message")
        used.add(name)
