"""Equality, order and arithmetic (DMN 1.5, tables 50 to 58). None is FEEL's null."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_FLOOR, Decimal
from types import NoneType
from typing import Any

from app.engine.feel.extent import extent
from app.engine.feel.temporal import (
    DAY_NANOS,
    MIDNIGHT_UTC,
    NANOS,
    DaysDuration,
    FeelDate,
    FeelDateTime,
    FeelTime,
    YearsMonthsDuration,
)
from app.engine.feel.values import NUMBERS, FeelFunction, FeelRange, kind_of

MAX_COMPARED = 64
MAX_DURATION_DIGITS = 80


def _equal_lists(left: list[Any], right: list[Any], depth: int) -> bool | None:
    if len(left) != len(right):
        return False
    return _all(equals(a, b, depth + 1) for a, b in zip(left, right, strict=True))


def _equal_contexts(left: dict[str, Any], right: dict[str, Any], depth: int) -> bool | None:
    if left.keys() != right.keys():
        return False
    return _all(equals(value, right[key], depth + 1) for key, value in left.items())


def _all(results: Any) -> bool:
    return all(result is True for result in results)


def _equal_ranges(left: FeelRange, right: FeelRange, depth: int) -> bool | None:
    shape = (left.operator, left.start_included, left.end_included)
    if shape != (right.operator, right.start_included, right.end_included):
        return False
    return _all((equals(left.start, right.start, depth + 1), equals(left.end, right.end, depth + 1)))


def _equal_moments(left: FeelDateTime, right: FeelDateTime, _: int) -> bool:
    # Equality of times looks at the whole seconds only: `second` is an integer property.
    same_kind = (left.offset is None) == (right.offset is None)
    return same_kind and left.key() // NANOS == right.key() // NANOS


def _equal_times(left: FeelTime, right: FeelTime, _: int) -> bool:
    return left.is_local == right.is_local and left.key() // NANOS == right.key() // NANOS


_EQUALS: dict[str, Callable[[Any, Any, int], bool | None]] = {
    "list": _equal_lists,
    "context": _equal_contexts,
    "range": _equal_ranges,
    "date and time": _equal_moments,
    "time": _equal_times,
}


def equals(left: Any, right: Any, depth: int = 0) -> bool | None:
    """`left = right`: None when the kinds differ; null equals null only."""
    if left is None or right is None:
        return left is None and right is None
    kind = kind_of(left)
    if kind != kind_of(right) or kind == "unknown" or depth > MAX_COMPARED:
        return None
    compare = _EQUALS.get(kind)
    if compare is not None:
        if not depth:
            extent(left), extent(right)
        return compare(left, right, depth)
    return left is right if isinstance(left, FeelFunction) else bool(left == right)


def identical(left: Any, right: Any) -> bool | None:
    """`is(left, right)`: same kind and same value, zone and fraction included."""
    kind = kind_of(left)
    if kind != kind_of(right):
        return False
    return left == right if kind in ("date and time", "time") else equals(left, right)


def _keys(left: Any, right: Any) -> tuple[Any, Any] | None:
    kind = kind_of(left)
    if kind != kind_of(right):
        return None
    if kind in ("number", "string"):
        return left, right
    if kind == "date":
        return (left.year, left.month, left.day), (right.year, right.month, right.day)
    if kind == "time":
        return (left.key(), right.key()) if left.is_local == right.is_local else None
    if kind == "date and time":
        same = (left.offset is None) == (right.offset is None)
        return (left.key(), right.key()) if same else None
    if kind.endswith("duration"):
        return left.key(), right.key()
    return None


def less(left: Any, right: Any) -> bool | None:
    """`left < right`, None when the two have no order."""
    keys = _keys(left, right)
    return None if keys is None else bool(keys[0] < keys[1])


def less_or_equal(left: Any, right: Any) -> bool | None:
    """`left <= right`, None when the two have no order."""
    keys = _keys(left, right)
    if keys is None:
        return None
    return bool(keys[0] <= keys[1])


def differs(left: Any, right: Any) -> bool | None:
    """`left != right`."""
    result = equals(left, right)
    return None if result is None else not result


COMPARISONS: dict[str, Callable[[Any, Any], bool | None]] = {
    "=": equals,
    "!=": differs,
    "<": less,
    "<=": less_or_equal,
    ">": lambda left, right: less(right, left),
    ">=": lambda left, right: less_or_equal(right, left),
}


def make_range(start: Any, end: Any, start_included: bool, end_included: bool) -> FeelRange | None:
    """An interval, None unless its ends are ordered; one end may be null: unbounded."""
    if start is None and end is None:
        return None
    present = end if start is None else start
    if less_or_equal(present, present) is None:
        return None
    if start is not None and end is not None and less_or_equal(start, end) is not True:
        return None
    return FeelRange(start, end, start_included, end_included)


# Numbers between numbers, by far the most frequent, need none of the rules for other kinds.
_NUMBER_OR_OPEN = frozenset({Decimal, NoneType})


def in_range(value: Any, interval: FeelRange) -> bool | None:
    """Whether the value lies in the interval, None when it cannot be compared."""
    if interval.operator == "=":
        return equals(value, interval.start)
    if interval.operator == "!=":
        return differs(value, interval.start)
    low, high = interval.start, interval.end
    if (
        type(value) is Decimal
        and low is not high
        and type(low) in _NUMBER_OR_OPEN
        and type(high) in _NUMBER_OR_OPEN
    ):
        above = low is None or (low <= value if interval.start_included else low < value)
        return bool(above and (high is None or (value <= high if interval.end_included else value < high)))
    results = []
    if interval.start is not None:
        results.append((less_or_equal if interval.start_included else less)(interval.start, value))
    if interval.end is not None:
        results.append((less_or_equal if interval.end_included else less)(value, interval.end))
    if False in results:
        return False
    return None if None in results or not results else True


# -- arithmetic ---------------------------------------------------------------------------------------
def add(left: Any, right: Any) -> Any:
    """`left + right`, None when there is no such sum."""
    kinds = (kind_of(left), kind_of(right))
    if kinds == ("number", "number"):
        return NUMBERS.add(left, right)
    if kinds == ("string", "string"):
        return left + right
    if kinds[0].endswith("duration") and kinds[0] != kinds[1]:
        left, right = right, left
    return _shift(left, right, 1)


def _shift(left: Any, right: Any, sign: int) -> Any:
    if isinstance(right, DaysDuration):
        return _shift_nanos(left, sign * right.nanos)
    if isinstance(right, YearsMonthsDuration):
        if isinstance(left, (FeelDate, FeelDateTime)):
            return left.plus_months(sign * right.months)
        if isinstance(left, YearsMonthsDuration):
            return YearsMonthsDuration(left.months + sign * right.months)
    return None


def _shift_nanos(left: Any, nanos: int) -> Any:
    if isinstance(left, (FeelDateTime, FeelTime)):
        return left.plus_nanos(nanos)
    if isinstance(left, FeelDate):
        return left.plus_days(nanos // DAY_NANOS)
    return DaysDuration(left.nanos + nanos) if isinstance(left, DaysDuration) else None


def subtract(left: Any, right: Any) -> Any:
    """`left - right`, None when there is no such difference."""
    kinds = (kind_of(left), kind_of(right))
    if kinds == ("number", "number"):
        return NUMBERS.subtract(left, right)
    if kinds == ("time", "time"):
        return DaysDuration(left.key() - right.key()) if left.is_local == right.is_local else None
    if set(kinds) <= {"date", "date and time"}:
        return _elapsed(_moment(left), _moment(right))
    return _shift(left, right, -1)


def _moment(value: FeelDate | FeelDateTime) -> FeelDateTime:
    return FeelDateTime(value, MIDNIGHT_UTC) if isinstance(value, FeelDate) else value


def _elapsed(left: FeelDateTime, right: FeelDateTime) -> DaysDuration | None:
    if (left.offset is None) != (right.offset is None):
        return None
    return DaysDuration(left.key() - right.key())


def _whole(value: Decimal) -> int:
    return int(value.to_integral_value(rounding=ROUND_FLOOR)) if value >= 0 else -_whole(value.copy_negate())


def _scaled(amount: int, factor: Decimal, inverse: bool = False) -> int:
    operate = NUMBERS.divide if inverse else NUMBERS.multiply
    scaled = operate(Decimal(amount), factor)
    if scaled.adjusted() > MAX_DURATION_DIGITS:
        raise OverflowError("the duration is too long")
    return _whole(scaled)


def multiply(left: Any, right: Any) -> Any:
    """`left * right`, None when there is no such product."""
    kinds = (kind_of(left), kind_of(right))
    if kinds == ("number", "number"):
        return NUMBERS.multiply(left, right)
    if kinds[0] == "number":
        left, right, kinds = right, left, (kinds[1], kinds[0])
    if kinds == ("days and time duration", "number"):
        return DaysDuration(_scaled(left.nanos, right))
    if kinds == ("years and months duration", "number"):
        return YearsMonthsDuration(_scaled(left.months, right))
    return None


def divide(left: Any, right: Any) -> Any:
    """`left / right`, None when there is no such quotient; raises ArithmeticError for zero."""
    kinds = (kind_of(left), kind_of(right))
    if kinds == ("number", "number"):
        return NUMBERS.divide(left, right)
    if kinds == ("days and time duration", "number"):
        return DaysDuration(_scaled(left.nanos, right, inverse=True))
    if kinds == ("years and months duration", "number"):
        return YearsMonthsDuration(_scaled(left.months, right, inverse=True))
    if kinds[0] == kinds[1] and kinds[0].endswith("duration"):
        return NUMBERS.divide(Decimal(left.key()), Decimal(right.key()))
    return None


def power(left: Any, right: Any) -> Any:
    """`left ** right`, None unless both are numbers; raises ArithmeticError without a result."""
    if kind_of(left) == kind_of(right) == "number":
        return NUMBERS.create_decimal(1) if right == 0 else NUMBERS.power(left, right)
    return None


def negate(value: Any) -> Any:
    """`-value`, None unless it is a number or a duration."""
    if isinstance(value, Decimal):
        return NUMBERS.minus(value)
    if isinstance(value, DaysDuration):
        return DaysDuration(-value.nanos)
    return YearsMonthsDuration(-value.months) if isinstance(value, YearsMonthsDuration) else None


ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": add,
    "-": subtract,
    "*": multiply,
    "/": divide,
    "**": power,
}
