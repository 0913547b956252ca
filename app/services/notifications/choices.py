"""What each person has chosen: how to be told of what, when not to be disturbed, when the digest comes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.engine.rules import TEXT_RULES, is_mobile
from app.models.identity import User
from app.models.outbox import CHANNELS, ContactHours, NotificationChoice
from app.services.context import Context
from app.services.errors import Invalid, NotFound
from app.services.notifications.kinds import KINDS, MODES, NOW, OFF, Kind
from app.services.numbering import OFFICE_ZONE

HOURS = {"quiet_from": 22, "quiet_to": 7, "digest_at": 9}
_WECOM_LENGTH = 64


@dataclass(frozen=True)
class Wishes:
    """How one person wants to be told."""

    user: User
    hours: ContactHours
    modes: Mapping[tuple[str, str], str]

    def mode(self, kind: Kind, channel: str) -> str:
        """`now`, `digest` or `off`; a mandatory kind comes by mail whatever was chosen."""
        default = kind.default(channel, is_applicant=bool(self.user.memberships))
        return self.modes.get((kind.key, channel), default)

    def address(self, channel: str) -> str:
        """Where the person is reached by the channel; empty when not at all."""
        if channel == "mail":
            return self.user.email
        return self.hours.mobile if channel == "sms" else self.hours.wecom

    def allowed_from(self, now: datetime) -> datetime:
        """The first moment from now on outside the quiet hours."""
        local = now.astimezone(OFFICE_ZONE)
        start, end = self.hours.quiet_from, self.hours.quiet_to
        is_quiet = start <= local.hour < end if start < end else not end <= local.hour < start
        if start == end or not is_quiet:
            return now
        return _next_hour(local, end)

    def next_digest(self, now: datetime) -> datetime:
        return _next_hour(now.astimezone(OFFICE_ZONE), self.hours.digest_at)


def wishes_of(session: Session, users: list[User]) -> list[Wishes]:
    """What each of these persons wants, in two statements."""
    ids = [user.id for user in users]
    hours = {
        row.user_id: row for row in session.scalars(select(ContactHours).where(ContactHours.user_id.in_(ids)))
    }
    modes: dict[int, dict[tuple[str, str], str]] = {}
    for row in session.scalars(select(NotificationChoice).where(NotificationChoice.user_id.in_(ids))):
        modes.setdefault(row.user_id, {})[row.kind, row.channel] = row.mode
    return [
        Wishes(user, hours.get(user.id) or ContactHours(**HOURS, mobile="", wecom=""), modes.get(user.id, {}))
        for user in users
    ]


def choose(context: Context, modes: Mapping[tuple[str, str], str], hours: Mapping[str, str]) -> None:
    """Keep what the actor has chosen. Raises Invalid with `errors` by field."""
    user = context.actor
    if user is None:
        raise NotFound
    values = _checked(modes, hours)
    session = context.session
    session.execute(delete(NotificationChoice).where(NotificationChoice.user_id == user.id))
    is_applicant = bool(user.memberships)
    for (key, channel), mode in modes.items():
        if mode != KINDS[key].default(channel, is_applicant=is_applicant):
            session.add(NotificationChoice(user_id=user.id, kind=key, channel=channel, mode=mode))
    row = session.get(ContactHours, user.id)
    if row is None:
        session.add(ContactHours(user_id=user.id, **values))
    else:
        for name, value in values.items():
            setattr(row, name, value)
    session.flush()


def _checked(modes: Mapping[tuple[str, str], str], hours: Mapping[str, str]) -> dict[str, int | str]:
    errors: dict[str, tuple[str, str]] = {}
    for (key, channel), mode in modes.items():
        if key not in KINDS or channel not in CHANNELS or mode not in MODES:
            raise NotFound
        if mode == OFF and channel == "mail" and KINDS[key].is_mandatory:
            errors[f"{key}.{channel}"] = (
                "文书送达通知不能关闭。",
                "Mail about letters cannot be switched off.",
            )
    values: dict[str, int | str] = {}
    for name in HOURS:
        text = hours.get(name, "")
        if not (text.isdecimal() and len(text) <= 2 and int(text) <= 23):
            errors[name] = ("请选择 0 至 23 点。", "Choose an hour from 0 to 23.")
        else:
            values[name] = int(text)
    mobile = TEXT_RULES["mobile"].spell(hours.get("mobile", ""))
    values["mobile"], values["wecom"] = mobile, hours.get("wecom", "").strip()
    if mobile and not is_mobile(mobile):
        errors["mobile"] = ("手机号码不正确。", "The mobile number is not valid.")
    if len(str(values["wecom"])) > _WECOM_LENGTH:
        errors["wecom"] = (f"企业微信账号不超过 {_WECOM_LENGTH} 字。", f"At most {_WECOM_LENGTH} characters.")
    if errors:
        raise Invalid("请更正标出的内容。", "Correct the marked fields.", errors)
    return values


def unsubscribe_token(secret: str, user_id: int, kind: str) -> str:
    """What a link in a mail carries: whom it was sent to and of which kind it was, signed."""
    return str(_serializer(secret).dumps([user_id, kind]))


def read_unsubscribe(context: Context, token: str) -> tuple[User, Kind]:
    """Who wants no more mail of which kind. Raises NotFound for a token that we did not make."""
    try:
        user_id, key = _serializer(context.settings.secret).loads(token)
    except (BadSignature, ValueError, TypeError):
        raise NotFound from None
    user = context.session.get(User, user_id)
    kind = KINDS.get(key)
    if user is None or kind is None or kind.is_mandatory:
        raise NotFound
    return user, kind


def unsubscribe(context: Context, token: str) -> tuple[User, Kind]:
    """Send no more mail of this kind to this person; doing it twice changes nothing."""
    user, kind = read_unsubscribe(context, token)
    key = (user.id, kind.key, "mail")
    row = context.session.get(NotificationChoice, key)
    if row is None:
        context.session.add(NotificationChoice(user_id=user.id, kind=kind.key, channel="mail", mode=OFF))
    else:
        row.mode = OFF
    return user, kind


def _serializer(secret: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt="unsubscribe")


def _next_hour(local: datetime, hour: int) -> datetime:
    today = datetime.combine(local.date(), time(hour), OFFICE_ZONE)
    return today if today > local else today + timedelta(days=1)


__all__ = ["NOW", "Wishes", "choose", "read_unsubscribe", "unsubscribe", "unsubscribe_token", "wishes_of"]
