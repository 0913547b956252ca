"""Copies (抄送): a task shown to somebody for information, once; readers say that they have read it (已阅)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.models.identity import User
from app.models.operations import CaseWatch, TaskCopy
from app.models.runtime import ProcessInstance, UserTask
from app.services import access
from app.services.context import Context
from app.services.errors import Invalid, NotFound
from app.services.registers import mailbox
from app.services.task_operations import acting, people

PAGE = 20


def copy_task(context: Context, task_id: int, user_ids: Sequence[int], note: str) -> int:
    """Send copies to colleagues; gives how many had none yet. Raises NotPermitted, Invalid."""
    act = acting.begin(context, task_id, "copy")
    known = {one.id: one for one in receivers_for(context, act.task)}
    chosen = [known[user_id] for user_id in dict.fromkeys(user_ids) if user_id in known]
    if not 0 < len(chosen) <= 20:
        raise Invalid("请选择抄送对象。", "Choose who gets a copy.")
    return send_copies(context, act.row, act.task, chosen, note, sent_by=act.actor)


def receivers_for(context: Context, task: UserTask) -> list[User]:
    """Who may get a copy: who may act on the task, for a copy shows as much."""
    return people.colleagues(context, task)


def send_copies(
    context: Context,
    row: ProcessInstance,
    task: UserTask,
    receivers: Sequence[User],
    note: str,
    *,
    sent_by: User | None,
) -> int:
    """Copies for all who have none of this task; the case is locked by the caller."""
    had = set(context.session.scalars(select(TaskCopy.user_id).where(TaskCopy.task_id == task.id)))
    new = [one for one in receivers if one.id not in had and people.may_act(context.session, one, task)]
    for receiver in new:
        context.session.add(
            TaskCopy(task_id=task.id, instance_id=row.id, user_id=receiver.id, note=note.strip()[:500],
                     sent_by_id=sent_by.id if sent_by else None, sent_at=context.now)
        )  # fmt: skip
    if new:
        acting.record_task(context, row, task, "task_copied", names=[one.name for one in new],
                           persons=[one.id for one in new], note=note.strip()[:500])  # fmt: skip
        mailbox.tell(
            context.session, [one.principal for one in new], f"抄送：{task.name}（{row.number}）", note.strip()[:500],
            context.now, kind="copy", subject_en=f"Copy: {task.name_en or task.name} ({row.number})",
            case_no=row.number,
        )  # fmt: skip
    return len(new)


def read_copy(context: Context, copy_id: int) -> TaskCopy:
    """Say that one has read a copy; saying it again changes nothing. Raises NotFound."""
    user = acting.actor_of(context)
    found = context.session.get(TaskCopy, copy_id)
    if found is None or found.user_id != user.id:
        raise NotFound
    found.read_at = found.read_at or context.now
    return found


def copies_to(
    context: Context, user: User, *, unread: bool = False, before: int | None = None
) -> list[TaskCopy]:
    """Copies sent to the user, the latest first, a page of them; `before` continues behind the copy with that id."""
    query = (
        select(TaskCopy)
        .where(TaskCopy.user_id == user.id)
        .options(joinedload(TaskCopy.task), joinedload(TaskCopy.instance), joinedload(TaskCopy.sent_by))
        .order_by(TaskCopy.id.desc())
        .limit(PAGE)
    )
    if unread:
        query = query.where(TaskCopy.read_at.is_(None))
    if before is not None:
        query = query.where(TaskCopy.id < before)
    return list(context.session.scalars(query))


def to_read(context: Context, user: User, before: int | None = None) -> list[TaskCopy]:
    """Copies that the user has not yet said to have read."""
    return copies_to(context, user, unread=True, before=before)


def watch(context: Context, number: str, *, on: bool) -> ProcessInstance:
    """Follow a case that one may see, or stop following it. Raises NotFound."""
    user = acting.actor_of(context)
    instance = access.require_instance(context.session, user, number)
    found = context.session.get(CaseWatch, (user.id, instance.id))
    if on and found is None:
        context.session.add(CaseWatch(user_id=user.id, instance_id=instance.id, since=context.now))
    elif not on and found is not None:
        context.session.delete(found)
    return instance


def watched(context: Context, user: User) -> list[ProcessInstance]:
    """The cases that the user follows and may still see, the latest first."""
    query = (
        select(ProcessInstance)
        .join(CaseWatch, CaseWatch.instance_id == ProcessInstance.id)
        .where(CaseWatch.user_id == user.id)
        .order_by(CaseWatch.since.desc(), ProcessInstance.id.desc())
        .limit(100)
    )
    rows = context.session.scalars(query)
    return [row for row in rows if access.may_see_instance(user, row, context.session)]
