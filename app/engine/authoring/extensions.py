"""Extension elements and attributes that a saved diagram no longer has although their element is still there.

An editor drops in silence what its description of a vocabulary lacks (BPMN 2.0.2 §8.2.3 lets any tool extend any
element). What the author took away on purpose is named by the editor; the rest was lost.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from app.engine.spiff.settings import BPMN_EXTENSIONS
from app.engine.xml import BPMN, BPMNDI, XSI, ZR, local_name, namespace_of, parse_xml

XML = "http://www.w3.org/XML/1998/namespace"
NAMES = ("name", "target", "id")


@dataclass(frozen=True, slots=True)
class Lost:
    """One kind of extension that an element lost, and how many of it; `label` is like `zr:parameter case_no`."""

    element_id: str
    label: str
    count: int

    @property
    def key(self) -> str:
        """How an editor names a removal that was meant."""
        return f"{self.element_id} {self.label}"


def lost_extensions(before: bytes, after: bytes, declared: Collection[str] = ()) -> tuple[Lost, ...]:
    """What elements of `before` that still stand in `after` no longer carry, except what was `declared`.

    Only presence is compared: a changed value is an edit. Raises XmlRefused.
    """
    old, new = _inventory(parse_xml(before)), _inventory(parse_xml(after))
    meant = frozenset(declared)
    found = [
        Lost(element_id, label, count - new[element_id][label])
        for element_id, labels in old.items()
        if element_id in new
        for label, count in labels.items()
        if new[element_id][label] < count
    ]
    return tuple(lost for lost in found if lost.key not in meant)


def _inventory(root: Any) -> dict[str, Counter[str]]:
    """The extensions of every BPMN element by its id; an element without id counts for the one around it."""
    found: dict[str, Counter[str]] = {}
    todo: list[tuple[Any, str]] = [(root, root.get("id") or "")]
    while todo:
        element, owner = todo.pop()
        owner = element.get("id") or owner
        labels = found.setdefault(owner, Counter())
        labels.update(_attributes(element))
        for child in element:
            if not isinstance(child.tag, str) or namespace_of(child) == BPMNDI:
                continue
            if child.tag == BPMN_EXTENSIONS:
                labels.update(label for item in child for label in _labels(item, ""))
            elif namespace_of(child) == BPMN:
                todo.append((child, owner))
    return found


def _attributes(element: Any) -> Iterator[str]:
    for name in element.attrib:
        uri, _, local = name[1:].partition("}") if name.startswith("{") else ("", "", name)
        if uri and uri not in (XSI, XML):
            yield _named(uri, local)


def _named(uri: str, local: str) -> str:
    """Ours with their prefix; the prefixes of other vocabularies may change on the way through an editor."""
    return f"zr:{local}" if uri == ZR else local


def _labels(element: Any, path: str) -> Iterator[str]:
    """A child of extensionElements by kind and name; what is inside it by kind alone."""
    if not isinstance(element.tag, str):
        return
    local = local_name(element)
    kind = _named(namespace_of(element), f"{local[:1].lower()}{local[1:]}")
    name = next((element.get(key) for key in NAMES if element.get(key)), "") if not path else ""
    yield f"{path}{kind} {name}".strip()
    for child in element:
        yield from _labels(child, f"{path}{kind}/")
