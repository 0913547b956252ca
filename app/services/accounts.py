"""Accounts and posts, as the system administrator keeps them. The administrator never handles cases (S8), and nobody
changes an account of one's own. Changes are written to the log: they belong to no case and so to no case's history.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from app.engine.rules import is_uscc
from app.models.identity import Group, GroupMember, Membership, Organisation, User
from app.models.runtime import UserTask
from app.services import access, identity, second_factor
from app.services.account_fields import Errors, wrong_person
from app.services.context import Context
from app.services.errors import Invalid, NotFound, NotPermitted

PERMISSION = "account.edit"
NO_ADDRESS = "nobody@example.invalid"  # an officer need not have one
READERS = frozenset({"auditor"})
ADMINISTRATORS = frozenset({"system_admin"})
log = structlog.get_logger(__name__)


class OwnAccount(NotPermitted):
    """Administrators do not decide about themselves."""

    def __init__(self) -> None:
        super().__init__(
            "不能变更自己的账户，请由另一位系统管理员办理。",
            "You cannot change your own account; another administrator must do it.",
        )


def list_users(session: Session) -> Sequence[User]:
    """Every account with its posts and organisations, by user name."""
    query = select(User).options(
        selectinload(User.groups), selectinload(User.memberships).selectinload(Membership.org)
    )
    return session.scalars(query.order_by(User.username)).all()


def list_groups(session: Session) -> Sequence[Group]:
    return session.scalars(select(Group).order_by(Group.key)).all()


def list_organisations(session: Session) -> list[tuple[Organisation, list[Membership]]]:
    """Organisations with the people who act for them, by name."""
    members: dict[int, list[Membership]] = {}
    query = (
        select(Membership)
        .options(selectinload(Membership.user))
        .order_by(Membership.user_id, Membership.role)
    )
    for membership in session.scalars(query):
        members.setdefault(membership.org_id, []).append(membership)
    orgs = session.scalars(select(Organisation).order_by(Organisation.name))
    return [(org, members.get(org.id, [])) for org in orgs]


def get_user(session: Session, user_id: int) -> User:
    """The account. Raises NotFound."""
    user = session.get(User, user_id)
    if user is None:
        raise NotFound
    return user


def count_held(session: Session, user: User) -> int:
    """Open tasks that this person has claimed: they wait until somebody takes them over."""
    query = select(func.count()).select_from(UserTask)
    return session.scalar(query.where(UserTask.assignee_id == user.id, UserTask.status == "open")) or 0


def create_account(context: Context, values: Mapping[str, str], groups: Collection[str]) -> User:
    """A new account. Raises Invalid with `errors` by field, as (Chinese, English); Conflict for a taken name."""
    access.require(context.actor, PERMISSION)
    errors = {**_wrong_values(values), **_wrong_groups(context.session, groups, has_org=False)}
    if errors:
        raise _invalid(errors)
    user = identity.create_user(
        context,
        username=values["username"],
        name=values["name"],
        password=values["password"],
        groups=sorted(groups),
        employer_uscc=values["employer_uscc"] or None,
        email=values["email"],
    )
    _note(context, "account created", user, groups=sorted(groups))
    return user


def switch(context: Context, user_id: int, *, is_active: bool) -> User:
    """Switch an account off or on; it counts from the next request on. Raises OwnAccount, NotFound."""
    user = _other(context, user_id)
    user.is_active = is_active
    _note(context, "account switched on" if is_active else "account switched off", user)
    return user


def change_groups(context: Context, user_id: int, groups: Collection[str]) -> User:
    """Give a person exactly these posts. Raises OwnAccount, NotFound, Invalid for posts that exclude each other."""
    user = _other(context, user_id)
    if errors := _wrong_groups(context.session, groups, has_org=bool(user.memberships)):
        raise _invalid(errors)
    session, before = context.session, {group.key for group in user.groups}
    for key in sorted(set(groups) - before):
        session.add(GroupMember(group_key=key, user_id=user.id))
    for key in sorted(before - set(groups)):
        session.delete(session.get_one(GroupMember, (key, user.id)))
    session.flush()
    session.expire(user, ["groups"])
    _note(context, "posts changed", user, before=sorted(before), after=sorted(groups))
    return user


def remove_second_factor(context: Context, user_id: int) -> User:
    """Let a person who lost the authenticator sign in with the password again; all sessions end."""
    user = _other(context, user_id)
    second_factor.remove(context, user)
    _note(context, "second factor removed", user)
    return user


def change_heads(context: Context, user_id: int, groups: Collection[str]) -> User:
    """Make a person the head of exactly these of its groups. Raises OwnAccount, NotFound."""
    user = _other(context, user_id)
    rows = context.session.scalars(select(GroupMember).where(GroupMember.user_id == user.id)).all()
    before = sorted(row.group_key for row in rows if row.is_head)
    for row in rows:
        row.is_head = row.group_key in groups
    context.session.flush()
    _note(context, "heads changed", user, before=before, after=headed_by(context.session, user))
    return user


def headed_by(session: Session, user: User) -> list[str]:
    """The keys of the groups that the person heads."""
    query = select(GroupMember.group_key).where(GroupMember.user_id == user.id, GroupMember.is_head)
    return sorted(session.scalars(query))


def _other(context: Context, user_id: int) -> User:
    actor = access.require(context.actor, PERMISSION)
    if actor.id == user_id:
        raise OwnAccount
    return get_user(context.session, user_id)


def _wrong_values(values: Mapping[str, str]) -> Errors:
    errors = wrong_person({**values, "email": values["email"] or NO_ADDRESS})
    if values["employer_uscc"] and not is_uscc(values["employer_uscc"]):
        errors["employer_uscc"] = ("统一社会信用代码不正确。", "The unified social credit code is wrong.")
    return errors


def _wrong_groups(session: Session, groups: Iterable[str], *, has_org: bool) -> Errors:
    chosen = set(groups)
    if chosen - set(session.scalars(select(Group.key))):
        return {"groups": ("所选岗位不存在。", "One of the posts does not exist.")}
    acting = chosen & access.OFFICE or has_org
    if chosen & ADMINISTRATORS and (acting or chosen & READERS):
        return {
            "groups": (
                "系统管理员不得兼任办案岗位、申报单位经办人或审计人员。",
                "A system administrator holds no post that handles cases, applies or audits.",
            )
        }
    if chosen & READERS and (acting or chosen - READERS):
        return {
            "groups": ("审计人员只读，不得兼任其他岗位。", "An auditor only reads and holds no other post.")
        }
    return {}


def _invalid(errors: Errors) -> Invalid:
    return Invalid("请更正标出的内容。", "Correct the marked fields.", errors)


def _note(context: Context, what: str, user: User, **detail: object) -> None:
    actor = context.actor
    log.info(
        what,
        account=user.username,
        by=actor.username if actor else None,
        at=context.now.isoformat(),
        **detail,
    )
