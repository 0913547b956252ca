"""Tasks: who does them, with which form, delegate or decision, and where the result goes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.engine.bundle import DelegateSignature
from app.engine.form.restriction import can_lock, restrictable
from app.engine.lint.finder import Finder
from app.engine.operations.policy import PolicyInvalid, read_policy
from app.engine.spiff.activity import Activity
from app.engine.spiff.decision_task import DecisionTask
from app.engine.spiff.flow_node import FlowNode
from app.engine.spiff.formula import Formula
from app.engine.spiff.instants import LITERAL
from app.engine.spiff.pass_task import PassTask
from app.engine.spiff.repetition import MultiInstance
from app.engine.spiff.service_task import ServiceTask
from app.engine.spiff.user_task import UserTask

PRINCIPAL = re.compile(r"(?:group|org|user|ticket):\S+")
DUTIES = frozenset(
    {
        "accept", "appeal", "appeal_decide", "apply", "approve", "board", "credit_approve", "credit_draft", "draft",
        "finance_approve",
        "finance_request", "finance_review", "investigate", "objection", "objection_approve", "respond",
        "review", "sanction_decide", "sanction_draft", "score", "sign",
    }
)  # fmt: skip
# Attributes for which a literal is never right.
COMPUTED = ("collection", "outputElement", "payload")


def check_tasks(finder: Finder) -> None:
    """Look at every activity and at who may start the process."""
    for node in finder.nodes():
        _check_literals(finder, node)
        if isinstance(node, UserTask):
            _check_user_task(finder, node)
        elif isinstance(node, ServiceTask):
            _check_service_task(finder, node)
        elif isinstance(node, DecisionTask) and not node.settings.text("resultVariable"):
            zh, en = "决策结果没有保存到变量", "the result of the decision goes nowhere"
            finder.warn(node.bpmn_id, "no_result_variable", zh, en)
        elif isinstance(node, PassTask):
            zh, en = "该任务不执行任何操作，直接通过", "this task does nothing and is passed at once"
            finder.warn(node.bpmn_id, "passes", zh, en)
        if isinstance(node, Activity) and isinstance(node.repetition, MultiInstance):
            _check_multi_instance(finder, node, node.repetition)
    _check_principals(
        finder, finder.process.process_id, " ".join(finder.process.settings.words("startableBy"))
    )


def _check_literals(finder: Finder, node: FlowNode) -> None:
    for name in COMPUTED:
        formula = node.settings.formula(name)
        if formula is not None and formula.expression is None and formula.literal is not None:
            zh, en = f"zr:{name} 须以 = 开头写表达式", f"zr:{name} must be an expression and begin with ="
            finder.error(node.bpmn_id, "literal", zh, en)
    due = node.settings.formula("due")
    if due is not None and isinstance(due.literal, str) and not LITERAL.fullmatch(due.literal.strip()):
        zh, en = f"办理期限不是时间：{due.literal}", f"the due date is no point in time: {due.literal}"
        finder.error(node.bpmn_id, "literal", zh, en)


def _check_user_task(finder: Finder, node: UserTask) -> None:
    settings = node.settings
    if not settings.text("formKey"):
        finder.error(node.bpmn_id, "no_form", "用户任务没有表单", "the user task has no form")
    if not settings.text("resultVariable"):
        zh, en = "用户任务没有 zr:resultVariable", "the user task has no zr:resultVariable"
        finder.error(node.bpmn_id, "no_result_variable", zh, en)
    candidates = settings.formula("candidates") or node.lane_candidates
    if candidates is None and settings.formula("assignee") is None:
        lane = f"（泳道“{node.lane}”也没有）" if node.lane else ""
        finder.error(node.bpmn_id, "no_candidates", f"没有办理人{lane}", "nobody can do this task")
    for formula in (candidates, settings.formula("assignee")):
        _check_principals(finder, node.bpmn_id, _literal(formula))
    if node.lane is None and finder.has_lanes:
        zh, en = "任务不在任何泳道中", "the task stands in no lane"
        finder.warn(node.bpmn_id, "no_lane", zh, en)
    _check_operations(finder, node)
    duties = set(settings.words("duty")) | (set(settings.words("separateFrom")) - {"any"})
    for duty in sorted(duties - DUTIES - set(_used_duties(finder))):
        zh, en = f"没有职责 {duty}", f"there is no duty {duty}"
        finder.warn(node.bpmn_id, "unknown_duty", zh, en)
    _check_fields(finder, node)
    for element_id in settings.words("notActorOf"):
        other = next((n for n in finder.nodes() if n.bpmn_id == element_id), None)
        if not isinstance(other, UserTask):
            zh, en = (
                f"zr:notActorOf 引用的任务 {element_id} 不存在",
                f"zr:notActorOf names no user task: {element_id}",
            )
            finder.error(node.bpmn_id, "dangling", zh, en)


def _check_fields(finder: Finder, node: UserTask) -> None:
    """Fields that the step hides or locks are fields of its form."""
    hidden, locked = node.settings.words("hiddenFields"), node.settings.words("readonlyFields")
    form = finder.reading.forms.get(node.settings.text("formKey") or "")
    if form is None or not (hidden or locked):
        return
    known = {component.id: component for component in restrictable(form)}
    inside = {component.id for component in form.walk()} - set(known)
    for name in dict.fromkeys((*hidden, *locked)):
        if name in inside:
            zh = f"{name} 是可增删行列表中的列，只能限制整个列表"
            en = f"{name} is a column of a list with changing rows: restrict the whole list"
            finder.error(node.bpmn_id, "unknown_field", zh, en)
        elif name not in known or (name in locked and not can_lock(known[name])):
            zh, en = (
                f"表单中没有可限制的字段 {name}",
                f"the form has no field {name} that could be restricted",
            )
            finder.error(node.bpmn_id, "unknown_field", zh, en)


def _check_operations(finder: Finder, node: UserTask) -> None:
    """What may be done with the task besides its form, and how votes on it decide."""
    settings = node.settings
    try:
        policy = read_policy(settings.attributes)
    except PolicyInvalid as invalid:
        zh, en = f"不是任务操作的设置：{invalid}", f"no operation, rule or place: {invalid}"
        finder.error(node.bpmn_id, "bad_operation", zh, en)
        return
    if policy.decision_variable and policy.rule is None:
        zh, en = "zr:decisionVariable 须与 zr:decision 同时给出", "zr:decisionVariable needs zr:decision"
        finder.error(node.bpmn_id, "bad_operation", zh, en)
    if settings.formula("signers") is not None and policy.rule is None:
        zh, en = "zr:signers 须与 zr:decision 同时给出", "zr:signers needs zr:decision"
        finder.error(node.bpmn_id, "bad_operation", zh, en)
    if settings.formula("ballot") is not None and (policy.rule is not None or policy.sealed):
        zh, en = (
            "zr:ballot 不能与 zr:decision、zr:sealed 同用",
            "zr:ballot goes with neither zr:decision nor zr:sealed",
        )
        finder.error(node.bpmn_id, "bad_operation", zh, en)
    _check_principals(finder, node.bpmn_id, policy.empty)


def _used_duties(finder: Finder) -> Iterator[str]:
    """The duties that the tasks of other processes name themselves."""
    for process in finder.reading.processes.values():
        if process is not finder.process:
            for level in process.specs.values():
                for node in level.nodes:
                    yield from node.settings.words("duty")


def _literal(formula: Formula | None) -> str:
    return formula.literal if formula is not None and isinstance(formula.literal, str) else ""


def _check_principals(finder: Finder, element_id: str, text: str) -> None:
    for word in text.split():
        if not PRINCIPAL.fullmatch(word):
            zh, en = f"不是主体：{word}（应如 group:clerk）", f"no principal: {word} (write group:clerk)"
            finder.error(element_id, "bad_principal", zh, en)


def _check_service_task(finder: Finder, node: ServiceTask) -> None:
    name = node.settings.text("delegate")
    if not name:
        return
    signature = finder.delegates.get(name)
    if signature is None:
        finder.error(node.bpmn_id, "unknown_delegate", f"没有处理程序 {name}", f"there is no delegate {name}")
        return
    _check_parameters(finder, node, signature)
    if node.settings.text("resultVariable") and signature.result == "null":
        zh, en = f"处理程序 {name} 没有结果", f"delegate {name} has no result"
        finder.warn(node.bpmn_id, "no_result", zh, en)


def _check_parameters(finder: Finder, node: ServiceTask, signature: DelegateSignature) -> None:
    given = [name for name, _ in node.settings.parameters]
    for name in given:
        if name not in signature.parameters:
            zh = f"处理程序 {signature.name} 没有参数 {name}"
            finder.error(
                node.bpmn_id, "unknown_parameter", zh, f"delegate {signature.name} has no parameter {name}"
            )
        elif given.count(name) > 1:
            finder.error(
                node.bpmn_id, "duplicate_parameter", f"参数 {name} 重复", f"parameter {name} is given twice"
            )
    for name, parameter in signature.parameters.items():
        if parameter.required and name not in given:
            zh = f"缺少处理程序 {signature.name} 的参数 {name}"
            finder.error(
                node.bpmn_id, "missing_parameter", zh, f"delegate {signature.name} needs parameter {name}"
            )


def _check_multi_instance(finder: Finder, node: FlowNode, many: MultiInstance) -> None:
    if (many.output_collection is None) != (many.output_element is None):
        zh = "zr:outputCollection 与 zr:outputElement 须同时给出"
        finder.error(
            node.bpmn_id, "multi_instance", zh, "zr:outputCollection and zr:outputElement go together"
        )
    elif many.output_collection is None and isinstance(node, UserTask):
        zh = "多实例任务的结果只在各实例内可见，没有 zr:outputCollection 就会丢失"
        finder.warn(
            node.bpmn_id, "results_lost", zh, "the results of the runs are lost without zr:outputCollection"
        )
