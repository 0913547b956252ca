from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from app.engine.feel import FeelSyntaxError, compile_unary_tests


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("-", None, True),
        ("", 5, True),
        ("  - ", 5, True),
        ("5", 5.0, True),
        ("-5", -5, True),
        ('"bank","insurer"', "insurer", True),
        ('not("bank","insurer")', "insurer", False),
        ('not("bank")', "insurer", True),
        ("not(< 5)", 5, True),
        ("not(true)", False, True),
        ("not(?) or false", False, True),
        ("< 10", 9, True),
        ("[1..10)", 10, False),
        ("> 3, < -3", -5, True),
        ("> limit", 5, True),
        ("limit + 1", 5, True),
        ("allowed", "x", True),
        ("? > 3 and ? < 5", 4, True),
        ("count(?) > 1", [1, 2], True),
        ('list contains(?, "x")', ["x"], True),
        ("some k in ? satisfies k = 2", [1, 2], True),
        ("limit > 3", 99, True),
        ("limit > 3", True, True),
        ('contains("abc", "b")', "anything", True),
        ('contains("abc", "b")', False, False),
        ('upper case("a")', "A", True),
        ("?", 5, True),
        ("true", False, False),
        ("true", True, True),
        ("flag", False, False),
        ("null", None, True),
        ("not(null)", None, False),
        ("not(null)", 1, True),
        ("1", None, False),
        ("< 5", None, False),
        ("not(< 5)", None, False),
        ('date("2026-01-01")', date(2026, 1, 1), True),
        ('< date("2026-01-01")', date(2025, 12, 31), True),
        ('[@"2026-01-01"..@"2026-12-31"]', date(2026, 6, 1), True),
        ("[1, 2]", [1, 2], True),
        ("[1, 2]", 2, True),
        ("{a: 1}", {"a": 1}, True),
        ("= 5", 5, True),
        ("!= 5", 5, False),
        ("(1..3), 7", 7, True),
        ('"a" + "b"', "ab", True),
        ("[3..1]", None, False),
        ("< nothing", None, False),
        ("nothing", None, True),
    ],
)
def test_what_a_cell_lets_pass(text: str, value: Any, expected: bool) -> None:
    variables = {"limit": 4, "allowed": ["x", "y"], "flag": True}
    assert compile_unary_tests(text).matches(value, variables) is expected


@pytest.mark.parametrize("text", [",", "5,", "not(", "not()", "< ", "20..30", "- 5,", "> > 5"])
def test_wrong_cells(text: str) -> None:
    with pytest.raises(FeelSyntaxError):
        compile_unary_tests(text)
