"""Lists of cases that others brought to one's notice or that one follows: copies, what is unread, watched cases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import contains_eager

from app.models.identity import User
from app.models.operations import CaseWatch, TaskCopy
from app.models.runtime import ProcessInstance, UserTask
from app.services import access
from app.services.context import Context
from app.services.errors import Conflict
from app.services.inbox import Entry, Page, Query, continued
from app.services.inbox_filter import case_conditions
from app.services.task_operations import urging


def copied_cases(context: Context, user: User, query: Query) -> Page:
    """What was copied to the user, last one first; an unread copy says so."""
    return _copies(context, query, _copies_to(user, query))


def cases_to_read(context: Context, user: User, query: Query) -> Page:
    """What was copied to the user and is not read yet, last one first."""
    return _copies(context, query, _copies_to(user, query).where(TaskCopy.read_at.is_(None)))


def watched_cases(context: Context, user: User, query: Query) -> Page:
    """Cases that the user follows, last followed first; those that the user may no longer see are left out."""
    key = (CaseWatch.since, CaseWatch.instance_id)
    found = (
        select(CaseWatch)
        .join(CaseWatch.instance)
        .outerjoin(ProcessInstance.org)
        .options(contains_eager(CaseWatch.instance).contains_eager(ProcessInstance.org))
        .where(CaseWatch.user_id == user.id, *case_conditions(query.criteria, user))
    )
    rows = context.session.scalars(continued(found, key, query, descending=True)).all()
    last = rows[query.size - 1] if len(rows) > query.size else None
    entries = [
        Entry(row.instance, None, row.since)
        for row in rows[: query.size]
        if access.may_see_instance(user, row.instance, context.session)
    ]
    return Page(entries, (last.since, last.instance_id) if last else None)


def urge_case(context: Context, case_id: int, note: str) -> None:
    """Remind whoever holds the open tasks of a case, except the user's own. Raises what urging one task raises."""
    query = select(UserTask.id, UserTask.assignee_id).where(
        UserTask.instance_id == case_id, UserTask.status == "open"
    )
    actor = context.actor.id if context.actor else None
    tasks = [task_id for task_id, holder in context.session.execute(query) if holder != actor]
    if not tasks:
        raise Conflict("此案件没有等待他人办理的任务。", "Nobody else has a task of this case now.")
    for task_id in tasks:
        urging.urge(context, task_id, note)


def copied_ids(context: Context, user: User, copies: Sequence[int]) -> list[int]:
    """The ids of the cases that these copies to the user are about."""
    query = select(TaskCopy.instance_id).where(TaskCopy.id.in_(copies), TaskCopy.user_id == user.id)
    return list(context.session.scalars(query))


def read_copies(context: Context, user: User, case_id: int) -> None:
    """Say that one has read everything of a case that was copied to one."""
    query = select(TaskCopy).where(TaskCopy.instance_id == case_id, TaskCopy.user_id == user.id)
    for copy in context.session.scalars(query.where(TaskCopy.read_at.is_(None))):
        copy.read_at = context.now


def _copies_to(user: User, query: Query) -> Select[TaskCopy]:
    return (
        select(TaskCopy)
        .join(TaskCopy.instance)
        .outerjoin(ProcessInstance.org)
        .join(TaskCopy.task)
        .options(
            contains_eager(TaskCopy.instance).contains_eager(ProcessInstance.org),
            contains_eager(TaskCopy.task),
        )
        .where(TaskCopy.user_id == user.id, *case_conditions(query.criteria, user))
    )


def _copies(context: Context, query: Query, found: Select[TaskCopy]) -> Page:
    key = (TaskCopy.sent_at, TaskCopy.id)
    rows = context.session.scalars(continued(found, key, query, descending=True)).all()
    last: TaskCopy | None = rows[query.size - 1] if len(rows) > query.size else None
    key_of: tuple[datetime, int] | None = (last.sent_at, last.id) if last else None
    entries = [
        Entry(row.instance, None, row.sent_at, copy_id=row.id, is_unread=row.read_at is None)
        for row in rows[: query.size]
    ]
    return Page(entries, key_of)
