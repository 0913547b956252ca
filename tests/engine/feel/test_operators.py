from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from app.engine.feel import compile_expression
from tests.engine.feel.evaluation import show


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 / 3", "0.3333333333333333333333333333333333"),
        ("0.1 + 0.2 = 0.3", "true"),
        ("1 / 0", "null"),
        ("10 ** 7000", "null"),
        ("2 ** -1", "0.5"),
        ("0 ** 0", "1"),
        ('1 + "1"', "null"),
        ("1 + null", "null"),
        ('"专" + "利"', "专利"),
        ("[1] + 1", "null"),
        ('duration("P1D") * 1.5', "P1DT12H"),
        ('2 * duration("P1Y1M")', "P2Y2M"),
        ('duration("P1Y") / 5', "P2M"),
        ('duration("P1D") / duration("PT6H")', "4"),
        ('duration("P1D") / 0', "null"),
        ('duration("P1Y") + duration("P1D")', "null"),
        ('-duration("PT1H")', "-PT1H"),
        ('@"2026-01-31" + duration("P1M")', "2026-02-28"),
        ('@"2026-01-31" - @"2025-12-31"', "P31D"),
        ('@"2024-02-29" + duration("P1Y")', "2025-02-28"),
        ('@"2026-01-01" - duration("PT1H")', "2025-12-31"),
        ('@"2026-01-01T23:00:00" + duration("PT2H")', "2026-01-02T01:00:00"),
        ('@"23:00:00" + duration("PT2H")', "01:00:00"),
        ('@"23:00:00" - @"22:59:59"', "PT1S"),
        ('duration("P1D") + @"2026-01-01"', "2026-01-02"),
        ('duration("P1D") - @"2026-01-01"', "null"),
        ('@"2026-01-01T08:00:00+08:00" - @"2026-01-01T00:00:00Z"', "PT0S"),
        ('@"2026-01-01T08:00:00" - @"2026-01-01T00:00:00Z"', "null"),
        ('@"2026-03-29T01:30:00@Europe/Paris" + duration("PT1H")', "2026-03-29T03:30:00@Europe/Paris"),
        ('@"-0001-12-31" + duration("P1D")', "0000-01-01"),
        ('@"999999999-12-31" + duration("P1D")', "null"),
    ],
)
def test_arithmetic(text: str, expected: str) -> None:
    assert show(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 = 1.00", "true"),
        ('1 = "1"', "null"),
        ("null = null", "true"),
        ("null = 0", "false"),
        ("null < 1", "null"),
        ("[1, [2]] = [1, [2]]", "true"),
        ("[1, 2] = [2, 1]", "false"),
        ("{a: 1, b: 2} = {b: 2, a: 1}", "true"),
        ("{a: 1} = {a: 1, b: null}", "false"),
        ("true < false", "null"),
        ('"a" < "b"', "true"),
        ('@"2026-01-01" < @"2026-01-02"', "true"),
        ('@"2026-01-01" = "2026-01-01"', "null"),
        ('@"2026-01-01T08:00:00@Asia/Shanghai" = @"2026-01-01T00:00:00Z"', "true"),
        ('@"10:00:00Z" = @"18:00:00+08:00"', "true"),
        ('@"10:00:00" < @"18:00:00+08:00"', "null"),
        ('duration("P1Y") = duration("P12M")', "true"),
        ('duration("P1Y") < duration("P400D")', "null"),
        ("2 between 1 and 2", "true"),
        ("null between 1 and 2", "null"),
        ("2 in [1..2)", "false"),
        ("2 in (> 1, 0)", "true"),
        ("2 in > 1", "true"),
        ("2 in [1, 2]", "true"),
        ("[1, 2] in [[1, 2], [3]]", "true"),
        ('"b" in ["a".."c"]', "true"),
        ("5 in (<= 4)", "false"),
        ("null in (1, null)", "true"),
        ("null in [3..1]", "null"),
        ("1 != 2", "true"),
        ("(< 5) = (< 5)", "true"),
        ("[3..1]", "null"),
        ("is(1, 1.0)", "true"),
        ('is(@"10:00:00Z", @"10:00:00@Etc/UTC")', "false"),
        ("is(null, null)", "true"),
        ('is(@"2026-01-01", "2026-01-01")', "false"),
    ],
)
def test_comparison(text: str, expected: str) -> None:
    assert show(text) == expected


@pytest.mark.parametrize("left", [True, False, None, 5])
@pytest.mark.parametrize("right", [True, False, None, "x"])
def test_three_valued_logic(left: Any, right: Any) -> None:
    def truth(value: Any) -> bool | None:
        return value if isinstance(value, bool) else None

    a, b = truth(left), truth(right)
    both = False if a is False or b is False else None if a is None or b is None else True
    either = True if a is True or b is True else None if a is None or b is None else False
    variables = {"x": left, "y": right}
    assert compile_expression("x and y").evaluate(variables) is both
    assert compile_expression("x or y").evaluate(variables) is either


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 instance of number", "true"),
        ("null instance of Any", "false"),
        ("null instance of Null", "true"),
        ('[1, "a"] instance of list<number>', "false"),
        ("[1, null] instance of list<number>", "true"),
        ("[] instance of list<string>", "true"),
        ("{a: 1} instance of context<a: number>", "true"),
        ("{a: 1} instance of context<a: number, b: string>", "false"),
        ("[1..2] instance of range<number>", "true"),
        ('["a".."b"] instance of range<number>', "false"),
        ("(function(a: number) a) instance of function<number> -> Any", "true"),
        ("(function(a: number) a) instance of function<string> -> Any", "false"),
        ('@"2026-01-01T00:00:00" instance of date and time', "true"),
        ('duration("P1D") instance of days and time duration', "true"),
        ('duration("P1D") instance of years and months duration', "false"),
        ("1 instance of no such type", "null"),
        ("[1] instance of list<list<number>>", "false"),
    ],
)
def test_instance_of(text: str, expected: str) -> None:
    assert show(text) == expected


def test_numbers_of_a_host_keep_their_digits() -> None:
    assert compile_expression("x + y").evaluate({"x": 0.1, "y": 2}) == Decimal("2.1")
    assert compile_expression("x").evaluate({"x": 12345678901234567890123}) == 12345678901234567890123
    assert compile_expression("x").evaluate({"x": float("nan")}) is None
