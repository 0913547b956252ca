"""Lists of cases that others brought to one's notice or that one follows: copies, what is unread, watched cases."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import contains_eager

from app.models.identity import User
from app.models.operations import CaseWatch, TaskCopy
from app.models.runtime import ProcessInstance
from app.services import access
from app.services.context import Context
from app.services.errors import NotFound
from app.services.inbox import Entry, Page, Query, continued
from app.services.inbox_filter import case_conditions


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


def watch(context: Context, user: User, case: ProcessInstance) -> None:
    """Follow a case; a second time changes nothing. Raises NotFound for a case that the user may not see."""
    if not access.may_see_instance(user, case, context.session):
        raise NotFound
    if context.session.get(CaseWatch, (user.id, case.id)) is None:
        context.session.add(CaseWatch(user_id=user.id, instance_id=case.id, since=context.now))
        context.session.flush()


def unwatch(context: Context, user: User, case: ProcessInstance) -> None:
    """Follow a case no longer."""
    row = context.session.get(CaseWatch, (user.id, case.id))
    if row is not None:
        context.session.delete(row)
        context.session.flush()


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
        Entry(row.instance, None, row.sent_at, is_unread=row.read_at is None) for row in rows[: query.size]
    ]
    return Page(entries, key_of)
