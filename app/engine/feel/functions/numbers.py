"""Numeric functions (DMN 1.5, 10.3.4.5)."""

from __future__ import annotations

from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Context,
    Decimal,
    InvalidOperation,
)
from typing import Any

from app.engine.feel.functions.registry import built_in
from app.engine.feel.operators import negate
from app.engine.feel.temporal import DaysDuration, YearsMonthsDuration
from app.engine.feel.values import NUMBERS

_MIN_SCALE, _MAX_SCALE = -6111, 6176
_WIDE = Context(prec=13_000, Emin=-20_000, Emax=20_000, traps=[InvalidOperation])
_ZERO = Decimal(0)


def round_to(number: Decimal, scale: Decimal | None, rounding: str) -> Decimal:
    """The number with so many digits after the point; raises ValueError for a scale out of range."""
    digits = 0 if scale is None else int(scale)
    if not _MIN_SCALE <= digits <= _MAX_SCALE:
        raise ValueError(f"scale {digits} is out of range")
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and -exponent <= digits:
        return number
    rounded = number.quantize(Decimal(1).scaleb(-digits, _WIDE), rounding=rounding, context=_WIDE)
    return NUMBERS.plus(rounded if digits > 0 else Decimal(int(rounded)))


def _declare_rounding(name: str, slots: str, rounding: str) -> None:
    built_in(name, slots)(lambda n, scale: round_to(n, scale, rounding))


for _name, _slots, _rounding in (
    ("decimal", "n: number, scale: number", ROUND_HALF_EVEN),
    ("floor", "n: number, scale?: number", ROUND_FLOOR),
    ("ceiling", "n: number, scale?: number", ROUND_CEILING),
    ("round up", "n: number, scale: number", ROUND_UP),
    ("round down", "n: number, scale: number", ROUND_DOWN),
    ("round half up", "n: number, scale: number", ROUND_HALF_UP),
    ("round half down", "n: number, scale: number", ROUND_HALF_DOWN),
):
    _declare_rounding(_name, _slots, _rounding)


@built_in("abs", "n: number|duration")
def absolute(n: Any) -> Any:
    """The number or duration without its sign."""
    zero = {DaysDuration: DaysDuration(0), YearsMonthsDuration: YearsMonthsDuration(0)}.get(type(n), _ZERO)
    return negate(n) if n < zero else n


@built_in("modulo", "dividend: number, divisor: number")
def modulo(dividend: Decimal, divisor: Decimal) -> Decimal:
    """dividend - divisor * floor(dividend / divisor): the sign is the divisor's."""
    rest = _WIDE.remainder(dividend, divisor)
    return NUMBERS.plus(_WIDE.add(rest, divisor) if rest and (rest < 0) != (divisor < 0) else rest)


@built_in("sqrt", "number: number")
def square_root(number: Decimal) -> Decimal:
    """The square root; raises ArithmeticError for a negative number."""
    return NUMBERS.sqrt(number)


@built_in("log", "number: number")
def logarithm(number: Decimal) -> Decimal | None:
    """The natural logarithm, None unless the number is positive."""
    return NUMBERS.ln(number) if number > 0 else None


@built_in("exp", "number: number")
def exponential(number: Decimal) -> Decimal:
    """e to the power of the number."""
    return NUMBERS.exp(number)


@built_in("odd", "number: number")
def is_odd(number: Decimal) -> bool:
    """Whether the number is whole and odd."""
    return abs(_WIDE.remainder(number, Decimal(2))) == 1


@built_in("even", "number: number")
def is_even(number: Decimal) -> bool:
    """Whether the number is whole and even."""
    return _WIDE.remainder(number, Decimal(2)) == 0
