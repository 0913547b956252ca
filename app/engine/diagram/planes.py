"""Which drawings a BPMN file holds: the process itself and every collapsed sub-process with a plane of its own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from app.engine.diagram.reading import call_in_english
from app.engine.diagram.words import Language
from app.engine.graph import SUB_PROCESSES
from app.engine.layout.writing import read_bounds
from app.engine.xml import BPMNDI, local_name, parse_xml, qname


@dataclass(frozen=True, slots=True)
class Plane:
    """One drawing: what it shows, its name, and the elements on it from left to right."""

    id: str
    name: str
    elements: tuple[str, ...]


@lru_cache(maxsize=128)
def list_planes(xml: bytes, process_id: str, language: Language = "zh") -> tuple[Plane, ...]:
    """The drawing of `process_id` first, then those of its collapsed sub-processes; `render_svg` takes their ids.

    Raises XmlRefused.
    """
    root = parse_xml(xml)
    if language == "en":
        call_in_english(root)
    elements = {item.get("id"): item for item in root.iter() if isinstance(item.tag, str) and item.get("id")}
    process = elements.get(process_id)
    found = [Plane(process_id, process.get("name", "") if process is not None else "", ())]
    for plane in root.iter(qname(BPMNDI, "BPMNPlane")):
        shapes = [(bounds.x, shape.get("bpmnElement", "")) for shape in plane.iter(qname(BPMNDI, "BPMNShape"))
                  if (bounds := read_bounds(shape)) is not None]  # fmt: skip
        shown = tuple(element for _x, element in sorted(shapes))
        owner = elements.get(plane.get("bpmnElement"))
        if owner is not None and local_name(owner) in SUB_PROCESSES:
            found.append(Plane(str(owner.get("id")), owner.get("name", ""), shown))
        elif not found[0].elements:
            found[0] = Plane(process_id, found[0].name, shown)
    return tuple(found)
