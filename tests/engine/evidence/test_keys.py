"""Numbers of deals: however they are typed, the same ones are equal, and others are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.evidence import normalise


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("contract", "沪专押（2025） 0012号", "沪专押(2025)0012号"),
        ("contract", "ＡＢ—１２／３", "ab12-3"),
        ("patent", "ZL 2021 1 0123456.7", "202110123456.7"),
        ("patent", "CN202110123456.7", "ZL202110123456.7"),
    ],
)
def test_the_same_number_is_spelled_the_same(kind: str, one: str, other: str) -> None:
    assert normalise(kind, one) == normalise(kind, other) != ""


@pytest.mark.parametrize("text", ["", " ", "—", "/", "无", "暂 无", "N/A", "n.a.", "待定", "0"])
def test_what_says_that_there_is_none_is_no_number(text: str) -> None:
    assert normalise("contract", text) == ""


def test_other_numbers_stay_different() -> None:
    numbers = ["A-1", "A-11", "B-1", "沪A1", "A1号", "ZLA1"]
    assert len({normalise("contract", number) for number in numbers}) == len(numbers)


@given(st.text(max_size=200))
def test_spelling_a_spelled_number_changes_nothing(text: str) -> None:
    once = normalise("contract", text)
    assert normalise("contract", once) == once
    assert len(once) <= 120
