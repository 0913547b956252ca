"""Working days of the office: weekdays, less holidays, plus make-up days, from an editable table.

A year without rows answers from the published holidays that ship with the product. A year whose make-up days
are not published yet is provisional: statutory holidays are known, the exchanged days are not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import holidays
from holidays.version import __version__ as holidays_version
from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from app.models.register import CalendarDay, CalendarYear
from app.models.runtime import Job, UserTask
from app.services.errors import Invalid
from app.services.numbering import OFFICE_ZONE

FIRST_YEAR, LAST_YEAR = 1950, 2100
SATURDAY = 5
MADE_UP = "调休上班"
SEED_SOURCE = f"holidays {holidays_version}"
_ONE_DAY = timedelta(days=1)
_DAYS = (
    select(CalendarYear.state, CalendarDay.day, CalendarDay.kind)
    .outerjoin(CalendarDay, CalendarDay.year == CalendarYear.year)
    .where(CalendarYear.year == bindparam("year"))
)


Change = Callable[[Session, int, str, datetime], int]
_on_change: list[Change] = []


def on_change(handler: Change) -> Change:
    """Register a function to run, in the same transaction, when the working days of a year change: (session, year,
    source, now) → how many cases it concerns."""
    _on_change.append(handler)
    return handler


def _changed(session: Session, year: int, source: str, now: datetime) -> int:
    session.flush()
    calendar_of(session).forget(year)
    return sum(handler(session, year, source, now) for handler in _on_change)


class CalendarRangeError(ValueError):
    """A date outside the years that the calendar knows."""

    def __init__(self, year: int) -> None:
        super().__init__(f"the calendar knows the years {FIRST_YEAR} to {LAST_YEAR}, not {year}")


@dataclass(frozen=True)
class CalendarTable:
    """One year: the days that differ from their weekday."""

    working: frozenset[date]
    off: frozenset[date]
    is_provisional: bool


@dataclass(frozen=True)
class SeedDay:
    day: date
    kind: str
    name: str


class Calendar:
    """The calendar as one session sees it; each year is read once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._years: dict[int, CalendarTable] = {}

    def is_working(self, day: date) -> bool:
        year = self.table(day.year)
        return day in year.working or (day.weekday() < SATURDAY and day not in year.off)

    def add_working_days(self, start: date, days: int) -> date:
        """The `days`-th working day after `start` (before it, if negative); `start` itself for 0.

        Raises CalendarRangeError when that day lies outside the known years.
        """
        day, step, left = start, _ONE_DAY if days >= 0 else -_ONE_DAY, abs(days)
        while left:
            day += step
            left -= self.is_working(day)
        return day

    def working_days_between(self, start: date, end: date) -> int:
        """Working days after `start` up to and with `end`; negative when `end` lies before `start`."""
        if end < start:
            return -self.working_days_between(end, start)
        return sum(self.is_working(start + _ONE_DAY * n) for n in range(1, (end - start).days + 1))

    def is_provisional(self, day: date) -> bool:
        """Whether make-up days of that year are still unknown, so that limits may move."""
        return self.table(day.year).is_provisional

    def table(self, year: int) -> CalendarTable:
        """The year's table. Raises CalendarRangeError."""
        if year not in self._years:
            self._years[year] = _read(self._session, year)
        return self._years[year]

    def forget(self, year: int) -> None:
        """Read the year again when it is asked for next."""
        self._years.pop(year, None)


class PublishedCalendar(Calendar):
    """The calendar that ships with the product, without what the office edited: the same on every installation."""

    def __init__(self) -> None:
        self._years = {}

    def table(self, year: int) -> CalendarTable:
        if year not in self._years:
            days, is_provisional = _shipped(year)
            self._years[year] = _table([(found.day, found.kind) for found in days], is_provisional)
        return self._years[year]


def calendar_of(session: Session) -> Calendar:
    """The calendar of this session: the same object each time."""
    calendar = session.info.get("calendar")
    if not isinstance(calendar, Calendar):
        calendar = session.info["calendar"] = Calendar(session)
    return calendar


def seed_years(session: Session, years: Iterable[int], now: datetime) -> list[int]:
    """Add the years that the table does not have yet; gives those added. Edited years stay as they are."""
    known = set(session.scalars(select(CalendarYear.year)))
    added = [year for year in sorted(set(years)) if year not in known]
    for year in added:
        days, is_provisional = _shipped(year)
        state = "provisional" if is_provisional else "published"
        row = CalendarYear(year=year, state=state, source=SEED_SOURCE, updated_at=now)
        row.days = [CalendarDay(day=d.day, kind=d.kind, name=d.name, source=SEED_SOURCE) for d in days]
        session.add(row)
        calendar_of(session).forget(year)
    session.flush()
    return added


