"""Accounts: sign-in with throttling counted in the database, users, organisations, groups."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session, joinedload

from app.engine.rules import is_uscc
from app.models.identity import Group, GroupMember, LoginAttempt, Membership, Organisation, User
from app.services.context import Context
from app.services.errors import Conflict, Invalid, NotFound, TooOften

WINDOW = timedelta(minutes=15)
MAX_FAILURES_PER_USER = 8
MAX_FAILURES_PER_ADDRESS = 60
MIN_PASSWORD = 10
_COSTS = {"normal": PasswordHasher(time_cost=2, memory_cost=32 * 1024, parallelism=1),
          "low": PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)}  # fmt: skip
_WITH_POSTS = (
    select(User)
    .where(User.id == bindparam("user_id"))
    .options(joinedload(User.groups), joinedload(User.memberships).joinedload(Membership.org))
)


class TooManyAttempts(TooOften):
    """Too many wrong passwords for a user name or from an address."""


def hash_password(password: str, cost: str = "normal") -> str:
    """Argon2id hash. Raises Invalid for a password shorter than MIN_PASSWORD characters."""
    if len(password) < MIN_PASSWORD:
        raise Invalid(
            f"密码至少 {MIN_PASSWORD} 个字符。", f"A password has at least {MIN_PASSWORD} characters."
        )
    return _COSTS[cost].hash(password)


def authenticate(context: Context, username: str, password: str, address: str) -> User | None:
    """The user with these credentials, else None; every attempt is recorded. Raises TooManyAttempts.

    None instead of an error, so that the caller's transaction commits the failed attempt.
    """
    if _failures(context, LoginAttempt.username == username) >= MAX_FAILURES_PER_USER:
        raise TooManyAttempts
    if _failures(context, LoginAttempt.address == address) >= MAX_FAILURES_PER_ADDRESS:
        raise TooManyAttempts
    user = find_user(context.session, username)
    # An unknown name costs the same time as a wrong password.
    right = verify_password(user.password_hash if user else _dummy_hash(), password)
    succeeded = user is not None and right and user.is_active
    context.session.add(
        LoginAttempt(username=username[:60], address=address[:45], at=context.now, succeeded=succeeded)
    )
    return user if succeeded else None


def find_user(session: Session, username: str) -> User | None:
    return session.scalar(select(User).where(User.username == username))


def find_by_name_or_email(session: Session, who: str) -> Sequence[User]:
    """Active accounts with an address that have this user name or this address."""
    given = who.strip()
    query = select(User).where((User.username == given) | (func.lower(User.email) == given.lower()))
    return session.scalars(query.where(User.is_active, User.email != "").order_by(User.id).limit(20)).all()


def load_user(session: Session, user_id: int) -> User | None:
    """A user with groups and organisations in one statement; None when unknown or switched off."""
    user: User | None = session.scalars(_WITH_POSTS, {"user_id": user_id}).unique().one_or_none()
    return user if user and user.is_active else None


def create_user(
    context: Context,
    *,
    username: str,
    name: str,
    password: str,
    groups: Iterable[str] = (),
    employer_uscc: str | None = None,
    email: str = "",
    cost: str = "normal",
) -> User:
    """A new account in existing groups. Raises Conflict for a taken name, NotFound for an unknown group."""
    if find_user(context.session, username):
        raise Conflict(f"用户名 {username} 已被使用。", f"The user name {username} is taken.")
    user = add_user(context, username=username, name=name, email=email,
                    password_hash=hash_password(password, cost), employer_uscc=employer_uscc)  # fmt: skip
    for key in groups:
        if context.session.get(Group, key) is None:
            raise NotFound
        context.session.add(GroupMember(group_key=key, user_id=user.id))
    context.session.flush()
    return user


def add_user(
    context: Context,
    *,
    username: str,
    name: str,
    email: str,
    password_hash: str,
    employer_uscc: str | None = None,
) -> User:
    """An account without posts; the caller has checked its values."""
    user = User(
        username=username,
        name=name,
        email=email,
        password_hash=password_hash,
        language="zh",
        is_active=True,
        employer_uscc=employer_uscc,
        created_at=context.now,
        session_epoch=0,
    )
    context.session.add(user)
    context.session.flush()
    return user


def create_organisation(context: Context, *, uscc: str, name: str, org_type: str) -> Organisation:
    """A new organisation. Raises Invalid for a wrong code (GB 32100 check digit), Conflict for a known one."""
    if not is_uscc(uscc):
        raise Invalid("统一社会信用代码不正确。", "The unified social credit code is wrong.")
    if context.session.scalar(select(Organisation.id).where(Organisation.uscc == uscc)):
        raise Conflict("该统一社会信用代码已登记。", "This unified social credit code is already registered.")
    org = Organisation(uscc=uscc, name=name, org_type=org_type, created_at=context.now)
    context.session.add(org)
    context.session.flush()
    return org


def add_member(session: Session, user: User, org: Organisation, *roles: str) -> None:
    """Let a person act for an organisation as `editor` and/or `signer`."""
    for role in roles:
        session.add(Membership(user_id=user.id, org_id=org.id, role=role))
    session.flush()


def ensure_group(session: Session, key: str, name: str, name_en: str) -> Group:
    """The group with this key, created when missing."""
    group = session.get(Group, key)
    if group is None:
        group = Group(key=key, name=name, name_en=name_en)
        session.add(group)
        session.flush()
    return group


def _failures(context: Context, condition: object) -> int:
    query = (
        select(func.count())
        .select_from(LoginAttempt)
        .where(
            condition,  # type: ignore[arg-type]
            LoginAttempt.at > context.now - WINDOW,
            LoginAttempt.succeeded.is_(False),
        )
    )
    return context.session.scalar(query) or 0


def verify_password(password_hash: str, password: str) -> bool:
    """Whether this is the password of the hash."""
    try:
        return _COSTS["normal"].verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


@lru_cache(maxsize=1)
def _dummy_hash() -> str:
    return _COSTS["normal"].hash("nobody has this password")
