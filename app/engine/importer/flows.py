"""Sequence flows: both ends there, on one level, conditions that can be decided."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from lxml import etree

from app.engine.graph import FLOW_NODES
from app.engine.importer.draft import (
    Draft,
    all_of,
    bpmn_elements,
    flows_of,
    nodes_of,
    remove,
    rename,
    text_of,
)
from app.engine.importer.expressions import has_feel_language, is_feel, set_condition
from app.engine.xml import bpmn, local_name


def repair_ends(draft: Draft) -> None:
    """Every sequence flow stands on the level of its two ends, or is set aside."""
    home = {
        element.get("id"): element.getparent()
        for element in bpmn_elements(draft.root)
        if local_name(element) in FLOW_NODES and element.get("id")
    }
    for flow in all_of(draft.root, "sequenceFlow"):
        ends = [flow.get("sourceRef") or "", flow.get("targetRef") or ""]
        scopes = [home.get(end) for end in ends]
        shown = " → ".join(end or "?" for end in ends)
        if scopes[0] is None or scopes[1] is None:
            _drop(draft, flow, "dangling_flow", shown)
        elif scopes[0] is not scopes[1]:
            _drop(draft, flow, "flow_across_levels", shown)
        elif flow.getparent() is not scopes[0]:
            remove(flow)
            scopes[0].append(flow)
            draft.note(flow, "flow_moved")
    for scope in draft.scopes():
        _refresh_references(scope)


def _drop(draft: Draft, flow: Any, code: str, detail: str) -> None:
    draft.note(flow, code, detail)
    draft.set_aside(flow.getparent(), flow)


def _refresh_references(scope: Any) -> None:
    """`incoming` and `outgoing` repeat what the flows say; wrong ones go."""
    flows = {flow.get("id"): flow for flow in flows_of(scope)}
    for node_id, node in nodes_of(scope).items():
        for reference in [*node.findall(bpmn("incoming")), *node.findall(bpmn("outgoing"))]:
            end = "targetRef" if local_name(reference) == "incoming" else "sourceRef"
            flow = flows.get((reference.text or "").strip())
            if flow is None or flow.get(end) != node_id:
                remove(reference)


def repair_conditions(draft: Draft, scope: Any) -> None:
    """Conditions in FEEL, a default where a choice needs one."""
    for flow in flows_of(scope):
        condition = flow.find(bpmn("conditionExpression"))
        text = text_of(condition)
        if text and not (has_feel_language(condition) and is_feel(text)):
            draft.note(flow, "condition_untranslated", text)
            set_condition(draft, flow, "false")
    leaving: dict[str, list[Any]] = defaultdict(list)
    for flow in flows_of(scope):
        leaving[flow.get("sourceRef")].append(flow)
    for node_id, node in nodes_of(scope).items():
        outgoing = leaving[node_id]
        _default(draft, node, outgoing)
        if local_name(node) in ("exclusiveGateway", "inclusiveGateway") and len(outgoing) > 1:
            _branches(draft, node, outgoing)
        if local_name(node) == "eventBasedGateway":
            _event_gateway(draft, scope, node, outgoing)
        if local_name(node) == "complexGateway":
            rename(node, "inclusiveGateway")
            draft.note(node, "complex_gateway")
            if len(outgoing) > 1:
                _branches(draft, node, outgoing)


def _default(draft: Draft, node: Any, outgoing: list[Any]) -> None:
    default = node.get("default")
    if default and default not in [flow.get("id") for flow in outgoing]:
        draft.note(node, "default_removed", default)
        del node.attrib["default"]


def _branches(draft: Draft, node: Any, outgoing: list[Any]) -> None:
    """The first branch without a condition becomes the default, others wait for the author."""
    for flow in outgoing:
        if text_of(flow.find(bpmn("conditionExpression"))) or flow.get("id") == node.get("default"):
            continue
        if node.get("default") is None:
            node.set("default", flow.get("id"))
            draft.note(flow, "default_chosen")
        else:
            set_condition(draft, flow, "false")
            draft.note(flow, "condition_missing")


def _event_gateway(draft: Draft, scope: Any, node: Any, outgoing: list[Any]) -> None:
    if node.get("instantiate") == "true" or node.get("eventGatewayType", "Exclusive") != "Exclusive":
        node.attrib.pop("instantiate", None)
        node.attrib.pop("eventGatewayType", None)
        draft.note(node, "event_gateway")
    nodes = nodes_of(scope)
    for flow in outgoing:
        target = nodes.get(flow.get("targetRef"))
        if target is not None and local_name(target) not in ("intermediateCatchEvent", "receiveTask"):
            waiting = draft.add_node(scope, "intermediateCatchEvent", node.get("id"))
            definition = etree.SubElement(waiting, bpmn("conditionalEventDefinition"))
            etree.SubElement(definition, bpmn("condition")).text = "false"
            draft.move_flow(flow, "targetRef", waiting.get("id"))
            draft.add_flow(scope, waiting.get("id"), target.get("id"))
            draft.note(flow, "event_gateway_target")
