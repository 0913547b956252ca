"""Comparisons as closures: what conditions do most, so the usual kinds take no detour (DMN 1.5, 10.3.2.13)."""

from __future__ import annotations

import operator as operators
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from app.engine.feel import nodes as n
from app.engine.feel.compiler import COMPILERS, Code, Compiler, dotted_names
from app.engine.feel.frames import MISSING, Frame
from app.engine.feel.operators import COMPARISONS
from app.engine.feel.values import kind_of

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


COMPILERS[n.Comparison] = _comparison
