"""What is worked out when a text is compiled means the same as what is worked out when it is evaluated."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.feel import compile_expression, compile_unary_tests

VALUES = (None, True, "a", "b", Decimal(1), Decimal("2.5"), Decimal(3), 2, [], ["a"], {})
ENDS: dict[str, Any] = {"1": 1, "3": 3, '"a"': "a", '"b"': "b", "null": None, "true": True}
end, bracket, value = st.sampled_from(sorted(ENDS)), st.sampled_from("[("), st.sampled_from(VALUES)


@given(end, end, bracket, st.sampled_from("])"), value)
def test_ranges(low: str, high: str, left: str, right: str, tested: Any) -> None:
    known = {"low": ENDS[low], "high": ENDS[high], "x": tested}
    fixed = compile_expression(f"x in {left}{low}..{high}{right}").evaluate(known)
    assert fixed is compile_expression(f"x in {left}low..high{right}").evaluate(known)
    cell, computed = (
        compile_unary_tests(f"{left}{a}..{b}{right}") for a, b in ((low, high), ("low", "high"))
    )
    assert cell.matches(tested, known) is computed.matches(tested, known)


@given(st.sampled_from(["<", "<=", ">", ">=", "=", "!="]), end, value)
def test_half_lines(operator: str, bound: str, tested: Any) -> None:
    known = {"bound": ENDS[bound]}
    fixed, computed = (compile_unary_tests(f"{operator} {text}") for text in (bound, "bound"))
    assert fixed.matches(tested, known) is computed.matches(tested, known)


@pytest.mark.parametrize("text", ["[3..1]", '[1.."a"]', "< true"])
def test_a_range_without_sense_still_says_so_when_it_is_used(text: str) -> None:
    assert not compile_unary_tests(text).matches(Decimal(2), {})
