from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from app.db import Database
from app.services.calendar import Calendar, CalendarRangeError, calendar_of, publish_year, seed_years, set_day
from app.services.errors import Invalid
from tests.services.registers.registers import START, Registers

DAYS = st.dates(date(2019, 1, 1), date(2028, 12, 31))


@pytest.mark.parametrize(
    ("day", "working"),
    [
        ("2023-01-28", True),
        ("2023-01-29", True),
        ("2023-04-23", True),
        ("2023-10-07", True),
        ("2024-02-04", True),
        ("2024-02-09", True),
        ("2024-02-18", True),
        ("2024-09-14", True),
        ("2025-01-26", True),
        ("2025-02-08", True),
        ("2025-09-28", True),
        ("2025-10-11", True),
        ("2026-01-04", True),
        ("2026-02-14", True),
        ("2026-02-28", True),
        ("2026-05-09", True),
        ("2026-09-20", True),
        ("2026-10-10", True),
        ("2023-04-05", False),
        ("2024-10-07", False),
        ("2025-05-05", False),
        ("2026-01-02", False),
        ("2026-02-16", False),
        ("2026-02-23", False),
        ("2026-10-07", False),
        ("2026-03-07", False),
        ("2026-03-09", True),
    ],
)
def test_published_years_know_holidays_and_make_up_days(
    registers: Registers, day: str, working: bool
) -> None:
    assert calendar_of(registers.session).is_working(date.fromisoformat(day)) is working


def test_the_table_answers_as_the_shipped_data_does(registers: Registers) -> None:
    shipped = Calendar(registers.session)
    before = [shipped.is_working(date(2026, 1, 1) + timedelta(n)) for n in range(365)]
    assert seed_years(registers.session, [2026, 2027], registers.now) == [2026, 2027]
    assert seed_years(registers.session, [2025, 2026], registers.now) == [2025]
    stored = Calendar(registers.session)
    assert [stored.is_working(date(2026, 1, 1) + timedelta(n)) for n in range(365)] == before


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2026-03-02", 5, "2026-03-09"),
        ("2026-03-06", 1, "2026-03-09"),
        ("2026-03-07", 1, "2026-03-09"),
        ("2026-03-07", 0, "2026-03-07"),
        ("2026-03-09", -1, "2026-03-06"),
        ("2026-03-08", -5, "2026-03-02"),
        ("2026-02-13", 1, "2026-02-14"),
        ("2026-02-14", 1, "2026-02-24"),
        ("2026-09-30", 1, "2026-10-08"),
        ("2026-10-09", 1, "2026-10-10"),
    ],
)
def test_working_days_are_counted_from_the_day_after(
    registers: Registers, start: str, days: int, end: str
) -> None:
    found = calendar_of(registers.session).add_working_days(date.fromisoformat(start), days)
    assert found == date.fromisoformat(end)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(start=DAYS, days=st.integers(0, 300))
def test_counting_forward_and_measuring_agree(registers: Registers, start: date, days: int) -> None:
    calendar = calendar_of(registers.session)
    end = calendar.add_working_days(start, days)
    assert calendar.working_days_between(start, end) == days
    assert days == 0 or calendar.is_working(end)
    assert calendar.working_days_between(end, start) == -days


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(start=DAYS, days=st.integers(1, 300))
def test_counting_backward_gives_a_working_day_before(registers: Registers, start: date, days: int) -> None:
    calendar = calendar_of(registers.session)
    before = calendar.add_working_days(start, -days)
    assert before < start
    assert calendar.is_working(before)
    assert calendar.working_days_between(before - timedelta(1), start - timedelta(1)) == days


def test_a_year_without_make_up_days_is_provisional_until_published(registers: Registers) -> None:
    session, calendar = registers.session, calendar_of(registers.session)
    assert not calendar.is_provisional(date(2026, 6, 1))
    assert calendar.is_provisional(date(2031, 6, 1))
    set_day(session, date(2031, 10, 11), "working", "调休上班", "国办发明电", registers.now)
    assert calendar.is_working(date(2031, 10, 11))
    assert calendar.is_provisional(date(2031, 6, 1))
    publish_year(session, 2031, "国办发明电", registers.now)
    assert not calendar.is_provisional(date(2031, 6, 1))


def test_an_edit_can_be_taken_back(registers: Registers) -> None:
    session, calendar = registers.session, calendar_of(registers.session)
    monday, sunday = date(2026, 3, 9), date(2026, 3, 8)
    for day, other in ((monday, "off"), (sunday, "working")):
        usual = "working" if calendar.is_working(day) else "off"
        for kind in (other, other, usual, usual):
            set_day(session, day, kind, "临时", "办公室通知", registers.now)
            assert calendar.is_working(day) is (kind == "working")
    with pytest.raises(Invalid):
        set_day(session, monday, "half", "", "", registers.now)


def test_an_edit_is_seen_by_other_sessions(database_url: str) -> None:
    database = Database(database_url)
    with database.writing() as session:
        set_day(session, date(2026, 3, 9), "off", "临时", "办公室通知", START)
    with database.reading() as session:
        assert not calendar_of(session).is_working(date(2026, 3, 9))
        assert calendar_of(session) is calendar_of(session)
    database.dispose()


def test_a_read_only_session_can_count_in_an_unknown_year(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with database.reading() as session:
        assert calendar_of(session).add_working_days(date(2040, 1, 2), 10) > date(2040, 1, 2)
    database.dispose()


@pytest.mark.parametrize("year", [1949, 2101])
def test_dates_outside_the_known_years_are_an_error(registers: Registers, year: int) -> None:
    with pytest.raises(CalendarRangeError):
        calendar_of(registers.session).is_working(date(year, 6, 1))


def test_each_year_is_read_once(registers: Registers) -> None:
    registers.session.flush()
    reads: list[str] = []
    event.listen(registers.session.get_bind(), "before_cursor_execute", lambda *args: reads.append(args[2]))
    Calendar(registers.session).add_working_days(date(2026, 1, 5), 200)
    assert len(reads) == 1
