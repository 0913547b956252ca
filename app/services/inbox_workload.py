"""Who of a group has how much to do: for the head of the group, from open tasks and what was done lately."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, contains_eager

from app.models.identity import Group, GroupMember, User
from app.models.runtime import Inbox, ProcessInstance, UserTask
from app.services import access
from app.services.context import Context
from app.services.errors import NotFound
from app.services.inbox import Entry

LATELY = timedelta(days=30)
SOON = timedelta(days=3)
MOST = 200


@dataclass(frozen=True)
class Load:
    """One person's work, or with no person what nobody of the group has taken yet."""

    person: User | None
    open: int = 0
    overdue: int = 0
    soon: int = 0
    oldest_days: int = 0
    done: int = 0


def headed_groups(session: Session, user: User) -> Sequence[Group]:
    """The groups that the user heads."""
    query = select(Group).join(GroupMember, GroupMember.group_key == Group.key)
    return session.scalars(
        query.where(GroupMember.user_id == user.id, GroupMember.is_head).order_by(Group.key)
    ).all()


def workload_of(context: Context, head: User, group_key: str) -> list[Load]:
    """What nobody of the group has taken, then what each member has. Raises NotFound unless the user heads it."""
    _require_head(context.session, head, group_key)
    members = access.members_of(context.session, group_key)
    principals = [f"group:{group_key}", *(member.principal for member in members)]
    open_work, done = _open_work(context, principals), _done(context, members)
    loads = [_load(context, None, open_work.get(principals[0]), 0)]
    loads += [_load(context, m, open_work.get(m.principal), done.get(m.id, 0)) for m in members]
    return loads


def tasks_of_member(context: Context, head: User, group_key: str, user_id: int) -> tuple[User, list[Entry]]:
    """The open tasks of a member that came to the group, first due first: the group's own, not all that one has.

    Raises NotFound for those who do not head the group, and for strangers to it.
    """
    session = context.session
    _require_head(session, head, group_key)
    member = next((m for m in access.members_of(session, group_key) if m.id == user_id), None)
    if member is None:
        raise NotFound
    query = (
        select(UserTask)
        .join(Inbox, Inbox.task_id == UserTask.id)
        .join(UserTask.instance)
        .outerjoin(ProcessInstance.org)
        .options(contains_eager(UserTask.instance).contains_eager(ProcessInstance.org))
        .where(Inbox.principal == member.principal)
        .order_by(Inbox.due_at, Inbox.task_id)
        .limit(MOST)
    )
    rows = [row for row in session.scalars(query) if f"group:{group_key}" in row.candidates]
    return member, [Entry(row.instance, row, row.due_at) for row in rows]


def _require_head(session: Session, user: User, group_key: str) -> None:
    row = session.get(GroupMember, (group_key, user.id))
    if row is None or not row.is_head:
        raise NotFound


def _open_work(context: Context, principals: Sequence[str]) -> dict[str, tuple[int, int, int, datetime]]:
    """For each principal: how many open tasks, how many overdue, how many due soon, since when the oldest waits."""
    overdue = func.sum(case((Inbox.due_at < context.now, 1), else_=0))
    soon = func.sum(case((Inbox.due_at.between(context.now, context.now + SOON), 1), else_=0))
    query = (
        select(Inbox.principal, func.count(), overdue, soon, func.min(Inbox.created_at))
        .where(Inbox.principal.in_(principals))
        .group_by(Inbox.principal)
    )
    rows = context.session.execute(query)
    return {principal: (total, late, near, oldest) for principal, total, late, near, oldest in rows}


def _done(context: Context, members: Sequence[User]) -> dict[int, int]:
    query = (
        select(UserTask.completed_by_id, func.count())
        .where(
            UserTask.status == "completed",
            UserTask.completed_by_id.in_([member.id for member in members]),
            UserTask.completed_at > context.now - LATELY,
        )
        .group_by(UserTask.completed_by_id)
    )
    return {user_id: count for user_id, count in context.session.execute(query) if user_id is not None}


def _load(
    context: Context, person: User | None, found: tuple[int, int, int, datetime] | None, done: int
) -> Load:
    if found is None:
        return Load(person, done=done)
    total, overdue, soon, oldest = found
    return Load(person, total, overdue, soon, max((context.now - oldest).days, 0), done)
