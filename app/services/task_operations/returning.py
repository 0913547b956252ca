"""Returning (退回), taking back (拿回) and withdrawing (撤回): the engine leads the case back, here it is allowed,
recorded, and given to the people who did the step before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, exists, or_, select
from sqlalchemy.orm import aliased

from app.engine.operations.policy import RETURN, RETURN_DIRECT, TAKE_BACK, WITHDRAW
from app.engine.returning import Place, ReturnPlan, return_to, returns, returns_of
from app.models.history import HistoryEvent
from app.models.identity import User
from app.models.runtime import FormDraft, ProcessInstance, UserTask
from app.services import access, conflicts, runtime
from app.services.context import Context
from app.services.errors import Conflict, NotFound, NotPermitted
from app.services.task_operations import acting, people

# Delegates that only look things up or remind: running them again does no harm.
HARMLESS = frozenset({
    "compare_registry", "count_objections", "list_experts", "load_agreement", "notify", "payment_facts",
    "query_credit_source", "query_own_records", "verify_release", "verify_signature",
})  # fmt: skip


@dataclass(frozen=True)
class Preview:
    """One return that could be made, and who would do the step again, as far as that is known."""

    plan: ReturnPlan
    done_by: str


class NotReturnable(Conflict):
    """The case cannot be led back there; says everything that is in the way."""

    def __init__(self, plan: ReturnPlan) -> None:
        zh = "；".join(reason.message_zh for reason in plan.reasons)
        en = "; ".join(reason.message_en for reason in plan.reasons)
        super().__init__(
            f"不能退回到“{plan.target.name}”：{zh}。", f"Nobody can return to {plan.target.name_en}: {en}."
        )


def previews(context: Context, task: UserTask) -> list[Preview]:
    """The steps to which this open task could be returned, the latest first, also those that are barred."""
    plans = returns_of(runtime.load_instance(context, task.instance), task.engine_id, HARMLESS)
    done = _completed(context, task.instance, plans)
    names = {key: row.completed_by.name if row.completed_by else "" for key, row in done.items()}
    return [Preview(plan, names.get(plan.completed_task, "")) for plan in plans]


def why_returned(context: Context, task: UserTask) -> HistoryEvent | None:
    """The return that opened this task again, with its reason; None for a task that came in the ordinary way."""
    query = select(HistoryEvent).where(
        HistoryEvent.instance_id == task.instance_id,
        HistoryEvent.kind == "task_returned",
        HistoryEvent.recorded_at == task.created_at,
    )
    found = context.session.scalars(query.order_by(HistoryEvent.seq.desc())).all()
    return next((event for event in found if event.detail.get("to_element") == task.element_id), None)


def return_task(context: Context, task_id: int, number: int, reason: str, *, straight: bool) -> UserTask:
    """Return a task to an earlier step; the task that is open there again.

    With `straight` the case comes back to this task as soon as the step is done, else all steps between run again.
    Raises NotPermitted, Invalid, NotReturnable, TaskEnded.
    """
    act = acting.begin_held(context, task_id, RETURN_DIRECT if straight else RETURN)
    text = acting.require_reason(reason, 500)
    plans = returns_of(runtime.load_instance(context, act.row), act.task.engine_id, HARMLESS)
    plan = next((one for one in plans if one.number == number), None)
    if plan is None:
        raise Conflict(
            "该环节已不能退回，请重新选择。", "That step can no longer be returned to; choose again."
        )
    if straight and not plan.may_come_straight:
        raise NotPermitted(
            "退回涉及并行环节，只能逐环节重新办理。",
            "Parallel steps are involved: all steps have to run again.",
        )
    acting.record(act, "task_returned", reason=text, straight=straight, **_told(plan))
    again = _lead_back(context, act.row, plan, straight=straight)
    again.returned = {
        "by": act.actor.name, "why": text, "from": act.task.name, "from_en": act.task.name_en or act.task.name,
    }  # fmt: skip
    return again


def take_back(context: Context, task_id: int, reason: str) -> UserTask:
    """Take back a task that one has just completed, while nobody has begun with what followed (拿回).

    Raises NotFound, NotPermitted, Conflict, NotReturnable.
    """
    return _undo(context, task_id, reason, TAKE_BACK, "task_taken_back")


def withdraw(context: Context, task_id: int, reason: str) -> UserTask:
    """Let the applicant take a submission back while nobody has begun with it (撤回).

    Raises NotFound, NotPermitted, Conflict, NotReturnable.
    """
    return _undo(context, task_id, reason, WITHDRAW, "task_withdrawn")


def undoable(context: Context, task: UserTask, operation: str) -> ReturnPlan | None:
    """The plan that would undo the completion of this task now; None when somebody has begun, or it is not allowed."""
    user = context.actor
    if user is None or task.status != "completed" or not acting.policy_of(task).allows(operation):
        return None
    if not _did(user, task, operation) or task.instance.status != "active":
        return None
    plans = returns(runtime.load_instance(context, task.instance), HARMLESS)
    return _open_way(context, task, plans)


def offered(context: Context, tasks: Sequence[UserTask]) -> dict[int, str]:
    """What the actor could take back or withdraw now among completed tasks: the operation by the task's id.

    Cases are looked into only where nothing that came after a task was begun, so that a long list costs little.
    """
    user = context.actor
    asked = {
        task.id: operation
        for task in tasks
        if user is not None and task.status == "completed" and task.instance.status == "active"
        if (operation := _undoing(user, task))
    }
    if not asked:
        return {}
    found: dict[int, str] = {}
    plans: dict[int, Sequence[ReturnPlan]] = {}
    for task in context.session.scalars(_untouched(asked)):
        if task.instance_id not in plans:
            plans[task.instance_id] = returns(runtime.load_instance(context, task.instance), HARMLESS)
        if _open_way(context, task, plans[task.instance_id]) is not None:
            found[task.id] = asked[task.id]
    return found


def _undoing(user: User, task: UserTask) -> str:
    """How the user could undo a task: whoever hands something in withdraws it, the office takes it back."""
    outside = any(principal.startswith("org:") for principal in task.candidates)
    order = (WITHDRAW, TAKE_BACK) if outside else (TAKE_BACK, WITHDRAW)
    allowed = (name for name in order if acting.policy_of(task).allows(name) and _did(user, task, name))
    return next(allowed, "")


def _untouched(asked: Iterable[int]) -> Select[UserTask]:
    """Of these tasks those after which nothing was completed, claimed or opened that arrived since."""
    later = aliased(UserTask)
    touched = or_(later.status == "completed", later.claimed_at.is_not(None), later.opened_at.is_not(None))
    begun = exists().where(
        later.instance_id == UserTask.instance_id,
        later.id != UserTask.id,
        later.created_at >= UserTask.completed_at,
        later.status != "cancelled",
        touched,
    )
    return select(UserTask).where(UserTask.id.in_(asked), ~begun)


def _open_way(context: Context, task: UserTask, plans: Sequence[ReturnPlan]) -> ReturnPlan | None:
    plan = next((plan for plan in plans if plan.completed_task == task.engine_id), None)
    return None if plan is None or not plan.possible or _begun(context, task.instance, plan) else plan


def _undo(context: Context, task_id: int, reason: str, operation: str, kind: str) -> UserTask:
    text = acting.require_reason(reason, 500)
    row = runtime.lock_instance_of(context, task_id)
    task, user = acting.fresh(context, task_id), acting.actor_of(context)
    if not _did(user, task, operation):
        raise NotFound
    conflicts.check(context.session, user, task)
    acting.require_allowed(task, operation)
    plan = _plan_of(context, row, task) if row.status == "active" else None
    if task.status != "completed" or plan is None:
        raise Conflict("后续环节已经开始，不能再取回。", "What followed has begun: it cannot be taken back.")
    if not plan.possible:
        raise NotReturnable(plan)
    if name := _begun(context, row, plan):
        raise Conflict(
            f"“{name}”已经开始办理，不能再取回。", f"{name} has been begun: it cannot be taken back."
        )
    acting.record_task(context, row, task, kind, reason=text, **_told(plan))
    return _lead_back(context, row, plan, straight=False)


def _did(user: User, task: UserTask, operation: str) -> bool:
    """Whether the user completed the task; for a submission, or somebody of the same organisation."""
    if task.completed_by_id == user.id or task.on_behalf_of_id == user.id:
        return True
    return operation == WITHDRAW and bool(
        {p for p in access.principals_of(user) if p.startswith("org:")} & set(task.candidates)
    )


def _plan_of(context: Context, row: ProcessInstance, task: UserTask) -> ReturnPlan | None:
    plans = returns(runtime.load_instance(context, row), HARMLESS)
    return next((plan for plan in plans if plan.completed_task == task.engine_id), None)


def _begun(context: Context, row: ProcessInstance, plan: ReturnPlan) -> str:
    """The name of a later step that somebody has done, claimed, opened or begun to fill in, else empty."""
    if plan.repeated:
        return plan.repeated[0].name
    if not plan.cancelled:
        return plan.target.name
    ids = [place.task_id for place in plan.cancelled]
    query = (
        select(UserTask, FormDraft.task_id)
        .outerjoin(FormDraft, FormDraft.task_id == UserTask.id)
        .where(UserTask.instance_id == row.id, UserTask.engine_id.in_(ids))
    )
    for task, draft in context.session.execute(query):
        if draft is not None or task.claimed_at is not None or task.opened_at is not None:
            return str(task.name)
    return ""


def _lead_back(context: Context, row: ProcessInstance, plan: ReturnPlan, *, straight: bool) -> UserTask:
    """Do it, write it down, and give the step to whoever did it before."""
    step = runtime.begin_step(context, row)
    before = _completed(context, row, [plan]).get(plan.completed_task)
    target = return_to(step.instance, plan.number, context.environment(), HARMLESS, straight=straight)
    runtime.settle(context, step)
    query = select(UserTask).where(UserTask.instance_id == row.id, UserTask.engine_id == target)
    again = context.session.scalars(query).one()
    person = before.on_behalf_of or before.completed_by if before is not None else None
    if person is not None and _may_do_again(context, person, again):
        acting.assign(context, again, person.id)
    return again


def _may_do_again(context: Context, person: User, task: UserTask) -> bool:
    """An organisation's task stays with all its members; officers get theirs back."""
    outside = any(principal.startswith(("org:", "ticket:")) for principal in task.candidates)
    return (
        task.assignee_id is None
        and acting.policy_of(task).rule is None
        and not outside
        and person.is_active
        and access.is_candidate(person, task)
        and people.may_act(context.session, person, task)
    )


def _completed(context: Context, row: ProcessInstance, plans: Sequence[ReturnPlan]) -> dict[str, UserTask]:
    ids = [plan.completed_task for plan in plans]
    query = select(UserTask).where(UserTask.instance_id == row.id, UserTask.engine_id.in_(ids))
    return {task.engine_id: task for task in context.session.scalars(query)}


def _told(plan: ReturnPlan) -> dict[str, Any]:
    """The preview as history keeps it."""

    def names(places: Sequence[Place]) -> list[str]:
        return [place.name for place in places]

    return {
        "to_element": plan.target.element_id,
        "to": plan.target.name,
        "to_en": plan.target.name_en,
        "ended": names(plan.cancelled),
        "reopened": names(plan.reopened),
        "again": names(plan.repeated),
        "rearmed": names(plan.rearmed_timers),
    }


__all__ = [
    "HARMLESS",
    "NotReturnable",
    "Preview",
    "offered",
    "previews",
    "return_task",
    "take_back",
    "undoable",
    "why_returned",
    "withdraw",
]
