"""The inbox: open tasks by principal, in the order of a sort; cost does not grow with other people's tasks.

A page is the UNION of one limited index scan for each principal; a naive `IN … ORDER BY` is 100 times slower. Every
sort is an index of the inbox and its last part the task, so that a page goes on exactly where the one before ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, literal, select, tuple_, union_all
from sqlalchemy.orm import InstrumentedAttribute, contains_eager

from app.models.identity import Organisation, User
from app.models.runtime import Inbox, ProcessInstance, UserTask
from app.services import access
from app.services.access import principals_of
from app.services.context import Context
from app.services.inbox_filter import Criteria, case_conditions, inbox_conditions, step_conditions

PAGE = 20
LARGE_PAGE = 500  # where a list is read as a whole
BADGE_CAP = 100
SCAN_CAP = 2_000  # of a filter's count: how many inbox rows of each principal are looked at

EVERYTHING = Criteria()

Key = tuple[Any, ...]


@dataclass(frozen=True)
class Sort:
    """An order of the inbox: columns that an index holds, all ascending or all descending."""

    columns: tuple[InstrumentedAttribute[Any], ...]
    descending: bool = False


SORTS = {
    "due": Sort((Inbox.due_at, Inbox.task_id)),
    "priority": Sort((Inbox.rank, Inbox.due_at, Inbox.task_id)),
    "oldest": Sort((Inbox.created_at, Inbox.task_id)),
    "newest": Sort((Inbox.created_at, Inbox.task_id), descending=True),
}


@dataclass(frozen=True)
class Entry:
    """One line of a list: a case, perhaps one task of it, and the time that the list is about."""

    case: ProcessInstance
    task: UserTask | None = None
    at: datetime | None = None
    is_unread: bool = False


@dataclass(frozen=True)
class Page:
    """One page of a list; `next_key` continues after the last entry, None at the end."""

    entries: Sequence[Entry]
    next_key: Key | None

    @property
    def tasks(self) -> list[UserTask]:
        return [entry.task for entry in self.entries if entry.task is not None]


@dataclass(frozen=True)
class Query:
    """How a list is asked for: which criteria, in which order, after which key, how many."""

    criteria: Criteria = EVERYTHING
    sort: str = "due"
    after: Key | None = None
    size: int = PAGE


@dataclass(frozen=True)
class Counts:
    """Numbers on the inbox's badges, each counted up to BADGE_CAP only."""

    mine: int
    claimable: int
    overdue: int


def my_tasks(context: Context, user: User, query: Query) -> Page:
    """Tasks assigned to the user; for members of organisations also those of all colleagues, which need no claim."""
    return _page(context, user, mine_of(user), query)


def claimable_tasks(context: Context, user: User, query: Query) -> Page:
    """Tasks that one of the user's groups or organisations may take."""
    return _page(context, user, shared_of(user), query)


def overdue_tasks(context: Context, user: User, query: Query) -> Page:
    """Tasks of either kind whose due time has passed."""
    return _page(context, user, principals_of(user), query, Inbox.due_at < context.now)


def done_tasks(context: Context, user: User, query: Query) -> Page:
    """Tasks that the user completed, last one first."""
    key = (UserTask.completed_at, UserTask.id)
    found = (
        select(UserTask)
        .join(UserTask.instance)
        .outerjoin(ProcessInstance.org)
        .options(contains_eager(UserTask.instance).contains_eager(ProcessInstance.org))
        .where(UserTask.status == "completed", UserTask.completed_by_id == user.id)
        .where(*case_conditions(query.criteria, user), *step_conditions(query.criteria))
    )
    rows = context.session.scalars(_continued(found, key, query, descending=True)).all()
    entries = [Entry(row.instance, row, row.completed_at) for row in rows[: query.size]]
    last = rows[query.size - 1] if len(rows) > query.size else None
    return Page(entries, (last.completed_at, last.id) if last else None)


def started_cases(context: Context, user: User, query: Query) -> Page:
    """Cases that the user started, last one first."""
    key = (ProcessInstance.started_at, ProcessInstance.id)
    found = (
        select(ProcessInstance)
        .outerjoin(ProcessInstance.org)
        .options(contains_eager(ProcessInstance.org))
        .where(ProcessInstance.started_by_id == user.id, *case_conditions(query.criteria, user))
    )
    rows = context.session.scalars(_continued(found, key, query, descending=True)).all()
    last = rows[query.size - 1] if len(rows) > query.size else None
    entries = [Entry(row, None, row.started_at) for row in rows[: query.size]]
    return Page(entries, (last.started_at, last.id) if last else None)


Reader = Callable[[Context, User, Query], Page]
LISTS: dict[str, Reader] = {
    "mine": my_tasks,
    "claimable": claimable_tasks,
    "overdue": overdue_tasks,
    "done": done_tasks,
    "started": started_cases,
}
OPEN_LISTS = frozenset({"mine", "claimable", "overdue"})  # lists of open tasks: they can be sorted


def count_inbox(context: Context, user: User) -> Counts:
    """Badge numbers in one statement."""
    numbers = (
        _capped(mine_of(user)),
        _capped(shared_of(user)),
        _capped(principals_of(user), Inbox.due_at < context.now),
    )
    row = context.session.execute(select(*numbers)).one()
    return Counts(*(value or 0 for value in row))


