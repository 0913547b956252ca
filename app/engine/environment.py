"""What a transition may know of the world: the time, the calendar, the zone, and how much it may do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from functools import cached_property
from types import MappingProxyType
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from app.engine.feel import Scope
from app.engine.rules import count_zi, is_uscc

# The functions that expressions may call beside FEEL's own.
HOST_FUNCTIONS = frozenset({"wd", "working days between", "zi", "uscc valid"})


class Calendar(Protocol):
    """Which days are working days."""

    def add_working_days(self, start: date, days: int) -> date:
        """The `days`-th working day after `start`; `start` itself for 0."""

    def working_days_between(self, start: date, end: date) -> int:
        """How many working days lie after `start` up to and including `end`."""


@dataclass(frozen=True)
class Environment:
    """One transition's world; `now` must be aware of its offset. Raises ValueError when it is not."""

    now: datetime
    calendar: Calendar
    zone: str = "Asia/Shanghai"
    max_steps: int = 10_000
    max_seconds: float = 20.0

    def __post_init__(self) -> None:
        if self.now.tzinfo is None:
            raise ValueError("the time of a transition needs an offset")

    @cached_property
    def tz(self) -> ZoneInfo:
        """The zone in which days and working days are counted."""
        return ZoneInfo(self.zone)

    @cached_property
    def scope(self) -> Scope:
        """The scope that expressions are evaluated in."""
        return Scope(now=_fixed(self.now.astimezone(self.tz)), functions=self._functions, zone=self.zone)

    @property
    def _functions(self) -> Mapping[str, Callable[..., Any]]:
        return MappingProxyType(
            {
                "wd": self._working_day,
                "working days between": self._working_days_between,
                "zi": _count_zi,
                "uscc valid": _is_uscc,
            }
        )

    def _working_day(self, n: Decimal, start: datetime | date | str | None = None) -> datetime | None:
        """The end of the n-th working day after `start` (now), 23:59:59 in the zone."""
        first = self.now.astimezone(self.tz).date() if start is None else self._day(start)
        if first is None or n is None:
            return None
        end = datetime.combine(self.calendar.add_working_days(first, int(n)), time(23, 59, 59), self.tz)
        return _fixed(end)

    def _working_days_between(self, start: Any, end: Any) -> int | None:
        first, last = self._day(start), self._day(end)
        return None if first is None or last is None else self.calendar.working_days_between(first, last)

    def _day(self, value: Any) -> date | None:
        if isinstance(value, str):
            value = _read_day(value)
        if isinstance(value, datetime):
            return value.astimezone(self.tz).date() if value.tzinfo is not None else value.date()
        return value if isinstance(value, date) else None


def _fixed(moment: datetime) -> datetime:
    """The same moment with a fixed offset: stored and shown it is plain ISO 8601, not `…@Asia/Shanghai`."""
    return moment.replace(tzinfo=timezone(moment.utcoffset() or timedelta(0)))


def _read_day(text: str) -> datetime | date | None:
    text = text.partition("@")[0]
    try:
        return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
    except ValueError:
        return None


def _count_zi(text: Any) -> int | None:
    return count_zi(text) if isinstance(text, str) else None


def _is_uscc(text: Any) -> bool:
    return isinstance(text, str) and is_uscc(text)
