"""Ids and references: every element has one id of its own, every reference names something."""

from __future__ import annotations

from typing import Any

from app.engine.graph import FLOW_NODES, ROOTS
from app.engine.importer.draft import Draft, all_of, bpmn_elements, remove
from app.engine.xml import BPMNDI, bpmn, local_name, qname

NEEDS_ID = FLOW_NODES | ROOTS | {
    "sequenceFlow", "messageFlow", "participant", "lane", "collaboration", "message", "signal", "error",
    "escalation", "association", "textAnnotation", "group", "dataObjectReference", "dataStoreReference",
}  # fmt: skip
REFERENCES = ("sourceRef", "targetRef", "attachedToRef", "default", "processRef")


def repair_identities(draft: Draft) -> None:
    """Missing, repeated and prefixed ids."""
    for element in bpmn_elements(draft.root):
        _own_id(draft, element)
    _strip_prefixes(draft)


def _own_id(draft: Draft, element: Any) -> None:
    own = element.get("id")
    if own is None or not own.strip():
        if local_name(element) in NEEDS_ID:
            element.set("id", draft.fresh_id(local_name(element)))
            draft.note(element, "missing_id", element.get("id"))
    elif own in draft.ids:
        element.set("id", draft.fresh_id(own))
        draft.note(element, "duplicate_id", element.get("id"))
    else:
        draft.ids.add(own)


def _strip_prefixes(draft: Draft) -> None:
    """`tns:Task_1` → `Task_1` where that is what exists."""
    changed = False
    for element in draft.root.iter():
        if not isinstance(element.tag, str):
            continue
        for name in (*REFERENCES, "bpmnElement"):
            value = element.get(name)
            if value and value not in draft.ids and value.rpartition(":")[2] in draft.ids:
                element.set(name, value.rpartition(":")[2])
                changed = changed or name != "bpmnElement"
        if local_name(element) in ("flowNodeRef", "incoming", "outgoing", "sourceRef", "targetRef"):
            value = (element.text or "").strip()
            if value and value not in draft.ids and value.rpartition(":")[2] in draft.ids:
                element.text = value.rpartition(":")[2]
    if changed:
        draft.note(None, "prefixed_reference")


def repair_collaboration(draft: Draft) -> None:
    """Processes, pools, lanes and message flows."""
    _processes(draft)
    processes = {process.get("id") for process in draft.root.findall(bpmn("process"))}
    for pool in all_of(draft.root, "participant"):
        reference = pool.get("processRef")
        if reference and reference not in processes:
            draft.note(pool, "dangling_reference", f"processRef {reference}")
            del pool.attrib["processRef"]
    for lane in all_of(draft.root, "lane"):
        _lane(draft, lane)
    for flow in all_of(draft.root, "messageFlow"):
        ends = [flow.get("sourceRef"), flow.get("targetRef")]
        if any(draft.find(end) is None for end in ends):
            draft.note(flow, "dangling_flow", " → ".join(end or "?" for end in ends))
            draft.set_aside(flow.getparent(), flow)


def _processes(draft: Draft) -> None:
    processes = draft.root.findall(bpmn("process"))
    if any(local_name(child) in ROOTS - {"process"} for child in draft.root):
        draft.note(None, "choreography")
    if not processes:
        process = draft.root.makeelement(bpmn("process"))
        process.set("id", draft.fresh_id("process"))
        diagrams = draft.root.findall(qname(BPMNDI, "BPMNDiagram"))
        draft.root.insert(draft.root.index(diagrams[0]) if diagrams else len(draft.root), process)
        draft.note(process, "no_process")
        processes = [process]
    if len(processes) > 1:
        draft.note(None, "several_processes", "、".join(process.get("id") for process in processes))
    for process in processes:
        if process.get("isExecutable") not in ("true", "1"):
            process.set("isExecutable", "true")
            draft.note(process, "not_executable")


def _lane(draft: Draft, lane: Any) -> None:
    process = next(lane.iterancestors(bpmn("process")), None)
    inside = {item.get("id") for item in bpmn_elements(process)} if process is not None else set()
    lost = []
    for reference in lane.findall(bpmn("flowNodeRef")):
        key = (reference.text or "").strip()
        if key not in inside:
            lost.append(key)
            remove(reference)
    if lost:
        draft.note(lane, "dangling_reference", "、".join(lost))
