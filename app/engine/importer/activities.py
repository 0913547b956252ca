"""Tasks, sub-processes and their loops."""

from __future__ import annotations

from typing import Any

from lxml import etree

from app.engine.feel import FeelError
from app.engine.graph import ACTIVITIES
from app.engine.importer.draft import Draft, nodes_of, rename, text_of
from app.engine.importer.expressions import has_feel_language, is_feel, repair_settings
from app.engine.spiff.formula import Formula, compile_feel
from app.engine.spiff.script_task import split_script
from app.engine.spiff.settings import Settings, read_settings
from app.engine.xml import ZR, bpmn, local_name

PLACEHOLDER_DELEGATE = "unassigned"


class _Lenient:
    """Reads settings that repair_settings has already put right."""

    def value(self, text: str, what: str) -> Formula:
        return Formula(text, text)


def settings_of(element: Any) -> Settings:
    """What the extensions of an element say, whatever their vocabulary."""
    return read_settings(element, _Lenient())


def repair_activities(draft: Draft, scope: Any) -> None:
    """Every activity of one level."""
    for element in nodes_of(scope).values():
        repair_settings(draft, element)
        if local_name(element) not in ACTIVITIES:
            continue
        if element.get("isForCompensation") == "true":
            del element.attrib["isForCompensation"]
            draft.note(element, "compensation", element.get("name") or "")
        repair = REPAIRS.get(local_name(element))
        if repair is not None:
            repair(draft, element)
        _loops(draft, element)


def _service_task(draft: Draft, element: Any) -> None:
    if not settings_of(element).text("delegate"):
        element.set(f"{{{ZR}}}delegate", PLACEHOLDER_DELEGATE)
        draft.note(element, "service_task")


def _script_task(draft: Draft, element: Any) -> None:
    script = text_of(element.find(bpmn("script")))
    if has_feel_language(element, "scriptFormat") and _is_assignments(script):
        return
    draft.note(element, "script", script)
    rename(element, "task")


def _is_assignments(script: str) -> bool:
    try:
        lines = list(split_script(script))
        for _name, text, _line in lines:
            compile_feel(text)
    except (ValueError, FeelError):
        return False
    return bool(lines)


def _decision_task(draft: Draft, element: Any) -> None:
    decision = settings_of(element).text("decisionRef")
    if decision not in draft.known.decisions:
        draft.note(element, "decision", decision or "")
        rename(element, "task")


def _call_activity(draft: Draft, element: Any) -> None:
    called = (element.get("calledElement") or "").rpartition(":")[2].strip()
    own = {process.get("id") for process in draft.root.findall(bpmn("process"))}
    around = {process.get("id") for process in element.iterancestors(bpmn("process"))}
    if called in draft.known.processes or called in own - around:
        element.set("calledElement", called)
        return
    draft.note(element, "called_process", element.get("calledElement") or "")
    rename(element, "task")


def _user_task(draft: Draft, element: Any) -> None:
    form = settings_of(element).text("formKey")
    if form and form not in draft.known.forms:
        draft.note(element, "form", form)
        element.set(f"{{{ZR}}}formKey", "")


def _message_task(draft: Draft, element: Any) -> None:
    if element.get("instantiate") == "true":
        del element.attrib["instantiate"]
        draft.note(element, "receive_start")
    if draft.referred(element.get("messageRef"), "message") is None:
        name = (element.get("name") or "").strip() or element.get("id")
        element.set("messageRef", draft.define("message", name))
        draft.note(element, "message_created", name)


def _transaction(draft: Draft, element: Any) -> None:
    rename(element, "subProcess")
    draft.note(element, "transaction")


def _ad_hoc(draft: Draft, element: Any) -> None:
    rename(element, "subProcess")
    for name in ("ordering", "cancelRemainingInstances"):
        element.attrib.pop(name, None)
    condition = element.find(bpmn("completionCondition"))
    if condition is not None:
        draft.set_aside(element, condition)
    draft.note(element, "ad_hoc")


REPAIRS = {
    "serviceTask": _service_task,
    "scriptTask": _script_task,
    "businessRuleTask": _decision_task,
    "callActivity": _call_activity,
    "userTask": _user_task,
    "sendTask": _message_task,
    "receiveTask": _message_task,
    "transaction": _transaction,
    "adHocSubProcess": _ad_hoc,
}


def _loops(draft: Draft, element: Any) -> None:
    many = element.find(bpmn("multiInstanceLoopCharacteristics"))
    if many is not None:
        _multi_instance(draft, element, many)
    loop = element.find(bpmn("standardLoopCharacteristics"))
    if loop is not None:
        _standard_loop(draft, element, loop)


def _multi_instance(draft: Draft, element: Any, many: Any) -> None:
    texts = {name: text_of(many.find(bpmn(name))) for name in ("loopCardinality", "loopDataInputRef")}
    used = [text for text in texts.values() if text]
    wrong = [text for text in used if not is_feel(text)]
    has_collection = bool(settings_of(element).text("collection"))
    output = many.find(bpmn("outputDataItem"))
    if output is not None and not is_feel(output.get("name") or output.get("id") or ""):
        draft.set_aside(element, output)
    completion = many.find(bpmn("completionCondition"))
    if completion is not None and text_of(completion) and not is_feel(text_of(completion)):
        draft.note(element, "expression", f"completionCondition = {text_of(completion)}")
        draft.set_aside(element, completion)
    _plain_behaviour(draft, element, many)
    if wrong or not (used or has_collection):
        draft.note(element, "multi_instance", "；".join(used))
        for name in texts:
            old = many.find(bpmn(name))
            if old is not None:
                draft.set_aside(element, old)
        cardinality = etree.Element(bpmn("loopCardinality"))
        cardinality.text = "1"
        many.insert(0, cardinality)


def _plain_behaviour(draft: Draft, element: Any, many: Any) -> None:
    if many.get("behavior", "All") != "All":
        draft.note(element, "expression", f"behavior = {many.attrib.pop('behavior')}")
    for complex_one in many.findall(bpmn("complexBehaviorDefinition")):
        draft.note(element, "expression", "complexBehaviorDefinition")
        draft.set_aside(element, complex_one)


def _standard_loop(draft: Draft, element: Any, loop: Any) -> None:
    condition, maximum = loop.find(bpmn("loopCondition")), loop.get("loopMaximum")
    text = text_of(condition)
    usable = bool(text) and is_feel(text)
    counted = maximum is not None and maximum.isdigit()
    if (usable or counted) and (usable or not text) and (counted or maximum is None):
        return
    draft.note(element, "loop", "；".join(item for item in (text, maximum) if item))
    if condition is not None and not usable:
        draft.set_aside(element, condition)
    if not counted:
        loop.attrib.pop("loopMaximum", None)
        if not usable:
            loop.set("loopMaximum", "1")
