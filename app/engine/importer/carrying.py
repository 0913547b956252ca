"""What editors of BPMN cannot read, put where they keep it as it is, and ids and references made readable for them.

An editor drops what its description of BPMN has no place for. Inside an element of a vocabulary that it does not know
it drops nothing, so that is where such parts go: `kept:part` in `zr:setAside` of the element they stood in, else of its
process. Attributes of other vocabularies are kept where their prefix is declared at the root.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from app.engine.graph import SUB_PROCESSES
from app.engine.importer.draft import Draft, bpmn_elements, remove
from app.engine.xml import BPMN, BPMNDI, DC, DI, ZR, bpmn, local_name, namespace_of, qname

KEPT = "https://zhirong.example.invalid/schema/kept"
STANDARD = frozenset({BPMN, BPMNDI, DC, DI})
_LEGAL = re.compile(r"[^\W\d][\w.-]*")
# Texts and attributes of BPMN elements that name another element; other references are free texts.
_REFERENCES = re.compile(r"\w+Refs?|incoming|outgoing|default")
_FREE = frozenset({"structureRef", "implementationRef", "calledElement"})


def make_readable(draft: Draft) -> None:
    """Legal ids, one for each element of the drawing too."""
    _legal_ids(draft)
    _own_drawing_ids(draft)


def carry(draft: Draft) -> None:
    """Keep what has no place in BPMN where editors leave it alone; no reference to nothing is left."""
    _references(draft)
    for element in list(_standard(draft.root)):
        _join_extensions(element)
    for element in list(_misplaced(draft.root)):
        holder = _holder(draft, element)
        if holder is None:
            continue
        name = local_name(element)
        part = etree.Element(qname(KEPT, "part"), nsmap={"kept": KEPT})
        part.set("from", element.getparent().get("id") or local_name(element.getparent()))
        parent = element.getparent()
        parent.insert(parent.index(element), part)
        remove(element)
        part.append(element)
        draft.set_aside(holder, part)
        draft.note(holder, "carried", name)


def declare_at_root(root: Any) -> None:
    """Every prefix of the file declared by its root; prefixes that stand for several namespaces stay where they are."""
    meanings: dict[str, set[str]] = {}
    for element in root.iter():
        for prefix, uri in element.nsmap.items():
            if prefix:
                meanings.setdefault(prefix, set()).add(uri)
    plain = {prefix: min(uris) for prefix, uris in meanings.items() if len(uris) == 1}
    plain |= {} if ZR in root.nsmap.values() else {"zr": ZR}
    etree.cleanup_namespaces(root, top_nsmap=plain, keep_ns_prefixes=list(meanings))


def _join_extensions(element: Any) -> None:
    """One list of extensions for each element: of several an editor keeps the last."""
    first, *others = element.findall(bpmn("extensionElements")) or [None]
    for other in others:
        first.extend(list(other))
        remove(other)


def _misplaced(root: Any) -> Iterator[Any]:
    """Declarations of extensions, names of BPMN that BPMN does not have, elements where they cannot stand."""
    yield from root.findall(bpmn("extension"))
    for element in _standard(root):
        for extensions in element.findall(bpmn("extensionElements")):
            yield from (child for child in extensions if namespace_of(child) == BPMN)
    for element in bpmn_elements(root):
        name = local_name(element)
        above = local_name(element.getparent())
        if name[:1].isupper() or (name == "dataObject" and above not in SUB_PROCESSES | {"process"}):
            yield element


def _holder(draft: Draft, element: Any) -> Any:
    """The next element around that has extensions of its own, in or beside a process."""
    for around in element.iterancestors():
        if namespace_of(around) == BPMN and around.get("id") and around is not draft.root:
            return around
    return draft.root.find(bpmn("process"))


def _legal_ids(draft: Draft) -> None:
    renamed: dict[str, str] = {}
    for element in _standard(draft.root):
        own = element.get("id")
        if own and not _LEGAL.fullmatch(own):
            element.set("id", renamed.setdefault(own, draft.fresh_id(own)))
            draft.note(element, "illegal_id", own)
    if not renamed:
        return
    for element in _standard(draft.root):
        for name, value in element.attrib.items():
            if value in renamed and name not in ("id", "name"):
                element.set(name, renamed[value])
        text = (element.text or "").strip()
        if text in renamed and _REFERENCES.fullmatch(local_name(element)):
            element.text = renamed[text]


def _own_drawing_ids(draft: Draft) -> None:
    taken = {element.get("id") for element in bpmn_elements(draft.root)} | {draft.root.get("id")}
    for diagram in draft.root.findall(qname(BPMNDI, "BPMNDiagram")):
        for element in diagram.iter():
            own = element.get("id") if isinstance(element.tag, str) else None
            if own is None:
                continue
            if own in taken:
                element.set("id", draft.fresh_id(f"{own}_di"))
            taken.add(element.get("id"))


def _references(draft: Draft) -> None:
    """Prefixes of references go where nothing bears them; references to nothing go and are told."""
    ids = {element.get("id") for element in draft.root.iter() if isinstance(element.tag, str)}
    for element in list(bpmn_elements(draft.root)):
        for name, value in list(element.attrib.items()):
            if _REFERENCES.fullmatch(name) and name not in _FREE and value not in ids:
                local = value.rpartition(":")[2]
                if local in ids:
                    element.set(name, local)
                elif value.strip():
                    del element.attrib[name]
                    draft.note(element, "dangling_reference", f"{name} {value}")
        text = (element.text or "").strip()
        if len(element) or not text or text in ids or not _REFERENCES.fullmatch(local_name(element)):
            continue
        if text.rpartition(":")[2] in ids:
            element.text = text.rpartition(":")[2]
        else:
            owner = next((each for each in element.iterancestors() if each.get("id")), None)
            draft.note(owner, "dangling_reference", f"{local_name(element)} {text}")
            remove(element)


def _standard(root: Any) -> Iterator[Any]:
    """Every element of BPMN and its drawing, not what was set aside."""
    for child in root:
        if namespace_of(child) in STANDARD and local_name(child) != "extensionElements":
            yield child
            yield from _standard(child)
