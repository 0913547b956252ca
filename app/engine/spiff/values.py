"""The values that variables hold: what JSON can hold, so that a state can always be read again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from math import isfinite
from typing import Any

from app.engine.errors import DataRefused
from app.engine.feel import to_json

# What every JSON reader, orjson included, can hold as an integer.
MAX_INTEGER = 2**63 - 1
MAX_DEPTH = 200


def plain(value: Any, depth: int = 0) -> Any:
    """A copy of `value` made of JSON values.

    Whole decimals become int, other numbers float when nothing is lost and text otherwise; dates, times and
    durations become ISO 8601 text. Half surrogates, which UTF-8 cannot hold, become `?`. Raises DataRefused
    when the value is nested too deeply to be stored.
    """
    kind = type(value)
    if value is None or kind is bool:
        return value
    if kind is str:
        return _text(value)
    if kind is int:
        return value if abs(value) <= MAX_INTEGER else str(value)
    if kind is float:
        return value if isfinite(value) else None
    if depth > MAX_DEPTH:
        raise DataRefused("value is nested too deeply")
    if isinstance(value, Mapping):
        return {_text(str(key)): plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item, depth + 1) for item in value]
    return _scalar(value)


def _scalar(value: Any) -> Any:
    if isinstance(value, (datetime, date)):
        # With the offset, not with the name of a zone: other readers know ISO 8601 only.
        return value.isoformat()
    converted = to_json(value)
    if isinstance(converted, int) and abs(converted) > MAX_INTEGER:
        return str(converted)
    return _text(converted) if isinstance(converted, str) else converted


def _text(value: str) -> str:
    if value.isascii():
        return str(value)
    return value.encode("utf-8", "replace").decode("utf-8")
