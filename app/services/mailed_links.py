"""Links sent by mail: random, kept as a hash, good for one use and a limited time."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from app.models.account import MailedLink
from app.services.context import Context
from app.services.errors import Invalid, NotFound, ServiceError

BYTES = 32


class LinkNeedsAddress(Invalid):
    """The installation does not know its own address, so a link cannot be written."""

    def __init__(self) -> None:
        super().__init__(
            "系统未设置对外网址（SITE），无法发送链接，请联系管理员。",
            "This installation has no public address (SITE), so no link can be sent.",
        )


def make_link(
    context: Context,
    purpose: str,
    path: str,
    email: str,
    lasts: timedelta,
    *,
    user_id: int | None = None,
    org_id: int | None = None,
    data: Mapping[str, Any] | None = None,
) -> str:
    """The whole address of a new link to `path`. Raises LinkNeedsAddress."""
    site = context.settings.site.rstrip("/")
    if not site:
        raise LinkNeedsAddress
    token = secrets.token_urlsafe(BYTES)
    context.session.add(
        MailedLink(
            purpose=purpose,
            sha256=_hash(token),
            email=email,
            user_id=user_id,
            org_id=org_id,
            data=dict(data or {}),
            created_at=context.now,
            expires_at=context.now + lasts,
        )
    )
    return f"{site}{path}?token={token}"


class LinkGone(NotFound):
    """The link is wrong, was used or is too old; which of them nobody is told."""

    def __init__(self) -> None:
        ServiceError.__init__(
            self,
            "链接无效、已使用或已过期，请重新申请。",
            "This link is wrong, was used or is too old. Ask for a new one.",
        )


def read_link(context: Context, purpose: str, token: str, *, to_spend: bool = False) -> MailedLink:
    """The link of this token while it is good. Raises LinkGone for an unknown, used or old one alike.

    Whoever is going to use it up locks it: two clicks are one.
    """
    query = select(MailedLink).where(MailedLink.sha256 == _hash(token), MailedLink.purpose == purpose)
    if to_spend:
        query = query.with_for_update().execution_options(populate_existing=True)
    link = context.session.scalar(query)
    if link is None or link.used_at is not None or link.expires_at <= context.now:
        raise LinkGone
    return link


def spend_others(context: Context, purpose: str, user_id: int) -> None:
    """Make every other open link of this purpose for this account worthless."""
    query = select(MailedLink).where(
        MailedLink.purpose == purpose, MailedLink.user_id == user_id, MailedLink.used_at.is_(None)
    )
    for link in context.session.scalars(query):
        link.used_at = context.now


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
