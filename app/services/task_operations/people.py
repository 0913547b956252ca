"""Who can be chosen in an operation: only those who would be allowed to act on the task."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.identity import Group, GroupMember, User
from app.models.runtime import UserTask
from app.services import access
from app.services.context import Context
from app.services.errors import SeparationViolated
from app.services.principals import people_behind


def may_act(session: Session, user: User, task: UserTask) -> bool:
    """Whether nothing separates the person from the task."""
    try:
        access.check_separation(session, user, task)
    except SeparationViolated:
        return False
    return True


def candidates(context: Context, task: UserTask) -> list[User]:
    """Who may take the task over: the people it is addressed to and may act on it, without the actor."""
    return _without_actor(context, task, people_behind(context.session, _shared(task)))


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
