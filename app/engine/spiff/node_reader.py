"""Reads one element: what all readers share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.parser.TaskParser import TaskParser

from app.engine.spiff.flow_node import FlowNode
from app.engine.spiff.report import ElementCompiler, Report
from app.engine.spiff.settings import Settings, read_settings
from app.engine.xml import bpmn, local_name

if TYPE_CHECKING:
    from app.engine.spiff.diagram_parser import DiagramParser, Lane, LevelParser


class NodeReader(TaskParser):  # type: ignore[misc]
    """Makes the spec of one element; `create` is what differs from element to element."""

    process_parser: LevelParser
    element: Any

    def __init__(self, level: LevelParser, spec_class: type[FlowNode], element: Any, nsmap: Any) -> None:
        super().__init__(level, spec_class, element, nsmap)
        self.element = element
        self.report: Report = level.report
        self.compiler = ElementCompiler(level.report, element)
        self.settings: Settings = read_settings(element, self.compiler)

    @property
    def diagram(self) -> DiagramParser:
        return self.process_parser.parser

    @property
    def in_lane(self) -> Lane | None:
        return self.process_parser.lane_of(self.element.get("id"))

    def parse_node(self) -> FlowNode | None:
        """The spec of the element, None when it is refused."""
        if self.element.get("isForCompensation") == "true":
            self.refuse("不支持补偿", "compensation is not supported")
            return None
        node = self.create()
        if node is not None:
            lane = self.in_lane
            node.element_type = local_name(self.element)
            node.lane_id, node.lane = (lane.id, lane.name) if lane is not None else (None, None)
        return node

    def create(self) -> FlowNode | None:
        """The spec; None after a call of `refuse`."""
        return self.build()

    def build(self, **details: Any) -> FlowNode:
        """A spec of the class in the table, with what all elements have."""
        documentation = self.element.find(bpmn("documentation"))
        node: FlowNode = self.spec_class(
            self.spec,
            self.element.get("id"),
            settings=self.settings,
            bpmn_name=(self.element.get("name") or "").strip() or None,
            documentation="".join(documentation.itertext()).strip() if documentation is not None else None,
            **details,
        )
        return node

    def refuse(self, zh: str, en: str) -> None:
        """Say why the element cannot be run."""
        self.report.refuse(self.element, zh, en)

    def wrong(self, code: str, zh: str, en: str) -> None:
        """Say what is wrong with the element."""
        self.report.add(self.element, code, zh, en)

    def text_of(self, name: str, within: Any = None) -> str | None:
        """The text of a child element, None when it is missing or empty."""
        holder = self.element if within is None else within
        child = holder.find(bpmn(name))
        return ("".join(child.itertext()).strip() or None) if child is not None else None
