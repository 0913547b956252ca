"""The inbox: open tasks by principal, in the order of a sort; cost does not grow with other people's tasks.

A page is the UNION of one limited index scan for each principal; a naive `IN … ORDER BY` is 100 times slower. Every
sort is an index of the inbox and its last part the task, so that a page goes on exactly where the one before ended.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    bindparam,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, contains_eager

from app.db import UtcDateTime
from app.models.identity import GroupMember, Organisation, User
from app.models.inbox_views import InboxView, Label
from app.models.operations import TaskCopy, TaskQuestion
from app.models.register import Notification
from app.models.runtime import Inbox, ProcessInstance, UserTask
from app.services import access
from app.services.access import principals_of
from app.services.context import Context
from app.services.inbox_filter import Criteria, case_conditions, inbox_conditions, step_conditions
from app.services.task_operations import substitutes

PAGE = 20
BADGE_CAP = 100
SCAN_CAP = 2_000  # of a filter's count: how many inbox rows of each principal are looked at

EVERYTHING = Criteria()

Key = tuple[Any, ...]
Scopes = Mapping[
    str, tuple[str, ...]
]  # principals, each for these processes only, for all where none are named
_NOW = bindparam("now", type_=UtcDateTime())


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
    copy_id: int | None = None
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
    unread: int = 0  # copies
    headed: int = 0  # groups whose head the reader is
    labels: int = 0  # of the reader's groups
    views: int = 0  # saved filters within reach
    asked: int = 0  # questions of the reader without an answer
    told: int = 0  # notifications that nobody has read


def my_tasks(context: Context, user: User, query: Query) -> Page:
    """Tasks assigned to the user; for members of organisations also those of all colleagues, which need no claim."""
    return _page(context, user, _with_covered(context, user, mine_of(user)), query)


def claimable_tasks(context: Context, user: User, query: Query) -> Page:
    """Tasks that one of the user's groups or organisations may take."""
    return _page(context, user, dict.fromkeys(shared_of(user), ()), query)


def overdue_tasks(context: Context, user: User, query: Query) -> Page:
    """Tasks of either kind whose due time has passed."""
    return _page(context, user, _with_covered(context, user, principals_of(user)), query, overdue=True)


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
    rows = context.session.scalars(continued(found, key, query, descending=True)).all()
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
    rows = context.session.scalars(continued(found, key, query, descending=True)).all()
    last = rows[query.size - 1] if len(rows) > query.size else None
    entries = [Entry(row, None, row.started_at) for row in rows[: query.size]]
    return Page(entries, (last.started_at, last.id) if last else None)


def count_inbox(context: Context, user: User) -> Counts:
    """Badge numbers in one statement."""
    mine, shared, all_of = _with_covered(context, user, mine_of(user)), shared_of(user), principals_of(user)
    values: dict[str, Any] = {
        **_named("mine", tuple(mine)),
        **_named("shared", shared),
        **_named("all", all_of),
        "user": user.id,
        "now": context.now,
    }
    row = context.session.execute(_counts(tuple(mine.values()), len(shared), len(all_of)), values).one()
    return Counts(*(value or 0 for value in row))


def count_filtered(context: Context, user: User, name: str, criteria: Criteria) -> tuple[int, bool]:
    """How many open tasks a filter finds, up to BADGE_CAP, and whether not all could be looked at.

    Only the first SCAN_CAP rows of each principal are looked at, so that a filter that finds little costs little.
    """
    if name == "claimable":
        scopes: Scopes = dict.fromkeys(shared_of(user), ())
    else:
        scopes = _with_covered(context, user, mine_of(user) if name == "mine" else principals_of(user))
    longest, found = 0, set[int]()
    for principal, keys in scopes.items():
        scan = select(Inbox.due_at, Inbox.task_id).where(Inbox.principal == principal, *_of_processes(keys))
        first = scan.order_by(Inbox.due_at, Inbox.task_id).limit(SCAN_CAP).subquery()
        asked = inbox_conditions(criteria, context, user, first.c)
        if name == "overdue":
            asked.append(first.c.due_at < context.now)
        found.update(context.session.scalars(select(first.c.task_id).where(*asked).limit(BADGE_CAP)))
        longest = max(longest, context.session.scalar(select(func.count()).select_from(first)) or 0)
        if len(found) >= BADGE_CAP:
            break
    return min(len(found), BADGE_CAP), longest >= SCAN_CAP


def mine_of(user: User) -> tuple[str, ...]:
    """The principals whose open tasks are the user's own to do."""
    return (user.principal,) if access.may(user, "case.read_office") else principals_of(user)


def shared_of(user: User) -> tuple[str, ...]:
    """The principals whose open tasks the user may take."""
    if not access.may(user, "case.read_office"):
        return ()
    return tuple(principal for principal in principals_of(user) if principal != user.principal)


def _with_covered(context: Context, user: User, principals: Sequence[str]) -> Scopes:
    """The own principals, and those of the persons for whom the user stands in, for the processes agreed on."""
    return {**substitutes.coverage(context, user), **dict.fromkeys(principals, ())}


def _of_processes(keys: Sequence[str]) -> list[ColumnElement[bool]]:
    """That the task of an inbox row belongs to one of these processes, if only some count."""
    if not keys:
        return []
    task = select(UserTask.id).where(UserTask.id == Inbox.task_id, UserTask.process_key.in_(keys))
    return [exists(task.correlate(Inbox))]


