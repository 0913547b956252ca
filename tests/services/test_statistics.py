"""Figures of dashboards: what they count, that their lists agree with them, and that the past stays as it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, select

from app.models.clocks import StepPass
from app.models.identity import User
from app.models.runtime import UserTask
from app.services import calendar, task
from app.services.statistics.figures import AGES, Period, Report, percentile, report
from app.services.statistics.lists import Filter, list_passes
from app.services.statistics.passes import overlap
from app.services.task_operations import returning
from tests.factories import START, World
from tests.services.test_clocks import permit_world
from tests.services.test_task_operations import files as operated


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    world = permit_world(database_url, tmp_path)
    world.add_person("fang", "division")
    yield world
    world.database.dispose()


def figures(world: World, period: Period) -> Report:
    with world.looking() as context:
        return report(context.session, period)


def count(world: World, wanted: Filter) -> tuple[int, int]:
    """The figure of a filter and the length of its list."""
    with world.looking() as context:
        reader = context.session.get_one(User, world.people["fang"])
        listed = list_passes(context, reader, wanted)
        return listed.count, len(listed.rows)


def play(world: World) -> str:
    """A review of 2 working days, a supplement of 5 suspended ones, a second review that goes on."""
    number = world.start("permit", "lu")
    for days, following in ((2, "more"), (7, "issue")):
        world.now += timedelta(days=days)
        [task_id] = world.open_tasks(number).values()
        world.complete("lu", task_id, next=following)
    return number


def test_times_leave_suspensions_out_and_every_figure_has_its_list(world: World) -> None:
    play(world)
    world.start("permit", "lu")
    world.now += timedelta(days=5)
    period = Period(world.now, date(2026, 11, 1))
    found = figures(world, period)
    review, supplement = found.steps["permit", "t_review"], found.steps["permit", "t_supplement"]
    assert (review.open, review.ages, review.done) == (2, [0, 2, 0, 0, 0], 1)
    assert (review.median, review.p90, review.suspended) == (2, 2, 0)
    assert (supplement.median, supplement.suspended) == (0, 5)
    assert found.names["permit", "t_supplement"] == ("补正材料", "Supplement")
    assert (found.whole.open, found.whole.done, found.people) == (2, 2, {world.people["lu"]: "lu"})
    for (process, step), figure in found.steps.items():
        part = replace(period, process=process)
        for age in range(len(AGES)):
            assert count(world, Filter("open", part, step=step, age=age)) == (figure.ages[age],) * 2
        assert count(world, Filter("done", part, step=step)) == (figure.done,) * 2
    lu = world.people["lu"]
    assert count(world, Filter("done", period, reviewer=lu)) == (found.reviewers[lu].done,) * 2
    assert count(world, Filter("open", period, org_type="")) == (found.org_types[""].open,) * 2


def test_returns_count_for_the_step_and_the_person_that_returned(world: World) -> None:
    world.deploy(operated(), "operations")
    for name in ("wang", "zhang"):
        world.add_person(name, "division", "staff")
    number = world.start("leave", "wang", who="王")
    for days in (3, 2):
        world.complete("wang", world.open_tasks(number)["t_ask"], reason="探亲", days=str(days))
        check = world.open_tasks(number)["t_check"]
        world.now += timedelta(days=1)
        with world.acting("zhang") as context:
            task.claim(context, check)
            if days == 3:
                point = returning.previews(context, context.session.get_one(UserTask, check))[0].plan.number
                returning.return_task(context, check, point, "天数不对", straight=False)
    world.complete("zhang", check, agree="yes")
    period = Period(world.now, date(2026, 11, 1))
    found = figures(world, period)
    asked, checked = found.steps["leave", "t_ask"], found.steps["leave", "t_check"]
    assert (asked.done, asked.returned, asked.return_rate) == (2, 0, 0)
    assert (checked.done, checked.returned, checked.return_rate) == (1, 1, 0.5)
    zhang = world.people["zhang"]
    assert (found.reviewers[zhang].done, found.reviewers[zhang].returned) == (1, 1)
    assert found.whole.return_rate == 1 / 4
    for wanted in (Filter("returned", period, step="t_check"), Filter("returned", period, reviewer=zhang)):
        assert count(world, wanted) == (1, 1)
    assert count(world, Filter("returned", period, step="t_ask")) == (0, 0)


def test_an_old_report_gives_the_same_figures_for_ever(world: World) -> None:
    number = play(world)
    period = Period(world.now, date(2026, 11, 1))
    before = figures(world, period)
    world.now += timedelta(days=3)
    [task_id] = world.open_tasks(number).values()
    world.complete("lu", task_id, next="issue")
    world.start("permit", "lu")
    with world.acting() as context:
        calendar.set_day(context.session, date(2026, 11, 24), "off", "补记", "通知", context.now)
    world.drain()
    assert figures(world, period) == before
    assert figures(world, replace(period, at=world.now)) != before
    assert count(world, Filter("open", period)) == (before.whole.open,) * 2


def test_a_pass_is_closed_once_and_the_report_asks_few_questions(world: World) -> None:
    number = play(world)
    with world.looking() as context:
        passes = context.session.scalars(select(StepPass).order_by(StepPass.task_id)).all()
        assert [one.how for one in passes] == ["completed", "completed", "open"]
        asked: list[str] = []
        event.listen(world.database.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
        report(context.session, Period(world.now, date(2026, 11, 1)))
        assert len(asked) == 4
    assert world.instance(number).status == "active"


@given(st.lists(st.integers(0, 60), min_size=1, max_size=40), st.integers(1, 100))
def test_percentiles_are_values_that_occurred(values: list[int], percent: int) -> None:
    found = percentile(Counter(values), percent)
    assert found in values
    assert sum(value <= found for value in values) * 100 >= percent * len(values)
    assert sum(value < found for value in values) * 100 < percent * len(values)


class EveryDay:
    """A calendar without days off."""

    def working_days_between(self, start: date, end: date) -> int:
        return (end - start).days


@given(
    st.lists(st.tuples(st.integers(0, 30), st.one_of(st.none(), st.integers(0, 20))), max_size=6),
    st.integers(0, 30),
    st.integers(0, 30),
)
def test_each_suspended_day_is_left_out_once(
    spans: list[tuple[int, int | None]], start: int, length: int
) -> None:
    first = START.date()
    given_spans = sorted(
        (
            (first + timedelta(days=at), None if n is None else first + timedelta(days=at + n))
            for at, n in spans
        ),
        key=lambda span: span[0],
    )
    span = (first + timedelta(days=start), first + timedelta(days=start + length))
    days = {span[0] + timedelta(days=n) for n in range(1, length + 1)}
    covered = {
        day for day in days for low, high in given_spans if low < day and (high is None or day <= high)
    }
    assert overlap(given_spans, span, EveryDay()) == len(covered)  # type: ignore[arg-type]
