"""Gateways and conditions."""

from __future__ import annotations

import re
from itertools import combinations

from app.engine.lint.finder import Finder
from app.engine.spiff.activity import Activity
from app.engine.spiff.boundary import BoundaryEvent
from app.engine.spiff.catching import Catcher, EventGateway
from app.engine.spiff.exclusive import ExclusiveGateway
from app.engine.spiff.flow_node import Flow, FlowNode
from app.engine.spiff.inclusive import InclusiveGateway
from app.engine.spiff.message import MessageTrigger
from app.engine.spiff.parallel import ParallelGateway
from app.engine.spiff.start_event import StartEvent
from app.engine.spiff.throwing import EndEvent

_OPPOSITE = {">": "<=", ">=": "<", "<": ">=", "<=": ">", "=": "!=", "!=": "="}
_COMPARISON = re.compile(r"(?P<left>[^<>=!]+?)\s*(?P<sign><=|>=|!=|<|>|=)\s*(?P<right>[^<>=!]+)")


def check_routing(finder: Finder) -> None:
    """Look at every way out."""
    for node in finder.nodes():
        if isinstance(node, (ExclusiveGateway, InclusiveGateway)):
            _check_split(finder, node)
        elif isinstance(node, EventGateway):
            _check_race(finder, node)
        elif isinstance(node, ParallelGateway):
            _check_parallel(finder, node)
        else:
            _check_others(finder, node)
        for flow in node.flows:
            if flow.is_default and flow.condition is not None:
                zh, en = "默认连线的条件不起作用", "the condition of a default flow has no effect"
                finder.warn(flow.id, "ignored_condition", zh, en)


def _check_split(finder: Finder, node: FlowNode) -> None:
    if not node.flows:
        finder.warn(node.bpmn_id, "no_way_on", "网关没有出口", "the gateway leads nowhere")
        return
    if len(node.flows) == 1 and node.flows[0].condition is None:
        return
    ways = [flow for flow in node.flows if not flow.is_default]
    for flow in ways:
        if flow.condition is None:
            finder.error(
                flow.id, "no_condition", "连线缺少条件", "the flow has no condition and is not the default"
            )
    complete = any(flow.is_default for flow in node.flows) or _is_judged(finder, node) or is_complete(ways)
    if not complete and all(flow.condition is not None for flow in ways):
        finder.warn(
            node.bpmn_id,
            "no_default",
            "没有默认连线，条件也未必覆盖所有情形",
            "no default flow, and the conditions may not cover everything",
        )


def _is_judged(finder: Finder, node: FlowNode) -> bool:
    """Whether the proof knows all values, and so says by itself what is missing."""
    return node.bpmn_id in finder.proofs.choices(finder.process.process_id).judged


def is_complete(ways: list[Flow]) -> bool:
    """Whether two of the conditions are plainly each other's opposite."""
    texts = [" ".join(flow.condition.text.split()) for flow in ways if flow.condition is not None]
    return "true" in texts or any(_opposite(one, other) for one, other in combinations(texts, 2))


def _opposite(one: str, other: str) -> bool:
    if f"not({one})" == other or f"not({other})" == one:
        return True
    first, second = _COMPARISON.fullmatch(one), _COMPARISON.fullmatch(other)
    if first is None or second is None or " and " in one + other or " or " in one + other:
        return False
    same = (first["left"], first["right"]) == (second["left"], second["right"])
    return same and _OPPOSITE[first["sign"]] == second["sign"]


def _check_parallel(finder: Finder, node: ParallelGateway) -> None:
    for flow in node.flows:
        if flow.condition is not None:
            zh, en = "并行网关的出口条件不起作用", "conditions behind a parallel gateway have no effect"
            finder.warn(flow.id, "ignored_condition", zh, en)
    if not node.flows:
        finder.warn(node.bpmn_id, "no_way_on", "网关没有出口", "the gateway leads nowhere")


def _check_race(finder: Finder, node: EventGateway) -> None:
    if len(node.flows) < 2:
        finder.error(
            node.bpmn_id,
            "event_gateway",
            "事件网关至少要有两个出口",
            "an event gateway has at least two ways",
        )
    seen: set[tuple[str, str]] = set()
    for flow in node.flows:
        target = node._wf_spec.task_specs[flow.target]
        trigger = target.trigger if isinstance(target, Catcher) else None
        if isinstance(trigger, MessageTrigger):
            key = (trigger.name, target.settings.attributes.get("correlationKey", ""))
            if key in seen:
                zh, en = f"两个出口等待同一消息 {key[0]}", f"two ways wait for the same message {key[0]}"
                finder.warn(target.bpmn_id, "ambiguous_message", zh, en)
            seen.add(key)
        if flow.condition is not None:
            zh, en = "事件网关的出口条件不起作用", "conditions behind an event gateway have no effect"
            finder.warn(flow.id, "ignored_condition", zh, en)


def _check_others(finder: Finder, node: FlowNode) -> None:
    conditional = [flow for flow in node.flows if flow.condition is not None and not flow.is_default]
    default = any(flow.is_default for flow in node.flows)
    always = any(flow.condition is None and not flow.is_default for flow in node.flows)
    complete = default or always or _is_judged(finder, node) or is_complete(conditional)
    if conditional and not complete:
        zh, en = "所有出口都有条件而无默认连线", "all ways out have conditions and none is the default"
        finder.warn(node.bpmn_id, "no_default", zh, en)
    begins = isinstance(node, (StartEvent, BoundaryEvent))
    if not node.flows and not isinstance(node, EndEvent) and (node.inputs or begins):
        kind = "任务" if isinstance(node, Activity) else "事件"
        finder.warn(
            node.bpmn_id, "implicit_end", f"{kind}之后没有结束事件", "the path ends without an end event"
        )
