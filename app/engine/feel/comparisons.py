"""Comparisons as closures: what conditions do most, so the usual kinds take no detour (DMN 1.5, 10.3.2.13)."""

from __future__ import annotations

import operator as operators
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from app.engine.feel import nodes as n
from app.engine.feel.compiler import COMPILERS, Code, Compiler, dotted_names
from app.engine.feel.frames import MISSING, Frame
from app.engine.feel.operators import COMPARISONS, in_range
from app.engine.feel.values import FeelRange, kind_of

_QUICK: dict[str, Callable[[Any, Any], bool]] = {
    "=": operators.eq,
    "!=": operators.ne,
    "<": operators.lt,
    "<=": operators.le,
    ">": operators.gt,
    ">=": operators.ge,
}
_INT_DIGITS = 30


def _host_reader(node: n.Node) -> Code | None:
    """Reads a variable, or a part of one, as the host holds it; MISSING where the general way must be taken.

    Host numbers need not become decimals to be compared: `int` with `int` is exact.
    """
    names = dotted_names(node)
    if names is None:
        return None
    first, rest = names[0], names[1:]

    def read(frame: Frame) -> Any:
        if frame.parent is not None or first in frame.vars:
            return MISSING
        value = frame.root.raw
        if type(value) is not dict:
            return MISSING
        value = value.get(first, MISSING)
        for name in rest:
            if type(value) is not dict:
                return MISSING
            value = value.get(name, MISSING)
        return value

    return read


def _comparison(compiler: Compiler, node: n.Comparison) -> Code:
    left, right, place = compiler.compile(node.left), compiler.compile(node.right), compiler.place(node)
    operator, compare, quick = node.operator, COMPARISONS[node.operator], _QUICK[node.operator]

    def general(frame: Frame) -> Any:
        first, second = left(frame), right(frame)
        kind = type(first)
        if kind is type(second) and (kind is Decimal or kind is str):
            return quick(first, second)
        if kind is list or kind is dict:
            frame.run.visit(first)
        result = compare(first, second)
        if result is None:
            frame.run.warn(f"{kind_of(first)} {operator} {kind_of(second)} is not defined", *place)
        return result

    left_host, right_host = _host_reader(node.left), _host_reader(node.right)
    if left_host is None:
        return general
    if isinstance(node.right, n.Literal) and type(node.right.value) in (Decimal, str):
        return _with_constant(left_host, quick, node.right.value, general)
    return general if right_host is None else _of_variables(left_host, quick, right_host, general)


def _of_variables(left: Code, quick: Callable[[Any, Any], bool], right: Code, general: Code) -> Code:
    def run(frame: Frame) -> Any:
        first, second = left(frame), right(frame)
        kind = type(first)
        if kind is type(second) and (kind is int or kind is str):
            return quick(first, second)
        return general(frame)

    return run


def _with_constant(left: Code, quick: Callable[[Any, Any], bool], value: Any, general: Code) -> Code:
    """Compares a variable with a constant by the kind of number that the host holds."""
    if isinstance(value, str):

        def of_text(frame: Frame) -> Any:
            first = left(frame)
            return quick(first, value) if type(first) is str else general(frame)

        return of_text
    whole = value == value.to_integral_value() and value.adjusted() < _INT_DIGITS
    exact: Any = int(value) if whole else value
    near = float(value)

    def of_number(frame: Frame) -> Any:
        first = left(frame)
        kind = type(first)
        if kind is int:
            return quick(first, exact)
        # A float stands for the shortest decimal that reads as it. Reading keeps the order, so two different
        # floats are ordered as their decimals are; only for equal ones must the decimals be asked.
        if kind is float and (first < near or first > near) and first - first == 0.0:
            return quick(first, near)
        return general(frame)

    return of_number


def bounds(test: n.Node) -> bool:
    """Whether a test is a range: one whose ends do not fit lets nothing pass, not even null."""
    return isinstance(test, (n.Range, n.UnaryRange))


def test_value(value: Any, test: Any) -> bool | None:
    """`value in test`: in a range, an element of a list, or equal (DMN 1.5, table 55)."""
    kind = type(test)
    if kind is type(value) and (kind is str or kind is Decimal):
        return bool(value == test)
    if kind is FeelRange:
        return (type(value) is FeelRange and equals_range(value, test)) or in_range(value, test)
    if kind is list:
        return _in_list(value, test)
    return COMPARISONS["="](value, test)


def equals_range(value: Any, test: FeelRange) -> bool:
    """Whether the value is that very range."""
    return isinstance(value, FeelRange) and COMPARISONS["="](value, test) is True


def _in_list(value: Any, tests: list[Any]) -> bool | None:
    if isinstance(value, list) and COMPARISONS["="](value, tests) is True:
        return True
    for test in tests:
        result = test_value(value, test) if isinstance(test, FeelRange) else COMPARISONS["="](value, test)
        if result is True:
            return True
    return False


def _in(compiler: Compiler, node: n.In) -> Code:
    value, place = compiler.compile(node.value), compiler.place(node)
    tests = [(compiler.compile(test), bounds(test)) for test in node.tests]
    # Among texts, or among numbers, the usual test: one look instead of one for each.
    values = [test.value if isinstance(test, n.Literal) else None for test in node.tests]
    constants, kinds = frozenset(values), {type(constant) for constant in values}
    plain = kinds in ({str}, {Decimal})

    def run(frame: Frame) -> Any:
        found, unknown = value(frame), False
        if plain and type(found) in kinds:
            return found in constants
        for test, is_range in tests:
            wanted = test(frame)
            if type(wanted) is list:
                frame.run.visit(wanted)
            result = None if is_range and wanted is None else test_value(found, wanted)
            if result is True:
                return True
            unknown = unknown or result is None
        if not unknown:
            return False
        frame.run.warn(f"{kind_of(found)} cannot be compared with the test", *place)
        return None

    return run


COMPILERS.update({n.Comparison: _comparison, n.In: _in})
