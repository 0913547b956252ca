"""Which column of a sheet is which field: by the words above it, in either language, however they are spaced."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.engine.evidence.columns import Column

LOOK_IN = 10  # rows in which the head may stand
_NOISE = re.compile(r"[\s*:]")
_BRACKETS = re.compile(r"[(（\[【][^)）\]】]*[)）\]】]")


@dataclass(frozen=True, slots=True)
class Head:
    """Where the head stands: places of the columns, the first row below it, and words that fit no field."""

    places: Mapping[int, Column]
    first_row: int
    unknown: tuple[str, ...]
    missing: tuple[Column, ...]


def find_head(rows: Sequence[Sequence[object]], columns: Sequence[Column]) -> Head | None:
    """The head among the first rows, the one that names most columns; nothing when no row names any."""
    known = _words(columns)
    best: tuple[int, dict[int, Column]] | None = None
    for number, row in enumerate(rows[:LOOK_IN]):
        places = _places(row, known)
        if places and (best is None or len(places) > len(best[1])):
            best = (number, places)
    if best is None:
        return None
    number, places = best
    first = number + 1
    while first < len(rows) and _repeats(rows[first], known):
        first += 1
    words = {place: str(cell).strip() for place, cell in enumerate(rows[number]) if cell not in (None, "")}
    unknown = tuple(word for place, word in words.items() if place not in places and word)
    found = {column.key for column in places.values()}
    missing = tuple(column for column in columns if column.required and column.key not in found)
    return Head(places, first, unknown, missing)


def _places(row: Sequence[object], known: Mapping[str, Column]) -> dict[int, Column]:
    places: dict[int, Column] = {}
    seen: set[tuple[str, ...]] = set()
    for place, cell in enumerate(row):
        column = _named(cell, known)
        if column is not None and column.key not in seen:
            seen.add(column.key)
            places[place] = column
    return places


def _repeats(row: Sequence[object], known: Mapping[str, Column]) -> bool:
    """Whether a row is the head once more, in the other language."""
    filled = [cell for cell in row if cell not in (None, "")]
    return bool(filled) and all(_named(cell, known) is not None for cell in filled)


def _words(columns: Sequence[Column]) -> dict[str, Column]:
    words: dict[str, Column] = {}
    for column in columns:
        for word in (
            column.label.zh,
            column.title.zh,
            column.label.en,
            column.title.en,
            ".".join(column.key),
        ):
            if word:
                words.setdefault(_fold(word), column)
    for column in columns:  # what stands in brackets, such as the unit, may be left out
        for word in filter(None, (column.label.zh, column.label.en)):
            words.setdefault(_fold(_BRACKETS.sub("", word)) or _fold(word), column)
    return words


def _named(cell: object, known: Mapping[str, Column]) -> Column | None:
    if not isinstance(cell, str) or not _fold(cell):
        return None
    return known.get(_fold(cell)) or known.get(_fold(_BRACKETS.sub("", cell)))


def _fold(cell: str) -> str:
    return _NOISE.sub("", unicodedata.normalize("NFKC", cell)).casefold()
