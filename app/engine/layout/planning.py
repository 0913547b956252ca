"""From the read model of a BPMN file to shapes and edges on planes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from app.engine.graph import (
    ACTIVITIES,
    DATA,
    EVENTS,
    GATEWAYS,
    SUB_PROCESSES,
    Association,
    Model,
    Node,
    Process,
)
from app.engine.layout.drawing import draw
from app.engine.layout.frames import Frame, bands_of, frame_shapes, left_margin
from app.engine.layout.grid import COLUMN_GAP
from app.engine.layout.patience import Patience
from app.engine.layout.scene import LABEL_SIZE, Band, Box, Drawing, Kind, Link, Point, Rect, Scene, Slot
from app.engine.layout.text import text_size, wrap

EVENT, GATEWAY, TASK_WIDTH, TASK_HEIGHT = 36.0, 50.0, 100.0, 80.0
HEADER, PADDING = 30.0, 10.0
# Boundary events stand this far apart, so that a short label fits between the lines that leave them.
SLOT_STEP = 62.0
ORIGIN_X, ORIGIN_Y = 160.0, 80.0
ANNOTATION_WIDTH = 150.0


@dataclass(frozen=True, slots=True)
class Shape:
    """A BPMNShape to be written."""

    id: str
    rect: Rect
    label: Rect | None = None
    expanded: bool | None = None
    horizontal: bool = False


@dataclass(frozen=True, slots=True)
class Edge:
    """A BPMNEdge to be written."""

    id: str
    points: tuple[Point, ...]
    label: Rect | None = None


@dataclass(slots=True)
class Plane:
    """One BPMNDiagram: the file's own, or that of a collapsed sub-process."""

    element_id: str
    shapes: list[Shape] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the file's earlier diagram said that cannot be computed: collapsed parts, members of groups."""

    collapsed: frozenset[str] = frozenset()
    group_members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(slots=True)
class Plan:
    """Everything about a file that laying out needs, indexed."""

    model: Model
    wishes: Wishes
    patience: Patience
    frames: list[Frame]
    nodes: dict[str, Node] = field(default_factory=dict)
    scope_of: dict[str, str | None] = field(default_factory=dict)
    process_of: dict[str, Process] = field(default_factory=dict)
    host_of: dict[str, str] = field(default_factory=dict)
    inner: dict[str, Drawing] = field(default_factory=dict)
    planes: list[Plane] = field(default_factory=list)


def plan_planes(model: Model, wishes: Wishes, patience: Patience) -> list[Plane]:
    """The planes of a file: first the whole of it, then one for each collapsed sub-process with content."""
    plan = Plan(model, wishes, patience, bands_of(model))
    for process in model.processes:
        for node in process.nodes:
            plan.nodes[node.id] = node
            plan.scope_of[node.id] = node.parent_id
            host = process.by_id.get(node.attached_to or "")
            if host is not None and host.type in ACTIVITIES and host.parent_id == node.parent_id:
                plan.host_of[node.id] = host.id
            plan.process_of[node.id] = process
        for artifact in process.artifacts:
            plan.scope_of[artifact.id] = artifact.parent_id
            plan.process_of[artifact.id] = process
    for artifact in model.artifacts:
        plan.scope_of[artifact.id] = None
    for frame in plan.frames:
        if frame.pool is not None:
            plan.scope_of[frame.pool.id] = None
    drawing = draw(_scene(plan, None), plan.patience)
    left = left_margin(plan.frames)
    whole = Drawing(drawing.width, drawing.height)
    whole.place(drawing, ORIGIN_X + left, ORIGIN_Y)
    _place_inner(plan, whole, [box for box in drawing.rects])
    bands = [(top + ORIGIN_Y, bottom + ORIGIN_Y) for top, bottom in drawing.bands]
    main = Plane(model.collaboration_id or (model.processes[0].id if model.processes else ""))
    for shape_id, rect, _depth in frame_shapes(plan.frames, bands, ORIGIN_X, left + drawing.width):
        main.shapes.append(Shape(shape_id, rect, horizontal=True))
    _fill(plan, main, whole)
    main.edges += _straight_messages(plan, main)
    return [main, *plan.planes]


def _fill(plan: Plan, plane: Plane, whole: Drawing) -> None:
    framed = {shape.id for shape in plane.shapes}
    boundary = [key for key in whole.rects if key in plan.host_of]
    ordered = [key for key in whole.rects if key not in boundary and key not in framed] + boundary
    for key in ordered:
        node = plan.nodes.get(key)
        expanded = None
        if node is not None and node.type in SUB_PROCESSES:
            expanded = _is_expanded(plan, node)
        plane.shapes.append(Shape(key, whole.rects[key], whole.labels.get(key), expanded))
    for key, path in whole.paths.items():
        plane.edges.append(Edge(key, path, whole.labels.get(key)))
    plane.shapes += _group_shapes(plan, whole)
    plane.edges += _flow_notes(plan, whole)


def _is_expanded(plan: Plan, node: Node) -> bool:
    return node.id not in plan.wishes.collapsed and any(scope == node.id for scope in plan.scope_of.values())


