"""BPMN diagram interchange: what an old diagram says, and writing a new one into the tree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from lxml import etree

from app.engine.graph import read_model
from app.engine.layout.planning import Edge, Plane, Shape, Wishes
from app.engine.layout.scene import Point, Rect
from app.engine.xml import BPMN, BPMNDI, DC, DI, bpmn, local_name, qname

NSMAP = {"bpmndi": BPMNDI, "dc": DC, "di": DI}
FARTHEST = 1e7
GEOMETRY = frozenset({"bpmnElement", "isExpanded", "isHorizontal", "isMarkerVisible"})


def read_wishes(root: Any) -> Wishes:
    """What must survive from the diagram that the file has so far."""
    collapsed: set[str] = set()
    boxes: dict[str, Rect] = {}
    for shape in root.iter(qname(BPMNDI, "BPMNShape")):
        element_id = shape.get("bpmnElement", "").rpartition(":")[2]
        if shape.get("isExpanded") == "false":
            collapsed.add(element_id)
        rect = read_bounds(shape)
        if rect is not None:
            boxes.setdefault(element_id, rect)
    groups = [element.get("id") for element in root.iter(bpmn("group")) if element.get("id")]
    members = {
        group: tuple(key for key, rect in boxes.items() if key not in groups and boxes[group].contains(rect))
        for group in groups
        if group in boxes
    }
    return Wishes(frozenset(collapsed), {**members, **_members_by_category(root)})


def _members_by_category(root: Any) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for group in root.iter(bpmn("group")):
        value = group.get("categoryValueRef")
        members = tuple(
            ref.getparent().get("id")
            for ref in root.iter(bpmn("categoryValueRef"))
            if value and (ref.text or "").strip() == value and ref.getparent().get("id")
        )
        if members and group.get("id"):
            found[group.get("id")] = members
    return found


def read_bounds(shape: Any) -> Rect | None:
    """The dc:Bounds of a shape or label; None when there are none, or not of numbers."""
    bounds = shape.find(qname(DC, "Bounds"))
    if bounds is None:
        return None
    numbers = [read_number(bounds.get(key, "0")) for key in ("x", "y", "width", "height")]
    if any(number is None for number in numbers):
        return None
    return Rect(*(number or 0.0 for number in numbers))


def read_number(text: str | None) -> float | None:
    """A coordinate; None when it is missing, no number or not of this world."""
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if abs(number) < FARTHEST else None


def ensure_collaboration(root: Any) -> None:
    """Lanes are only shown inside a pool: give every process with lanes one when the file has none."""
    if root.find(bpmn("collaboration")) is not None:
        return
    model = read_model(root)
    if not any(process.lanes for process in model.processes):
        return
    first = next(child for child in root if local_name(child) == "process")
    collaboration = etree.Element(
        bpmn("collaboration"), nsmap=None if _prefix(root, BPMN) else {"bpmn": BPMN}
    )
    collaboration.set("id", _free_id(root, "collaboration"))
    for process in model.processes:
        participant = etree.SubElement(collaboration, bpmn("participant"))
        participant.set("id", _free_id(root, f"pool_{process.id}"))
        if process.name:
            participant.set("name", process.name)
        participant.set("processRef", process.id)
    root.insert(root.index(first), collaboration)
    _indent(collaboration, 1)


def _prefix(root: Any, namespace: str) -> bool:
    return namespace in root.nsmap.values()


def _free_id(root: Any, wish: str) -> str:
    taken = {element.get("id") for element in root.iter() if isinstance(element.tag, str)}
    candidate, number = wish, 2
    while candidate in taken:
        candidate, number = f"{wish}_{number}", number + 1
    return candidate


def write_planes(root: Any, planes: Sequence[Plane]) -> None:
    """Replace every BPMNDiagram of the file by the given planes; ids and colours of shapes are kept."""
    kept = {
        (local_name(item), item.get("bpmnElement")): dict(item.attrib)
        for tag in ("BPMNShape", "BPMNEdge", "BPMNPlane")
        for item in root.iter(qname(BPMNDI, tag))
    }
    diagram_ids = [item.get("id") for item in root.findall(qname(BPMNDI, "BPMNDiagram"))]
    for old in root.findall(qname(BPMNDI, "BPMNDiagram")):
        _remove(root, old)
    taken = {element.get("id") for element in root.iter() if isinstance(element.tag, str)}
    for index, plane in enumerate(planes):
        wish = diagram_ids[index] if index < len(diagram_ids) else f"diagram_{plane.element_id}"
        diagram = etree.SubElement(root, qname(BPMNDI, "BPMNDiagram"), nsmap=NSMAP)
        diagram.set("id", _claim(taken, wish or f"diagram_{plane.element_id}"))
        element = etree.SubElement(diagram, qname(BPMNDI, "BPMNPlane"))
        _identify(element, plane.element_id, f"plane_{plane.element_id}", kept, taken)
        for shape in plane.shapes:
            _write_shape(root, element, shape, kept, taken)
        for edge in plane.edges:
            _write_edge(element, edge, kept, taken)
        _indent(diagram, 1)


def _remove(root: Any, element: Any) -> None:
    """Take an element out together with the blanks before it."""
    before = element.getprevious()
    if before is not None:
        before.tail = element.tail
    else:
        root.text = element.tail
    root.remove(element)


def _claim(taken: set[str | None], wish: str) -> str:
    candidate, number = wish, 2
    while candidate in taken:
        candidate, number = f"{wish}_{number}", number + 1
    taken.add(candidate)
    return candidate


def _identify(
    element: Any,
    element_id: str,
    wish: str,
    kept: dict[tuple[str, str | None], dict[str, str]],
    taken: set[str | None],
) -> None:
    old = kept.get((local_name(element), element_id), {})
    element.set("id", _claim(taken, old.get("id") or wish))
    element.set("bpmnElement", element_id)
    for name, value in old.items():
        if name != "id" and name not in GEOMETRY and name.startswith("{"):
            element.set(name, value)


def _write_shape(
    root: Any,
    plane: Any,
    shape: Shape,
    kept: dict[tuple[str, str | None], dict[str, str]],
    taken: set[str | None],
) -> None:
    element = etree.SubElement(plane, qname(BPMNDI, "BPMNShape"))
    _identify(element, shape.id, f"{shape.id}_di", kept, taken)
    if shape.horizontal:
        element.set("isHorizontal", "true")
    if shape.expanded is not None:
        element.set("isExpanded", "true" if shape.expanded else "false")
    if root.find(f".//{bpmn('exclusiveGateway')}[@id='{shape.id}']") is not None:
        element.set("isMarkerVisible", "true")
    _write_bounds(element, shape.rect)
    _write_label(element, shape.label)


def _write_edge(
    plane: Any, edge: Edge, kept: dict[tuple[str, str | None], dict[str, str]], taken: set[str | None]
) -> None:
    element = etree.SubElement(plane, qname(BPMNDI, "BPMNEdge"))
    _identify(element, edge.id, f"{edge.id}_di", kept, taken)
    for x, y in _distinct(edge.points):
        point = etree.SubElement(element, qname(DI, "waypoint"))
        point.set("x", _number(x))
        point.set("y", _number(y))
    _write_label(element, edge.label)


def _distinct(points: Sequence[Point]) -> Iterator[Point]:
    """Rounded points without repetitions; a line has at least two."""
    last: Point | None = None
    count = 0
    for x, y in points:
        point = (float(round(x)), float(round(y)))
        if point != last:
            yield point
            last, count = point, count + 1
    if count == 1 and last is not None:
        yield last


def _write_label(element: Any, label: Rect | None) -> None:
    if label is not None:
        _write_bounds(etree.SubElement(element, qname(BPMNDI, "BPMNLabel")), label)


def _write_bounds(element: Any, rect: Rect) -> None:
    bounds = etree.SubElement(element, qname(DC, "Bounds"))
    for key, value in (("x", rect.x), ("y", rect.y), ("width", rect.width), ("height", rect.height)):
        bounds.set(key, _number(value))


def _number(value: float) -> str:
    return str(round(value))


def _indent(element: Any, level: int) -> None:
    """Indent a new child of the root by two blanks a level without touching anything else."""
    parent, before = element.getparent(), element.getprevious()
    if before is not None:
        before.tail = "\n" + "  " * level
    elif not (parent.text or "").strip():
        parent.text = "\n" + "  " * level
    etree.indent(element, space="  ", level=level)
    element.tail = "\n" + ("  " * level if element.getnext() is not None else "")
