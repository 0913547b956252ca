"""Substitutes (代理): somebody acts for somebody else for some time, and every record says so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import joinedload

from app.db import UtcDateTime
from app.models.identity import User
from app.models.operations import Substitution
from app.models.runtime import UserTask
from app.services import access
from app.services.context import Context
from app.services.errors import Invalid, NotFound, NotPermitted

LONGEST = timedelta(days=366)
KNOWN = "substitutions"  # what a session knows already
_ACTIVE = (
    select(Substitution)
    .where(
        Substitution.substitute_id == bindparam("substitute"),
        Substitution.starts_at <= bindparam("now", type_=UtcDateTime()),
        Substitution.ends_at > bindparam("now", type_=UtcDateTime()),
    )
    .options(joinedload(Substitution.person))
)


def active_for(context: Context, substitute: User) -> Sequence[Substitution]:
    """For whom this person stands in now; nobody who has left, and nobody who holds no post.

    Asked once in a unit of work: every list, badge and check wants to know.
    """
    known: dict[tuple[int, datetime], Sequence[Substitution]] = context.session.info.setdefault(KNOWN, {})
    key = (substitute.id, context.now)
    if key not in known:
        known[key] = _active_for(context, substitute)
    return known[key]


def _active_for(context: Context, substitute: User) -> Sequence[Substitution]:
    given = {"substitute": substitute.id, "now": context.now}
    return [found for found in context.session.scalars(_ACTIVE, given) if found.person.is_active]


def coverage(context: Context, user: User) -> dict[str, tuple[str, ...]]:
    """The addresses for which the user stands in now, each for these processes, or for all when none is named."""
    covered: dict[str, tuple[str, ...]] = {}
    for found in active_for(context, user):
        before = covered.get(found.person.principal)
        is_whole = not found.process_keys or before == ()
        covered[found.person.principal] = (
            () if is_whole else tuple(sorted({*(before or ()), *found.process_keys}))
        )
    return covered


def covered_by(context: Context, user: User, task: UserTask) -> User | None:
    """Whose task it is that the user may do as a substitute; None for one's own and for strangers' tasks."""
    if task.assignee_id == user.id or user.principal in task.candidates:
        return None
    for found in active_for(context, user):
        in_scope = not found.process_keys or task.process_key in found.process_keys
        addressed = task.assignee_id == found.person_id or (
            task.assignee_id is None and found.person.principal in task.candidates
        )
        if in_scope and addressed:
            return found.person
    return None


def appoint(
    context: Context,
    substitute_id: int,
    starts_at: datetime,
    ends_at: datetime,
    process_keys: Sequence[str],
    reason: str,
) -> Substitution:
    """Let somebody stand in for the actor, who keeps the own tasks as well.

    Only a colleague of one of the own groups, never somebody who administers the system. Raises Invalid,
    NotPermitted.
    """
    actor = context.actor
    if actor is None:
        raise NotPermitted("请先登录。", "Sign in first.")
    other = next((one for one in colleagues(context, actor) if one.id == substitute_id), None)
    if other is None:
        raise NotPermitted("只能委托同岗位的人员代理。", "Only a colleague of the same group can stand in.")
    if not starts_at < ends_at or ends_at <= context.now or ends_at - starts_at > LONGEST:
        raise Invalid(
            "代理期限须晚于现在，且不超过一年。", "The time must end after now and last at most a year."
        )
    if not reason.strip():
        raise Invalid("请填写代理事由。", "Give a reason.")
    found = Substitution(
        person_id=actor.id,
        substitute_id=other.id,
        starts_at=max(starts_at, context.now),
        ends_at=ends_at,
        process_keys=sorted(set(process_keys)),
        reason=reason.strip()[:200],
        created_at=context.now,
        created_by_id=actor.id,
    )
    context.session.add(found)
    context.session.flush()
    context.session.info.pop(KNOWN, None)
    return found


def end(context: Context, substitution_id: int) -> Substitution:
    """End one's own substitution now; what was done under it stays as it was. Raises NotFound."""
    found = context.session.get(Substitution, substitution_id)
    if found is None or context.actor is None or found.person_id != context.actor.id:
        raise NotFound
    context.session.info.pop(KNOWN, None)
    if found.starts_at >= context.now:
        context.session.delete(found)
    elif found.ends_at > context.now:
        found.ends_at = context.now
    return found


def concerning(context: Context, user: User) -> Sequence[Substitution]:
    """All substitutions by and for the user, the latest first."""
    query = (
        select(Substitution)
        .where(or_(Substitution.person_id == user.id, Substitution.substitute_id == user.id))
        .options(joinedload(Substitution.person), joinedload(Substitution.substitute))
        .order_by(Substitution.starts_at.desc(), Substitution.id.desc())
        .limit(100)
    )
    return context.session.scalars(query).all()


def colleagues(context: Context, user: User) -> list[User]:
    """The other members of the user's groups who may act on cases, by name."""
    found = {
        member.id: member
        for group in user.groups
        if group.key in access.OFFICE
        for member in access.members_of(context.session, group.key)
        if member.id != user.id and "system_admin" not in access.groups_of(member)
    }
    return sorted(found.values(), key=lambda member: member.name)
