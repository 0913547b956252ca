"""Comparing a host's values directly gives what comparing FEEL's values gives."""

from __future__ import annotations

import json
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.feel import FeelWarning, Scope, compile_expression

OPERATORS = ("=", "!=", "<", "<=", ">", ">=")
VALUES: tuple[Any, ...] = (
    0, 1, -1, 0.1, 0.3, 0.1 + 0.2, 1e22, 10**22, 10**22 + 1, 2**53, 2**53 + 1, float(2**53), 5e-324, 1.7e308,
    float("inf"), float("nan"), True, False, None, "", "1", "a", "银行", Decimal("0.1"), Decimal("1.0"), [1], {},
)  # fmt: skip
CONSTANTS = (
    "0", "1", "1.0", "-1", "0.1", "0.3", "0.30000000000000004", "1e22", "10000000000000000000001",
    "9007199254740993", "1e400", "1e-400", '"a"', '""', '"1"',
)  # fmt: skip
numbers = st.one_of(st.integers(-(10**20), 10**20), st.floats(), st.sampled_from([0.1, 0.2, 0.3, 1.1]))


def _both(text: str, variables: dict[str, Any]) -> tuple[Any, Any]:
    """With the host's values at hand, and with a mapping whose values must be converted first."""
    expression = compile_expression(text)
    return expression.evaluate(variables), expression.evaluate(MappingProxyType(variables))


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("constant", CONSTANTS)
def test_a_variable_and_a_constant(operator: str, constant: str) -> None:
    for value in VALUES:
        direct, converted = _both(f"a {operator} {constant}", {"a": value})
        assert direct is converted, (value, operator, constant)


@pytest.mark.parametrize("operator", OPERATORS)
def test_two_variables(operator: str) -> None:
    for left in VALUES:
        for right in VALUES:
            direct, converted = _both(f"a.x {operator} b", {"a": {"x": left}, "b": right})
            assert direct is converted, (left, operator, right)


@given(numbers, numbers, st.sampled_from(OPERATORS))
def test_a_float_is_its_shortest_decimal(left: float, right: float, operator: str) -> None:
    constant = json.dumps(right)
    if constant.strip("-")[0].isdigit():
        direct, converted = _both(f"a {operator} {constant}", {"a": left})
        assert direct is converted


def test_inner_names_hide_the_variables() -> None:
    variables = {"a": 1, "items": [{"a": 5}, {"a": 0}, {}]}
    assert compile_expression("items[a > 3].a").evaluate(variables) == [5]
    assert compile_expression("items[a = 1]").evaluate(variables) == [{}]
    assert compile_expression("for a in [7] return a > 3").evaluate(variables) == [True]
    assert compile_expression("{a: 9, b: a > 3}.b").evaluate(variables) is True


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("a in (1, true)", 1, True),
        ("a in (1, 2)", 1.0, True),
        ("a in (1, 2)", 3, False),
        ("a in (1, 2)", "1", None),
        ("a in (1, null)", None, True),
        ('a in ("x", "y")', "y", True),
        ('a in ("x", "y")', "z", False),
        ('a in ("x", 1)', 1, True),
    ],
)
def test_in_constants(text: str, value: Any, expected: Any) -> None:
    assert compile_expression(text).evaluate({"a": value}) is expected


def test_a_variable_named_as_a_function_hides_it() -> None:
    warnings: list[FeelWarning] = []
    scope = Scope(warnings=warnings.append)
    assert compile_expression("not(true)").evaluate({"not": 1}, scope) is None
    assert [warning.message for warning in warnings] == ["not is number, no function"]
    assert compile_expression("abs(-1)").evaluate({}, Scope(functions={"abs": lambda _: "host"})) == "host"
