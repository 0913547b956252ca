from __future__ import annotations

import pytest

from tests.engine.feel.evaluation import show


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("for i in 3..1 return i", "[3, 2, 1]"),
        ("for i in [1..3) return i", "[1, 2]"),
        ("for i in (1..3] return i", "[2, 3]"),
        ("for i in [1.5..3] return i", "null"),
        ("for i in null return i", "null"),
        ("for i in 5 return i", "[5]"),
        ('for d in @"2026-02-27"..@"2026-03-01" return d.day', "[27, 28, 1]"),
        ("for i in 1..5 return if i <= 2 then 1 else partial[-1] + partial[-2]", "[1, 1, 2, 3, 5]"),
        ("for i in 1..3 return count(partial)", "[0, 1, 2]"),
        ("for i in 1..2, j in i..2 return [i, j]", "[[1, 1], [1, 2], [2, 2]]"),
        ("some x in [1, 2], y in [2, 3] satisfies x > y", "false"),
        ("some x in [null, 2] satisfies x > 1", "true"),
        ("every x in [null, 2] satisfies x > 1", "null"),
        ("every x in [] satisfies false", "true"),
        ("some x in [] satisfies true", "false"),
        ('every x in [1] satisfies "yes"', "null"),
        ("[1, 2, 3][item > 1]", "[2, 3]"),
        ("[1, 2, 3][4]", "null"),
        ("[1, 2, 3][1.5]", "null"),
        ("[][1]", "null"),
        ("[][item > 1]", "[]"),
        ("5[item > 1]", "[5]"),
        ("null[1]", "null"),
        ("[{item: 5}][item = 5]", "[{item: 5}]"),
        ("[{a: 1}, {a: null}, {}][a = 1]", "[{a: 1}]"),
        ("{n: 2, l: [1, 2, 3], r: l[n]}.r", "2"),
        ("[[1], [2, 3]][count(item) > 1]", "[[2, 3]]"),
    ],
)
def test_iteration_and_filters(text: str, expected: str) -> None:
    assert show(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{f: function(n) if n <= 1 then 1 else n * f(n - 1), r: f(10)}.r", "3628800"),
        ("{k: 2, f: function(x) x * k, r: f(4)}.r", "8"),
        ("(function(x: number) x)([7])", "7"),
        ("(function(x: list<number>) x)(7)", "[7]"),
        ('(function(x: date and time) x)(@"2026-01-01")', "2026-01-01T00:00:00Z"),
        ('(function(x: number) x)("7")', "null"),
        ("(function(x, y) x - y)(y: 1, x: 5)", "4"),
        ("(function(x, y) x)(1)", "null"),
        ('(function(x) external {java: {class: "a.B", method signature: "c()"}})(1)', "null"),
        ("(function() 5)()", "5"),
        ("for f in [abs, sqrt] return f(4)", "[4, 2]"),
        ("{a: 1, b: {a: 2, c: a}}.b.c", "2"),
    ],
)
def test_functions(text: str, expected: str) -> None:
    assert show(text) == expected
