"""The values that matter in a column: every limit its cells name and one value from each gap between."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from app.engine.dmn.constants import constant
from app.engine.dmn.tables import DecisionTable, InputClause
from app.engine.feel import nodes as n
from app.engine.feel.expressions import UnaryTests
from app.engine.feel.free_names import children
from app.engine.feel.operators import equals, less
from app.engine.feel.temporal import (
    NANOS,
    DaysDuration,
    FeelDate,
    FeelDateTime,
    FeelTime,
    YearsMonthsDuration,
)
from app.engine.feel.temporal_text import parse_at
from app.engine.feel.values import NUMBERS, kind_of

OTHER_TEXT = "…"
_TEMPORAL_MAKERS = frozenset({"date", "time", "date and time", "duration"})


@dataclass(frozen=True)
class Sample:
    """A value standing for all values that no cell of the column tells apart.

    `ordinary` is false for null and for a text that no cell and no list of allowed values names.
    """

    value: Any
    ordinary: bool = True


def is_fixed(tests: UnaryTests) -> bool:
    """Whether a cell says the same about a value whatever the other variables are."""
    return not tests.names and not tests.calls and not tests.entry_names


def passes(tests: UnaryTests, value: Any) -> bool | None:
    """Whether a value passes a cell, None when other variables decide or it takes too long to tell."""
    if not is_fixed(tests):
        return None
    found: bool | None = constant(lambda frame: tests.run(frame, value) is True)
    return found


def _constants(node: n.Node) -> Iterator[Any]:
    if isinstance(node, n.Literal):
        yield node.value
    elif isinstance(node, n.AtLiteral):
        yield parse_at(node.text)
    elif isinstance(node, n.Negation) and isinstance(node.operand, n.Literal):
        if isinstance(node.operand.value, Decimal):
            yield NUMBERS.minus(node.operand.value)
    elif isinstance(node, n.Call) and _is_temporal(node):
        argument = node.arguments[0]
        if isinstance(argument, n.Literal) and isinstance(argument.value, str):
            yield parse_at(argument.value)
    else:
        for child in children(node):
            yield from _constants(child)


def _is_temporal(node: n.Call) -> bool:
    named = isinstance(node.function, n.Name) and node.function.name in _TEMPORAL_MAKERS
    return named and len(node.arguments) == 1


def limits(table: DecisionTable, positions: list[int]) -> list[Any]:
    """The constants the cells and allowed values of these columns name, each once, ordered if they can be."""
    found: list[Any] = []
    sources = [rule.tests[position] for rule in table.rules for position in positions]
    sources += [clause.allowed for clause in (table.inputs[p] for p in positions) if clause.allowed]
    for tests in sources:
        for value in _constants(tests.node):
            if value is not None and not any(equals(value, other) is True for other in found):
                found.append(value)
    return _sorted(found)


def _sorted(values: list[Any]) -> list[Any]:
    kinds = {kind_of(value) for value in values}
    if len(kinds) != 1 or any(less(value, value) is None for value in values):
        return values
    ordered: list[Any] = []
    for value in values:
        index = next((i for i, other in enumerate(ordered) if less(value, other) is True), len(ordered))
        ordered.insert(index, value)
    return ordered


def step_of(values: list[Any]) -> Decimal:
    """The smallest step between numbers with as many digits after the point as these have."""
    digits = 0
    for value in values:
        exponent = value.as_tuple().exponent if isinstance(value, Decimal) else 0
        digits = max(digits, -exponent if isinstance(exponent, int) else 0)
    return Decimal(1).scaleb(-digits)


def shift(value: Any, step: Decimal, direction: int) -> Any:
    """The next value of the same kind up or down; None where there is none."""
    if isinstance(value, Decimal):
        return NUMBERS.add(value, step * direction)
    if isinstance(value, FeelDate):
        return value.plus_days(direction)
    if isinstance(value, (FeelDateTime, FeelTime)):
        return value.plus_nanos(direction * NANOS)
    if isinstance(value, DaysDuration):
        return DaysDuration(value.nanos + direction * 86_400 * NANOS)
    if isinstance(value, YearsMonthsDuration):
        return YearsMonthsDuration(value.months + direction)
    return None


def _between(low: Any, high: Any) -> Any:
    if isinstance(low, Decimal):
        return NUMBERS.divide(NUMBERS.add(low, high), Decimal(2))
    value = shift(low, Decimal(1), 1)
    return value if less(value, high) is True else None


def _ordered_samples(values: list[Any]) -> Iterator[Any]:
    step = step_of(values)
    yield shift(values[0], step, -1)
    for low, high in pairwise(values):
        yield low
        yield _between(low, high)
    yield values[-1]
    yield shift(values[-1], step, 1)


def samples(table: DecisionTable, positions: list[int]) -> list[Sample]:
    """What to try in columns with the same expression; allowed values bound what is ordinary."""
    clause = table.inputs[positions[0]]
    values = limits(table, positions)
    kinds = {kind_of(value) for value in values}
    found: list[Any] = list(values)
    if len(kinds) == 1 and shift(values[0], Decimal(1), 1) is not None:
        found = [value for value in _ordered_samples(values) if value is not None]
    elif clause.type_name == "boolean" or kinds == {"boolean"}:
        found = [True, False]
    ordinary = [Sample(value, _is_allowed(clause, value)) for value in found]
    if not ordinary or "string" in kinds:
        ordinary.append(Sample(OTHER_TEXT, ordinary=not ordinary))
    return [*ordinary, Sample(None, ordinary=False)]


def _is_allowed(clause: InputClause, value: Any) -> bool:
    return clause.allowed is None or passes(clause.allowed, value) is not False
