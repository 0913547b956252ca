"""Points in time and spans of time, from the values FEEL gives; stored in UTC.

Corrects: SpiffWorkflow asks `datetime.now`, takes dates without an offset for the server's zone, refuses
dates and durations that are values and not text, and counts a month as days.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from app.engine.feel import YearsMonthsDuration

if TYPE_CHECKING:
    from app.engine.environment import Environment

_DURATION = re.compile(
    r"(?P<sign>-?)P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?",
    re.ASCII,
)
_CYCLE = re.compile(r"R(?P<count>\d*)/(?P<first>[^/]+)(?:/(?P<second>[^/]+))?", re.ASCII)
LITERAL = re.compile(r"R\d*/.+|-?P(?=[\dT]).*|\d{4}-\d\d-\d\dT.+", re.ASCII)
EVER = -1


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time: calendar months and seconds."""

    months: int
    seconds: float

    def after(self, start: datetime, zone: ZoneInfo, times: int = 1) -> datetime:
        """The instant `times` spans after `start`; months are counted on the calendar of `zone`.

        A day that the month does not have becomes its last one.
        """
        local = start.astimezone(zone)
        if self.months:
            year, month = divmod(local.year * 12 + local.month - 1 + self.months * times, 12)
            local = local.replace(year=year, month=month + 1, day=min(local.day, _days_in(year, month + 1)))
        return (local.astimezone(UTC) + timedelta(seconds=self.seconds * times)).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Cycle:
    """`count` repetitions (EVER for no end): the k-th, from 0, is `first + k` spans after `base`."""

    count: int
    span: Span
    base: datetime
    first: int = 0

    def at(self, number: int, zone: ZoneInfo) -> datetime:
        """When the repetition of this number, from 0, is due; counted from the base, so nothing drifts."""
        return self.span.after(self.base, zone, self.first + number)


def _days_in(year: int, month: int) -> int:
    following = date(year + month // 12, month % 12 + 1, 1)
    return (following - timedelta(days=1)).day


def write_instant(value: datetime) -> str:
    """The text of an instant in the state: ISO 8601, UTC."""
    return value.astimezone(UTC).isoformat()


def read_instant(text: str) -> datetime:
    """The instant of a text in the state."""
    return datetime.fromisoformat(text)


def parse_span(value: Any) -> Span | None:
    """The span of a duration value or an ISO 8601 duration, None when it is neither."""
    if isinstance(value, timedelta):
        return Span(0, value.total_seconds())
    if isinstance(value, YearsMonthsDuration):
        return Span(value.months, 0)
    match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None or not any(match[name] for name in match.groupdict() if name != "sign"):
        return None
    part = {name: float(text) for name, text in match.groupdict().items() if text and name != "sign"}
    days = part.get("weeks", 0) * 7 + part.get("days", 0)
    seconds = ((days * 24 + part.get("hours", 0)) * 60 + part.get("minutes", 0)) * 60 + part.get("seconds", 0)
    sign = -1 if match["sign"] else 1
    return Span(sign * int(part.get("years", 0) * 12 + part.get("months", 0)), sign * seconds)


def instant_of(value: Any, env: Environment) -> datetime | None:
    """The instant of a date and time, a date (its beginning), ISO text or a duration from now, else None.

    What has no offset is meant in the zone of the environment.
    """
    if isinstance(value, str):
        span = parse_span(value)
        value = span if span is not None else _parse_instant(value.strip())
    elif not isinstance(value, (datetime, date)):
        value = parse_span(value)
    if isinstance(value, Span):
        return value.after(env.now, env.tz)
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time(0), env.tz)
    if not isinstance(value, datetime):
        return None
    return (value if value.tzinfo is not None else value.replace(tzinfo=env.tz)).astimezone(UTC)


def _parse_instant(text: str) -> datetime | date | None:
    text, _, zone = text.partition("@")
    try:
        moment = datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
    except ValueError:
        return None
    if zone and isinstance(moment, datetime):
        try:
            return moment.replace(tzinfo=ZoneInfo(zone))
        except (OSError, ValueError, KeyError):
            return None
    return moment


def parse_cycle(value: Any, env: Environment) -> Cycle | None:
    """The cycle of an ISO 8601 repeating interval or a duration (for ever); None when it is neither.

    `R3/PT1H` begins one span from now, `R3/2026-03-01T09:00:00+08:00/P1D` at the instant given,
    `R3/P1D/2026-03-31T00:00:00+08:00` so that the last repetition is at the instant given.
    """
    span = parse_span(value)
    if span is not None:
        return _positive(Cycle(EVER, span, env.now, 1))
    match = _CYCLE.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None
    count = int(match["count"]) if match["count"] else EVER
    span, second = parse_span(match["first"]), match["second"]
    if span is not None and second is None:
        return _positive(Cycle(count, span, env.now, 1))
    anchor = instant_of(second if span is not None else match["first"], env)
    first = 0
    if span is None:
        span = parse_span(second)
    elif count == EVER or parse_span(second) is not None:
        return None
    else:
        first = 1 - count
    return _positive(Cycle(count, span, anchor, first)) if span is not None and anchor is not None else None


def _positive(cycle: Cycle) -> Cycle | None:
    return cycle if cycle.span.months > 0 or cycle.span.seconds > 0 else None
