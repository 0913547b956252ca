"""Parameters of an operation: what its type hints ask for, and values of FEEL and JSON turned into that."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, Union

WORDS: dict[Any, str] = {
    str: "string",
    int: "number",
    Decimal: "number",
    bool: "boolean",
    datetime: "date and time",
    date: "date",
    dict: "context",
    list: "list",
    Any: "Any",
}


class Unfit(Exception):
    """The value is not of the type; the text says why."""


def word(hint: Any) -> str:
    """The FEEL name of a type hint, as designers read it."""
    bare = _without_none(hint)
    if typing.get_origin(bare) is Literal:
        return "string"
    return WORDS[typing.get_origin(bare) or bare]


def convert(value: Any, hint: Any) -> Any:
    """The value as the hint wants it. Raises Unfit."""
    if hint is Any:
        return value
    bare = _without_none(hint)
    if value is None:
        if bare is not hint:
            return None
        raise Unfit("is null")
    origin = typing.get_origin(bare)
    if origin is Literal:
        return _literal(value, typing.get_args(bare))
    if origin is list:
        return _list(value, typing.get_args(bare)[0])
    return _CONVERTERS[origin or bare](value)


def _without_none(hint: Any) -> Any:
    if typing.get_origin(hint) in {Union, types.UnionType}:
        return next(part for part in typing.get_args(hint) if part is not types.NoneType)
    return hint


def _literal(value: Any, allowed: tuple[Any, ...]) -> Any:
    if value not in allowed:
        raise Unfit(f"is {value!r}, must be one of {', '.join(map(str, allowed))}")
    return value


def _list(value: Any, item: Any) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise Unfit(f"must be a list, not {type(value).__name__}")
    converted = []
    for position, element in enumerate(value, start=1):
        try:
            converted.append(convert(element, item))
        except Unfit as unfit:
            raise Unfit(f"item {position} {unfit}") from None
    return converted


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Unfit(f"must be text, not {type(value).__name__}")
    return value


def _decimal(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        raise Unfit(f"must be a number, not {type(value).__name__}")
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise Unfit(f"is not a number: {value!r}") from None
    if not number.is_finite():
        raise Unfit(f"is not a finite number: {value!r}")
    return number


def _integer(value: Any) -> int:
    number = _decimal(value)
    if number != number.to_integral_value():
        raise Unfit(f"must be a whole number, not {value}")
    return int(number)


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Unfit(f"must be true or false, not {value!r}")
    return value


def _instant(value: Any) -> datetime:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise Unfit(f"is not a date and time: {value!r}") from None
    if not isinstance(value, datetime):
        raise Unfit(f"must be a date and time, not {type(value).__name__}")
    if value.tzinfo is None:
        raise Unfit("must carry its offset")
    return value


def _date(value: Any) -> date:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value[:10])
        except ValueError:
            raise Unfit(f"is not a date: {value!r}") from None
    if isinstance(value, datetime):
        return value.date()
    if not isinstance(value, date):
        raise Unfit(f"must be a date, not {type(value).__name__}")
    return value


def _context(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Unfit(f"must be a context, not {type(value).__name__}")
    return value


_CONVERTERS: dict[Any, Callable[[Any], Any]] = {
    str: _text,
    int: _integer,
    Decimal: _decimal,
    bool: _boolean,
    datetime: _instant,
    date: _date,
    dict: _context,
    list: lambda value: _list(value, Any),
}
