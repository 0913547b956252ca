"""Urging (催办): somebody who waits asks for a task to be done, not too often."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import func, select

from app.models.identity import User
from app.models.operations import TaskUrge
from app.models.runtime import UserTask
from app.services import access, runtime
from app.services.context import Context
from app.services.errors import NotFound, NotPermitted
from app.services.registers import mailbox
from app.services.task_operations import acting, signing

PAUSE = timedelta(hours=4)


class UrgedLately(NotPermitted):
    """The task was urged a short time ago, by whomever."""

    def __init__(self) -> None:
        super().__init__(
            "4 小时内已经催办过，请稍后再试。", "It was urged within the last 4 hours; try later."
        )


def urge(context: Context, task_id: int, note: str) -> UserTask:
    """Remind whoever has the task; who may see the case may urge. Raises NotFound, TaskEnded, UrgedLately."""
    row = runtime.lock_instance_of(context, task_id)
    task, user = acting.fresh(context, task_id), acting.actor_of(context)
    if not access.may_see_instance(user, row, context.session):
        raise NotFound
    acting.require_open(task)
    acting.require_allowed(task, "urge")
    if task.assignee_id == user.id:
        raise NotPermitted("这是您自己的任务。", "This is your own task.")
    if task.id in urged_lately(context, [task.id]):
        raise UrgedLately
    context.session.add(
        TaskUrge(task_id=task.id, urged_by_id=user.id, note=note.strip()[:200], urged_at=context.now)
    )
    acting.record_task(context, row, task, "task_urged", note=note.strip()[:200])
    mailbox.tell(
        context.session, _holders(context, task), f"催办：{task.name}（{row.number}）", note.strip()[:200], context.now,
        kind="notice", subject_en=f"Please act: {task.name_en or task.name} ({row.number})", case_no=row.number,
    )  # fmt: skip
    return task


def urged_lately(context: Context, task_ids: Collection[int]) -> dict[int, datetime]:
    """Which of these tasks cannot be urged yet, and from when on they can."""
    query = (
        select(TaskUrge.task_id, func.max(TaskUrge.urged_at))
        .where(TaskUrge.task_id.in_(task_ids), TaskUrge.urged_at > context.now - PAUSE)
        .group_by(TaskUrge.task_id)
    )
    return {task_id: at + PAUSE for task_id, at in context.session.execute(query)}


def can_be_urged(user: User, task: UserTask) -> bool:
    """Whether the diagram lets those who wait urge this open task, and it is not the user's own."""
    return (
        task.status == "open"
        and acting.policy_of(task).allows("urge")
        and task.assignee_id != user.id
        and access.may(user, "inbox.use")
    )


def _holders(context: Context, task: UserTask) -> list[str]:
    sheet = signing.sheet_of(context, task)
    if sheet is not None and sheet.turn:
        return [f"user:{person}" for person in sheet.turn]
    return [f"user:{task.assignee_id}"] if task.assignee_id else list(task.candidates)
