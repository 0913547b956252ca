"""FEEL's values: kinds, ranges and functions. Contexts are dicts, lists are lists, numbers are Decimals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from types import NoneType
from typing import TYPE_CHECKING, Any

from app.engine.feel.temporal import DaysDuration, FeelDate, FeelDateTime, FeelTime, YearsMonthsDuration

if TYPE_CHECKING:
    from app.engine.feel.scope import Run
    from app.engine.feel.types import FeelType

# IEEE 754 decimal128, as DMN 1.5, 10.3.2.3.1 asks for.
NUMBERS = Context(
    prec=34,
    rounding=ROUND_HALF_EVEN,
    Emin=-6143,
    Emax=6144,
    traps=[InvalidOperation, DivisionByZero, Overflow],
)


@dataclass(frozen=True, slots=True)
class FeelRange:
    """An interval; `operator` is set for `< x` and the like, whose other end is open and unbounded."""

    start: Any
    end: Any
    start_included: bool
    end_included: bool
    operator: str = ""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a function; `accept` converts an argument or raises ValueError."""

    name: str
    type: FeelType | None = None


@dataclass(frozen=True, slots=True, eq=False)
class FeelFunction:
    """A function as a value: `call(run, arguments)` with one argument for each parameter."""

    name: str
    parameters: tuple[Parameter, ...]
    call: Callable[[Run, Sequence[Any]], Any]
    result_type: FeelType | None = None
    variadic: bool = False
    # Built-in functions pick one of several signatures by the names of the arguments.
    call_named: Callable[[Run, dict[str, Any]], Any] | None = field(default=None)
    # The same choice by the number of arguments, made once where a call is written.
    call_with: Callable[[int], Callable[[Run, Sequence[Any]], Any]] | None = field(default=None)


KINDS: dict[type, str] = {
    NoneType: "null",
    bool: "boolean",
    Decimal: "number",
    str: "string",
    list: "list",
    dict: "context",
    FeelDate: "date",
    FeelTime: "time",
    FeelDateTime: "date and time",
    DaysDuration: "days and time duration",
    YearsMonthsDuration: "years and months duration",
    FeelRange: "range",
    FeelFunction: "function",
}


def kind_of(value: Any) -> str:
    """The FEEL type of a value, `unknown` for what is none."""
    return KINDS.get(type(value), "unknown")
