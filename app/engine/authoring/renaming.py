"""Gives the process of an imported file the id that its place in the bundle asks for."""

from __future__ import annotations

from typing import Any

from app.engine.graph import FLOW_NODES
from app.engine.xml import bpmn, local_name, parse_xml, write_xml


class NoProcess(ValueError):
    """The file holds no process."""


def rename_process(xml: bytes, process_id: str) -> bytes:
    """The same file; its largest process is called `process_id`, and another of that id steps aside.

    Raises XmlRefused, NoProcess.
    """
    root = parse_xml(xml)
    processes = root.findall(bpmn("process"))
    if not processes:
        raise NoProcess
    main = max(processes, key=_size)
    if main.get("id") == process_id:
        return xml
    for element in root.iter():
        if isinstance(element.tag, str) and element.get("id") == process_id:
            _give_id(root, element, _free_id(root, f"{process_id}_2"))
    _give_id(root, main, process_id)
    return write_xml(root)


def _size(process: Any) -> int:
    return sum(1 for item in process.iter() if local_name(item) in FLOW_NODES)


def _free_id(root: Any, wish: str) -> str:
    taken = {element.get("id") for element in root.iter() if isinstance(element.tag, str)}
    while wish in taken:
        wish += "_2"
    return wish


def _give_id(root: Any, element: Any, new: str) -> None:
    old = element.get("id")
    element.set("id", new)
    for other in root.iter():
        if not isinstance(other.tag, str):
            continue
        for name in (
            "processRef",
            "calledElement",
            "bpmnElement",
            "sourceRef",
            "targetRef",
            "attachedToRef",
            "default",
        ):
            if other.get(name) == old:
                other.set(name, new)
        if local_name(other) in ("flowNodeRef", "incoming", "outgoing") and (other.text or "").strip() == old:
            other.text = new
