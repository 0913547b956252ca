"""The diagram of a draft: kept, completed where something was added, or laid out when there is none."""

from __future__ import annotations

from typing import Any

from lxml import etree

from app.engine.diagram.reading import has_diagram
from app.engine.graph import FLOW_NODES, SUB_PROCESSES
from app.engine.importer.draft import Draft, bpmn_elements, remove
from app.engine.layout import QUICK, layout
from app.engine.layout.scene import Rect
from app.engine.layout.writing import read_bounds
from app.engine.xml import BPMNDI, DC, DI, bpmn, local_name, parse_xml, qname, write_xml

EVENT = (36.0, 36.0)
SIZES = {
    "startEvent": EVENT,
    "endEvent": EVENT,
    "intermediateCatchEvent": EVENT,
    "exclusiveGateway": (50.0, 50.0),
}
DISTANCE = 50.0


def complete_drawing(draft: Draft) -> Any:
    """The root with a diagram in which every added element has its place."""
    _drop_lost_shapes(draft)
    _point_planes(draft)
    if not has_diagram(draft.root):
        draft.note(None, "layout_made")
        return parse_xml(layout(write_xml(draft.root), QUICK), max_bytes=20_000_000, max_nodes=400_000)
    shapes = _shapes(draft)
    for node, near in draft.new_nodes:
        _draw_node(node, near, shapes)
    moved = {flow.get("id") for flow in draft.moved_flows}
    for edge in list(draft.root.iter(qname(BPMNDI, "BPMNEdge"))):
        if edge.get("bpmnElement") in moved:
            remove(edge)
    for flow in (*draft.new_flows, *draft.moved_flows):
        _draw_flow(flow, shapes)
    _report_undrawn(draft)
    return draft.root


def _drop_lost_shapes(draft: Draft) -> None:
    alive = {item.get("id") for item in bpmn_elements(draft.root) if item.get("id")}
    lost = []
    for tag in ("BPMNShape", "BPMNEdge"):
        for item in list(draft.root.iter(qname(BPMNDI, tag))):
            if item.get("bpmnElement") not in alive:
                lost.append(item.get("bpmnElement") or item.get("id") or "?")
                remove(item)
    if lost:
        draft.note(None, "shape_removed", "、".join(lost))


def _point_planes(draft: Draft) -> None:
    """A plane shows a process, a collaboration or a sub-process (BPMN 2.0.2, 12.2.2); editors open nothing else."""
    kinds = {"process", "collaboration", "choreography", *SUB_PROCESSES}
    shown = {item.get("id") for item in bpmn_elements(draft.root) if local_name(item) in kinds}
    found = (draft.root.find(bpmn(kind)) for kind in ("collaboration", "process"))
    whole = next((item for item in found if item is not None), None)
    for plane in draft.root.iter(qname(BPMNDI, "BPMNPlane")):
        if whole is not None and plane.get("bpmnElement") not in shown:
            plane.set("bpmnElement", whole.get("id"))
            draft.note(whole, "plane_repaired")


def _shapes(draft: Draft) -> dict[str, tuple[Any, Rect]]:
    found: dict[str, tuple[Any, Rect]] = {}
    for shape in draft.root.iter(qname(BPMNDI, "BPMNShape")):
        rect = read_bounds(shape)
        if rect is not None and shape.get("bpmnElement"):
            found[shape.get("bpmnElement")] = (shape, rect)
    return found


def _draw_node(node: Any, near: str, shapes: dict[str, tuple[Any, Rect]]) -> None:
    """A start stands left of what it leads to, everything else right of it, wherever there is room."""
    neighbour = shapes.get(near)
    if neighbour is None:
        return
    shape, rect = neighbour
    width, height = SIZES.get(local_name(node), (100.0, 80.0))
    left = local_name(node) == "startEvent"
    x = rect.x - DISTANCE - width if left else rect.right + DISTANCE
    place = Rect(x, rect.center[1] - height / 2, width, height)
    taken = [other for _shape, other in shapes.values() if not other.contains(place)]
    while any(place.overlaps(other) for other in taken):
        place = place.moved(0, height + 10)
    drawn = etree.SubElement(shape.getparent(), qname(BPMNDI, "BPMNShape"))
    drawn.set("id", f"{node.get('id')}_di")
    drawn.set("bpmnElement", node.get("id"))
    bounds = etree.SubElement(drawn, qname(DC, "Bounds"))
    for name, value in (("x", place.x), ("y", place.y), ("width", width), ("height", height)):
        bounds.set(name, f"{value:g}")
    shapes[node.get("id")] = (drawn, place)


def _draw_flow(flow: Any, shapes: dict[str, tuple[Any, Rect]]) -> None:
    source, target = shapes.get(flow.get("sourceRef")), shapes.get(flow.get("targetRef"))
    if source is None or target is None:
        return
    edge = etree.SubElement(source[0].getparent(), qname(BPMNDI, "BPMNEdge"))
    edge.set("id", f"{flow.get('id')}_di")
    edge.set("bpmnElement", flow.get("id"))
    for x, y in _path(source[1], target[1]):
        point = etree.SubElement(edge, qname(DI, "waypoint"))
        point.set("x", f"{x:g}")
        point.set("y", f"{y:g}")


def _path(source: Rect, target: Rect) -> list[tuple[float, float]]:
    start, end = (source.right, source.center[1]), (target.x, target.center[1])
    if start[1] == end[1]:
        return [start, end]
    middle = (start[0] + end[0]) / 2
    return [start, (middle, start[1]), (middle, end[1]), end]


def _report_undrawn(draft: Draft) -> None:
    drawn = {item.get("bpmnElement") for item in draft.root.iter(qname(BPMNDI, "BPMNShape"))}
    missing = [
        item.get("id")
        for item in bpmn_elements(draft.root)
        if local_name(item) in FLOW_NODES and item.get("id") not in drawn
    ]
    if missing:
        draft.note(None, "not_drawn", "、".join(missing))
