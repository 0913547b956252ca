"""The file as a document: ids, references, what is drawn but never executed, size."""

from __future__ import annotations

from collections import Counter

from app.engine.lint.finder import Finder
from app.engine.spiff.settings import CAMUNDA, SPIFF
from app.engine.xml import BPMN, BPMNDI, ZR, bpmn, local_name, namespace_of

MAX_NODES = 500
# Extensions of other products that would run code or change what happens.
ACTIVE_EXTENSIONS = {
    CAMUNDA: frozenset(
        {"executionListener", "taskListener", "connector", "script", "failedJobRetryTimeCycle"}
    ),
    SPIFF: frozenset({"preScript", "postScript", "unitTests"}),
}
IGNORED_DATA = frozenset({"dataInputAssociation", "dataOutputAssociation", "ioSpecification", "property"})


def check_document(finder: Finder) -> None:
    """Look at the XML."""
    _check_ids(finder)
    _check_references(finder)
    _check_extensions(finder)
    _check_processes(finder)
    count = sum(1 for _ in finder.nodes())
    if count > MAX_NODES:
        zh, en = f"流程有 {count} 个环节，上限 {MAX_NODES}", f"{count} elements, at most {MAX_NODES}"
        finder.error(finder.process.process_id, "too_large", zh, en)


def _check_ids(finder: Finder) -> None:
    ids = Counter(
        element.get("id")
        for element in finder.process.root.iter()
        if isinstance(element.tag, str) and element.get("id")
    )
    for element_id, count in ids.items():
        if count > 1:
            finder.error(element_id, "duplicate_id", f"id 出现 {count} 次", f"the id is used {count} times")


def _check_references(finder: Finder) -> None:
    for element in finder.process.root.iter(bpmn("flowNodeRef")):
        target = (element.text or "").strip()
        if target not in finder.elements:
            lane = element.getparent().get("id")
            finder.warn(
                lane,
                "dangling",
                f"泳道引用的 {target} 不存在",
                f"the lane refers to {target}, which is missing",
            )
    for element in finder.process.root.iter():
        if not isinstance(element.tag, str):
            continue
        default = element.get("default") if namespace_of(element) == BPMN else None
        if default and default not in finder.elements:
            zh, en = f"默认连线 {default} 不存在", f"default flow {default} does not exist"
            finder.error(element.get("id"), "dangling", zh, en)
        drawn = element.get("bpmnElement") if namespace_of(element) == BPMNDI else None
        if drawn and drawn.rpartition(":")[2] not in finder.elements:
            zh, en = f"图形引用的 {drawn} 不存在", f"the shape refers to {drawn}, which is missing"
            finder.warn(element.get("id"), "dangling_shape", zh, en)


def _check_extensions(finder: Finder) -> None:
    for element in finder.process.root.iter():
        if not isinstance(element.tag, str):
            continue
        namespace, name = namespace_of(element), local_name(element)
        owner = _owner(element)
        if name in ACTIVE_EXTENSIONS.get(namespace, ()):
            finder.warn(
                owner, "ignored_extension", f"扩展 {name} 不被执行", f"extension {name} is not executed"
            )
        if namespace == BPMN and name in IGNORED_DATA:
            finder.warn(
                owner, "ignored_data", f"{name} 不起作用，数据一律为流程变量", f"{name} has no effect"
            )
    for level in finder.levels:
        for node in level.nodes:
            for word in node.settings.unknown:
                finder.error(
                    node.bpmn_id, "unknown_extension", f"未知的扩展 zr:{word}", f"unknown extension zr:{word}"
                )
    for word in finder.process.settings.unknown:
        finder.error(
            finder.process.process_id,
            "unknown_extension",
            f"未知的扩展 zr:{word}",
            f"unknown extension zr:{word}",
        )


def _owner(element: object) -> str | None:
    current = element
    while current is not None:
        element_id = current.get("id")  # type: ignore[attr-defined]
        if element_id and namespace_of(current) not in (CAMUNDA, SPIFF, ZR):
            return str(element_id)
        current = current.getparent()  # type: ignore[attr-defined]
    return None


def _check_processes(finder: Finder) -> None:
    for process in finder.process.root.iter(bpmn("process")):
        other = process.get("id")
        if other != finder.process.process_id and other not in finder.reading.bundle.processes:
            zh, en = f"同一文件中的流程 {other} 不被部署", f"process {other} in the same file is not deployed"
            finder.warn(other, "ignored", zh, en)
