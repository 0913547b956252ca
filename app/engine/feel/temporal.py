"""FEEL's dates, times and durations: any year of nine digits, nanoseconds, offsets and named zones."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

NANOS = 1_000_000_000
DAY_SECONDS = 86_400
DAY_NANOS = DAY_SECONDS * NANOS
MAX_YEAR = 999_999_999
_ZONE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+)*")
_MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@functools.lru_cache(maxsize=1024)
def load_zone(name: str) -> ZoneInfo | None:
    """The IANA zone of that name, None if there is none."""
    if not _ZONE_NAME.fullmatch(name) or len(name) > 64:
        return None
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        return None


def is_leap(year: int) -> bool:
    """Whether the year of the proleptic Gregorian calendar has 366 days."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def days_in_month(year: int, month: int) -> int:
    """How many days the month has."""
    return 29 if month == 2 and is_leap(year) else _MONTH_DAYS[month - 1]


def _epoch_day(year: int, month: int, day: int) -> int:
    year -= month <= 2
    era, year_of_era = divmod(year, 400)
    day_of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146_097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719_468


def date_from_epoch_day(number: int) -> FeelDate:
    """The date that many days after 1970-01-01."""
    era, day_of_era = divmod(number + 719_468, 146_097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * day_of_year + 2) // 153
    month = shifted + (3 if shifted < 10 else -9)
    return make_date(
        year_of_era + era * 400 + (month <= 2), month, day_of_year - (153 * shifted + 2) // 5 + 1
    )


@dataclass(frozen=True, slots=True)
class FeelDate:
    """A day of the proleptic Gregorian calendar; year 0 is 1 BC."""

    year: int
    month: int
    day: int

    @property
    def epoch_day(self) -> int:
        return _epoch_day(self.year, self.month, self.day)

    @property
    def weekday(self) -> int:
        """1 for Monday to 7 for Sunday."""
        return (self.epoch_day + 3) % 7 + 1

    def plus_months(self, months: int) -> FeelDate:
        """The same day of another month, or that month's last day."""
        year, month = divmod(self.year * 12 + self.month - 1 + months, 12)
        return make_date(year, month + 1, min(self.day, days_in_month(year, month + 1)))

    def plus_days(self, days: int) -> FeelDate:
        return date_from_epoch_day(self.epoch_day + days)


def make_date(year: int, month: int, day: int) -> FeelDate:
    """A checked date; raises ValueError."""
    if abs(year) > MAX_YEAR or not 1 <= month <= 12 or not 1 <= day <= days_in_month(year, month):
        raise ValueError("no such date")
    return FeelDate(year, month, day)


@functools.lru_cache(maxsize=1024)
def _standard_offset(zone: str) -> int:
    found = load_zone(zone)
    if found is None:
        return 0
    moment = datetime(2000, 1, 1, tzinfo=UTC).astimezone(found)
    offset, saving = moment.utcoffset() or timedelta(0), moment.dst() or timedelta(0)
    return int((offset - saving).total_seconds())


@dataclass(frozen=True, slots=True)
class FeelTime:
    """A time of day: local, with an offset in seconds, or in a named zone."""

    second_of_day: int
    nano: int = 0
    offset: int | None = None
    zone: str | None = None

    @property
    def is_local(self) -> bool:
        return self.offset is None and self.zone is None

    @property
    def total_offset(self) -> int | None:
        """Seconds east of UTC; a zone without a date counts with its standard time."""
        return _standard_offset(self.zone) if self.zone is not None else self.offset

    def key(self) -> int:
        """Nanoseconds by which times of the same kind are ordered."""
        return (self.second_of_day - (self.total_offset or 0)) * NANOS + self.nano

    def plus_nanos(self, nanos: int) -> FeelTime:
        """Later on the same clock, wrapping at midnight."""
        seconds, nano = divmod((self.second_of_day * NANOS + self.nano + nanos) % DAY_NANOS, NANOS)
        return replace(self, second_of_day=seconds, nano=nano)


def make_time(
    hour: int, minute: int, second: int, nano: int = 0, offset: int | None = None, zone: str | None = None
) -> FeelTime:
    """A checked time; raises ValueError."""
    if not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60 and 0 <= nano < NANOS):
        raise ValueError("no such time")
    if offset is not None and abs(offset) > 18 * 3600:
        raise ValueError("no such offset")
    if zone is not None and load_zone(zone) is None:
        raise ValueError("no such zone")
    return FeelTime(hour * 3600 + minute * 60 + second, nano, offset, zone)


