"""Numbers that a deal is known by, spelled so that equal numbers are equal texts: full width, blanks and signs go."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.engine.form.model import Component
from app.engine.form.state import dig

MAX_KEY = 120
_NOT_SPOKEN = re.compile(r"[\W_]+")
_PATENT = re.compile(r"^(?:ZL|CN)(?=\d)")
_NOTHING = frozenset({"", "无", "暂无", "没有", "不适用", "待定", "NA", "NONE", "NULL", "0", "XX", "XXX"})


@dataclass(frozen=True, slots=True)
class Key:
    """One number of one row; `row` counts from 1."""

    kind: str
    value: str
    row: int
    typed: str


def normalise(kind: str, text: str) -> str:
    """The number without width, case, blanks and punctuation; empty when it is none."""
    value = text
    for _ in range(3):  # capitals of some letters fall apart again, and what stood apart may join
        value = _NOT_SPOKEN.sub("", unicodedata.normalize("NFKC", value).upper())
    if kind == "patent":
        value = _PATENT.sub("", value)
    return "" if value in _NOTHING else value[:MAX_KEY]


def keys_of(component: Component, rows: Sequence[Mapping[str, Any]]) -> list[Key]:
    """The numbers of a list's rows, of every column that names a kind of number."""
    columns = list(_key_columns(component.children, ()))
    found = []
    for number, row in enumerate(rows, start=1):
        for key, kind in columns:
            typed = dig(row, key)
            value = normalise(kind, typed) if isinstance(typed, str) else ""
            if value:
                found.append(Key(kind, value, number, str(typed)[:200]))
    return found


def _key_columns(
    children: tuple[Component, ...], prefix: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], str]]:
    for child in children:
        if child.type == "group":
            yield from _key_columns(child.children, prefix + child.key)
        elif child.limits.duplicate_key:
            yield prefix + child.key, child.limits.duplicate_key
