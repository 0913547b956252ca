"""How good a diagram is: what overlaps, what is crossed, what lies outside of its lane."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any

from app.engine.graph import FLOW_NODES, Model, Process, read_model, strip_prefix
from app.engine.layout.scene import Point, Rect, count_crossings
from app.engine.layout.writing import read_bounds
from app.engine.xml import BPMN, BPMNDI, DI, local_name, namespace_of, parse_xml, qname

SLACK = 1.0


@dataclass(frozen=True, slots=True)
class Quality:
    """Counts of what should not be; all zeros is a clean diagram."""

    node_overlaps: int = 0
    edge_node_crossings: int = 0
    edge_crossings: int = 0
    label_overlaps: int = 0
    nodes_outside_lane: int = 0
    missing: int = 0


@dataclass(slots=True)
class _View:
    rects: dict[str, Rect]
    labels: dict[str, Rect]
    paths: dict[str, tuple[Point, ...]]
    kinds: dict[str, str]


def layout_quality(xml: bytes) -> Quality:
    """The quality of the diagram in a BPMN file. Raises XmlRefused."""
    root = parse_xml(xml)
    model = read_model(root)
    quality = Quality(missing=_missing(root, model))
    for plane in root.iter(qname(BPMNDI, "BPMNPlane")):
        quality = _add(quality, _plane_quality(_view(root, plane), model))
    return quality


def _add(one: Quality, two: Quality) -> Quality:
    return Quality(
        one.node_overlaps + two.node_overlaps,
        one.edge_node_crossings + two.edge_node_crossings,
        one.edge_crossings + two.edge_crossings,
        one.label_overlaps + two.label_overlaps,
        one.nodes_outside_lane + two.nodes_outside_lane,
        one.missing + two.missing,
    )


def _missing(root: Any, model: Model) -> int:
    drawn = {strip_prefix(item.get("bpmnElement")) for item in root.iter(qname(BPMNDI, "BPMNShape"))}
    drawn |= {strip_prefix(item.get("bpmnElement")) for item in root.iter(qname(BPMNDI, "BPMNEdge"))}
    wanted = [node.id for process in model.processes for node in process.nodes]
    wanted += [flow.id for process in model.processes for flow in process.flows]
    wanted += [lane.id for process in model.processes for lane in process.lanes]
    return sum(1 for key in wanted if key not in drawn)


def _view(root: Any, plane: Any) -> _View:
    kinds = {
        element.get("id"): local_name(element)
        for element in root.iter()
        if isinstance(element.tag, str) and namespace_of(element) == BPMN and element.get("id")
    }
    view = _View({}, {}, {}, kinds)
    for item in plane:
        key = strip_prefix(item.get("bpmnElement")) or ""
        if local_name(item) == "BPMNShape":
            rect = read_bounds(item)
            if rect is not None:
                view.rects[key] = rect
        elif local_name(item) == "BPMNEdge":
            points = item.findall(qname(DI, "waypoint"))
            view.paths[key] = tuple((float(point.get("x")), float(point.get("y"))) for point in points)
        label = item.find(qname(BPMNDI, "BPMNLabel"))
        rect = read_bounds(label) if label is not None else None
        if rect is not None:
            view.labels[key] = rect
    return view


def _plane_quality(view: _View, model: Model) -> Quality:
    inside = _ancestors(model)
    hosts = {n.id: n.attached_to for p in model.processes for n in p.nodes if n.attached_to}
    solid = {key: rect for key, rect in view.rects.items() if view.kinds.get(key) in FLOW_NODES}
    return Quality(
        _node_overlaps(solid, hosts, inside),
        _edge_node_crossings(view, solid, hosts, inside),
        sum(count_crossings(one, two) for one, two in combinations(view.paths.values(), 2)),
        _label_overlaps(view, solid, inside),
        sum(_outside(view, process) for process in model.processes),
    )


def _ancestors(model: Model) -> dict[str, set[str]]:
    parents = {node.id: node.parent_id for process in model.processes for node in process.nodes}
    parents |= {flow.id: flow.parent_id for process in model.processes for flow in process.flows}
    found: dict[str, set[str]] = {}
    for key in parents:
        around, current = set(), parents[key]
        while current is not None:
            around.add(current)
            current = parents.get(current)
        found[key] = around
    return found


def _node_overlaps(
    solid: Mapping[str, Rect], hosts: Mapping[str, str], inside: Mapping[str, set[str]]
) -> int:
    count = 0
    for (one, first), (two, second) in combinations(solid.items(), 2):
        if one in inside.get(two, ()) or two in inside.get(one, ()):
            continue
        if hosts.get(one) == two or hosts.get(two) == one:
            continue
        count += first.grown(-SLACK).overlaps(second.grown(-SLACK))
    return count


def _edge_node_crossings(
    view: _View, solid: Mapping[str, Rect], hosts: Mapping[str, str], inside: Mapping[str, set[str]]
) -> int:
    """Lines through a box. A line may leave and enter its own boxes at their borders only."""
    count = 0
    for edge, path in view.paths.items():
        if view.kinds.get(edge) not in ("sequenceFlow", "messageFlow"):
            continue
        for key, rect in solid.items():
            if key in inside.get(edge, ()):
                continue
            inner = rect.grown(-SLACK)
            if key in hosts and _is_end(path, solid.get(hosts[key]), inner):
                continue
            count += any(inner.crosses(start, end) for start, end in pairwise(path))
    return count


def _is_end(path: Sequence[Point], host: Rect | None, event: Rect) -> bool:
    """A line out of the lower side of a host may start beside the boundary events that sit there."""
    return host is not None and not any(event.crosses(start, end) for start, end in pairwise(path[1:]))


def _label_overlaps(view: _View, solid: Mapping[str, Rect], inside: Mapping[str, set[str]]) -> int:
    """Labels on boxes, on other labels, or with a line through them."""
    count = 0
    for key, label in view.labels.items():
        tight = label.grown(-SLACK)
        around = inside.get(key, set())
        count += sum(1 for other, rect in solid.items() if other not in around and tight.overlaps(rect))
        count += any(_touched(tight, path) for path in view.paths.values())
    for (_one, first), (_two, second) in combinations(view.labels.items(), 2):
        count += first.grown(-SLACK).overlaps(second.grown(-SLACK))
    return count


def _touched(rect: Rect, path: Sequence[Point]) -> bool:
    return any(rect.crosses(start, end) for start, end in pairwise(path))


def _outside(view: _View, process: Process) -> int:
    """Nodes that do not lie wholly within the lane that lists them."""
    return sum(1 for lane_id, key in _members(process) if not _lies_in(view, lane_id, key))


def _members(process: Process) -> Iterator[tuple[str, str]]:
    for node in process.nodes:
        if node.lane_id is not None and node.parent_id is None and node.attached_to is None:
            yield node.lane_id, node.id


def _lies_in(view: _View, lane_id: str, key: str) -> bool:
    lane, rect = view.rects.get(lane_id), view.rects.get(key)
    return lane is None or rect is None or lane.grown(SLACK).contains(rect)
