"""Names: of variables, of elements in both languages, and how long they may be."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.engine.feel.names import is_plain
from app.engine.lint.finder import Finder
from app.engine.spiff.activity import Activity
from app.engine.spiff.flow_node import FlowNode
from app.engine.spiff.repetition import MultiInstance
from app.engine.spiff.script_task import ScriptTask
from app.engine.spiff.sub_process import CallActivity
from app.engine.xml import BPMN, local_name, namespace_of, zr

# What the runtime itself gives; writing it would hide the true value from everything after.
RESERVED = frozenset(
    {
        "instance", "item", "loopCounter", "nrOfActiveInstances", "nrOfCompletedInstances", "nrOfInstances",
        "params", "partial",
    }
)  # fmt: skip
# A called process may be given another `params`, for a trial calculation; nothing else of the runtime's.
PASSED_IN = RESERVED - {"params"}
# What the tables of the host have room for.
MAX_ID, MAX_NAME, MAX_MESSAGE, MAX_STATE = 100, 200, 60, 40
CHINESE = re.compile(r"[\u3400-\u9fff]")
# Seen by authors only, or named by what they stand for.
NOT_SHOWN = frozenset(
    {"collaboration", "definitions", "error", "escalation", "message", "participant", "signal"}
)


def check_naming(finder: Finder) -> None:
    """Look at every name."""
    for node in finder.nodes():
        for name in _written(node):
            _check_variable(finder, node, name, RESERVED)
        if isinstance(node, CallActivity):
            for name, _ in node.settings.inputs:
                _check_variable(finder, node, name, PASSED_IN)
        state = node.settings.case_state
        if state is not None and isinstance(state.literal, str) and len(state.literal) > MAX_STATE:
            _too_long(finder, node.bpmn_id, "zr:caseState", MAX_STATE)
        _check_clocks(finder, node)
        _check_parameters(finder, node)
    for element in finder.process.root.iter():
        if isinstance(element.tag, str) and namespace_of(element) == BPMN:
            _check_element(finder, element)
    _check_title(finder)


def _check_clocks(finder: Finder, node: FlowNode) -> None:
    for clock in node.settings.clocks:
        if CHINESE.search(clock.label) and not clock.label_en.strip():
            zh = f"时限“{clock.label}”没有英文名称（labelEn）"
            en = f"the clock “{clock.label}” has no English name (labelEn)"
            finder.warn(node.bpmn_id, "no_english_name", zh, en)


def _check_parameters(finder: Finder, node: FlowNode) -> None:
    """What an operation takes in both languages is given in both."""
    signature = finder.delegates.get(node.settings.text("delegate") or "")
    given = dict(node.settings.parameters)
    if signature is None:
        return
    for name in signature.parameters:
        other = f"{name}_en"
        if (
            name in given
            and other in signature.parameters
            and other not in given
            and CHINESE.search(given[name].text)
        ):
            zh, en = f"参数 {name} 没有英文（{other}）", f"parameter {name} has no English ({other})"
            finder.warn(node.bpmn_id, "untranslated", zh, en)


def _check_title(finder: Finder) -> None:
    settings = finder.process.settings
    if not (settings.text("title") or "").isascii() and not (settings.text("titleEn") or "").strip():
        zh, en = "案件标题没有英文（zr:titleEn）", "the title of cases has no English (zr:titleEn)"
        finder.warn(finder.process.process_id, "no_english_name", zh, en)


def _written(node: FlowNode) -> Iterator[str]:
    settings = node.settings
    names = [settings.text("resultVariable"), settings.text("payloadVariable")]
    if isinstance(node, ScriptTask):
        names += [name for name, _ in node.assignments]
    many = node.repetition if isinstance(node, Activity) else None
    if isinstance(many, MultiInstance):
        names += [many.element_variable, many.output_collection]
    names += [name for name, _ in settings.outputs]
    yield from (name for name in names if name)


def _check_variable(finder: Finder, node: FlowNode, name: str, reserved: frozenset[str]) -> None:
    first = name.partition(".")[0]
    if first in reserved:
        zh, en = f"变量名 {first} 由系统保留", f"the name {first} belongs to the runtime"
        finder.error(node.bpmn_id, "reserved_name", zh, en)
    elif not all(map(is_plain, name.split("."))):
        zh = f"变量名 {name} 不能在表达式中使用"
        finder.error(node.bpmn_id, "bad_name", zh, f"no expression can read a variable called {name}")


def _check_element(finder: Finder, element: object) -> None:
    kind = local_name(element)
    element_id, name = element.get("id"), element.get("name") or ""  # type: ignore[attr-defined]
    if element_id and len(element_id) > MAX_ID:
        _too_long(finder, element_id, "id", MAX_ID)
    limit = MAX_MESSAGE if kind == "message" else MAX_NAME
    english = element.get(zr("nameEn")) or ""  # type: ignore[attr-defined]
    if max(len(name), len(english)) > limit:
        _too_long(finder, element_id, "name", limit)
    if CHINESE.search(name) and not english.strip() and kind not in NOT_SHOWN:
        zh, en = f"“{name}”没有英文名称（zr:nameEn）", f"“{name}” has no English name (zr:nameEn)"
        finder.warn(element_id, "no_english_name", zh, en)


def _too_long(finder: Finder, element_id: str | None, what: str, limit: int) -> None:
    zh, en = f"{what} 超过 {limit} 个字符", f"{what} has more than {limit} characters"
    finder.error(element_id, "too_long", zh, en)
