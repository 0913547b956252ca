"""Two versions of a diagram, element by element; what only moved on the drawing is told apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.engine.comparison.changes import Change, Owner, compare_facets
from app.engine.comparison.values import Names
from app.engine.diagram.words import name_type
from app.engine.graph import FLOW_NODES, strip_prefix
from app.engine.xml import BPMN, BPMNDI, ZR, bpmn, local_name, namespace_of, parse_xml, qname, zr

TYPES = FLOW_NODES | {
    "sequenceFlow",
    "lane",
    "process",
    "textAnnotation",
    "messageFlow",
    "dataObjectReference",
}
_DECLARED = {
    "messageRef": "message",
    "errorRef": "error",
    "signalRef": "signal",
    "escalationRef": "escalation",
}
_PLAIN = {"attachedToRef": "attachedTo", "cancelActivity": "interrupting", "isInterrupting": "interrupting",
          "calledElement": "calledElement", "isExecutable": "executable", "default": "default",
          "sourceRef": "source", "targetRef": "target", **_DECLARED}  # fmt: skip
_BODIES = {"conditionExpression": "condition", "script": "script", "documentation": "documentation", "text": "text",
           "timeDate": "timer", "timeDuration": "timer", "timeCycle": "timer",
           "completionCondition": "completion", "loopCardinality": "collection"}  # fmt: skip
_REPEATED = {"multiInstanceLoopCharacteristics", "standardLoopCharacteristics"}


@dataclass(slots=True)
class Element:
    """One element with everything that an author says about it."""

    id: str
    type: str
    zh: str
    en: str
    facets: dict[str, str] = field(default_factory=dict)


def compare_processes(before: bytes, after: bytes, names: Names) -> Iterator[Change]:
    """Every difference between two diagrams. Raises XmlRefused."""
    old, new = parse_xml(before), parse_xml(after)
    elements, now = _elements(old), _elements(new)
    names = {**names, **_called(elements), **_called(now)}
    for key, element in now.items():
        if key in elements:
            yield from _compare(elements[key], element, names)
        else:
            yield _came_or_went("added", element, names)
    for key, element in elements.items():
        if key not in now:
            yield _came_or_went("removed", element, names)
    yield from _layout(old, new, elements.keys() & now.keys())


def _compare(old: Element, new: Element, names: Names) -> Iterator[Change]:
    before, after = dict(old.facets), dict(new.facets)
    if old.type != new.type:
        before = {"type": name_type(old.type, "zh"), **before}
        after = {"type": name_type(new.type, "zh"), **after}
    yield from compare_facets(_owner(old), before, after, names)


def _came_or_went(kind: Any, element: Element, names: Names) -> Change:
    zh, en = ("新增", "added") if kind == "added" else ("删除", "removed")
    type_zh, type_en = name_type(element.type, "zh"), name_type(element.type, "en")
    lane_zh, lane_en = names.get(element.facets.get("lane", ""), ("", ""))
    where_zh, where_en = (f"（泳道{lane_zh}）", f" (lane {lane_en})") if lane_zh else ("", "")
    owner = _owner(element)
    if element.type == "sequenceFlow":
        return Change(kind, element.id, f"{zh}{owner.zh}", f"{en} {owner.en}")
    return Change(
        kind, element.id, f"{zh}{type_zh}{owner.zh}{where_zh}", f"{en} {type_en} {owner.en}{where_en}"
    )


def _owner(element: Element) -> Owner:
    if element.type == "sequenceFlow":
        return Owner(element.id, element.zh, element.en)
    return Owner(element.id, f"“{element.zh}”", f"“{element.en}”")


def _elements(root: Any) -> dict[str, Element]:
    declared = {child.get("id"): child.get("name") or child.get("id") for child in root if child.get("id")}
    found = {}
    lanes: dict[str, str] = {}
    for item in root.iter():
        if namespace_of(item) != BPMN or local_name(item) not in TYPES or not item.get("id"):
            continue
        key, kind = item.get("id"), local_name(item)
        text = item.get("name") or item.findtext(bpmn("text")) or key
        found[key] = Element(key, kind, text, item.get(zr("nameEn")) or text, dict(_facets(item, declared)))
        if kind == "lane":
            lanes |= {(ref.text or "").strip(): key for ref in item.findall(bpmn("flowNodeRef"))}
    for key, lane in lanes.items():
        if key in found:
            found[key].facets["lane"] = lane
    return found


def _facets(item: Any, declared: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if item.get("name"):
        yield "name", item.get("name")
    yield from _attributes(item, declared)
    for child in item:
        if namespace_of(child) != BPMN:
            continue
        kind = local_name(child)
        if kind in _BODIES:
            yield _BODIES[kind], _text(child)
        elif kind == "extensionElements":
            yield from _extensions(child)
        elif kind.endswith("EventDefinition"):
            yield from _attributes(child, declared)
            yield from (
                (_BODIES[local_name(body)], _text(body)) for body in child if local_name(body) in _BODIES
            )
        elif kind in _REPEATED:
            yield "repetition", _repetition(child)
            yield from _attributes(child, declared)
            yield from (
                (_BODIES[local_name(body)], _text(body)) for body in child if local_name(body) in _BODIES
            )


def _attributes(item: Any, declared: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in item.attrib.items():
        uri, _, local = name[1:].partition("}") if name.startswith("{") else ("", "", name)
        if uri == ZR:
            yield local, value
        elif not uri and local in _PLAIN:
            plain = strip_prefix(value) or ""
            yield _PLAIN[local], declared.get(plain, plain) if local in _DECLARED else plain


def _extensions(holder: Any) -> Iterator[tuple[str, str]]:
    """Each child by its kind and name; those of other products by their tag."""
    for child in holder:
        kind = local_name(child)
        if not kind:
            continue
        name = child.get("name") or child.get("target") or ""
        value = child.get("value") or child.get("source") or "".join(child.itertext()).strip()
        yield (
            f"{kind} {name}".strip(),
            value or " ".join(f"{key}={text}" for key, text in child.attrib.items()),
        )


def _repetition(item: Any) -> str:
    if local_name(item) == "standardLoopCharacteristics":
        return "循环办理"
    return "依次办理" if item.get("isSequential") == "true" else "同时办理"


def _text(item: Any) -> str:
    lines = [line.strip() for line in "".join(item.itertext()).strip().splitlines()]
    return "\n".join(lines)


def _called(elements: Mapping[str, Element]) -> dict[str, tuple[str, str]]:
    """What elements are called that others refer to by their ids; flows are called by their ends."""
    found = {key: (f"“{element.zh}”", f"“{element.en}”") for key, element in elements.items()}
    for key, element in elements.items():
        if element.type == "sequenceFlow":
            source, target = (
                found.get(element.facets.get(end, ""), ("—", "—")) for end in ("source", "target")
            )
            element.zh, element.en = (
                f"{source[0]}到{target[0]}的连线",
                f"flow from {source[1]} to {target[1]}",
            )
            found[key] = (element.zh, element.en)
    return found


def _layout(old: Any, new: Any, common: Any) -> Iterator[Change]:
    before, after = _drawn(old), _drawn(new)
    moved = [key for key in after if key in before and key in common and before[key] != after[key]]
    if moved:
        zh, en = (
            f"图上移动了 {len(moved)} 个图形或连线，内容不变",
            f"{len(moved)} shapes or lines moved on the drawing",
        )
        yield Change("changed", moved[0], zh, en, is_layout=True)


def _drawn(root: Any) -> dict[str, tuple[str, ...]]:
    """Where every element is drawn."""
    found = {}
    for tag in ("BPMNShape", "BPMNEdge"):
        for item in root.iter(qname(BPMNDI, tag)):
            numbers = [each.get(name) or "" for each in item.iter() for name in ("x", "y", "width", "height")]
            found[strip_prefix(item.get("bpmnElement")) or ""] = tuple(numbers)
    return found
