"""What all operations on a task begin and end with: lock, look, check, record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select

from app.engine.operations.policy import BALLOT, Policy, read_policy
from app.models.history import HistoryEvent
from app.models.identity import User
from app.models.runtime import Inbox, ProcessInstance, UserTask
from app.services import access, runtime, task_rows
from app.services.context import Context
from app.services.errors import Invalid, NotFound, NotPermitted, TaskEnded, TaskTaken
from app.services.history import record_event
from app.services.task_operations import substitutes

# Operation → its name on buttons and pages; the history kinds are `task_` and what happened.
NAMES = {
    "transfer": ("转办", "Hand over"), "delegate": ("委派", "Delegate"), "add_sign": ("加签", "Add signers"),
    "remove_sign": ("减签", "Remove a signer"), "return": ("退回", "Return"),
    "return_direct": ("退回后直送", "Return, then straight back"), "take_back": ("拿回", "Take back"),
    "withdraw": ("撤回", "Withdraw the submission"), "copy": ("抄送", "Copy"), "urge": ("催办", "Urge"),
    "ask": ("沟通", "Ask"), "effective_date": ("生效日期", "Effective date"),
}  # fmt: skip


@dataclass(frozen=True)
class Act:
    """A locked case with the open task that somebody acts on; `behalf` is whom the actor stands in for."""

    context: Context
    row: ProcessInstance
    task: UserTask
    actor: User
    behalf: User | None

    @property
    def person(self) -> User:
        """Whose part in the task this is: the actor, or whom the actor stands in for."""
        return self.behalf or self.actor

    @property
    def policy(self) -> Policy:
        return policy_of(self.task)


def policy_of(task: UserTask) -> Policy:
    """What the diagram allows at this task."""
    return read_policy(task.policy or {})


def has_ballot(task: UserTask) -> bool:
    """Whether a board votes on the task."""
    return BALLOT in (task.policy or {})


def begin(context: Context, task_id: int, operation: str = "") -> Act:
    """Lock the case of an open task that the actor may act on, which allows the operation.

    Raises NotFound, TaskEnded, TaskTaken, NotPermitted, SeparationViolated.
    """
    row = runtime.lock_instance_of(context, task_id)
    task = fresh(context, task_id)
    actor = actor_of(context)
    behalf = substitutes.covered_by(context, actor, task)
    if not access.is_candidate(actor, task) and behalf is None:
        raise NotFound
    require_open(task)
    check_separation(context, actor, behalf, task)
    if operation:
        require_allowed(task, operation)
    return Act(context, row, task, actor, behalf)


def begin_held(context: Context, task_id: int, operation: str) -> Act:
    """As `begin`, for what only the one may do who has the task. Raises TaskTaken, NotPermitted."""
    act = begin(context, task_id, operation)
    if act.task.assignee_id is None:
        raise NotPermitted("请先认领任务。", "Claim the task first.")
    if act.task.assignee_id != act.person.id:
        name = act.task.assignee.name if act.task.assignee else ""
        raise TaskTaken(name, act.task.claimed_at or act.task.created_at)
    return act


def check_separation(context: Context, actor: User, behalf: User | None, task: UserTask) -> None:
    """Neither the actor nor whom the actor stands in for may be kept from this task. Raises SeparationViolated."""
    access.check_separation(context.session, actor, task)
    if behalf is not None:
        access.check_separation(context.session, behalf, task)


def require_allowed(task: UserTask, operation: str) -> None:
    """Raises NotPermitted unless the diagram switches the operation on."""
    if not policy_of(task).allows(operation):
        zh, en = NAMES[operation]
        raise NotPermitted(f"本环节不允许{zh}。", f"This step does not allow: {en}.")


def require_reason(reason: str, longest: int = 200) -> str:
    """The reason without blanks around it. Raises Invalid when there is none."""
    text = reason.strip()[:longest]
    if not text:
        raise Invalid("请填写理由。", "Give a reason.")
    return text


def require_open(task: UserTask) -> None:
    """Raises TaskEnded."""
    if task.status != "open":
        raise TaskEnded(task.completed_by.name if task.completed_by else "", task.completed_at)


def require_person(context: Context, user_id: int) -> User:
    """An active account. Raises NotPermitted."""
    user = context.session.get(User, user_id)
    if user is None or not user.is_active:
        raise NotPermitted("没有这个人。", "There is no such person.")
    return user


def actor_of(context: Context) -> User:
    """Who acts. Raises NotPermitted for visitors."""
    if context.actor is None:
        raise NotPermitted("请先登录。", "Sign in first.")
    return context.actor


def fresh(context: Context, task_id: int) -> UserTask:
    """The task as it is now that the case is locked."""
    query = select(UserTask).where(UserTask.id == task_id).execution_options(populate_existing=True)
    task: UserTask = context.session.scalars(query).one()
    return task


def assign(context: Context, task: UserTask, user_id: int | None) -> None:
    """Give the task to one person, or back to its candidates, and the inbox with it."""
    task.assignee_id = user_id
    task.claimed_at = context.now if user_id else None
    address(context, task)


def address(context: Context, task: UserTask, principals: list[str] | None = None) -> None:
    """Put the task into the inboxes of these principals, else of whoever has it."""
    context.session.flush()
    context.session.execute(delete(Inbox).where(Inbox.task_id == task.id))
    if task.status != "open":
        return
    entries = task_rows.inbox_entries(task, principals)
    if entries:
        context.session.execute(insert(Inbox), entries)


def record(act: Act, kind: str, **detail: Any) -> HistoryEvent:
    """Leave an event of the operation, with whom the actor stood in for."""
    return record_task(act.context, act.row, act.task, kind, behalf=act.behalf, **detail)


def record_task(
    context: Context,
    row: ProcessInstance,
    task: UserTask,
    kind: str,
    *,
    behalf: User | None = None,
    **detail: Any,
) -> HistoryEvent:
    """An event at the element of a task."""
    for_whom = {"for": behalf.id, "for_name": behalf.name} if behalf is not None else {}
    return record_event(
        context.session,
        row,
        kind,
        now=context.now,
        actor=context.actor,
        process_key=task.process_key,
        element_id=task.element_id,
        element_name=task.name,
        detail={"task": task.id, **for_whom, **detail},
    )