def count_filtered(context: Context, user: User, name: str, criteria: Criteria) -> tuple[int, bool]:
    """How many open tasks a filter finds, up to BADGE_CAP, and whether not all could be looked at.

    Only the first SCAN_CAP rows of each principal are looked at, so that a filter that finds little costs little.
    """
    principals = {"mine": mine_of(user), "claimable": shared_of(user)}.get(name, principals_of(user))
    asked = inbox_conditions(criteria, context, user)
    if name == "overdue":
        asked.append(Inbox.due_at < context.now)
    if not principals:
        return 0, False
    looked, found = 0, set[int]()
    for principal in principals:
        first = select(Inbox.principal, Inbox.due_at, Inbox.task_id).where(Inbox.principal == principal)
        limited = first.order_by(Inbox.due_at, Inbox.task_id).limit(SCAN_CAP).subquery()
        narrowed = select(Inbox.task_id).join(
            limited,
            (limited.c.principal == Inbox.principal)
            & (limited.c.due_at == Inbox.due_at)
            & (limited.c.task_id == Inbox.task_id),
        )
        found.update(context.session.scalars(narrowed.where(*asked).limit(BADGE_CAP)))
        size = select(func.count()).select_from(limited)
        looked = max(looked, context.session.scalar(size) or 0)
        if len(found) >= BADGE_CAP:
            break
    return min(len(found), BADGE_CAP), looked >= SCAN_CAP


def mine_of(user: User) -> tuple[str, ...]:
    """The principals whose open tasks are the user's own to do."""
    return (user.principal,) if access.may(user, "case.read_office") else principals_of(user)


def shared_of(user: User) -> tuple[str, ...]:
    """The principals whose open tasks the user may take."""
    if not access.may(user, "case.read_office"):
        return ()
    return tuple(principal for principal in principals_of(user) if principal != user.principal)


def _continued(found: Select[Any], key: tuple[Any, ...], query: Query, *, descending: bool) -> Select[Any]:
    """The query in the order of its key, after the key of the page before, one more than fits."""
    if query.after is not None:
        place = tuple_(*key)
        last = tuple_(*(literal(value, column.type) for value, column in zip(query.after, key, strict=True)))
        found = found.where(place < last if descending else place > last)
    order = [column.desc() if descending else column for column in key]
    return found.order_by(*order).limit(query.size + 1)


def _page(
    context: Context,
    user: User,
    principals: Sequence[str],
    query: Query,
    *conditions: ColumnElement[bool],
) -> Page:
    if not principals:
        return Page((), None)
    sort = SORTS[query.sort]
    asked = (*conditions, *inbox_conditions(query.criteria, context, user))
    scans = [
        select(
            _continued(
                select(*sort.columns).where(Inbox.principal == principal, *asked),
                sort.columns,
                query,
                descending=sort.descending,
            ).subquery()
        )
        for principal in principals
    ]
    rows = context.session.execute(_tasks_of(union_all(*scans), sort, query.size)).all()
    entries = [Entry(row[0].instance, row[0], row[0].due_at) for row in rows[: query.size]]
    return Page(entries, _key_of(rows[query.size - 1]) if len(rows) > query.size else None)


def _tasks_of(scans: Any, sort: Sort, size: int) -> Select[Any]:
    """The tasks of the first keys of all scans, each once however many ways lead to it."""
    union = scans.subquery()
    columns = [union.c[column.key] for column in sort.columns]
    order = [column.desc() if sort.descending else column for column in columns]
    keys = select(*columns).distinct().order_by(*order).limit(size + 1).subquery()
    shown = [keys.c[column.key] for column in sort.columns]
    return (
        select(UserTask, *shown)
        .select_from(keys)
        .join(UserTask, UserTask.id == keys.c.task_id)
        .join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
        .outerjoin(Organisation, Organisation.id == ProcessInstance.org_id)
        .options(contains_eager(UserTask.instance).contains_eager(ProcessInstance.org))
        .order_by(*(column.desc() if sort.descending else column for column in shown))
    )


def _key_of(row: Row[Any]) -> Key:
    return tuple(row[1:])


def _capped(principals: Sequence[str], *conditions: ColumnElement[bool]) -> ColumnElement[int]:
    if not principals:
        return literal(0)
    scans = [
        select(
            select(Inbox.due_at, Inbox.task_id)
            .where(Inbox.principal == principal, *conditions)
            .order_by(Inbox.due_at, Inbox.task_id)
            .limit(BADGE_CAP)
            .subquery()
            .c.task_id
        )
        for principal in principals
    ]
    limited = select(union_all(*scans).subquery().c.task_id).distinct().limit(BADGE_CAP).subquery()
    return select(func.count()).select_from(limited).scalar_subquery()


def pages(context: Context, user: User, name: str, query: Query, most: int) -> Iterator[Page]:
    """The pages of a list one after the other, with at most this many entries in all."""
    left, asked = most, replace(query, size=min(most, LARGE_PAGE), after=None)
    while left > 0:
        page = LISTS[name](context, user, replace(asked, size=min(asked.size, left)))
        yield page
        left -= len(page.entries)
        if page.next_key is None:
            return
        asked = replace(asked, after=page.next_key)
