"""Functions of the user's own: arity, names, types, closures; and entries at any depth."""

from __future__ import annotations

import pytest

from app.engine.feel import Budget, FeelBudgetError, FeelSyntaxError, Scope, compile_expression
from tests.engine.feel.evaluation import show
from tests.engine.feel.test_arguments import cases

INVOCATIONS = r"""
(function(a, b) [a, b])(a: 1) => [1, null]
(function(a, b) [a, b])(b: 2, a: 1) => [1, 2]
(function(a, b) [a, b])(c: 1) => null
(function(a, b) [a, b])(a: 1, b: 2, c: 1) => null
(function(a, b) [a, b])(1) => null
(function(a, b) [a, b])(1, 2, 3) => null
(function(a: string) "x")(1) => null
(function(a: string) a)(["x"]) => x
(function(a: number) a)([[1]]) => null
(function(a: list<number>) a)(1) => [1]
(function(a: list<list<number>>) a)([1]) => null
(function(a: date and time) a)(@"2020-01-01") => 2020-01-01T00:00:00Z
(function(first name, last name) first name + last name)(last name: "b", first name: "a") => ab
(function(x) function(y) x + y)(1)(2) => 3
{f: function(n) if n <= 1 then 1 else n * f(n - 1), r: f(5)}.r => 120
{m: max}.m(1, 2) => 2
for f in [abs, sqrt] return f(4) => [4, 2]
"foo"(1) => null
nothing(a: 1) => null
"""

DESCENDANTS = r"""
{a: {b: {b: 1}}}...b => [{b: 1}, 1]
{a: [{b: 1}, [{b: 2}, 3]], b: 0}...b => [0, 1, 2]
{a: {first name: 1}}...first name => [1]
{a: {b: {c: 3}}}...b.c => [3]
{a: {b: {c: 3}}}...b[1] => {c: 3}
{a: null}...a => [null]
{a: 1}...b => []
1...b => []
null...b => []
[1..5] => [1..5]
"""


@pytest.mark.parametrize(("text", "expected"), cases(INVOCATIONS, DESCENDANTS))
def test_invocations_and_descendants(text: str, expected: str) -> None:
    assert show(text) == expected


@pytest.mark.parametrize(
    "text", ["{a: 1, a: 2}", '{"a": 1, a: 2}', "f(1, b: 2)", "f(a: 1, a: 2)", "{a: 1}...", "1.....b"]
)
def test_what_is_no_expression(text: str) -> None:
    with pytest.raises(FeelSyntaxError):
        compile_expression(text)


def test_searching_descendants_is_paid_for() -> None:
    with pytest.raises(FeelBudgetError):
        compile_expression("x...a").evaluate({"x": [{"a": 1}] * 200}, Scope(budget=Budget(steps=100)))


def test_a_function_must_take_what_its_type_promises() -> None:
    text = "(function(f: function<number> -> number) f(1))(%s)"
    for function, expected in (
        ("function(a: number) a + 1", "2"),
        ("function(a) a", "1"),
        ("function(a: string) 1", "null"),
        ("function() 1", "null"),
        ("sqrt", "1"),
    ):
        assert show(text % function) == expected