def _place_inner(plan: Plan, whole: Drawing, box_ids: Iterable[str]) -> None:
    for box_id in box_ids:
        inner = plan.inner.get(box_id)
        if inner is None:
            continue
        rect = whole.rects[box_id]
        dx = rect.x + (rect.width - inner.width) / 2
        whole.place(inner, dx, rect.y + HEADER + (rect.height - HEADER - PADDING - inner.height) / 2)
        _place_inner(plan, whole, list(inner.rects))


def _scene(plan: Plan, scope: str | None) -> Scene:
    """The boxes and links directly inside a sub-process, or those of the whole file for None."""
    inside = [key for key, parent in plan.scope_of.items() if parent == scope]
    links = _links(plan, scope, set(inside))
    neighbours = _neighbours(links)
    boxes: list[Box] = []
    for key in inside:
        node = plan.nodes.get(key)
        if node is not None and key not in plan.host_of:
            boxes.append(_node_box(plan, node, 0 if scope else _band(plan, key)))
    placed = {box.id for box in boxes}
    band_of = {box.id: box.band for box in boxes}
    for process_artifacts in (*(p.artifacts for p in plan.model.processes), plan.model.artifacts):
        for artifact in process_artifacts:
            if plan.scope_of.get(artifact.id) != scope or artifact.type == "group":
                continue
            near = next((other for other in neighbours[artifact.id] if other in placed), None)
            band = band_of.get(near or "", 0 if scope else _band(plan, artifact.id))
            boxes.append(_artifact_box(artifact.id, artifact.type, artifact.name, near, band))
    bands = tuple(band for frame in plan.frames for band in frame.bands) if scope is None else (Band(),)
    ends = {box.id for box in boxes} | {band.opaque_id for band in bands}
    drawn = tuple(link for link in links if {link.source, link.target} <= ends)
    return Scene(tuple(boxes), drawn, bands)


def _band(plan: Plan, key: str) -> int:
    """The band of the top level where an element belongs: that of its lane, or of its nearest neighbour's."""
    process = plan.process_of.get(key)
    start = 0
    for frame in plan.frames:
        if process is not None and frame.process_id == process.id:
            lanes = frame.lane_bands
            if not lanes:
                return start
            node = plan.nodes.get(key)
            return start + (_lane_band(process, node, lanes) if node is not None else 0)
        start += len(frame.bands)
    return 0


def _lane_band(process: Process, node: Node, lanes: Mapping[str, int]) -> int:
    seen, queue = {node.id}, [node.id]
    while queue:
        current = process.by_id.get(queue.pop(0))
        if current is None:
            continue
        if current.lane_id is not None and current.lane_id in lanes:
            return lanes[current.lane_id]
        near = [flow.source for flow in process.incoming.get(current.id, ())]
        near += [flow.target for flow in process.outgoing.get(current.id, ())]
        near += [current.attached_to] if current.attached_to else []
        for other in near:
            if other not in seen:
                seen.add(other)
                queue.append(other)
    return 0


def _node_box(plan: Plan, node: Node, band: int) -> Box:
    process = plan.process_of[node.id]
    if node.type in EVENTS or node.type in GATEWAYS:
        size = EVENT if node.type in EVENTS else GATEWAY
        first = node.type == "startEvent"
        return Box(node.id, size, size, band, node.name, first=first)
    events = process.boundaries.get(node.id, ())
    width, height = TASK_WIDTH, TASK_HEIGHT
    if node.type in SUB_PROCESSES and _is_expanded(plan, node):
        inner = plan.inner[node.id] = draw(_scene(plan, node.id), plan.patience)
        width = max(inner.width, text_size(node.name, 10_000, LABEL_SIZE)[0] + 40, 140.0)
        height = inner.height + HEADER + PADDING
    else:
        height = max(height, 30.0 + 15.0 * len(wrap(node.name, TASK_WIDTH - 14, LABEL_SIZE)))
        if node.type in SUB_PROCESSES and any(scope == node.id for scope in plan.scope_of.values()):
            plan.planes.append(_collapsed_plane(plan, node.id))
    span = max(round((width + COLUMN_GAP) / (TASK_WIDTH + COLUMN_GAP)), 1)
    if span > 1:
        slots = tuple(Slot(event.id, 24.0, event.name, len(events) - 1 - i) for i, event in enumerate(events))
        return Box(node.id, width, height, band, slots=slots, span=max(span, len(events)))
    width = max(width, SLOT_STEP * len(events)) if len(events) > 2 else width
    return Box(node.id, width, height, band, slots=_slots(events, width))


def _collapsed_plane(plan: Plan, sub_id: str) -> Plane:
    drawing = draw(_scene(plan, sub_id), plan.patience)
    whole = Drawing()
    whole.place(drawing, ORIGIN_X, ORIGIN_Y)
    _place_inner(plan, whole, list(drawing.rects))
    plane = Plane(sub_id)
    _fill(plan, plane, whole)
    return plane