def set_day(session: Session, day: date, kind: str, name: str, source: str, now: datetime) -> int:
    """Make `day` a `working` day or `off`; a day that then is as its weekday says needs no row.

    Gives for how many cases limits are computed again; each of them records what moved.
    """
    if kind not in {"working", "off"}:
        raise Invalid("日期类型只能是工作日或休息日。", "A day is either working or off.")
    seed_years(session, [day.year], now)
    year = session.get_one(CalendarYear, day.year)
    row = session.get(CalendarDay, day)
    if (day.weekday() < SATURDAY) == (kind == "working"):
        if row is not None:
            year.days.remove(row)
    elif row is None:
        year.days.append(CalendarDay(day=day, kind=kind, name=name, source=source))
    else:
        row.kind, row.name, row.source = kind, name, source
    year.updated_at, year.source = now, source
    return _changed(session, day.year, source, now)


def publish_year(session: Session, year: int, source: str, now: datetime) -> int:
    """Mark a year as published once its make-up days are entered; `source` cites the circular.

    Gives for how many cases limits are computed again; each of them records what moved.
    """
    seed_years(session, [year], now)
    row = session.get_one(CalendarYear, year)
    row.state, row.source, row.updated_at = "published", source, now
    return _changed(session, year, source, now)


def replace_days(
    session: Session, year: int, days: Iterable[SeedDay], source: str, now: datetime, *, publishes: bool
) -> int:
    """Make these the year's exceptions, and the year a published one if `publishes`.

    Gives for how many cases limits are computed again; each of them records what moved.
    """
    seed_years(session, [year], now)
    row, wanted = session.get_one(CalendarYear, year), {found.day: found for found in days}
    for kept in list(row.days):
        if kept.day not in wanted:
            row.days.remove(kept)
    present = {kept.day: kept for kept in row.days}
    for day, found in wanted.items():
        old = present.get(day)
        if old is None:
            row.days.append(CalendarDay(day=day, kind=found.kind, name=found.name, source=source))
        elif (old.kind, old.name) != (found.kind, found.name):
            old.kind, old.name, old.source = found.kind, found.name, source
    row.state = "published" if publishes else row.state
    row.updated_at, row.source = now, source
    return _changed(session, year, source, now)


def _read(session: Session, year: int) -> CalendarTable:
    rows = session.execute(_DAYS, {"year": year}).all()
    if rows:
        is_provisional = rows[0].state == "provisional"
        kinds = [(row.day, row.kind) for row in rows]
    else:
        days, is_provisional = _shipped(year)
        kinds = [(d.day, d.kind) for d in days]
    return _table(kinds, is_provisional)


def _table(kinds: Iterable[tuple[date, str]], is_provisional: bool) -> CalendarTable:
    kinds = list(kinds)
    return CalendarTable(
        working=frozenset(day for day, kind in kinds if kind == "working"),
        off=frozenset(day for day, kind in kinds if kind == "off"),
        is_provisional=is_provisional,
    )


@lru_cache(maxsize=32)
def _shipped(year: int) -> tuple[tuple[SeedDay, ...], bool]:
    """The year as the library knows it. It answers silently for years whose make-up days are unknown."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise CalendarRangeError(year)
    china: Any = holidays.country_holidays("CN", years=year, language="zh_CN")
    made_up = sorted(day for day in china.weekend_workdays if day.year == year)
    off = [SeedDay(day, "off", name[:60]) for day, name in sorted(china.items()) if day.weekday() < SATURDAY]
    working = [SeedDay(day, "working", MADE_UP) for day in made_up]
    return tuple(off + working), not made_up


@lru_cache(maxsize=32)
def english_names(year: int) -> MappingProxyType[str, str]:
    """What the library calls the days of a year in English, by their Chinese names."""
    chinese: Any = holidays.country_holidays("CN", years=year, language="zh_CN")
    english: Any = holidays.country_holidays("CN", years=year, language="en_US")
    return MappingProxyType(
        {name[:60]: english[day] for day, name in chinese.items()} | {MADE_UP: "Made-up working day"}
    )


def named_days(session: Session, year: int) -> tuple[SeedDay, ...]:
    """The year's exceptions with their names, in order. Raises CalendarRangeError."""
    row = session.get(CalendarYear, year)
    if row is None:
        return tuple(sorted(_shipped(year)[0], key=lambda found: found.day))
    return tuple(SeedDay(found.day, found.kind, found.name) for found in row.days)


def count_open(session: Session, year: int) -> tuple[int, int]:
    """Open tasks and timers that are due in a year: what a change of its working days may have moved."""
    start, end = (datetime(y, 1, 1, tzinfo=OFFICE_ZONE) for y in (year, year + 1))
    tasks = select(func.count()).select_from(UserTask).where(
        UserTask.status == "open", UserTask.due_at >= start, UserTask.due_at < end
    )  # fmt: skip
    timers = select(func.count()).select_from(Job).where(
        Job.kind == "timer", Job.due_at >= start, Job.due_at < end
    )  # fmt: skip
    return session.scalar(tasks) or 0, session.scalar(timers) or 0


def holidays_of(session: Session, year: int) -> MappingProxyType[date, str]:
    """The year's exceptions by day: `working` or `off`. For the calendar's page."""
    table = calendar_of(session).table(year)
    return MappingProxyType({**dict.fromkeys(table.off, "off"), **dict.fromkeys(table.working, "working")})
