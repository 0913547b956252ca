"""SpiffWorkflow's parser with our table of elements.

Corrects: one error and stop; recursion along the flow (500 tasks in a row are too many); unreachable nodes,
unknown elements, links and dangling references pass in silence; data stores refuse the whole file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.parser.node_parser import DEFAULT_NSMAP
from SpiffWorkflow.bpmn.parser.ProcessParser import ProcessParser

from app.engine.dmn import DecisionModel
from app.engine.spiff.activity import Activity
from app.engine.spiff.boundary import BoundaryEvent
from app.engine.spiff.case import MAX_DEPTH
from app.engine.spiff.catching import CatchEvent, EventGateway, ReceiveTask
from app.engine.spiff.event_sub_process import EventSubProcess
from app.engine.spiff.flow_node import Flow, FlowNode
from app.engine.spiff.formula import Formula
from app.engine.spiff.link import LinkCatch, LinkThrow
from app.engine.spiff.node_parsers import NODE_PARSERS, REFUSED
from app.engine.spiff.parallel import Join
from app.engine.spiff.process import ProcessSpec
from app.engine.spiff.report import ElementCompiler, Report
from app.engine.spiff.settings import read_settings
from app.engine.spiff.start_event import StartEvent
from app.engine.spiff.throwing import EndEvent
from app.engine.xml import BPMN, bpmn, local_name, namespace_of

# What may stand in a process without being executed.
SILENT = frozenset(
    {
        "association", "auditing", "category", "dataObject", "dataObjectReference", "dataStoreReference",
        "documentation", "extensionElements", "group", "incoming", "ioSpecification", "laneSet", "monitoring",
        "multiInstanceLoopCharacteristics", "outgoing", "property", "sequenceFlow",
        "standardLoopCharacteristics", "textAnnotation", "correlationSubscription",
        "dataInputAssociation", "dataOutputAssociation",
    }
)  # fmt: skip


# 8.3.13: what a sequence flow cannot lead to or come from.
NO_WAY_IN = (StartEvent, BoundaryEvent, EventSubProcess, LinkCatch)
NO_WAY_OUT = (EndEvent, EventSubProcess, LinkThrow)


@dataclass(frozen=True)
class Lane:
    """The lane of an element and who works in it."""

    id: str
    name: str
    candidates: Formula | None


class DiagramParser(BpmnParser):  # type: ignore[misc]
    """Reads one process of one file; what is wrong is in `report`."""

    OVERRIDE_PARSER_CLASSES = NODE_PARSERS

    def __init__(
        self, root: Any, process_id: str, report: Report, models: Mapping[str, DecisionModel | None]
    ) -> None:
        super().__init__(namespaces=DEFAULT_NSMAP)
        self.root = root
        self.process_id = process_id
        self.report = report
        # None stands for a decision that is there but cannot be read: its own problems say so.
        self.models = models
        self.specs: dict[str, ProcessSpec] = {}
        self.called: set[str] = set()
        self.lanes: dict[str, Lane] = {}
        self._depth = 0
        self.definitions = {child.get("id"): child for child in root if child.get("id")}

    def get_spec(self, process_id: str, required: bool = True) -> ProcessSpec | None:
        """The spec of the process, its levels in `specs`; None when the file does not hold it."""
        for process in self.root.iter(bpmn("process")):
            if process.get("id") == process_id:
                self._read_lanes(process)
                return self.read_level(process, process_id, None)
        return None

    def read_level(self, element: Any, key: str, lane: Lane | None) -> ProcessSpec:
        """The spec of a process or sub-process element."""
        level = LevelParser(self, element, key, lane)
        if self._depth == MAX_DEPTH:
            self.report.refuse(element, "子流程嵌套过深", "sub-processes are nested too deeply")
            return ProcessSpec(key, self.process_id, "", False)
        self._depth += 1
        spec: ProcessSpec = level.get_spec()
        self._depth -= 1
        self.specs[key] = spec
        return spec

    def referred(self, reference: str | None) -> Any:
        """The message, error, … that a reference names, None when the file has none."""
        return self.definitions.get((reference or "").rpartition(":")[2])

    def _read_lanes(self, process: Any) -> None:
        for lane in process.iter(bpmn("lane")):
            compiler = ElementCompiler(self.report, lane)
            own = read_settings(lane, compiler).formula("candidates")
            outer = self._around(lane)
            info = Lane(
                lane.get("id") or "",
                lane.get("name") or lane.get("id") or "",
                own or (outer.candidates if outer is not None else None),
            )
            self.lanes[f"lane {info.id}"] = info
            for reference in lane.findall(bpmn("flowNodeRef")):
                # Inner lanes come later in the document and win.
                self.lanes[(reference.text or "").strip()] = info

    def _around(self, lane: Any) -> Lane | None:
        for holder in lane.iterancestors(bpmn("lane")):
            return self.lanes.get(f"lane {holder.get('id')}")
        return None


class LevelParser(ProcessParser):  # type: ignore[misc]
    """Reads the elements of one process or sub-process, without following the flow."""

    parser: DiagramParser
    spec: ProcessSpec

    def __init__(self, parser: DiagramParser, element: Any, key: str, lane: Lane | None) -> None:
        super().__init__(parser, element, DEFAULT_NSMAP, {}, filename=parser.report.file, lane=lane)
        self.key = key
        self.report = parser.report
        self.defaults: dict[str, str] = {}
        # Nothing is said about flows to and from what is refused anyway.
        self.refused: set[str] = set()

    @property
    def is_event_sub_process(self) -> bool:
        return bool(self.node.get("triggeredByEvent") == "true")

    def lane_of(self, element_id: str) -> Lane | None:
        """The lane an element lies in, else that of the sub-process around it."""
        lane: Lane | None = self.parser.lanes.get(element_id, self.lane)
        return lane

    def _parse(self) -> None:
        own_scope = local_name(self.node) == "process"
        self.spec = ProcessSpec(self.key, self.parser.process_id, self.get_name() or "", own_scope)
        for element in self.node:
            if namespace_of(element) == BPMN:
                self._read(element)
        for element in self.node.findall(bpmn("sequenceFlow")):
            self._connect(element)
        for element in self.node.findall(bpmn("boundaryEvent")):
            self._attach(element)
        check_races(self.spec, self.report, {child.get("id"): child for child in self.node})
        link_events(self.spec, self.report, {child.get("id"): child for child in self.node})
        find_starts(self.spec, self.report, self.node)

    def _read(self, element: Any) -> None:
        name, element_id = local_name(element), element.get("id")
        if name in SILENT:
            return
        reason = REFUSED.get(name)
        if reason is not None:
            self.report.refuse(element, *reason)
            self.refused.add(element_id or "")
        elif element.tag not in NODE_PARSERS:
            self.report.add(element, "ignored", f"{name} 不被执行", f"{name} is not executed", "warning")
        elif not element_id:
            self.report.add(element, "no_id", f"{name} 缺少 id", f"{name} has no id")
        elif element_id in self.spec.task_specs:
            self.report.add(element, "duplicate_id", "id 重复", "duplicate id")
        else:
            self.defaults[element_id] = element.get("default") or ""
            if self.parse_node(element) is None:
                self.refused.add(element_id)

    def parse_node(self, element: Any) -> FlowNode | None:
        """The spec of one element, without those behind it; None when it is refused."""
        reader, spec_class = self.parser._get_parser_class(element.tag)
        node: FlowNode | None = reader(self, spec_class, element, self.nsmap).parse_node()
        return node

    def _connect(self, element: Any) -> None:
        ends = [element.get("sourceRef") or "", element.get("targetRef") or ""]
        source, target = (self.spec.node(end) for end in ends)
        if source is None or target is None:
            if not self.refused.intersection(ends):
                self.report.add(element, "dangling", "连线的一端不存在", "one end of the flow does not exist")
            return
        if isinstance(source, NO_WAY_OUT) or isinstance(target, NO_WAY_IN):
            self.report.add(element, "bad_flow", "此处不能有连线", "no sequence flow may be here")
            return
        flow_id = element.get("id") or f"{source.name}->{target.name}"
        is_default = self.defaults.get(source.name) == flow_id
        source.flows.append(Flow(flow_id, target.name, self._condition(element), is_default))
        source.connect(target)
        if isinstance(target, Join):
            target.incoming += (flow_id,)

    def _condition(self, element: Any) -> Formula | None:
        condition = element.find(bpmn("conditionExpression"))
        text = "".join(condition.itertext()).strip() if condition is not None else ""
        if not text:
            return None
        language = (condition.get("language") or "feel").lower()
        if "feel" not in language and "expression" not in language:
            self.report.refuse(element, f"不支持表达式语言 {language}", f"expression language {language}")
            return None
        return ElementCompiler(self.report, element).feel(text, "condition")

    def _attach(self, element: Any) -> None:
        event = self.spec.node(element.get("id") or "")
        host = self.spec.node((element.get("attachedToRef") or "").rpartition(":")[2])
        if not isinstance(event, BoundaryEvent):
            return
        if isinstance(host, Activity):
            host.boundaries.append(event)
        elif element.get("attachedToRef") not in self.refused:
            self.report.add(
                element,
                "boundary_host",
                "边界事件只能附在任务或子流程上",
                "boundary events sit on activities only",
            )


def check_races(spec: ProcessSpec, report: Report, elements: Mapping[str, Any]) -> None:
    """An event-based gateway leads to what waits for an event, to nothing else (10.6.6)."""
    for node in spec.nodes:
        for flow in node.flows if isinstance(node, EventGateway) else ():
            if not isinstance(spec.task_specs[flow.target], (CatchEvent, ReceiveTask)):
                report.add(
                    elements.get(node.bpmn_id),
                    "event_gateway",
                    f"事件网关后须为捕获事件或接收任务：{flow.target}",
                    f"an event gateway leads to catching events and receive tasks only: {flow.target}",
                )


def link_events(spec: ProcessSpec, report: Report, elements: Mapping[str, Any]) -> None:
    """Connect each link that is thrown with the one that catches it (10.5.1: within one level)."""
    catching: dict[str, LinkCatch] = {}
    for node in spec.nodes:
        if isinstance(node, LinkCatch):
            if node.link in catching:
                report.add(elements.get(node.bpmn_id), "link", "链接名重复", "two events catch the same link")
            catching[node.link] = node
    for node in spec.nodes:
        if not isinstance(node, LinkThrow):
            continue
        target = catching.get(node.link)
        if target is None:
            report.add(
                elements.get(node.bpmn_id), "link", "没有接收该链接的事件", "nothing catches this link"
            )
        else:
            node.flows.append(Flow(f"{node.bpmn_id}->{target.bpmn_id}", target.name, None, False))
            node.connect(target)


def find_starts(spec: ProcessSpec, report: Report, element: Any) -> None:
    """Decide where the level begins: its start events, else every node that nothing leads to (10.5.2)."""
    spec.event_sub_processes = [node for node in spec.nodes if isinstance(node, EventSubProcess)]
    events = [node for node in spec.nodes if isinstance(node, StartEvent)]
    plain = [node for node in events if node.message is None]
    if len(plain) > 1:
        report.refuse(element, "只能有一个普通开始事件", "more than one start event without a trigger")
    for node in events:
        if node.message is not None:
            if node.message in spec.message_starts:
                report.refuse(element, "两个开始事件接收同一消息", "two start events for the same message")
            spec.message_starts[node.message] = node
    if events:
        spec.starts = list(plain)
        return
    skipped = (BoundaryEvent, EventSubProcess, LinkCatch)
    spec.starts = [node for node in spec.nodes if not node.inputs and not isinstance(node, skipped)]
    if not spec.starts:
        report.add(element, "no_start", "没有开始事件", "no start event")
