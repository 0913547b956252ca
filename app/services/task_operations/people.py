"""Who can be chosen in an operation: only those who would be allowed to act on the task."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.identity import Group, GroupMember, Membership, User
from app.models.runtime import UserTask
from app.services import access
from app.services.context import Context
from app.services.errors import SeparationViolated


def behind(session: Session, principals: Iterable[str]) -> list[User]:
    """The active accounts that these principals stand for, each once, in the given order."""
    found: dict[int, User] = {}
    for principal in principals:
        kind, _, rest = principal.partition(":")
        if kind == "group":
            people = access.members_of(session, rest)
        elif kind == "user" and rest.isdecimal():
            user = session.get(User, int(rest))
            people = [user] if user is not None and user.is_active else []
        elif kind == "org":
            people = _members(session, rest)
        else:
            people = []
        found.update({person.id: person for person in people if person.id not in found})
    return list(found.values())


def _members(session: Session, rest: str) -> list[User]:
    org_id, _, role = rest.partition(":")
    query = (
        select(User)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.org_id == int(org_id), User.is_active)
    )
    if role:
        query = query.where(Membership.role == role)
    return list(session.scalars(query.distinct().order_by(User.id)))


def may_act(session: Session, user: User, task: UserTask) -> bool:
    """Whether nothing separates the person from the task."""
    try:
        access.check_separation(session, user, task)
    except SeparationViolated:
        return False
    return True


def candidates(context: Context, task: UserTask) -> list[User]:
    """Who may take the task over: the people it is addressed to and may act on it, without the actor."""
    return _without_actor(context, task, behind(context.session, _shared(task)))


def colleagues(context: Context, task: UserTask) -> list[User]:
    """Who may be asked for an opinion on the task: everybody with a post on cases who may act on it."""
    query = (
        select(User)
        .join(GroupMember, GroupMember.user_id == User.id)
        .join(Group, Group.key == GroupMember.group_key)
        .where(User.is_active, Group.key.in_(access.OFFICE))
        .distinct()
        .order_by(User.name)
    )
    return _without_actor(context, task, context.session.scalars(query))


def _without_actor(context: Context, task: UserTask, people: Iterable[User]) -> list[User]:
    own = {context.actor.id if context.actor else None, task.assignee_id}
    return [one for one in people if one.id not in own and may_act(context.session, one, task)]


def _shared(task: UserTask) -> list[str]:
    return [principal for principal in task.candidates if principal != f"user:{task.assignee_id}"]
