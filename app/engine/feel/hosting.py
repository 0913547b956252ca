"""Values across the border: Python's and JSON's values to FEEL's, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from types import NoneType
from typing import Any

from app.engine.feel import temporal_text as text
from app.engine.feel.errors import FeelBudgetError
from app.engine.feel.extent import MAX_DEPTH, extent
from app.engine.feel.temporal import DaysDuration, FeelDate, FeelDateTime, FeelTime, YearsMonthsDuration
from app.engine.feel.values import FeelFunction, FeelRange

_INT_DIGITS = 300


def _same(value: Any) -> Any:
    return value


def _number(value: float | Decimal) -> Decimal | None:
    number = value if isinstance(value, Decimal) else Decimal(str(value))
    return number if number.is_finite() else None


_SCALARS: dict[type, Callable[[Any], Any]] = {
    NoneType: _same,
    bool: _same,
    str: _same,
    Decimal: _number,
    int: Decimal,
    float: _number,
    FeelDate: _same,
    FeelTime: _same,
    FeelDateTime: _same,
    DaysDuration: _same,
    YearsMonthsDuration: _same,
    FeelRange: _same,
    FeelFunction: _same,
    date: text.date_from_python,
    time: text.time_from_python,
    datetime: text.date_time_from_python,
    timedelta: text.duration_from_python,
}
# Subclasses of Python's types, the more special class first.
_FAMILIES: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (str, str),
    (bool, bool),
    (int, lambda value: Decimal(int(value))),
    (float, lambda value: _number(float(value))),
    (Decimal, _number),
    (datetime, text.date_time_from_python),
    (date, text.date_from_python),
    (time, text.time_from_python),
    (timedelta, text.duration_from_python),
)


def from_host(value: Any, depth: int = 0) -> Any:
    """The FEEL value of a Python value; lists and mappings are copied, what FEEL has no type for is null."""
    convert = _SCALARS.get(type(value))
    if convert is not None:
        return convert(value)
    if depth > MAX_DEPTH:
        raise FeelBudgetError("data is nested too deeply")
    if isinstance(value, Mapping):
        return {str(key): from_host(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [from_host(item, depth + 1) for item in value]
    for family, convert in _FAMILIES:
        if isinstance(value, family):
            return convert(value)
    return None


_TO_HOST: dict[type, Callable[[Any], Any]] = {
    list: lambda value: [_inner_to_host(item) for item in value],
    dict: lambda value: {key: _inner_to_host(item) for key, item in value.items()},
    FeelDate: text.date_to_python,
    FeelTime: text.time_to_python,
    FeelDateTime: text.date_time_to_python,
    DaysDuration: text.duration_to_python,
}


def to_host(value: Any) -> Any:
    """The Python value of a FEEL value: date, time, datetime and timedelta where they can hold it.

    Raises FeelBudgetError for a value that is too large.
    """
    convert = _TO_HOST.get(type(value))
    if convert is None:
        return value
    extent(value)
    return convert(value)


def _inner_to_host(value: Any) -> Any:
    convert = _TO_HOST.get(type(value))
    return value if convert is None else convert(value)


def _json_number(value: Decimal) -> int | float | str:
    if value == value.to_integral_value() and value.adjusted() < _INT_DIGITS:
        return int(value)
    number = float(value)
    exact = abs(value.adjusted()) < _INT_DIGITS and Decimal(str(number)) == value
    return number if exact else format_number(value)


def to_json(value: Any) -> Any:
    """A value JSON can hold.

    Whole numbers become int (text beyond 300 digits), other numbers float if that float reads back as exactly
    the same decimal and text otherwise; dates, times and durations become ISO 8601 text (a named zone as
    `@Area/City`), ranges and functions their FEEL text.
    """
    return _plain(from_host(value))


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return _json_number(value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value if isinstance(value, (str, bool, NoneType)) else format_feel(value)


def format_number(value: Decimal) -> str:
    """Digits without an exponent."""
    return format(value if value else abs(value), "f")


def _quote(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _format_range(value: FeelRange) -> str:
    if value.operator:
        bound = value.end if value.operator in ("<", "<=") else value.start
        return f"({value.operator} {format_item(bound)})"
    opening, closing = "[" if value.start_included else "(", "]" if value.end_included else ")"
    return f"{opening}{format_item(value.start)}..{format_item(value.end)}{closing}"


def _format_context(value: dict[str, Any]) -> str:
    entries = (
        f"{key if key.replace(' ', '_').isidentifier() else _quote(key)}: {format_item(item)}"
        for key, item in value.items()
    )
    return "{" + ", ".join(entries) + "}"


_FORMATS: dict[type, Callable[[Any], str]] = {
    NoneType: lambda _: "null",
    bool: lambda value: "true" if value else "false",
    str: _same,
    Decimal: format_number,
    list: lambda value: "[" + ", ".join(format_item(item) for item in value) + "]",
    dict: _format_context,
    FeelDate: text.format_date,
    FeelTime: text.format_time,
    FeelDateTime: text.format_date_time,
    DaysDuration: text.format_days,
    YearsMonthsDuration: text.format_months,
    FeelRange: _format_range,
    FeelFunction: lambda value: f"function {value.name}".strip(),
}


def format_feel(value: Any) -> str:
    """The text of a FEEL value: what `string(value)` gives, `null` for null; raises FeelBudgetError."""
    extent(value)
    return _FORMATS[type(value)](value)


def format_item(value: Any) -> str:
    """The text of a value inside another: like its own text, but text is quoted."""
    return _quote(value) if isinstance(value, str) else _FORMATS[type(value)](value)


def format_value(value: Any) -> str:
    """The FEEL text of any value, Python's own included; `null` for None."""
    return format_feel(from_host(value))
