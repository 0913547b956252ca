"""The last resort: whatever the engine still refuses becomes the plainest element of its sort."""

from __future__ import annotations

from typing import Any

from app.engine.definition import Bundle, load_definition
from app.engine.errors import DefinitionInvalid, Problem
from app.engine.graph import ACTIVITIES, SUB_PROCESSES
from app.engine.importer.draft import Draft, definitions_of, rename
from app.engine.importer.expressions import set_condition
from app.engine.importer.reading import MAX_BYTES, MAX_NODES
from app.engine.xml import BPMN, bpmn, local_name, namespace_of, parse_xml, write_xml

ROUNDS = 4
_OF_EVERY_NODE = frozenset({"documentation", "extensionElements", "incoming", "outgoing"})


def load_all(xml: bytes) -> list[Problem]:
    """What the engine refuses in the processes of one file."""
    problems: list[Problem] = []
    root = parse_xml(xml, max_bytes=MAX_BYTES, max_nodes=MAX_NODES)
    process_ids = [process.get("id") or "" for process in root.findall(bpmn("process"))]
    bundle = Bundle(dict.fromkeys(process_ids, xml))
    for process_id in process_ids:
        try:
            load_definition(bundle, process_id)
        except DefinitionInvalid as error:
            problems += error.problems
    return problems


def replace_refused(draft: Draft) -> None:
    """Ask the engine, put placeholders, ask again."""
    for _ in range(ROUNDS):
        problems = [
            problem for problem in load_all(write_xml(draft.root)) if not _is_expected(draft, problem)
        ]
        if not problems:
            return
        for problem in problems:
            element = draft.find(problem.element_id)
            if element is not None:
                draft.note(element, "refused", problem.message_zh)
                _simplify(draft, element)


def _is_expected(draft: Draft, problem: Problem) -> bool:
    """References into the repository are looked up there, not in this one file."""
    known = draft.known
    return (
        (problem.code == "unknown_process" and bool(known.processes))
        or (problem.code == "unknown_decision" and bool(known.decisions))
        or (problem.code == "unknown_form" and bool(known.forms))
    )


def _simplify(draft: Draft, element: Any) -> None:
    kind = local_name(element)
    if kind == "sequenceFlow":
        set_condition(draft, element, "false")
    elif kind in SUB_PROCESSES or kind in ACTIVITIES:
        loops = [child for child in element if local_name(child).endswith("LoopCharacteristics")]
        for child in loops:
            draft.set_aside(element, child)
        if not loops or kind not in SUB_PROCESSES:
            _become_task(draft, element)
    elif kind == "eventBasedGateway":
        rename(element, "exclusiveGateway")
    elif definitions_of(element):
        for definition in definitions_of(element):
            draft.set_aside(element, definition)
        if kind == "intermediateCatchEvent":
            rename(element, "intermediateThrowEvent")


def _become_task(draft: Draft, element: Any) -> None:
    """A task; what is inside a sub-process, such as one nested too deeply, is set aside."""
    if local_name(element) in SUB_PROCESSES:
        for child in [child for child in element if namespace_of(child) == BPMN]:
            if local_name(child) not in _OF_EVERY_NODE:
                draft.set_aside(element, child)
    rename(element, "task")
