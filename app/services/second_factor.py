"""Sign-in in two steps: codes of an authenticator (TOTP, RFC 6238), and recovery codes for when it is lost."""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from collections.abc import Sequence

import pyotp
from sqlalchemy import delete, select

from app.models.account import RecoveryCode, SecondFactor
from app.models.identity import User
from app.services import throttle
from app.services.context import Context
from app.services.errors import Invalid, NotFound
from app.services.registers.identity_seal import seal, unseal
from app.services.settings import Settings

ISSUER = "知融"
STEP_SECONDS = 30
TOLERANCE = 1  # steps before and after: clocks of telephones differ
RECOVERY_CODES = 10
HALF = 8  # signs before and after the hyphen


class WrongCode(Invalid):
    def __init__(self) -> None:
        text = ("验证码不正确或已用过。", "The code is wrong or was used before.")
        super().__init__(*text, {"code": text})


def must_set_up(settings: Settings, user: User) -> bool:
    """Whether one of the person's posts demands a second factor that is not there yet."""
    return user.second_factor_at is None and any(group.key in settings.totp_groups for group in user.groups)


def begin(context: Context) -> str:
    """A new secret for the actor as an `otpauth:` address, for the authenticator; not in force before `confirm`."""
    user = _own(context)
    row = context.session.get(SecondFactor, user.id)
    if row is None or row.confirmed_at is not None:
        if row is not None:
            raise NotFound  # in force already: switch it off first
        row = SecondFactor(user_id=user.id, sealed=_seal(context, pyotp.random_base32()), last_step=0)
        context.session.add(row)
        context.session.flush()
    return pending_address(context)


def pending_address(context: Context) -> str:
    """The `otpauth:` address of the secret that waits to be confirmed. Raises NotFound when there is none."""
    user = _own(context)
    row = context.session.get(SecondFactor, user.id)
    if row is None or row.confirmed_at is not None:
        raise NotFound
    return str(_totp(context, row).provisioning_uri(name=user.username, issuer_name=ISSUER))


def confirm(context: Context, code: str) -> Sequence[str]:
    """Put the second factor in force; the recovery codes, told this once only. Raises WrongCode, TooOften."""
    user = _own(context)
    row = context.session.get(SecondFactor, user.id, with_for_update=True)
    if row is None or row.confirmed_at is not None:
        raise NotFound
    _take(context, user, row, code)
    row.confirmed_at = user.second_factor_at = context.now
    return renew_recovery_codes(context)


def renew_recovery_codes(context: Context) -> Sequence[str]:
    """Ten new codes; the old ones are worthless."""
    user, session = _own(context), context.session
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    codes = [f"{secrets.token_hex(HALF // 2)}-{secrets.token_hex(HALF // 2)}" for _ in range(RECOVERY_CODES)]
    session.add_all(RecoveryCode(user_id=user.id, sha256=_hash(code)) for code in codes)
    session.flush()
    return codes


def check_code(context: Context, user: User, code: str) -> None:
    """Take a code of the authenticator or a recovery code, each once. Raises WrongCode, TooOften.

    The caller must let the transaction commit when the code was wrong: the try is counted.
    """
    row = context.session.get(SecondFactor, user.id, with_for_update=True)
    if row is None or row.confirmed_at is None:
        raise NotFound
    _take(context, user, row, code)


def switch_off(context: Context, code: str) -> None:
    """Sign in with the password alone again. Raises WrongCode, TooOften."""
    user = _own(context)
    check_code(context, user, code)
    remove(context, user)


def remove(context: Context, user: User) -> None:
    """Take somebody's second factor away: by the person's own code, or by an administrator."""
    session = context.session
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    session.execute(delete(SecondFactor).where(SecondFactor.user_id == user.id))
    user.second_factor_at = None
    user.session_epoch += 1


def _take(context: Context, user: User, row: SecondFactor, code: str) -> None:
    throttle.check(context, "totp", user.principal)
    given = unicodedata.normalize("NFKC", "".join(code.split()))
    step = _matching_step(context, row, given)
    if step is not None and step > row.last_step:
        row.last_step = step
        return
    if row.confirmed_at is not None and _spend_recovery(context, user, given):
        return
    throttle.count(context, "totp", user.principal)
    raise WrongCode


def _matching_step(context: Context, row: SecondFactor, code: str) -> int | None:
    totp, now = _totp(context, row), int(context.now.timestamp()) // STEP_SECONDS
    for step in range(now - TOLERANCE, now + TOLERANCE + 1):
        if secrets.compare_digest(totp.at(step * STEP_SECONDS), code.encode("ascii", "replace").decode()):
            return step
    return None


def _spend_recovery(context: Context, user: User, code: str) -> bool:
    query = select(RecoveryCode).where(
        RecoveryCode.user_id == user.id, RecoveryCode.sha256 == _hash(code), RecoveryCode.used_at.is_(None)
    )
    row = context.session.scalar(query.with_for_update())
    if row is None:
        return False
    row.used_at = context.now
    return True


def _totp(context: Context, row: SecondFactor) -> pyotp.TOTP:
    return pyotp.TOTP(unseal(context.settings.secret, row.sealed)["totp"], interval=STEP_SECONDS)


def _seal(context: Context, secret: str) -> bytes:
    return seal(context.settings.secret, {"totp": secret})


def _hash(code: str) -> str:
    """Of a recovery code as it is printed, however it was copied."""
    signs = code.lower().replace("-", "")
    return hashlib.sha256(f"{signs[:HALF]}-{signs[HALF:]}".encode()).hexdigest()


def _own(context: Context) -> User:
    if context.actor is None:
        raise NotFound
    return context.actor
