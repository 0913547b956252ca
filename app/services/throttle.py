"""How often an address, or an account, may try: wrong codes, searches, self-checks, objections, registrations.

Counted in the database, so that a limit holds over all processes; kept only for the window, under keyed hashes. A limit
for each receipt number would let anybody lock the objector out; its code cannot be guessed within the address's limit.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from math import ceil

from sqlalchemy import delete, select

from app.models.identity import PublicAttempt
from app.services.context import Context
from app.services.errors import TooOften

WINDOW = timedelta(minutes=15)
LIMITS = {"look_up": 20, "submit": 60, "search": 120, "self_check": 60, "verify": 60, "register": 10, "reset": 10,
          "invite": 30, "password": 8, "totp": 8}  # fmt: skip


def check(context: Context, action: str, address: str) -> None:
    """Raises TooOften, with the minutes to wait, when this address was counted too often within the window."""
    recent = (
        select(PublicAttempt.at)
        .where(
            PublicAttempt.action == action,
            PublicAttempt.key == _key(context, address),
            PublicAttempt.at > context.now - WINDOW,
        )
        .order_by(PublicAttempt.at.desc(), PublicAttempt.id.desc())
    )
    first = context.session.scalar(recent.offset(LIMITS[action] - 1).limit(1))
    if first is not None:
        raise TooOften(max(1, ceil((first + WINDOW - context.now) / timedelta(minutes=1))))


def count(context: Context, action: str, address: str) -> None:
    """Count one try. The caller must let the transaction commit, whatever it answers."""
    context.session.execute(delete(PublicAttempt).where(PublicAttempt.at <= context.now - WINDOW))
    context.session.add(PublicAttempt(action=action, key=_key(context, address), at=context.now))


def _key(context: Context, address: str) -> str:
    secret = context.settings.secret.encode()
    return hmac.new(secret, b"throttle " + address.encode(), hashlib.sha256).hexdigest()
