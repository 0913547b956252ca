"""One way to write a value as bytes, so that the same value always has the same SHA-256."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import Any

import orjson


def canonical(value: Any) -> bytes:
    """Canonical JSON: keys sorted, no blanks, UTF-8, decimals as text, times as ISO 8601 with offset."""
    return orjson.dumps(value, default=_plain, option=orjson.OPT_SORT_KEYS)


def fingerprint(value: Any) -> str:
    """SHA-256 of the canonical JSON, in hexadecimal."""
    return digest(canonical(value))


def digest(data: bytes) -> str:
    """SHA-256 of bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def plain(value: Any) -> Any:
    """The value as JSON gives it back: what a register or a variable may hold."""
    return orjson.loads(canonical(value))


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} is not JSON")
