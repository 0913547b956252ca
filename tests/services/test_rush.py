"""Many submit at once just before a deadline, everybody clicks twice: none lost, none twice, none wrongly late."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.models.register import Document, Receipt
from app.services import operations as _operations  # noqa: F401  registers the delegates
from app.services import task
from app.services.errors import DeadlinePassed, TaskEnded
from tests.bench.rush import prepare

PEOPLE = 8
LATE = "p7"


@pytest.mark.postgres
def test_a_rush_loses_nothing(new_postgres_url: Callable[[], str], tmp_path: Path) -> None:
    world = prepare(new_postgres_url(), tmp_path, PEOPLE)
    world.settings = replace(world.settings, timer_grace=timedelta(seconds=20))
    deadline = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    tasks = {}
    for name, user_id in world.people.items():
        case = world.start("rush", name, who=f"user:{user_id}", deadline=deadline.isoformat())
        tasks[name] = world.open_tasks(case)["t"]

    def click(name: str) -> str:
        """One click as it arrived: all but one in time, whatever the order in which they get their locks."""
        arrived = deadline + timedelta(milliseconds=1 if name == LATE else 0)
        try:
            with world.acting(name) as context:
                return task.complete_task(replace(context, now=arrived), tasks[name], {"text": name},
                                          key=f"key-of-{name}", result_url=f"/done/{name}")  # fmt: skip
        except (DeadlinePassed, TaskEnded):
            return "late"

    world.now = deadline + timedelta(seconds=5)
    with ThreadPoolExecutor(2 * PEOPLE + 1) as pool:
        pool.submit(world.drain)
        places = list(pool.map(click, [name for name in world.people for _click in range(2)]))
    expected = ["late" if name == LATE else f"/done/{name}" for name in world.people for _click in range(2)]
    assert places == expected
    with world.database.reading() as session:
        receipts = session.scalars(select(Receipt)).all()
        assert len(receipts) == len(session.scalars(select(Document)).all()) == PEOPLE - 1
        assert {(row.received_at, row.is_late) for row in receipts} == {(deadline, False)}
        assert len({row.number for row in receipts}) == PEOPLE - 1
    world.database.dispose()
