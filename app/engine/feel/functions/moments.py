"""Dates, times, durations and the host's clock (DMN 1.5, 10.3.4.1, 10.3.4.6, 10.3.4.7)."""

from __future__ import annotations

from datetime import timedelta, timezone
from decimal import Decimal
from typing import Any

from app.engine.feel.functions.registry import built_in, whole
from app.engine.feel.scope import Run
from app.engine.feel.temporal import (
    MIDNIGHT_UTC,
    NANOS,
    DaysDuration,
    FeelDate,
    FeelDateTime,
    FeelTime,
    YearsMonthsDuration,
    load_zone,
    make_date,
    make_time,
)
from app.engine.feel.temporal_text import (
    date_time_from_python,
    parse_date,
    parse_date_time,
    parse_duration,
    parse_time,
)

_DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTH_NAMES = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip


def _found(value: Any, text: str, what: str) -> Any:
    if value is None:
        raise ValueError(f"{text!r} is no {what}")
    return value


@built_in("date", "from: string|date|date and time")
def date_from(source: Any) -> FeelDate:
    """The date a text stands for, or the date of a date and time; raises ValueError."""
    if isinstance(source, str):
        found: FeelDate = _found(parse_date(source), source, "date")
        return found
    return source.date if isinstance(source, FeelDateTime) else source


@built_in("date", "year: number, month: number, day: number")
def date_of(year: Decimal, month: Decimal, day: Decimal) -> FeelDate:
    """A date of its parts; raises ValueError."""
    return make_date(whole(year), whole(month), whole(day))


@built_in("time", "from: string|time|date|date and time")
def time_from(source: Any) -> FeelTime:
    """The time a text stands for, or the time of a date and time; raises ValueError."""
    if isinstance(source, str):
        found: FeelTime = _found(parse_time(source), source, "time")
        return found
    if isinstance(source, FeelDate):
        return MIDNIGHT_UTC
    return source.time if isinstance(source, FeelDateTime) else source


def _offset(value: DaysDuration | None) -> int | None:
    return None if value is None else value.nanos // NANOS


@built_in("time", "hour: number, minute: number, second: number, offset?: days and time duration|null")
def time_of(hour: Decimal, minute: Decimal, second: Decimal, offset: DaysDuration | None) -> FeelTime:
    """A time of its parts; raises ValueError."""
    full = int(second)
    nano = int((second - full) * NANOS)
    return make_time(whole(hour), whole(minute), full, nano, _offset(offset))


@built_in("date and time", "from: string|date and time|date")
def date_time_from(source: Any) -> FeelDateTime:
    """The date and time a text stands for; raises ValueError."""
    if isinstance(source, str):
        found: FeelDateTime = _found(parse_date_time(source), source, "date and time")
        return found
    return FeelDateTime(source, MIDNIGHT_UTC) if isinstance(source, FeelDate) else source


@built_in("date and time", "date: date|date and time, time: time")
def date_time_of(date: FeelDate | FeelDateTime, time: FeelTime) -> FeelDateTime:
    """The date of the first with the time (and zone) of the second."""
    return FeelDateTime(date.date if isinstance(date, FeelDateTime) else date, time)


@built_in(
    "date and time",
    "year: number, month: number, day: number, hour: number, minute: number, second: number,"
    "offset?: days and time duration|null",
)
def date_time_of_parts(
    year: Decimal,
    month: Decimal,
    day: Decimal,
    hour: Decimal,
    minute: Decimal,
    second: Decimal,
    offset: DaysDuration | None,
) -> FeelDateTime:
    """A date and time of its parts; raises ValueError."""
    return FeelDateTime(date_of(year, month, day), time_of(hour, minute, second, offset))


@built_in("duration", "from: string|duration")
def duration_from(source: Any) -> Any:
    """The duration a text stands for; raises ValueError."""
    return _found(parse_duration(source), source, "duration") if isinstance(source, str) else source


def _months_between(start: FeelDateTime, end: FeelDateTime) -> int:
    months = (end.date.year - start.date.year) * 12 + end.date.month - start.date.month
    early = (end.date.day, end.time.second_of_day, end.time.nano) < (
        start.date.day,
        start.time.second_of_day,
        start.time.nano,
    )
    return months - early


@built_in("years and months duration", "from: date and time, to: date and time")
def months_between(start: FeelDateTime, end: FeelDateTime) -> YearsMonthsDuration:
    """The full months from the first to the second, negative when the second is earlier."""
    if start.key() <= end.key():
        return YearsMonthsDuration(_months_between(start, end))
    return YearsMonthsDuration(-_months_between(end, start))


_DATE = "date: date|date and time"


def _date(value: FeelDate | FeelDateTime) -> FeelDate:
    return value.date if isinstance(value, FeelDateTime) else value


def _day_of_year(date: FeelDate) -> int:
    return date.epoch_day - FeelDate(date.year, 1, 1).epoch_day + 1


@built_in("day of year", _DATE)
def day_of_year(date: FeelDate | FeelDateTime) -> Decimal:
    """1 for the first of January."""
    return Decimal(_day_of_year(_date(date)))


@built_in("day of week", _DATE)
def day_of_week(date: FeelDate | FeelDateTime) -> str:
    """The day's English name."""
    return _DAY_NAMES[_date(date).weekday - 1]


@built_in("month of year", _DATE)
def month_of_year(date: FeelDate | FeelDateTime) -> str:
    """The month's English name."""
    return _MONTH_NAMES[_date(date).month - 1]


@built_in("week of year", _DATE)
def week_of_year(date: FeelDate | FeelDateTime) -> Decimal:
    """The week by ISO 8601."""
    day = _date(date)
    # The Thursday of a week decides to which year the week belongs.
    return Decimal((_day_of_year(day.plus_days(4 - day.weekday)) - 1) // 7 + 1)


@built_in("now", "", with_run=True)
def now(run: Run) -> FeelDateTime:
    """The host's time with the offset of the scope's zone, so that it is written as plain ISO 8601.

    Raises ValueError without a clock.
    """
    if run.scope.now is None:
        raise ValueError("there is no clock")
    zone = load_zone(run.scope.zone)
    if zone is None or run.scope.now.utcoffset() is None:
        raise ValueError("the clock has no zone")
    local = run.scope.now.astimezone(zone)
    return date_time_from_python(local.replace(tzinfo=timezone(local.utcoffset() or timedelta(0))))


@built_in("today", "", with_run=True)
def today(run: Run) -> FeelDate:
    """The host's date in the scope's zone; raises ValueError without a clock."""
    return now(run).date
