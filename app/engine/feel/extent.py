"""How large a value is when it is written out: what memory holds once counts as often as it is used.

`[a, a]` costs one entry more than `a`, however large `a` is; forty such lists in one another are a
kilobyte in memory and a billion entries on paper. Whoever walks through a value asks here first.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from app.engine.feel.errors import FeelBudgetError
from app.engine.feel.values import FeelRange

MAX_DEPTH = 64
MAX_EXTENT = 5_000_000
_NESTED = frozenset({list, dict, FeelRange})


def extent(value: Any) -> int:
    """Items, characters and digits of the value written out; raises FeelBudgetError for too many."""
    return _of_nested(value, 0, {}) if type(value) in _NESTED else _of_items((value,), 0, {})


def _of_nested(value: Any, depth: int, known: dict[int, int]) -> int:
    found = known.get(id(value))
    if found is None:
        if depth > MAX_DEPTH:
            raise FeelBudgetError("data is nested too deeply")
        found = known[id(value)] = _of_items(_parts(value), depth + 1, known)
    return found


def _parts(value: Any) -> Iterable[Any]:
    if type(value) is dict:
        return value.values()
    return value if type(value) is list else (value.start, value.end)


def _of_items(items: Iterable[Any], depth: int, known: dict[int, int]) -> int:
    total = 0
    for item in items:
        kind = type(item)
        total += 1
        if kind in _NESTED:
            total += _of_nested(item, depth, known)
        elif kind is str:
            total += len(item)
        elif kind is Decimal:
            total += abs(item.adjusted())
    if total > MAX_EXTENT:
        raise FeelBudgetError("the value is too large to be written out")
    return total
