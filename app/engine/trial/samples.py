"""Sample values for names: what a service might give back, what a message might carry."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from app.engine.bundle import DelegateSignature
from app.engine.definition import Definition
from app.engine.effects import ServiceCall
from app.engine.lint.variables import COUNTS, GIVEN, scope_of, written_by
from app.engine.spiff.activity import Activity
from app.engine.spiff.catching import Catcher
from app.engine.spiff.event_sub_process import EventSubProcess
from app.engine.spiff.flow_node import FlowNode
from app.engine.spiff.formula import Formula
from app.engine.spiff.process import ProcessSpec
from app.engine.spiff.repetition import MultiInstance
from app.engine.spiff.script_task import ScriptTask
from app.engine.spiff.sub_process import CallActivity, SubProcess
from app.engine.spiff.timer import TimerTrigger

SAMPLE_ORG = {"id": 1, "principal": "org:1", "name": "样例单位", "uscc": "91310000MA1FPUJN11", "type": "bank"}
NOT_GIVEN = GIVEN | COUNTS | {"loopCounter", "outcome"}
SAMPLE_TEXT = "样例"
_GIVES = re.compile(r"Gives ([^.]+)\.")
_NAME = re.compile(r"^[a-z_]\w*")
_NUMBERS = re.compile(
    r"(^|_)(amount|balance|count|days|n|total|score|rank|errors|warnings|instalment|used|limit)$"
)
_LISTS = re.compile(
    r"(^|_)(parts|files|items|missing|findings|reasons|measures|cases|receipts|deals|evidence|targets)$"
)
_FLAGS = re.compile(r"^(is_|has_|late$|frozen$|still_)")
_TRUE = re.compile(r"^(ok$|attachments_ok$|.*_complete$|.*_signed$|valid$)")
_SIMPLE: Mapping[str, Any] = {"string": SAMPLE_TEXT, "number": 1, "boolean": True, "list": [], "null": None}


def sample_value(name: str, now: datetime) -> Any:
    """What a value of this name may look like."""
    if name == "org":
        return SAMPLE_ORG
    if name.endswith("_no") or name == "no":
        return f"{name.removesuffix('_no').upper()}-{now.year}-0000"
    if name.endswith("sha256"):
        return "0" * 64
    if name in ("due", "deadline", "until") or name.startswith("due_") or name.endswith(("_due", "_until")):
        return (now + timedelta(days=30)).isoformat()
    if name.endswith(("_at", "_on", "_time")):
        return now.isoformat()
    if _NUMBERS.search(name):
        return 1
    if _LISTS.search(name):
        return []
    if _FLAGS.search(name):
        return False
    return True if _TRUE.search(name) else SAMPLE_TEXT


def sample_context(
    names: Iterable[str], now: datetime, given: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """A context with these entries; what was given under the same name comes back."""
    known = given or {}
    return {name: known[name] if name in known else sample_value(name, now) for name in sorted(set(names))}


def names_given(definition: Definition) -> set[str]:
    """What expressions of a process read and nothing in it writes: whoever starts it must give it.

    A message that starts it may also bring what a script only changes later.
    """
    level = definition.specs[definition.process_id]
    nodes = [node for spec in _own_levels(definition, level) for node in spec.nodes]
    read = {name for node in nodes for formula in _formulas(node) for name in formula.names}
    items = {name for node in nodes for name in _item_names(node)}
    written = scope_of(definition.specs, level).union(*(written_by(node) for node in nodes))
    if not level.starts:
        scripts = (node for node in nodes if isinstance(node, ScriptTask))
        written -= {name for node in scripts for name, _ in node.assignments}
    return read - written - items - NOT_GIVEN


def _own_levels(definition: Definition, level: ProcessSpec) -> Iterator[ProcessSpec]:
    yield level
    for node in level.nodes:
        is_own = isinstance(node, (SubProcess, EventSubProcess)) and not isinstance(node, CallActivity)
        if is_own and node.spec_key in definition.specs:
            yield from _own_levels(definition, definition.specs[node.spec_key])


def _formulas(node: FlowNode) -> Iterator[Formula]:
    settings = node.settings
    yield from settings.formulas.values()
    yield from (formula for _, formula in (*settings.parameters, *settings.inputs, *settings.prefill))
    yield from (flow.condition for flow in node.flows if flow.condition is not None)
    timer = node.trigger if isinstance(node, Catcher) else None
    if isinstance(timer, TimerTrigger) and timer.value is not None:
        yield timer.value


def _item_names(node: FlowNode) -> Iterator[str]:
    repetition = node.repetition if isinstance(node, Activity) else None
    if isinstance(repetition, MultiInstance) and repetition.element_variable:
        yield repetition.element_variable


def sample_result(
    definition: Definition, signature: DelegateSignature | None, call: ServiceCall, now: datetime
) -> Any:
    """What a delegate might give: by its signature, with the entries that it promises and that diagrams read."""
    kind = signature.result if signature is not None else "Any"
    if kind in _SIMPLE:
        return _SIMPLE[kind]
    if kind in ("date", "date and time"):
        return now.isoformat()
    names = {*_promised(signature), *read_members(definition, _result_variable(definition, call))}
    return sample_context(names, now, call.parameters)


def read_members(definition: Definition, variable: str | None) -> set[str]:
    """The entries of a variable that expressions of the diagrams read."""
    if not variable:
        return set()
    wanted = re.compile(rf"\b{re.escape(variable)}\.([a-z_]\w*)")
    texts = (definition.diagram_xml(key) for key in (definition.process_id, *definition.called_processes))
    return {name for text in texts for name in wanted.findall(text.decode(errors="replace"))}


def _result_variable(definition: Definition, call: ServiceCall) -> str | None:
    element = definition.element(call.process_id, call.element_id)
    return element.attributes.get("resultVariable") if element is not None else None


def _promised(signature: DelegateSignature | None) -> set[str]:
    """The entries that the description names after “Gives”."""
    found = _GIVES.search(signature.description.replace("\n", " ")) if signature is not None else None
    parts = re.sub(r"\{[^}]*\}|\([^)]*\)", "", found[1]).split(",") if found is not None else ()
    words = (_NAME.match(part.strip().strip("`").removeprefix("and ")) for part in parts)
    return {word[0] for word in words if word is not None}
