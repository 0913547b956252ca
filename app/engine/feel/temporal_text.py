"""Dates, times and durations from and to text (DMN 1.5, 10.3.4.1: XML Schema plus zone names)."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, timezone

from app.engine.feel.temporal import (
    MIDNIGHT,
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

_DATE = r"(?P<year>-?(?:[1-9][0-9]{4,8}|[0-9]{4}))-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
_TIME = (
    r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]+))?"
    r"(?:(?P<utc>[Zz])|(?P<offset>[+-][0-9]{2}:[0-9]{2}(?::[0-9]{2})?)|@(?P<zone>[A-Za-z][\w+/-]*))?"
)
_DATE_TEXT = re.compile(_DATE, re.ASCII)
_TIME_TEXT = re.compile(_TIME, re.ASCII)
_DATE_TIME_TEXT = re.compile(f"{_DATE}(?:T{_TIME})?", re.ASCII)
_DAYS_TEXT = re.compile(
    r"(-?)P(?=.)(?:([0-9]+)D)?(?:T(?=.)(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+)(?:\.([0-9]+))?S)?)?", re.ASCII
)
_MONTHS_TEXT = re.compile(r"(-?)P(?=.)(?:([0-9]+)Y)?(?:([0-9]+)M)?", re.ASCII)
_MAX_DURATION_TEXT = 64


def _date_of(match: re.Match[str]) -> FeelDate:
    return make_date(int(match["year"]), int(match["month"]), int(match["day"]))


def _offset_of(text: str | None) -> int | None:
    if text is None:
        return None
    numbers = [int(part) for part in text[1:].split(":")]
    if numbers[1] > 59 or (len(numbers) > 2 and numbers[2] > 59):
        raise ValueError("no such offset")
    seconds = numbers[0] * 3600 + numbers[1] * 60 + (numbers[2] if len(numbers) > 2 else 0)
    return -seconds if text[0] == "-" else seconds


def _is_end_of_day(match: re.Match[str]) -> bool:
    """24:00:00 is the first moment of the next day (XML Schema 1.1, part 2, 3.3.8)."""
    clock = (match["hour"], match["minute"], match["second"])
    return clock == ("24", "00", "00") and not (match["fraction"] or "").strip("0")


def _time_of(match: re.Match[str]) -> FeelTime:
    nano = int((match["fraction"] or "0")[:9].ljust(9, "0"))
    offset = 0 if match["utc"] else _offset_of(match["offset"])
    hour = 0 if _is_end_of_day(match) else int(match["hour"])
    return make_time(hour, int(match["minute"]), int(match["second"]), nano, offset, match["zone"])


def parse_date(text: str) -> FeelDate | None:
    """A date, None if the text is none."""
    match = _DATE_TEXT.fullmatch(text)
    try:
        return _date_of(match) if match else None
    except ValueError:
        return None


def parse_time(text: str) -> FeelTime | None:
    """A time, None if the text is none."""
    match = _TIME_TEXT.fullmatch(text)
    try:
        return _time_of(match) if match else None
    except ValueError:
        return None


def parse_date_time(text: str) -> FeelDateTime | None:
    """A date and time (a date alone means its midnight), None if the text is none."""
    match = _DATE_TIME_TEXT.fullmatch(text)
    try:
        if match is None:
            return None
        date = _date_of(match)
        if not match["hour"]:
            return FeelDateTime(date, MIDNIGHT)
        return FeelDateTime(date.plus_days(1) if _is_end_of_day(match) else date, _time_of(match))
    except ValueError:
        return None


def parse_duration(text: str) -> DaysDuration | YearsMonthsDuration | None:
    """A duration of either kind, None if the text is none."""
    if len(text) > _MAX_DURATION_TEXT:
        return None
    match = _DAYS_TEXT.fullmatch(text)
    if match:
        sign, days, hours, minutes, seconds, fraction = match.groups()
        total = int(days or 0) * 86_400 + int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0)
        nanos = total * NANOS + int((fraction or "0")[:9].ljust(9, "0"))
        return DaysDuration(-nanos if sign else nanos)
    match = _MONTHS_TEXT.fullmatch(text)
    if match:
        sign, years, months = match.groups()
        count = int(years or 0) * 12 + int(months or 0)
        return YearsMonthsDuration(-count if sign else count)
    return None


def parse_at(text: str) -> FeelDate | FeelTime | FeelDateTime | DaysDuration | YearsMonthsDuration | None:
    """What an `@"…"` literal stands for (grammar rule 62), None if nothing."""
    if "P" in text[:2]:
        return parse_duration(text)
    return parse_date(text) or parse_time(text) or (parse_date_time(text) if "T" in text else None)


def format_date(value: FeelDate) -> str:
    sign = "-" if value.year < 0 else ""
    return f"{sign}{abs(value.year):04}-{value.month:02}-{value.day:02}"


def format_offset(seconds: int) -> str:
    """`Z` or `+hh:mm`, with seconds only if there are any."""
    if seconds == 0:
        return "Z"
    size = abs(seconds)
    text = f"{'-' if seconds < 0 else '+'}{size // 3600:02}:{size // 60 % 60:02}"
    return f"{text}:{size % 60:02}" if size % 60 else text


def _fraction(nano: int) -> str:
    return f".{nano:09}".rstrip("0") if nano else ""


def format_time(value: FeelTime) -> str:
    second = value.second_of_day
    text = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}{_fraction(value.nano)}"
    if value.zone is not None:
        return f"{text}@{value.zone}"
    return text if value.offset is None else text + format_offset(value.offset)


def format_date_time(value: FeelDateTime) -> str:
    return f"{format_date(value.date)}T{format_time(value.time)}"


def format_days(value: DaysDuration) -> str:
    seconds, nano = divmod(abs(value.nanos), NANOS)
    days, rest = divmod(seconds, 86_400)
    clock = "".join(
        f"{count}{unit}" for count, unit in ((rest // 3600, "H"), (rest // 60 % 60, "M")) if count
    )
    if rest % 60 or nano:
        clock += f"{rest % 60}{_fraction(nano)}S"
    if not value.nanos:
        return "PT0S"
    return (
        ("-" if value.nanos < 0 else "") + "P" + (f"{days}D" if days else "") + (f"T{clock}" if clock else "")
    )


def format_months(value: YearsMonthsDuration) -> str:
    years, months = divmod(abs(value.months), 12)
    if not value.months:
        return "P0M"
    return (
        ("-" if value.months < 0 else "")
        + "P"
        + (f"{years}Y" if years else "")
        + (f"{months}M" if months else "")
    )


# -- Python's own types: what hosts give and get ----------------------------------------------------
def date_from_python(value: date) -> FeelDate:
    return FeelDate(value.year, value.month, value.day)


def time_from_python(value: time) -> FeelTime:
    seconds = value.hour * 3600 + value.minute * 60 + value.second
    key = getattr(value.tzinfo, "key", None)
    if isinstance(key, str):
        return FeelTime(seconds, value.microsecond * 1000, None, key)
    offset = value.utcoffset()
    return FeelTime(
        seconds, value.microsecond * 1000, None if offset is None else int(offset.total_seconds())
    )


def date_time_from_python(value: datetime) -> FeelDateTime:
    clock = time_from_python(value.timetz())
    if clock.zone is None and (offset := value.utcoffset()) is not None:
        clock = FeelTime(clock.second_of_day, clock.nano, int(offset.total_seconds()))
    return FeelDateTime(date_from_python(value), clock)


def date_to_python(value: FeelDate) -> date | FeelDate:
    """Python's date, or the value itself beyond the years Python knows."""
    return date(value.year, value.month, value.day) if 1 <= value.year <= 9999 else value


