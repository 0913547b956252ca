"""The inbox: open tasks by principal, in order of due; cost does not grow with other people's tasks.

First page = UNION of one limited index scan per principal. A naive `IN … ORDER BY` is 100 times slower.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select, union_all
from sqlalchemy.orm import Session, contains_eager

from app.models.identity import User
from app.models.runtime import Inbox, ProcessInstance, UserTask
from app.services.access import principals_of

PAGE = 20
BADGE_CAP = 100


@dataclass(frozen=True)
class Page:
    """One page of tasks; `next_key` continues after the last one, None at the end."""

    tasks: Sequence[UserTask]
    next_key: tuple[datetime, int] | None


@dataclass(frozen=True)
class Counts:
    """Numbers on the inbox's badges, each counted up to BADGE_CAP only."""

    mine: int
    claimable: int
    overdue: int


def my_tasks(
    session: Session, user: User, after: tuple[datetime, int] | None = None, size: int = PAGE
) -> Page:
    """Tasks assigned to the user, first due first."""
    return _page(session, (user.principal,), after, size)


def claimable_tasks(
    session: Session, user: User, after: tuple[datetime, int] | None = None, size: int = PAGE
) -> Page:
    """Tasks that one of the user's groups or organisations may take."""
    return _page(session, _shared(user), after, size)


def open_tasks(session: Session, user: User, after: tuple[datetime, int] | None = None) -> Page:
    """Tasks of either kind: the user's own and those shared with others, first due first."""
    return _page(session, principals_of(user), after, PAGE)


def overdue_tasks(
    session: Session, user: User, now: datetime, after: tuple[datetime, int] | None = None
) -> Page:
    """Tasks of either kind whose due time has passed."""
    return _page(session, principals_of(user), after, PAGE, before=now)


def done_tasks(
    session: Session, user: User, after: tuple[datetime, int] | None = None, size: int = PAGE
) -> Page:
    """Tasks that the user completed, last one first."""
    query = (
        select(UserTask)
        .join(UserTask.instance)
        .options(contains_eager(UserTask.instance))
        .where(UserTask.status == "completed", UserTask.completed_by_id == user.id)
        .order_by(UserTask.completed_at.desc(), UserTask.id.desc())
        .limit(size + 1)
    )
    if after:
        at, task_id = after
        query = query.where(
            or_(UserTask.completed_at < at, and_(UserTask.completed_at == at, UserTask.id < task_id))
        )
    rows = session.scalars(query).all()
    last = rows[size - 1] if len(rows) > size else None
    return Page(rows[:size], (last.completed_at, last.id) if last and last.completed_at else None)


def count_inbox(session: Session, user: User, now: datetime) -> Counts:
    """Badge numbers in one statement."""
    mine = _capped((user.principal,))
    claimable = _capped(_shared(user))
    overdue = _capped(principals_of(user), before=now)
    row = session.execute(select(mine, claimable, overdue)).one()
    return Counts(*(value or 0 for value in row))


def _shared(user: User) -> tuple[str, ...]:
    return tuple(principal for principal in principals_of(user) if principal != user.principal)


def _scan(
    principal: str, after: tuple[datetime, int] | None, size: int, before: datetime | None
) -> Select[datetime, int]:
    query = select(Inbox.due_at, Inbox.task_id).where(Inbox.principal == principal)
    if before is not None:
        query = query.where(Inbox.due_at < before)
    if after is not None:
        due_at, task_id = after
        query = query.where(or_(Inbox.due_at > due_at, and_(Inbox.due_at == due_at, Inbox.task_id > task_id)))
    return query.order_by(Inbox.due_at, Inbox.task_id).limit(size)


def _page(
    session: Session,
    principals: Sequence[str],
    after: tuple[datetime, int] | None,
    size: int,
    before: datetime | None = None,
) -> Page:
    if not principals:
        return Page((), None)
    scans = [select(_scan(p, after, size + 1, before).subquery()) for p in principals]
    union = union_all(*scans).subquery()
    keys = (
        select(union.c.due_at, union.c.task_id)
        .distinct()
        .order_by(union.c.due_at, union.c.task_id)
        .limit(size + 1)
        .subquery()
    )
    query = (
        select(UserTask, keys.c.due_at)
        .select_from(keys)
        .join(UserTask, UserTask.id == keys.c.task_id)
        .join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
        .options(contains_eager(UserTask.instance))
        .order_by(keys.c.due_at, keys.c.task_id)
    )
    rows = session.execute(query).all()
    last = rows[size - 1] if len(rows) > size else None
    return Page([row[0] for row in rows[:size]], (last[1], last[0].id) if last else None)


def _capped(principals: Sequence[str], before: datetime | None = None) -> ColumnElement[int]:
    if not principals:
        return literal(0)
    scans = [select(_scan(p, None, BADGE_CAP, before).subquery().c.task_id) for p in principals]
    limited = select(union_all(*scans).subquery().c.task_id).distinct().limit(BADGE_CAP).subquery()
    return select(func.count()).select_from(limited).scalar_subquery()
