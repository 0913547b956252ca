from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.feel import Budget, FeelBudgetError, Scope, compile_expression
from app.engine.feel.regex import compile_pattern
from tests.engine.feel.evaluation import show


def free(_: int) -> None:
    """Nothing to pay."""


@pytest.mark.parametrize(
    ("pattern", "flags", "text", "expected"),
    [
        (r"^\d{17}[\dX]$", "", "11010519491231002X", True),
        (r"^\d{17}[\dX]$", "", "1101051949123100", False),
        ("b.d", "", "b\nd", False),
        ("b.d", "s", "b\nd", True),
        ("^b$", "", "a\nb", False),
        ("^b$", "m", "a\nb", True),
        ("ABC", "i", "xabcx", True),
        ("[a-z]+$", "i", "ABC", True),
        (" a b ", "x", "ab", True),
        ("a.c", "q", "abc", False),
        ("a.c", "q", "a.c", True),
        (r"^(a)(b)?\2$", "", "a", True),
        (r"^(.)\1$", "", "aa", True),
        (r"^(.)\1$", "", "ab", False),
        ("^[a-z-[aeiou]]+$", "", "xyz", True),
        ("^[a-z-[aeiou]]+$", "", "xya", False),
        (r"^\p{IsCJKUnifiedIdeographs}+$", "", "申报", True),
        (r"^\p{L}+$", "", "申a1", False),
        (r"^\P{Nd}$", "", "５", False),
        (r"^[\w-]+$", "", "a-b_c", False),
        (r"^\i\c*$", "", "a-b.c", True),
        ("^(a|ab)(c|bcd)$", "", "abcd", True),
        ("^a{2,3}$", "", "aaaa", False),
        ("^(?:ab)+?$", "", "abab", True),
        ("^(a*)*$", "", "aaab", False),
        # Blanks go before anything else is read, but not inside a character class.
        (r"hello\ sworld", "x", "hello world", True),
        ("he ll o[ ]worl d", "x", "hello world", True),
        ("hello[ ]world", "x", "helloworld", False),
        (r"a[ \] ]b", "x", "a]b", True),
        (r"\p{ I s Basic Latin }+", "x", "abc", True),
        # Without regard to case: characters, ranges and references; never categories.
        ("[^Q]", "i", "q", False),
        ("[A-Z-[OI]]", "i", "o", False),
        ("[A-Z-[OI]]", "i", "x", True),
        (r"\p{Lu}", "i", "h", False),
        (r"\P{Lu}", "i", "H", False),
        ("\u212a", "i", "k", True),
        ("[a-z]", "i", "\u212a", True),
        ("\u017f", "i", "s", True),
        (r"([md])[aeiou]\1", "i", "DuD", True),
        (r"([md])[aeiou]\1", "", "DuD", False),
        ("a.b", "qi", "A.B", True),
        ("^$", "m", "a\n", False),
        (r"[\i-[:]][\c-[:]]*", "", ":", False),
        ("(a)" * 11 + r"\11", "", "a" * 12, True),
        ("", "", "x", True),
    ],
)
def test_matches(pattern: str, flags: str, text: str, expected: bool) -> None:
    found = compile_pattern(pattern, flags).search(text, 0, free)
    assert (found is not None) is expected


@pytest.mark.parametrize(
    "pattern",
    ["(", ")", "a)", "[", "[]", "[b-a]", "*", "a**", "a{2,1}", "a{", "a{x}", r"\1", r"(a\1)", r"\q", r"\p{Xx}", r"\p{L",
     "[a-c-e]", "a]", r"(a)[\1]", r"\0", r"a\b", "(?i)a", "[[a]]", "a{,2}", "(?=a)", "a\\", "((((a{999}){999}){999}){999})"],
)  # fmt: skip
def test_wrong_patterns_are_refused(pattern: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        compile_pattern(pattern)
    escaped = pattern.replace("\\", "\\\\")
    assert show(f'matches("a", "{escaped}")') == "null"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('replace("banana", "a(n)?", "<$1>")', "b<n><n><>"),
        ('replace("2026-11-22", "(\\\\d+)-(\\\\d+)-(\\\\d+)", "$1年$2月$3日")', "2026年11月22日"),
        ('replace("a", "a", "\\\\$1")', "$1"),
        ('replace("a", "a", "$")', "null"),
        ('replace("a", "a", "\\\\n")', "null"),
        ('replace("abc", "x*", "-")', "null"),
        ('replace("abc", "(b)", "$12")', "ab2c"),
        ('replace("a.b", ".", "$0", "q")', "a$0b"),
        ('replace("abc", "B", "x", "i")', "axc"),
        ('replace("abc", "b", "x", "z")', "null"),
        ('matches("abc", "b", null)', "true"),
        ('split("a1b22c", "[0-9]+")', '["a", "b", "c"]'),
        ('split("abc", "")', "null"),
    ],
)
def test_replace_and_split(text: str, expected: str) -> None:
    assert show(text) == expected


def test_patterns_that_explode_elsewhere_end_quickly_here() -> None:
    for pattern in ("^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "^([a-z]+)*$"):
        found = compile_expression("matches(x, p)").evaluate({"x": "a" * 60 + "!", "p": pattern})
        assert found is False
    with pytest.raises(FeelBudgetError):
        compile_expression("matches(x, p)").evaluate(
            {"x": "a" * 40 + "!", "p": "^((a+)+)+\\1$"}, Scope(budget=Budget(steps=20_000))
        )
    with pytest.raises(FeelBudgetError):
        compile_expression("matches(x, p)").evaluate({"x": "a" * 100_000, "p": "(a*)*b"})


SIMPLE = st.recursive(
    st.sampled_from(["a", "b", ".", "[ab]", "[^a]", "\\d"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{1,2}", "*?", "+?"])).map(
            lambda p: f"(?:{p[0]}){p[1]}"
        ),
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda p: f"({p[0]}|{p[1]})"),
    ),
    max_leaves=6,
)


@given(pattern=SIMPLE, text=st.text(alphabet="ab1", max_size=8))
def test_matches_like_pythons_own_expressions(pattern: str, text: str) -> None:
    expected = re.search(pattern, text)
    found = compile_pattern(pattern).search(text, 0, free)
    assert (found is None) == (expected is None)
    if found is not None and expected is not None:
        assert found[0] == expected.start()
        # Loops whose body matches nothing at first end differently in every engine, if they are lazy.
        assert "*?" in pattern or "+?" in pattern or found[1] == expected.end()
