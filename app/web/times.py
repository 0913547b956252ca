"""Instants as people read them: Shanghai time, and time limits in working days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from app.models.runtime import NO_DUE_DATE, UserTask
from app.services.calendar import calendar_of
from app.web.guards import context

ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Limit:
    """The time limit of an open task: `used` of `whole` working days."""

    used: int
    whole: int
    text: str


def moment(value: datetime | str | None) -> str:
    """An instant in Shanghai time to the minute, e.g. 2026-11-03 14:22."""
    return local(value).strftime("%Y-%m-%d %H:%M") if value else ""


def day(value: datetime | str | None) -> str:
    """The Shanghai date of an instant."""
    return local(value).strftime("%Y-%m-%d") if value else ""


def clock(value: datetime | str | None) -> str:
    """The Shanghai time of day of an instant."""
    return local(value).strftime("%H:%M") if value else ""


def seconds(value: datetime | str | None) -> str:
    """The Shanghai time of day of an instant to the second."""
    return local(value).strftime("%H:%M:%S") if value else ""


def due_badge(value: datetime | None) -> tuple[str, str]:
    """Class and words of a due badge: late in red, today in amber, a date in blue, none in grey."""
    if value is None or value >= NO_DUE_DATE:
        return "none", _("不限时")
    now, end = context().now.astimezone(ZONE), local(value)
    if end < now:
        late = working_days(end.date(), now.date())
        return "late", _("逾期 %(n)d 个工作日", n=late) if late else _("今天已逾期")
    if end.date() == now.date():
        return "warn", _("今天 %(time)s", time=end.strftime("%H:%M"))
    date_words = end.strftime("%m-%d") if end.year == now.year else end.strftime("%Y-%m-%d")
    left = working_days(now.date(), end.date())
    return "info", _("%(date)s · 余 %(n)d 个工作日", date=date_words, n=left)


def due(value: datetime | None) -> dict[str, str]:
    """Class and words of a due badge, and the full sentence."""
    kind, text = due_badge(value)
    found = {"kind": kind, "text": text, "long": text}
    if value is None or kind == "none":
        return found
    if kind == "late":
        return {**found, "long": _("%(when)s 到期，%(late)s", when=moment(value), late=text)}
    if kind == "warn":
        return {**found, "long": _("今天 %(time)s 到期", time=clock(value))}
    left = working_days(context().now.astimezone(ZONE).date(), local(value).date())
    return {**found, "long": _("%(when)s 到期，还有 %(n)d 个工作日", when=moment(value), n=left)}


def limit_of(task: UserTask) -> Limit | None:
    """How much of a task's time limit has run, or nothing when it has none."""
    if task.due_at is None or task.due_at >= NO_DUE_DATE:
        return None
    start, end, today = (
        local(task.created_at).date(),
        local(task.due_at).date(),
        context().now.astimezone(ZONE).date(),
    )
    whole, used = max(working_days(start, end), 1), working_days(start, today)
    return Limit(used, whole, _("已用 %(used)d / %(whole)d 个工作日", used=used, whole=whole))


def days_left(value: datetime) -> str:
    """How long it is until an instant, in the unit that tells most."""
    left = value - context().now
    if left.total_seconds() <= 0:
        return str(_("已截止"))
    if left.days >= 1:
        working = working_days(context().now.astimezone(ZONE).date(), local(value).date())
        return str(_("还有 %(n)d 天（%(w)d 个工作日）", n=left.days, w=working))
    minutes = int(left.total_seconds() // 60)
    return str(_("还有 %(h)d 小时 %(m)d 分", h=minutes // 60, m=minutes % 60))


def duration(seconds: float) -> str:
    """How long something took, in the unit that tells most."""
    minutes = int(seconds // 60)
    if minutes >= 24 * 60:
        return str(_("%(d)d 天 %(h)d 小时", d=minutes // (24 * 60), h=minutes // 60 % 24))
    if minutes >= 60:
        return str(_("%(h)d 小时 %(m)d 分", h=minutes // 60, m=minutes % 60))
    return str(_("%(m)d 分", m=minutes)) if minutes else str(_("不足 1 分"))


def working_days(start: date, end: date) -> int:
    """Working days after `start` up to and including `end`."""
    return calendar_of(context().session).working_days_between(start, end)


def local(value: datetime | str) -> datetime:
    """An instant, or its ISO text, in Shanghai time."""
    parsed = datetime.fromisoformat(value) if isinstance(value, str) else value
    return parsed.astimezone(ZONE)