def _slots(events: tuple[Node, ...], width: float) -> tuple[Slot, ...]:
    count = len(events)
    if not count:
        return ()
    if count == 1 and width <= TASK_WIDTH:
        return (Slot(events[0].id, width / 2 - 28.0, events[0].name),)
    first = -SLOT_STEP * (count - 1) / 2
    return tuple(Slot(event.id, first + index * SLOT_STEP, event.name) for index, event in enumerate(events))


def _artifact_box(key: str, kind: str, name: str, near: str | None, band: int) -> Box:
    if kind in DATA:
        width = 36.0 if kind != "dataStoreReference" else 50.0
        return Box(key, width, 50.0, band, name, near=near or "")
    width, height = text_size(name, ANNOTATION_WIDTH - 20, LABEL_SIZE)
    return Box(
        key, min(max(width + 20, 70.0), ANNOTATION_WIDTH), max(height + 12, 30.0), band, near=near or ""
    )


def _links(plan: Plan, scope: str | None, inside: set[str]) -> list[Link]:
    links: list[Link] = []
    for process in plan.model.processes:
        for flow in process.flows:
            _add_link(plan, links, scope, Link(flow.id, flow.source, flow.target, label=flow.name))
    for message in plan.model.message_flows:
        link = Link(message.id, message.source, message.target, Kind.MESSAGE, message.name)
        _add_link(plan, links, scope, link)
    for association in _associations(plan.model):
        link = Link(association.id, association.source, association.target, Kind.ASSOCIATION)
        _add_link(plan, links, scope, link)
    return links


def _associations(model: Model) -> list[Association]:
    found = [association for process in model.processes for association in process.associations]
    return [*found, *model.associations]


def _add_link(plan: Plan, links: list[Link], scope: str | None, link: Link) -> None:
    """Add the link when `scope` is the innermost one that holds both its ends, which are lifted to it."""
    ends = (_chain(plan, link.source), _chain(plan, link.target))
    common = [place for place in ends[0] if place in ends[1]]
    if not common or common[0] != scope:
        return
    source, target = ends[0][scope], ends[1][scope]
    slot = link.source if plan.host_of.get(link.source) == source else None
    if source == target and slot is None and link.source != link.target:
        return
    links.append(Link(link.id, source, target, link.kind, link.label, slot))


def _chain(plan: Plan, key: str) -> dict[str | None, str]:
    """Scope by scope, innermost first, the box that stands for an element there."""
    chain: dict[str | None, str] = {}
    current: str | None = key
    if key not in plan.scope_of:
        return {}
    while current is not None:
        current = plan.host_of.get(current, current)
        parent = plan.scope_of.get(current)
        if current not in plan.scope_of or parent in chain:
            return {}
        chain[parent] = current
        current = parent
    return chain


def _neighbours(links: Iterable[Link]) -> Mapping[str, list[str]]:
    near: dict[str, list[str]] = defaultdict(list)
    for link in links:
        if link.kind is Kind.ASSOCIATION:
            near[link.source].append(link.target)
            near[link.target].append(link.source)
    return near


def _group_shapes(plan: Plan, whole: Drawing) -> list[Shape]:
    shapes: list[Shape] = []
    for artifact in (*(a for p in plan.model.processes for a in p.artifacts), *plan.model.artifacts):
        if artifact.type != "group":
            continue
        members = [
            whole.rects[key] for key in plan.wishes.group_members.get(artifact.id, ()) if key in whole.rects
        ]
        if not members:
            continue
        x, y = min(rect.x for rect in members) - 20, min(rect.y for rect in members) - 26
        right, bottom = max(rect.right for rect in members) + 20, max(rect.bottom for rect in members) + 26
        shapes.append(Shape(artifact.id, Rect(x, y, right - x, bottom - y)))
    return shapes


def _flow_notes(plan: Plan, whole: Drawing) -> list[Edge]:
    """Associations that end on a flow: a straight line to the middle of it."""
    edges: list[Edge] = []
    for association in _associations(plan.model):
        for note, line in (
            (association.source, association.target),
            (association.target, association.source),
        ):
            if note in whole.rects and line in whole.paths:
                rect, path = whole.rects[note], whole.paths[line]
                middle = len(path) // 2
                x, y = ((path[middle - 1][axis] + path[middle][axis]) / 2 for axis in (0, 1))
                start = (rect.center[0], rect.bottom if y > rect.center[1] else rect.y)
                ends = (start, (x, y)) if note == association.source else ((x, y), start)
                edges.append(Edge(association.id, ends))
                break
    return edges


def _straight_messages(plan: Plan, plane: Plane) -> list[Edge]:
    """Message flows that end on a pool with content: upright between the pool's border and the other end."""
    rects = {shape.id: shape.rect for shape in plane.shapes}
    drawn = {edge.id for edge in plane.edges}
    edges: list[Edge] = []
    for message in plan.model.message_flows:
        source, target = rects.get(message.source), rects.get(message.target)
        if message.id in drawn or source is None or target is None:
            continue
        x = (source if source.width < target.width else target).center[0]
        down = source.center[1] < target.center[1]
        ends = (source.bottom, target.y) if down else (source.y, target.bottom)
        edges.append(Edge(message.id, ((x, ends[0]), (x, ends[1]))))
    return edges
