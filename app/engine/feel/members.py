"""What stands after a dot: entries of contexts and properties of built-in values (DMN 1.5, table 66)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from app.engine.feel.frames import MISSING
from app.engine.feel.temporal import (
    NANOS,
    DaysDuration,
    FeelDate,
    FeelDateTime,
    FeelTime,
    YearsMonthsDuration,
)
from app.engine.feel.values import FeelRange, kind_of


def _offset(seconds: int | None) -> DaysDuration | None:
    return None if seconds is None else DaysDuration(seconds * NANOS)


_DATE: dict[str, Callable[[FeelDate], Any]] = {
    "year": lambda date: Decimal(date.year),
    "month": lambda date: Decimal(date.month),
    "day": lambda date: Decimal(date.day),
    "weekday": lambda date: Decimal(date.weekday),
}
_TIME: dict[str, Callable[[FeelTime], Any]] = {
    "hour": lambda time: Decimal(time.second_of_day // 3600),
    "minute": lambda time: Decimal(time.second_of_day // 60 % 60),
    "second": lambda time: Decimal(time.second_of_day % 60),
    "timezone": lambda time: time.zone,
    "time offset": lambda time: _offset(time.total_offset),
}
_RANGE: dict[str, Callable[[FeelRange], Any]] = {
    "start": lambda interval: interval.start,
    "end": lambda interval: interval.end,
    "start included": lambda interval: interval.start_included,
    "end included": lambda interval: interval.end_included,
}


def _of_date(value: FeelDate, name: str) -> Any:
    return _DATE[name](value) if name in _DATE else MISSING


def _of_time(value: FeelTime, name: str) -> Any:
    return _TIME[name](value) if name in _TIME else MISSING


def _of_date_time(value: FeelDateTime, name: str) -> Any:
    if name == "time offset":
        return _offset(value.offset)
    return _of_date(value.date, name) if name in _DATE else _of_time(value.time, name)


def _of_days(value: DaysDuration, name: str) -> Any:
    return Decimal(value.part(name)) if name in ("days", "hours", "minutes", "seconds") else MISSING


def _of_months(value: YearsMonthsDuration, name: str) -> Any:
    return Decimal(value.part(name)) if name in ("years", "months") else MISSING


def _of_range(value: FeelRange, name: str) -> Any:
    return _RANGE[name](value) if name in _RANGE else MISSING


def _of_list(value: list[Any], name: str) -> list[Any]:
    found = (read_member(item, name) for item in value)
    return [None if item is MISSING else item for item in found]


_READERS: dict[str, Callable[[Any, str], Any]] = {
    "context": lambda value, name: value.get(name, MISSING),
    "list": _of_list,
    "date": _of_date,
    "time": _of_time,
    "date and time": _of_date_time,
    "days and time duration": _of_days,
    "years and months duration": _of_months,
    "range": _of_range,
}


def find_descendants(value: Any, name: str, pay: Callable[[int], None]) -> list[Any]:
    """The entries of that name in a context and everything inside it, outer ones first (DMN 1.6, 10.3.2.5)."""
    found: list[Any] = []
    pending = [value]
    while pending:
        current = pending.pop()
        pay(1)
        if isinstance(current, dict):
            if name in current:
                found.append(current[name])
            pending += reversed(current.values())
        elif isinstance(current, list):
            pending += reversed(current)
    return found


def read_member(value: Any, name: str) -> Any:
    """The entry or property, MISSING when the value has none of that name."""
    reader = _READERS.get(kind_of(value))
    return MISSING if reader is None else reader(value, name)
