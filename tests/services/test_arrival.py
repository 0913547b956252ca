"""A limit counts by the instant at which the request arrived, whoever else was faster."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from app.models.runtime import Job
from app.services.errors import DeadlinePassed, TaskEnded
from tests.factories import World

INSTANT = timedelta(milliseconds=1)


def _waiting(world: World) -> tuple[str, int, datetime]:
    """A claimed task with a limit: the case's number, the task, the instant of the limit."""
    number = world.start("leave", "wang", who="王")
    for step, who in (("t_ask", "wang"), ("t_check", "zhang")):
        task_id = world.open_tasks(number)[step]
        if step == "t_ask":
            world.complete(who, task_id, reason="探亲", days="3")
    with world.looking() as context:
        due = context.session.scalars(select(Job.due_at).where(Job.kind == "timer")).one()
    return number, task_id, due


def test_the_instant_of_the_limit_is_in_time(world: World) -> None:
    number, task_id, due = _waiting(world)
    world.now = due
    world.complete("zhang", task_id, agree="yes")
    assert world.instance(number).outcome == "agreed"


def test_a_millisecond_later_is_refused_and_changes_nothing(world: World) -> None:
    number, task_id, due = _waiting(world)
    world.now = due + INSTANT
    with pytest.raises(DeadlinePassed) as refused:
        world.complete("zhang", task_id, agree="yes")
    assert "逾期不予受理" in refused.value.message
    assert world.instance(number).status == "active"
    assert list(world.open_tasks(number)) == ["t_check"]


def test_the_worker_leaves_the_limit_to_who_arrived_in_time(world: World) -> None:
    world.settings = replace(world.settings, timer_grace=timedelta(seconds=20))
    number, task_id, due = _waiting(world)
    world.now = due + timedelta(seconds=19)
    world.drain()
    assert list(world.open_tasks(number)) == ["t_check"]
    world.now = due - INSTANT  # arrived in time, waited for a lock meanwhile
    world.complete("zhang", task_id, agree="yes")
    assert world.instance(number).outcome == "agreed"


def test_after_the_grace_the_limit_takes_the_task_away(world: World) -> None:
    world.settings = replace(world.settings, timer_grace=timedelta(seconds=20))
    number, task_id, due = _waiting(world)
    world.now = due + timedelta(seconds=21)
    world.drain()
    assert world.instance(number).outcome == "late"
    world.now = due + timedelta(seconds=22)
    with pytest.raises(TaskEnded):
        world.complete("zhang", task_id, agree="yes")
