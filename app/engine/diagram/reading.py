"""From diagram interchange to a list of things to draw."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.engine.diagram.shapes import Drawn
from app.engine.graph import SUB_PROCESSES, Artifact, Model, Node, read_model, strip_prefix
from app.engine.layout.scene import Point, Rect
from app.engine.layout.writing import read_bounds, read_number
from app.engine.xml import BPMN, BPMNDI, DI, bpmn, local_name, namespace_of, qname, zr


@dataclass(frozen=True, slots=True)
class DrawnEdge:
    """One line of the diagram."""

    id: str
    kind: str
    name: str
    points: tuple[Point, ...]
    label: Rect | None = None
    is_default: bool = False
    is_conditional: bool = False
    directed: bool = False


@dataclass(slots=True)
class Picture:
    """Everything on one plane, in the order of the file."""

    model: Model
    name: str = ""
    shapes: list[Drawn] = field(default_factory=list)
    edges: list[DrawnEdge] = field(default_factory=list)
    closed_pools: set[str] = field(default_factory=set)


def has_diagram(root: Any) -> bool:
    """True when at least one shape of the file has bounds."""
    return any(read_bounds(shape) is not None for shape in root.iter(qname(BPMNDI, "BPMNShape")))


def call_in_english(root: Any) -> None:
    """Give every element of a file the English name that its author gave it; a pool that of its process."""
    processes = {item.get("id"): item.get(zr("nameEn")) for item in root.iter(bpmn("process"))}
    for element in root.iter():
        if isinstance(element.tag, str) and namespace_of(element) == BPMN:
            english = element.get(zr("nameEn")) or processes.get(strip_prefix(element.get("processRef")))
            if english:
                element.set("name", english)


def read_picture(root: Any, process_id: str | None) -> Picture:
    """The plane that shows `process_id` (process, collaboration or collapsed sub-process), else the first."""
    model = read_model(root)
    picture = Picture(model)
    plane = _plane(root, model, process_id)
    if plane is None:
        return picture
    elements = _elements(root)
    nodes = {node.id: node for process in model.processes for node in process.nodes}
    artifacts = {artifact.id: artifact for artifact in model.artifacts}
    artifacts |= {artifact.id: artifact for process in model.processes for artifact in process.artifacts}
    processes = {process.id for process in model.processes if process.nodes}
    picture.closed_pools = {pool.id for pool in model.pools if pool.process_id not in processes}
    picture.name = _name(model, process_id)
    for item in plane:
        element = elements.get(strip_prefix(item.get("bpmnElement")) or "")
        if element is None:
            continue
        if local_name(item) == "BPMNShape":
            rect = read_bounds(item)
            if rect is not None:
                picture.shapes.append(_shape(item, element, rect, nodes, artifacts))
        elif local_name(item) == "BPMNEdge":
            points = tuple(_points(item))
            if len(points) > 1:
                picture.edges.append(_edge(item, element, points))
    return picture


def _name(model: Model, process_id: str | None) -> str:
    for process in model.processes:
        if (process_id is None or process.id == process_id) and process.name:
            return process.name
    return next((pool.name for pool in model.pools if pool.name), "")


def _plane(root: Any, model: Model, process_id: str | None) -> Any:
    planes = [
        plane
        for plane in root.iter(qname(BPMNDI, "BPMNPlane"))
        if plane.find(qname(BPMNDI, "BPMNShape")) is not None
    ]
    if process_id is not None:
        for plane in planes:
            if strip_prefix(plane.get("bpmnElement")) == process_id:
                return plane
        inside = model.process(process_id)
        wanted = {process_id, *(pool.id for pool in model.pools if pool.process_id == process_id)}
        wanted |= {node.id for node in inside.nodes} if inside is not None else set()
        for plane in planes:
            if any(strip_prefix(item.get("bpmnElement")) in wanted for item in plane):
                return plane
    return planes[0] if planes else None


def _elements(root: Any) -> dict[str, Any]:
    return {
        element.get("id"): element
        for element in root.iter()
        if isinstance(element.tag, str) and element.get("id") and namespace_of(element) == BPMN
    }


def _shape(
    item: Any, element: Any, rect: Rect, nodes: Mapping[str, Node], artifacts: Mapping[str, Artifact]
) -> Drawn:
    key, kind = element.get("id"), local_name(element)
    node, artifact = nodes.get(key), artifacts.get(key)
    name = artifact.name if artifact is not None else (element.get("name") or "").strip()
    if kind in ("dataObjectReference", "dataStoreReference"):
        name = name or _referred_name(element)
    if kind == "group":
        name = _category(element)
    has_content = any(local_name(child) in ("startEvent", "sequenceFlow") for child in element)
    expanded = item.get("isExpanded")
    large = rect.width > 140 or rect.height > 110
    return Drawn(
        key,
        kind,
        name,
        rect,
        _label(item),
        node,
        artifact,
        kind in SUB_PROCESSES and (expanded == "true" if expanded else has_content and large),
        item.get("isHorizontal", "true") != "false",
    )


def _referred_name(element: Any) -> str:
    target = strip_prefix(element.get("dataObjectRef") or element.get("dataStoreRef"))
    for other in element.getroottree().getroot().iter(bpmn("dataObject"), bpmn("dataStore")):
        if target and other.get("id") == target:
            return (other.get("name") or "").strip()
    return ""


def _category(element: Any) -> str:
    value = strip_prefix(element.get("categoryValueRef"))
    for other in element.getroottree().getroot().iter(bpmn("categoryValue")):
        if value and other.get("id") == value:
            return (other.get("value") or "").strip()
    return (element.get("name") or "").strip()


def _edge(item: Any, element: Any, points: tuple[Point, ...]) -> DrawnEdge:
    key, kind = element.get("id"), local_name(element)
    owner = element.getparent()
    source = strip_prefix(element.get("sourceRef"))
    origin = (
        next((child for child in owner if child.get("id") == source), None) if owner is not None else None
    )
    is_default = origin is not None and origin.get("default") == key
    conditional = element.find(bpmn("conditionExpression")) is not None
    from_gateway = origin is not None and local_name(origin).endswith("Gateway")
    directed = kind.startswith("data") or element.get("associationDirection") in ("One", "Both")
    name = (element.get("name") or "").strip()
    return DrawnEdge(
        key,
        kind,
        name,
        points,
        _label(item),
        is_default,
        conditional and not from_gateway and not is_default,
        directed,
    )


def _label(item: Any) -> Rect | None:
    label = item.find(qname(BPMNDI, "BPMNLabel"))
    rect = read_bounds(label) if label is not None else None
    return rect if rect is not None and rect.width > 0 and rect.height > 0 else None


def _points(item: Any) -> Iterator[Point]:
    for point in item.findall(qname(DI, "waypoint")):
        x, y = read_number(point.get("x")), read_number(point.get("y"))
        if x is not None and y is not None:
            yield (x, y)