def time_to_python(value: FeelTime) -> time | FeelTime:
    """Python's time, or the value itself when it is finer than microseconds."""
    if value.nano % 1000:
        return value
    second = value.second_of_day
    tzinfo = None if value.offset is None else timezone(timedelta(seconds=value.offset))
    if value.zone is not None:
        return time(second // 3600, second // 60 % 60, second % 60, value.nano // 1000, load_zone(value.zone))
    return time(second // 3600, second // 60 % 60, second % 60, value.nano // 1000, tzinfo)


def date_time_to_python(value: FeelDateTime) -> datetime | FeelDateTime:
    """Python's datetime, or the value itself beyond its years or precision."""
    day, clock = date_to_python(value.date), time_to_python(value.time)
    if isinstance(day, date) and isinstance(clock, time):
        return datetime.combine(day, clock)
    return value


def duration_to_python(value: DaysDuration) -> timedelta | DaysDuration:
    """Python's timedelta, or the value itself beyond its range or precision."""
    if value.nanos % 1000 or abs(value.nanos) > 999_999_999 * 86_400 * NANOS:
        return value
    return timedelta(microseconds=value.nanos // 1000)


def duration_from_python(value: timedelta) -> DaysDuration:
    return DaysDuration((value.days * 86_400 + value.seconds) * NANOS + value.microseconds * 1000)
