"""How points and ranges lie to each other (DMN 1.5, 10.3.4.8, after Allen's interval algebra)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.engine.feel.functions.registry import built_in
from app.engine.feel.operators import equals, in_range, less
from app.engine.feel.types import Mismatch
from app.engine.feel.values import FeelRange

_POINT = "number|string|date|time|date and time|duration"


def _less(left: Any, right: Any) -> bool:
    result = less(left, right)
    if result is None:
        raise Mismatch("points cannot be compared")
    return result


def _same(left: Any, right: Any) -> bool:
    if left is None or right is None:
        return False
    result = equals(left, right)
    if result is None:
        raise Mismatch("points cannot be compared")
    return result


def _within(point: Any, interval: FeelRange) -> bool:
    result = in_range(point, interval)
    if result is None:
        raise Mismatch("points cannot be compared")
    return result


# An unbounded end is None: nothing is beyond it.
def _ends_before(left: FeelRange, right: FeelRange) -> bool:
    """Whether no point of `left` reaches `right`."""
    if left.end is None or right.start is None:
        return False
    touching = _same(left.end, right.start) and not (left.end_included and right.start_included)
    return _less(left.end, right.start) or touching


def _starts_not_after(left: FeelRange, right: FeelRange) -> bool:
    """Whether `left` starts where `right` does or earlier."""
    if left.start is None or right.start is None:
        return left.start is None
    equal = _same(left.start, right.start) and (left.start_included or not right.start_included)
    return _less(left.start, right.start) or equal


def _ends_not_before(left: FeelRange, right: FeelRange) -> bool:
    """Whether `left` ends where `right` does or later."""
    if left.end is None or right.end is None:
        return left.end is None
    equal = _same(left.end, right.end) and (left.end_included or not right.end_included)
    return _less(right.end, left.end) or equal


def _same_bound(left: Any, right: Any) -> bool:
    """Two unbounded ends lie at the same place: `null = null` (DMN 1.5, 10.3.4.8)."""
    return left is right is None or _same(left, right)


def _same_start(left: FeelRange, right: FeelRange) -> bool:
    return _same_bound(left.start, right.start) and left.start_included == right.start_included


def _same_end(left: FeelRange, right: FeelRange) -> bool:
    return _same_bound(left.end, right.end) and left.end_included == right.end_included


def _declare(name: str, *forms: tuple[str, Callable[[Any, Any], bool]]) -> None:
    for slots, function in forms:
        built_in(name, slots)(function)


_POINTS = f"point1: {_POINT}, point2: {_POINT}"
_POINT_RANGE = f"point: {_POINT}, range: range"
_RANGE_POINT = f"range: range, point: {_POINT}"
_RANGES = "range1: range, range2: range"


def _point_before_range(point: Any, interval: FeelRange) -> bool:
    if interval.start is None:
        return False
    return _less(point, interval.start) or (_same(point, interval.start) and not interval.start_included)


def _range_before_point(interval: FeelRange, point: Any) -> bool:
    if interval.end is None:
        return False
    return _less(interval.end, point) or (_same(interval.end, point) and not interval.end_included)


def _meets(left: FeelRange, right: FeelRange) -> bool:
    return left.end_included and right.start_included and _same(left.end, right.start)


def _overlaps(left: FeelRange, right: FeelRange) -> bool:
    return not _ends_before(left, right) and not _ends_before(right, left)


def _strictly(order: Callable[[FeelRange, FeelRange], bool], left: FeelRange, right: FeelRange) -> bool:
    return order(left, right) and not order(right, left)


def _overlaps_before(left: FeelRange, right: FeelRange) -> bool:
    return (
        _strictly(_starts_not_after, left, right)
        and _ends_not_before(right, left)
        and not _ends_before(left, right)
    )


def _overlaps_after(left: FeelRange, right: FeelRange) -> bool:
    return (
        _strictly(_starts_not_after, right, left)
        and _ends_not_before(left, right)
        and not _ends_before(right, left)
    )


def _finishes(left: FeelRange, right: FeelRange) -> bool:
    return _same_end(left, right) and _starts_not_after(right, left)


def _starts(left: FeelRange, right: FeelRange) -> bool:
    return _same_start(left, right) and _ends_not_before(right, left)


def _includes(left: FeelRange, right: FeelRange) -> bool:
    return _starts_not_after(left, right) and _ends_not_before(left, right)


def _point_finishes(point: Any, interval: FeelRange) -> bool:
    return interval.end_included and _same(point, interval.end)


def _point_starts(point: Any, interval: FeelRange) -> bool:
    return interval.start_included and _same(point, interval.start)


_declare(
    "before",
    (_POINTS, _less),
    (_POINT_RANGE, _point_before_range),
    (_RANGE_POINT, _range_before_point),
    (_RANGES, _ends_before),
)
_declare(
    "after",
    (_POINTS, lambda point1, point2: _less(point2, point1)),
    (_POINT_RANGE, lambda point, interval: _range_before_point(interval, point)),
    (_RANGE_POINT, lambda interval, point: _point_before_range(point, interval)),
    (_RANGES, lambda range1, range2: _ends_before(range2, range1)),
)
_declare("meets", (_RANGES, _meets))
_declare("met by", (_RANGES, lambda range1, range2: _meets(range2, range1)))
_declare("overlaps", (_RANGES, _overlaps))
_declare("overlaps before", (_RANGES, _overlaps_before))
_declare("overlaps after", (_RANGES, _overlaps_after))
_declare("finishes", (_POINT_RANGE, _point_finishes), (_RANGES, _finishes))
_declare(
    "finished by",
    (_RANGE_POINT, lambda interval, point: _point_finishes(point, interval)),
    (_RANGES, lambda range1, range2: _finishes(range2, range1)),
)
_declare("includes", (_RANGE_POINT, lambda interval, point: _within(point, interval)), (_RANGES, _includes))
_declare("during", (_POINT_RANGE, _within), (_RANGES, lambda range1, range2: _includes(range2, range1)))
_declare("starts", (_POINT_RANGE, _point_starts), (_RANGES, _starts))
_declare(
    "started by",
    (_RANGE_POINT, lambda interval, point: _point_starts(point, interval)),
    (_RANGES, lambda range1, range2: _starts(range2, range1)),
)
_declare(
    "coincides",
    (_POINTS, _same),
    (_RANGES, lambda range1, range2: _same_start(range1, range2) and _same_end(range1, range2)),
)
