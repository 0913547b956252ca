"""How often an address, or an account, may try: wrong codes, objections with their uploads, registrations.

Counted in the database, so that a limit holds over all processes; kept only for the window, under keyed hashes. A limit
for each receipt number would let anybody lock the objector out; its code cannot be guessed within the address's limit.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta

from sqlalchemy import delete, func, select

from app.models.identity import PublicAttempt
from app.services.context import Context
from app.services.errors import TooOften

WINDOW = timedelta(minutes=15)
LIMITS = {"look_up": 20, "submit": 60, "register": 10, "reset": 10, "invite": 30, "password": 8, "totp": 8}


def check(context: Context, action: str, address: str) -> None:
    """Raises TooOften when this address was counted too often within the window."""
    query = select(func.count()).select_from(PublicAttempt)
    recent = query.where(
        PublicAttempt.action == action,
        PublicAttempt.key == _key(context, address),
        PublicAttempt.at > context.now - WINDOW,
    )
    if (context.session.scalar(recent) or 0) >= LIMITS[action]:
        raise TooOften


def count(context: Context, action: str, address: str) -> None:
    """Count one try. The caller must let the transaction commit, whatever it answers."""
    context.session.execute(delete(PublicAttempt).where(PublicAttempt.at <= context.now - WINDOW))
    context.session.add(PublicAttempt(action=action, key=_key(context, address), at=context.now))


def _key(context: Context, address: str) -> str:
    secret = context.settings.secret.encode()
    return hmac.new(secret, b"throttle " + address.encode(), hashlib.sha256).hexdigest()
