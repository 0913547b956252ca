from __future__ import annotations

from collections import OrderedDict
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.feel import (
    FeelDate,
    FeelDateTime,
    FeelError,
    Scope,
    YearsMonthsDuration,
    compile_expression,
    format_value,
    to_json,
)
from tests.engine.feel.evaluation import NOW

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (date(2026, 1, 2), "2026-01-02"),
        (datetime(2026, 1, 2, 3, 4, 5, 600000), "2026-01-02T03:04:05.6"),  # noqa: DTZ001
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00Z"),
        (datetime(2026, 1, 2, tzinfo=SHANGHAI), "2026-01-02T00:00:00@Asia/Shanghai"),
        (datetime(2026, 1, 2, tzinfo=timezone(timedelta(hours=-3))), "2026-01-02T00:00:00-03:00"),
        (time(10, 0, tzinfo=UTC), "10:00:00Z"),
        (timedelta(days=1, seconds=1, microseconds=5), "P1DT1.000005S"),
        (YearsMonthsDuration(14), "P1Y2M"),
        (Decimal("1.50"), "1.50"),
        (1.5, "1.5"),
        ([1, {"a": (True, None)}], "[1, {a: [true, null]}]"),
        (OrderedDict(b=1), "{b: 1}"),
    ],
)
def test_values_cross_the_border_and_come_back(value: Any, text: str) -> None:
    assert format_value(value) == text
    back = compile_expression("x").evaluate({"x": value})
    assert format_value(back) == text
    if isinstance(value, date | time | timedelta):
        assert back == value
        assert type(back) is type(value)


def test_subclasses_of_pythons_types_are_their_family() -> None:
    class Kind(StrEnum):
        BANK = "bank"

    class Level(IntEnum):
        HIGH = 3

    variables = {"k": Kind.BANK, "l": Level.HIGH, "unknown": object()}
    assert compile_expression('k = "bank" and l = 3 and unknown = null').evaluate(variables) is True


def test_what_python_cannot_hold_stays_a_feel_value() -> None:
    assert compile_expression('@"99999-12-31"').evaluate({}) == FeelDate(99999, 12, 31)
    assert isinstance(compile_expression('@"2026-01-01T00:00:00.123456789"').evaluate({}), FeelDateTime)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Decimal("3.00"), 3),
        (Decimal("0.1"), 0.1),
        (Decimal("0.12345678901234567890123"), "0.12345678901234567890123"),
        (Decimal("1E+50"), 10**50),
        (Decimal("1E+5000"), "1" + "0" * 5000),
        (Decimal("1E-400"), "0." + "0" * 399 + "1"),
        (date(2026, 1, 2), "2026-01-02"),
        (datetime(2026, 1, 2, tzinfo=SHANGHAI), "2026-01-02T00:00:00@Asia/Shanghai"),
        ([Decimal(1), {"a": timedelta(days=1)}], [1, {"a": "P1D"}]),
        (None, None),
        (True, True),
    ],
)
def test_to_json(value: Any, expected: Any) -> None:
    assert to_json(value) == expected
    assert type(to_json(value)) is type(expected)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4))
def test_json_numbers_read_back_exactly(number: Decimal) -> None:
    assert Decimal(str(to_json(number))) == number


def test_evaluation_changes_nothing_and_shares_nothing() -> None:
    variables = {"rows": [{"a": 1}], "form": {"list": [1, 2]}}
    for text in (
        "append(rows, 1)",
        'context put(form, "list", 3)',
        "rows",
        "form.list",
        "reverse(form.list)",
    ):
        result = compile_expression(text).evaluate(variables)
        assert variables == {"rows": [{"a": 1}], "form": {"list": [1, 2]}}
        result.append(0) if isinstance(result, list) else result.clear()
        assert variables == {"rows": [{"a": 1}], "form": {"list": [1, 2]}}


def test_host_functions_take_and_give_python_values() -> None:
    seen: list[Any] = []

    def working_days(start: date, days: Decimal) -> date:
        seen.append((start, days))
        return start + timedelta(days=int(days))

    def fails() -> None:
        raise ValueError("no data")

    scope = Scope(now=NOW, functions={"working days": working_days, "wd": working_days, "fails": fails})
    assert compile_expression("working days(today(), 5)").evaluate({}, scope) == date(2026, 11, 27)
    assert compile_expression("wd(days: 1, start: today())").evaluate({}, scope) == date(2026, 11, 23)
    assert seen[0] == (date(2026, 11, 22), Decimal(5))
    assert compile_expression("fails()").evaluate({}, scope) is None
    assert compile_expression("wd(1)").evaluate({}, scope) is None


def test_without_a_clock_there_is_no_now() -> None:
    assert compile_expression("today()").evaluate({}) is None
    assert compile_expression("now()").evaluate({}, Scope(now=NOW, zone="No/Where")) is None
    assert compile_expression("now()").evaluate({}, Scope(now=NOW, zone="UTC")) == NOW


def test_functions_of_one_evaluation_work_in_another() -> None:
    function = compile_expression("function(x) x * 2").evaluate({})
    assert compile_expression("f(4)").evaluate({"f": function}) == 8
    assert to_json(function) == "function"


def test_data_nested_without_end_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(FeelError):
        compile_expression("x").evaluate({"x": endless})
