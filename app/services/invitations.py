"""Colleagues of an organisation: invited by a signer, with roles; there is always a signer left."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.engine.rules import TEXT_RULES, is_email
from app.models.account import MailedLink
from app.models.identity import Membership, Organisation, User
from app.services import identity, outbox
from app.services.account_fields import refuse, wrong_person
from app.services.context import Context
from app.services.errors import Conflict, NotFound, NotPermitted
from app.services.mailed_links import make_link, read_link

LASTS = timedelta(days=7)
ROLES = ("editor", "signer")


class LastSigner(Conflict):
    """An organisation without a signer could sign nothing and invite nobody."""

    def __init__(self) -> None:
        super().__init__(
            "单位至少保留一名签署人，请先把签署人角色交给同事。",
            "An organisation keeps at least one signer; hand the role over first.",
        )


def members_of(context: Context, org_id: int) -> list[tuple[User, list[str]]]:
    """Who acts for an organisation that the actor belongs to, with roles, by name. Raises NotFound."""
    _own(context, org_id)
    query = select(Membership).where(Membership.org_id == org_id).options(joinedload(Membership.user))
    found: dict[int, tuple[User, list[str]]] = {}
    for row in context.session.scalars(query.order_by(Membership.user_id, Membership.role)):
        found.setdefault(row.user_id, (row.user, []))[1].append(row.role)
    return sorted(found.values(), key=lambda entry: entry[0].name)


def open_invitations(context: Context, org_id: int) -> Sequence[MailedLink]:
    """Invitations that can still be accepted, newest first."""
    _own(context, org_id)
    query = select(MailedLink).where(
        MailedLink.org_id == org_id,
        MailedLink.purpose == "invite",
        MailedLink.used_at.is_(None),
        MailedLink.expires_at > context.now,
    )
    return context.session.scalars(query.order_by(MailedLink.id.desc())).all()


def invite(context: Context, org_id: int, email: str, roles: Collection[str]) -> None:
    """Send a colleague a link to join. Raises NotPermitted unless the actor signs for it, Invalid by field."""
    org, actor = _signed_for(context, org_id), context.actor
    email = TEXT_RULES["email"].spell(email)
    chosen = [role for role in ROLES if role in roles]
    errors = {}
    if not is_email(email):
        errors["email"] = ("电子邮箱格式不正确。", "The e-mail address is not valid.")
    if not chosen:
        errors["roles"] = ("请至少选择一个角色。", "Choose at least one role.")
    refuse(errors)
    link = make_link(context, "invite", "/join", email, LASTS, org_id=org_id,
                     user_id=actor.id if actor else None, data={"roles": chosen})  # fmt: skip
    text = (
        f"{actor.name if actor else ''}邀请您代表{org.name}使用知融，请在 7 天内打开以下链接：\n\n{link}\n\n"
        f"You are invited to act for {org.name}. Open the link within 7 days."
    )
    outbox.queue_mail(context, email, f"邀请您加入{org.name}", text, kind=outbox.FORGOTTEN)


def revoke(context: Context, org_id: int, invitation_id: int) -> None:
    """Make an invitation worthless. Raises NotFound."""
    _signed_for(context, org_id)
    for link in open_invitations(context, org_id):
        if link.id == invitation_id:
            link.used_at = context.now
            return
    raise NotFound


def read_invitation(
    context: Context, token: str, *, to_spend: bool = False
) -> tuple[MailedLink, Organisation]:
    """What the link invites to. Raises NotFound."""
    link = read_link(context, "invite", token, to_spend=to_spend)
    return link, context.session.get_one(Organisation, link.org_id)


def accept(context: Context, token: str) -> Organisation:
    """The actor joins. Raises NotFound; Conflict for somebody who holds a post of the office."""
    link, org = read_invitation(context, token, to_spend=True)
    user = context.actor
    if user is None:
        raise NotFound
    if user.groups:
        raise Conflict(
            "机关工作人员和专家账户不能加入申报单位，请另建账户。",
            "An officer's or expert's account cannot join an organisation that applies; make another account.",
        )
    _join(context, user, org, link)
    return org


def accept_with_new_account(context: Context, token: str, values: Mapping[str, str]) -> User:
    """Make an account and join. `values`: username, name, password. Raises NotFound, Invalid by field."""
    link, org = read_invitation(context, token, to_spend=True)
    errors = wrong_person({**values, "email": link.email})
    if identity.find_user(context.session, values["username"]):
        errors["username"] = ("用户名已被使用，请换一个。", "This user name is taken; choose another.")
    refuse(errors)
    user = identity.add_user(
        context,
        username=values["username"],
        name=values["name"].strip(),
        email=link.email,
        password_hash=identity.hash_password(values["password"]),
    )
    _join(context, user, org, link)
    return user


def change_roles(context: Context, org_id: int, user_id: int, roles: Collection[str]) -> None:
    """Give a colleague exactly these roles; none removes the person. Raises NotFound, NotPermitted, LastSigner."""
    _signed_for(context, org_id)
    _set_roles(context, org_id, user_id, [role for role in ROLES if role in roles])


def leave(context: Context, org_id: int) -> None:
    """The actor no longer acts for the organisation. Raises NotFound, LastSigner."""
    _own(context, org_id)
    if context.actor is not None:
        _set_roles(context, org_id, context.actor.id, [])


def _join(context: Context, user: User, org: Organisation, link: MailedLink) -> None:
    session = context.session
    for role in link.data["roles"]:
        if session.get(Membership, (user.id, org.id, role)) is None:
            identity.add_member(session, user, org, role)
    session.expire(user, ["memberships"])
    link.used_at = context.now


def _set_roles(context: Context, org_id: int, user_id: int, roles: Collection[str]) -> None:
    session = context.session
    session.scalar(select(Organisation.id).where(Organisation.id == org_id).with_for_update())
    rows = session.scalars(select(Membership).where(Membership.org_id == org_id)).all()
    held = {row.role: row for row in rows if row.user_id == user_id}
    if not held:
        raise NotFound
    others_sign = any(row.role == "signer" and row.user_id != user_id for row in rows)
    if "signer" not in roles and not others_sign:
        raise LastSigner
    for role, row in held.items():
        if role not in roles:
            session.delete(row)
    for role in roles:
        if role not in held:
            session.add(Membership(user_id=user_id, org_id=org_id, role=role))
    session.flush()


def _own(context: Context, org_id: int) -> list[str]:
    """The actor's roles in the organisation. Raises NotFound when there are none."""
    user = context.actor
    roles = [row.role for row in user.memberships if row.org_id == org_id] if user else []
    if not roles:
        raise NotFound
    return roles


def _signed_for(context: Context, org_id: int) -> Organisation:
    if "signer" not in _own(context, org_id):
        raise NotPermitted("只有签署人可以管理单位成员。", "Only a signer can manage the members.")
    return context.session.get_one(Organisation, org_id)