MIDNIGHT = FeelTime(0)
MIDNIGHT_UTC = FeelTime(0, 0, 0)


@dataclass(frozen=True, slots=True)
class FeelDateTime:
    """A date with a time of day."""

    date: FeelDate
    time: FeelTime

    @property
    def offset(self) -> int | None:
        """Seconds east of UTC, None for a local date and time."""
        if self.time.zone is None:
            return self.time.offset
        return _zone_offset(self.date, self.time.second_of_day, self.time.zone)

    def key(self) -> int:
        """Nanoseconds since 1970-01-01T00:00:00, in UTC unless local."""
        seconds = self.date.epoch_day * DAY_SECONDS + self.time.second_of_day - (self.offset or 0)
        return seconds * NANOS + self.time.nano

    def plus_nanos(self, nanos: int) -> FeelDateTime:
        """Later by elapsed time: in a named zone the clock may jump."""
        if self.time.zone is not None:
            return _from_instant(self.key() + nanos, self.time.zone)
        total = (self.date.epoch_day * DAY_SECONDS + self.time.second_of_day) * NANOS + self.time.nano + nanos
        return self._at(total)

    def plus_months(self, months: int) -> FeelDateTime:
        return FeelDateTime(self.date.plus_months(months), self.time)

    def _at(self, clock_nanos: int) -> FeelDateTime:
        day, rest = divmod(clock_nanos, DAY_NANOS)
        seconds, nano = divmod(rest, NANOS)
        return FeelDateTime(date_from_epoch_day(day), replace(self.time, second_of_day=seconds, nano=nano))


def _civil_year(year: int) -> int:
    # zoneinfo knows the years 1 to 9999; the calendar repeats every 400 years.
    if 1 < year < 9999:
        return year
    return year % 400 + (400 if year <= 1 else 9200)


@functools.lru_cache(maxsize=4096)
def _zone_offset(date: FeelDate, second_of_day: int, zone: str) -> int:
    found = load_zone(zone)
    if found is None:
        return 0
    moment = datetime(_civil_year(date.year), date.month, date.day, tzinfo=found)
    clock = moment.replace(
        hour=second_of_day // 3600, minute=second_of_day // 60 % 60, second=second_of_day % 60
    )
    offset = clock.utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


def _from_instant(nanos: int, zone: str) -> FeelDateTime:
    seconds, nano = divmod(nanos, NANOS)
    day, second = divmod(seconds, DAY_SECONDS)
    date = date_from_epoch_day(day)
    utc = datetime(_civil_year(date.year), date.month, date.day, tzinfo=UTC) + timedelta(seconds=second)
    found = load_zone(zone)
    offset = utc.astimezone(found).utcoffset() if found else None
    local = seconds + (int(offset.total_seconds()) if offset is not None else 0)
    day, second = divmod(local, DAY_SECONDS)
    return FeelDateTime(date_from_epoch_day(day), FeelTime(second, nano, None, zone))


@dataclass(frozen=True, slots=True, order=True)
class DaysDuration:
    """A days and time duration, in nanoseconds."""

    nanos: int

    def key(self) -> int:
        return self.nanos

    def part(self, unit: str) -> int:
        """Its days, or the hours, minutes or seconds beside them; negative with the duration."""
        sign, seconds = (-1 if self.nanos < 0 else 1), abs(self.nanos) // NANOS
        parts = {
            "days": seconds // DAY_SECONDS,
            "hours": seconds // 3600 % 24,
            "minutes": seconds // 60 % 60,
            "seconds": seconds % 60,
        }
        return sign * parts[unit]


@dataclass(frozen=True, slots=True, order=True)
class YearsMonthsDuration:
    """A years and months duration, in months."""

    months: int

    def key(self) -> int:
        return self.months

    def part(self, unit: str) -> int:
        """Its years, or the months beside them; negative with the duration."""
        sign, months = (-1 if self.months < 0 else 1), abs(self.months)
        return sign * (months // 12 if unit == "years" else months % 12)
