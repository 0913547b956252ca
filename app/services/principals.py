"""Who is meant by a principal: the persons behind groups, organisations and single accounts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, selectinload

from app.models.identity import GroupMember, Membership, User
from app.services import access


def people_behind(session: Session, principals: Iterable[str]) -> Sequence[User]:
    """Every active account that one of these principals reaches, once, by name."""
    conditions = [found for principal in principals if (found := _condition(principal)) is not None]
    if not conditions:
        return ()
    query = select(User).where(or_(*conditions), User.is_active)
    query = query.options(selectinload(User.memberships), selectinload(User.groups))
    return session.scalars(query.order_by(User.name, User.id)).all()


def people_by_principal(session: Session, principals: Sequence[str]) -> dict[str, list[User]]:
    """The same for each principal, in the given order: a person stands behind every principal that reaches it."""
    people = [(one, frozenset(access.principals_of(one))) for one in people_behind(session, principals)]
    return {principal: [one for one, own in people if principal in own] for principal in principals}


def _condition(principal: str) -> ColumnElement[bool] | None:
    kind, _, rest = principal.partition(":")
    if kind == "user" and rest.isdecimal():
        return User.id == int(rest)
    if kind == "group":
        return User.id.in_(select(GroupMember.user_id).where(GroupMember.group_key == rest))
    org, _, role = rest.partition(":")
    if kind != "org" or not org.isdecimal():
        return None  # a ticket: its holder has no account
    members = select(Membership.user_id).where(Membership.org_id == int(org))
    return User.id.in_(members.where(Membership.role == role) if role else members)
