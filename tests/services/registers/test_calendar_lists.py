"""Lists of days as people paste them."""

from __future__ import annotations

import pytest

from app.services.calendar_lists import read_text


@pytest.mark.parametrize(
    ("line", "days", "kind", "name"),
    [
        ("2026-10-01,休息日,国庆节", ["10-01"], "off", "国庆节"),
        ("2026/10/1\t放假\t国庆节", ["10-01"], "off", "国庆节"),
        ("10月1日（周四）至3日（周六） 休 国庆节", ["10-01", "10-02", "10-03"], "off", "国庆节"),
        ("9月30日至10月1日，休息日，国庆节 中秋节", ["09-30", "10-01"], "off", "国庆节 中秋节"),
        ("2026-10-01~2026-10-02,off", ["10-01", "10-02"], "off", ""),
        ('2026-10-10,working,"调休, 上班"', ["10-10"], "working", "调休, 上班"),
    ],
)
def test_days_and_ranges_are_read_as_they_are_written(
    line: str, days: list[str], kind: str, name: str
) -> None:
    found = read_text(f"日期,类型,名称\n\n{line}\n", 2026)
    assert found.errors == ()
    assert [(f"{day.day:%m-%d}", day.kind, day.name) for day in found.days] == [
        (day, kind, name) for day in days
    ]


@pytest.mark.parametrize(
    "line",
    [
        "10月1日至2日至3日,休",
        "10月3日至1日,休",
        "13月1日,休",
        "今天,休",
        "2026-10-01",
        "2025-10-01,休",
        "3日,休",
    ],
)
def test_every_wrong_row_is_named(line: str) -> None:
    found = read_text(f"2026-10-10,班\n{line}", 2026)
    assert [error.row for error in found.errors] == [2]
    assert [day.kind for day in found.days] == ["working"]


def test_a_list_without_end_is_refused() -> None:
    assert read_text("2026-10-10,班\n" * 500, 2026).errors[-1].row == 402