def continued(found: Select[Any], key: tuple[Any, ...], query: Query, *, descending: bool) -> Select[Any]:
    """The query in the order of its key, after the key of the page before, one more than fits."""
    if query.after is not None:
        last = tuple(literal(value, column.type) for value, column in zip(query.after, key, strict=True))
        found = found.where(tuple_(*key) < tuple_(*last) if descending else tuple_(*key) > tuple_(*last))
    return found.order_by(*_order(key, descending=descending)).limit(query.size + 1)


def _page(context: Context, user: User, scopes: Scopes, query: Query, *, overdue: bool = False) -> Page:
    if not scopes:
        return Page((), None)
    asked = tuple(inbox_conditions(query.criteria, context, user))
    build = _tasks.__wrapped__ if asked else _tasks
    kinds = tuple(scopes.values())
    statement = build(query.sort, kinds, query.size, query.after is not None, overdue, asked)
    values = {**_named("principal", tuple(scopes)), **_named("after", query.after or ()), "now": context.now}
    rows = context.session.execute(statement, values).all()
    entries = [Entry(row[0].instance, row[0], row[0].due_at) for row in rows[: query.size]]
    return Page(entries, tuple(rows[query.size - 1][1:]) if len(rows) > query.size else None)


def _named(name: str, values: Sequence[Any]) -> dict[str, Any]:
    return {f"{name}_{n}": value for n, value in enumerate(values)}


def _order(columns: Sequence[Any], *, descending: bool) -> list[Any]:
    return [column.desc() if descending else column for column in columns]


# Statements are built once for each shape: building one costs more than the database takes to answer it.


@cache
def _tasks(
    sort_name: str,
    scopes: tuple[tuple[str, ...], ...],
    size: int,
    has_key: bool,
    overdue: bool,
    asked: tuple[ColumnElement[bool], ...],
) -> Select[Any]:
    """The tasks of the first keys of all scans, each once however many ways lead to it."""
    sort = SORTS[sort_name]
    conditions = list(asked)
    if overdue:
        conditions.append(Inbox.due_at < _NOW)
    if has_key:
        last = [bindparam(f"after_{n}", type_=column.type) for n, column in enumerate(sort.columns)]
        place = tuple_(*sort.columns)
        conditions.append(place < tuple_(*last) if sort.descending else place > tuple_(*last))
    scans = [
        select(
            select(*sort.columns)
            .where(
                Inbox.principal == bindparam(f"principal_{n}", type_=String),
                *conditions,
                *_of_processes(keys),
            )
            .order_by(*_order(sort.columns, descending=sort.descending))
            .limit(size + 1)
            .subquery()
        )
        for n, keys in enumerate(scopes)
    ]
    union = union_all(*scans).subquery()
    columns = [union.c[column.key] for column in sort.columns]
    first = select(*columns).distinct().order_by(*_order(columns, descending=sort.descending))
    keys = first.limit(size + 1).subquery()
    shown = [keys.c[column.key] for column in sort.columns]
    return (
        select(UserTask, *shown)
        .select_from(keys)
        .join(UserTask, UserTask.id == keys.c.task_id)
        .join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
        .outerjoin(Organisation, Organisation.id == ProcessInstance.org_id)
        .options(contains_eager(UserTask.instance).contains_eager(ProcessInstance.org))
        .order_by(*_order(shown, descending=sort.descending))
    )


@cache
def _counts(mine: tuple[tuple[str, ...], ...], shared: int, principals: int) -> Select[Any]:
    own = {f"mine_{n}": keys for n, keys in enumerate(mine)}
    offered: Scopes = {f"shared_{n}": () for n in range(shared)}
    unread = select(TaskCopy.id).where(TaskCopy.user_id == bindparam("user"), TaskCopy.read_at.is_(None))
    groups = select(GroupMember.group_key).where(GroupMember.user_id == bindparam("user"))
    reader = [bindparam(f"all_{n}", type_=String) for n in range(principals)]
    told = select(Notification.id).where(Notification.principal.in_(reader), Notification.read_at.is_(None))
    views = select(InboxView.id).where(
        or_(InboxView.owner_id == bindparam("user"), InboxView.group_key.in_(groups))
    )
    return select(
        _capped(own),
        _capped(offered),
        _capped({**own, **offered}, Inbox.due_at < _NOW),
        *(
            select(func.count()).select_from(few.limit(BADGE_CAP).subquery()).scalar_subquery()
            for few in (
                unread,
                groups.where(GroupMember.is_head),
                select(Label.id).where(Label.group_key.in_(groups)),
                views,
                select(TaskQuestion.id).where(
                    TaskQuestion.asked_by_id == bindparam("user"), TaskQuestion.answered_at.is_(None)
                ),
                told,
            )
        ),
    )


def _capped(names: Scopes, *conditions: ColumnElement[bool]) -> ColumnElement[int]:
    if not names:
        return literal(0)
    scans = [
        select(
            select(Inbox.due_at, Inbox.task_id)
            .where(Inbox.principal == bindparam(name, type_=String), *conditions, *_of_processes(keys))
            .order_by(Inbox.due_at, Inbox.task_id)
            .limit(BADGE_CAP)
            .subquery()
            .c.task_id
        )
        for name, keys in names.items()
    ]
    limited = select(union_all(*scans).subquery().c.task_id).distinct().limit(BADGE_CAP).subquery()
    return select(func.count()).select_from(limited).scalar_subquery()
