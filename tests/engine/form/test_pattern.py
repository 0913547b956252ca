"""The regular expressions of forms: found like JavaScript finds them, in linear time, or refused."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.form.pattern import PatternRefused, compile_pattern

FOUND = [
    ("[A-Z]{3}$", "xxABC", True),
    ("^[A-Z]{3}$", "xxABC", False),
    ("", "", True),
    ("^$", "", True),
    ("^$", "a", False),
    ("a|b|c", "xxc", True),
    (r"^\d{4}-\d{2}$", "2026-03", True),
    (r"^\d{4}-\d{2}$", "２０２６-03", False),
    ("^(?:ab)+$", "ababab", True),
    ("^(?:ab)+$", "aba", False),
    ("^(a+)+$", "aaaa", True),
    ("^[^0-9]*$", "abc", True),
    ("^[^0-9]*$", "ab1", False),
    (r"^[\w-]+$", "a_b-1", True),
    (r"^Y\d{14}(第[一二三]号)?$", "Y20223100000041第二号", True),
    (r"^\u5de5+$", "工工", True),
    (r"^a.c$", "a\nc", False),
    (r"^\(\.\)$", "(.)", True),
    ("^a{2,}$", "a", False),
    ("^a{2,}$", "aaaa", True),
    ("^a{0}$", "", True),
    ("^a?b$", "b", True),
    (r"[\]]", "]", True),
    ("[a-]", "-", True),
    (r"\S\s\S", "a b", True),
]
REFUSED = [
    "(",
    ")",
    "[",
    "a{2",
    "a{3,2}",
    "a{1001}",
    "*a",
    "a**",
    "(?=a)",
    "(?<n>a)",
    "(?i)a",
    r"(a)\1",
    r"\b",
    r"\p{L}",
    "[z-a]",
    r"\u12",
    "((((a{99}){99}){99}){99})",
    "(" * 60 + ")" * 60,
    "a" * 501,
    "\\",
]


@pytest.mark.parametrize(("source", "text", "found"), FOUND)
def test_what_is_found(source: str, text: str, found: bool) -> None:
    assert compile_pattern(source).is_found_in(text) is found


@pytest.mark.parametrize("source", REFUSED)
def test_what_is_refused(source: str) -> None:
    with pytest.raises(PatternRefused):
        compile_pattern(source)


@given(st.text("ab(|)*+?^$.[]{12,}\\d", max_size=12), st.text("ab12", max_size=8))
def test_agrees_with_another_engine(source: str, text: str) -> None:
    try:
        pattern = compile_pattern(source)
    except PatternRefused:
        return
    try:
        expected = re.compile(source, re.ASCII)
    except (re.error, OverflowError, FutureWarning):
        return
    assert pattern.is_found_in(text) is (expected.search(text) is not None)


def test_patterns_that_ruin_other_engines_end_at_once() -> None:
    for source in ("^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "(.*)*(.*)*(.*)*x$"):
        assert not compile_pattern(source).is_found_in("a" * 400 + "!")
