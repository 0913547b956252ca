"""The tree that is being repaired, with the few operations that all repairs are made of."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from app.engine.graph import FLOW_NODES, SUB_PROCESSES
from app.engine.importer.findings import Repair, describe
from app.engine.xml import BPMN, ZR, bpmn, local_name, namespace_of, zr


@dataclass(frozen=True, slots=True)
class Known:
    """What the repository already holds, so that references to it can stay."""

    processes: Collection[str] = ()
    decisions: Collection[str] = ()
    forms: Collection[str] = ()


@dataclass(slots=True)
class Draft:
    """The tree, the findings so far, and what is new and still has to be drawn."""

    root: Any
    known: Known
    findings: list[Repair] = field(default_factory=list)
    new_nodes: list[tuple[Any, str]] = field(default_factory=list)
    new_flows: list[Any] = field(default_factory=list)
    moved_flows: list[Any] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    numbers: dict[str, int] = field(default_factory=dict)

    def note(self, element: Any, code: str, detail: str = "") -> None:
        """Tell the author."""
        self.findings.append(describe(element.get("id") if element is not None else None, code, detail))

    def fresh_id(self, wish: str) -> str:
        """An id that nothing has yet."""
        base = re.sub(r"[^\w.-]", "_", wish) or "id"
        base = base if base[0].isalpha() or base[0] == "_" else f"_{base}"
        candidate, number = base, self.numbers.get(base, 2)
        while candidate in self.ids:
            candidate, number = f"{base}_{number}", number + 1
        self.numbers[base] = number
        self.ids.add(candidate)
        return candidate

    def scopes(self) -> list[Any]:
        """Processes and sub-processes, outer ones first."""
        return [item for item in bpmn_elements(self.root) if local_name(item) in SUB_PROCESSES | {"process"}]

    def find(self, element_id: str | None) -> Any:
        """The BPMN element with this id, None when there is none."""
        if not element_id:
            return None
        return next((item for item in bpmn_elements(self.root) if item.get("id") == element_id), None)

    def referred(self, reference: str | None, kind: str) -> Any:
        """The root element of some kind that a reference names."""
        wanted = (reference or "").rpartition(":")[2]
        found = (item for item in self.root.findall(bpmn(kind)) if item.get("id") == wanted)
        return next(found, None) if wanted else None

    def define(self, kind: str, name: str, **attributes: str) -> str:
        """Make a message, signal, error or escalation; returns its id."""
        element = etree.Element(bpmn(kind))
        element.set("id", self.fresh_id(f"{kind}_{name}" if name.isascii() else kind))
        element.set("name", name)
        for key, value in attributes.items():
            element.set(key, value)
        processes = [
            index for index, item in enumerate(self.root) if local_name(item) in ("process", "collaboration")
        ]
        self.root.insert(processes[0] if processes else len(self.root), element)
        return str(element.get("id"))

    def add_node(self, scope: Any, kind: str, near: str) -> Any:
        """A new flow node in a scope, to be drawn near another one."""
        element = etree.SubElement(scope, bpmn(kind))
        element.set("id", self.fresh_id(kind))
        self.new_nodes.append((element, near))
        return element

    def add_flow(self, scope: Any, source: str, target: str) -> Any:
        """A new sequence flow."""
        element = etree.SubElement(scope, bpmn("sequenceFlow"))
        element.set("id", self.fresh_id("flow"))
        element.set("sourceRef", source)
        element.set("targetRef", target)
        self.new_flows.append(element)
        return element

    def move_flow(self, flow: Any, end: str, node_id: str) -> None:
        """Give a flow another source (`sourceRef`) or target (`targetRef`)."""
        flow.set(end, node_id)
        self.moved_flows.append(flow)

    def set_aside(self, holder: Any, element: Any) -> None:
        """Keep an element that cannot be executed among the extensions of its holder: nothing is lost."""
        extensions = holder.find(bpmn("extensionElements"))
        if extensions is None:
            extensions = etree.Element(bpmn("extensionElements"))
            place = sum(1 for child in holder if local_name(child) == "documentation")
            holder.insert(place, extensions)
        shelf = extensions.find(zr("setAside"))
        if shelf is None:
            shelf = etree.SubElement(extensions, zr("setAside"), nsmap={"zr": ZR})
        remove(element)
        shelf.append(element)


def remove(element: Any) -> None:
    """Take an element out and leave the text around it."""
    parent, before = element.getparent(), element.getprevious()
    if element.tail and before is not None:
        before.tail = (before.tail or "") + element.tail
    element.tail = None
    parent.remove(element)


def nodes_of(scope: Any) -> dict[str, Any]:
    """The flow nodes directly inside a scope by id."""
    return {
        child.get("id"): child
        for child in scope
        if local_name(child) in FLOW_NODES and namespace_of(child) == BPMN and child.get("id")
    }


def flows_of(scope: Any) -> list[Any]:
    """The sequence flows directly inside a scope."""
    return list(scope.findall(bpmn("sequenceFlow")))


def leaving(scope: Any, node_id: str) -> list[Any]:
    """The sequence flows out of a node."""
    return [flow for flow in flows_of(scope) if flow.get("sourceRef") == node_id]


def entering(scope: Any, node_id: str) -> list[Any]:
    """The sequence flows into a node."""
    return [flow for flow in flows_of(scope) if flow.get("targetRef") == node_id]


def rename(element: Any, kind: str) -> None:
    """Make another kind of BPMN element of it; attributes and content stay."""
    element.tag = bpmn(kind)


def definitions_of(event: Any) -> list[Any]:
    """The event definitions of an event, own ones and references to shared ones."""
    return [
        child
        for child in event
        if local_name(child).endswith("EventDefinition") or local_name(child) == "eventDefinitionRef"
    ]


def text_of(element: Any) -> str:
    """All text inside an element; an empty string for None."""
    return "".join(element.itertext()).strip() if element is not None else ""


def bpmn_elements(root: Any) -> Iterator[Any]:
    """Every BPMN element of the tree in document order; not what was set aside, nor other extensions."""
    for child in root:
        if namespace_of(child) == BPMN and local_name(child) != "extensionElements":
            yield child
            yield from bpmn_elements(child)


def all_of(root: Any, kind: str) -> list[Any]:
    """The BPMN elements of one kind."""
    return [item for item in bpmn_elements(root) if local_name(item) == kind]
