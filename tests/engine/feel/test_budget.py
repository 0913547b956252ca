from __future__ import annotations

import pytest

from app.engine.feel import Budget, FeelBudgetError, Scope, compile_expression, compile_unary_tests

_TEXT = "d: function(s) s + s, t: " + "d(" * 15 + '"xxxxxxxxxxxxxxxxxxxx"' + ")" * 15
_LIST = "l: for i in 1..50000 return i"


def _laughs(name: str, make: str = "[{0}, {0}]") -> str:
    """Entries of which each holds the one before twice: small in memory, endless when written out."""
    entries = [f"{name}{i}: " + make.format(f"{name}{i - 1}") for i in range(1, 50)]
    return ", ".join([f"{name}0: " + make.format("1"), *entries])


@pytest.mark.parametrize(
    "text",
    [
        "for i in 1..1000000000 return i",
        "for i in 1..10000, j in 1..10000 return 1",
        "some i in 1..1000000000 satisfies i < 0",
        "count(for i in 1..1000000 return partial)",
        "{f: function(x) f(x + 1), r: f(1)}.r",
        "{f: function(x) f(x) + f(x), r: f(1)}.r",
        'for i in 1..100000 return string join(for j in 1..100 return "xxxxxxxxxxxxxxxxxxxx")',
        '{d: function(s) s + s, r: d(d(d(d(d(d(d(d(d(d(d(d(d(d(d(d(d(d("xxxxxxxxxxxxxxxxxxxx"))))))))))))))))))}.r',
        "{l: for i in 1..1000 return i, r: for x in l return l[item > x]}.r",
        "sort(for i in 1..50000 return modulo(i * 37, 997), function(x, y) x < y)",
        "for i in 1..200000 return [i, i, i, i, i, i, i, i, i, i, i]",
        'for d in @"2000-01-01"..@"999999999-01-01" return d',
        "flatten(for i in 1..5000 return for j in 1..5000 return j)",
        "10 ** 6000 in (for i in 1..300000 return i)",
        "for i in 1..60 return partial",
        f"{{{_laughs('a')}}}.a49",
        f"{{{_laughs('a')}, r: string length(string(a49))}}.r",
        f"{{{_laughs('a')}, {_laughs('b')}, r: a49 = b49}}.r",
        f"{{{_laughs('a')}, {_laughs('b')}, r: a49 in [b49]}}.r",
        f"{{{_laughs('a')}, {_laughs('b')}, r: is(a49, b49)}}.r",
        f"{{{_laughs('a')}, {_laughs('b')}, r: list contains([b49], a49)}}.r",
        f"{{{_laughs('a')}, {_laughs('b')}, r: distinct values([a49, b49])}}.r",
        f"{{{_laughs('a', '(= [{0}, {0}])')}, {_laughs('b', '(= [{0}, {0}])')}, r: a49 = b49}}.r",
        f"{{{_laughs('a')}, r: a29 instance of {'list<' * 30}number{'>' * 30}}}.r",
        f"{{{_laughs('a')}, f: function(x: {'list<' * 30}number{'>' * 30}) 1, r: f(a29)}}.r",
        f"{{{_laughs('a')}, r: count(a49.x)}}.r",
        f"{{{_TEXT}, r: string length(string(for i in 1..90000 return t))}}.r",
        f"{{{_TEXT}, r: string length(string join(for i in 1..90000 return t))}}.r",
        f'{{{_TEXT}, r: string length(replace(substring(t, 1, 5000), "x", t))}}.r',
        f"{{{_TEXT}, r: for i in 1..90000 return t}}.r",
        f'{{{_TEXT}, r: for i in 1..90000 return contains(t, "xy")}}.r',
        "string length(string(for i in 1..90000 return 1e6000))",
        f"{{{_LIST}, r: for i in 1..40000 return sum(l)}}.r",
        f"{{{_LIST}, r: for i in 1..40000 return -1 in l}}.r",
        f"{{{_LIST}, r: for i in 1..40000 return l instance of list<number>}}.r",
        f"{{{_LIST}, f: function(x: list<number>) 1, r: for i in 1..40000 return f(l)}}.r",
        f"{{{_LIST}, m: for i in 1..50000 return i, r: for i in 1..40000 return l = m}}.r",
        "{l: for i in 1..50000 return {a: i}, r: for i in 1..40000 return count(l.a)}.r",
    ],
)
def test_no_expression_goes_on_without_end(text: str) -> None:
    with pytest.raises(FeelBudgetError):
        compile_expression(text).evaluate({})


def test_nesting_too_deep_to_run_is_a_budget_error_too() -> None:
    text = "{f: function(n) if n = 0 then 0 else 1 + (1 + (1 + (1 + (1 + f(n - 1))))), r: f(2000)}.r"
    with pytest.raises(FeelBudgetError):
        compile_expression(text).evaluate({}, Scope(budget=Budget(depth=100_000)))


def test_budgets_are_the_hosts_to_set() -> None:
    text = "count(for i in 1..1000 return i)"
    assert compile_expression(text).evaluate({}) == 1000
    for budget in (Budget(steps=999), Budget(size=999), Budget(depth=0)):
        with pytest.raises(FeelBudgetError):
            compile_expression(text).evaluate({}, Scope(budget=budget))
    with pytest.raises(FeelBudgetError):
        compile_unary_tests("count(for i in 1..1000 return i) = ?").matches(
            1, {}, Scope(budget=Budget(steps=10))
        )
