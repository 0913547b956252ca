"""Dashboards over 100,000 passes of steps: the figures, and one list of cases, on SQLite and without help from caches."""

from __future__ import annotations

import json
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from time import perf_counter

from sqlalchemy import insert

from app import schema
from app.db import Database
from app.models.clocks import StepPass
from app.models.identity import User
from app.models.runtime import UserTask
from app.services.statistics.figures import Period, report
from app.services.statistics.lists import Filter, list_passes
from tests.factories import START, World, make_leave_world

PASSES, STEPS, OPEN = 100_000, 40, 20


def fill(world: World) -> None:
    """Passes over two years, one in twenty still open."""
    world.start("leave", "wang", who="王")
    task = {"instance_id": 1, "process_key": "leave", "name": "审批", "form_key": "leave/check", "subject": "QJ",
            "separate_from": [], "not_actor_of": [], "candidates": []}  # fmt: skip
    tasks, passes = [], []
    for number in range(2, PASSES + 2):
        started = START - timedelta(hours=number * 17520 / PASSES)
        is_open = number % OPEN == 0
        element = f"t_{number % STEPS}"
        ended = None if is_open else min(started + timedelta(days=number % 13), START)
        tasks.append({"id": number, "engine_id": str(number), "element_id": element, "created_at": started,
                      "status": "open" if is_open else "completed", **task})  # fmt: skip
        passes.append({"task_id": number, "instance_id": 1, "process_key": "leave", "element_id": element,
                       "name": "审批", "org_type": ("bank", "insurer")[number % 2], "started_at": started,
                       "started_on": started.date(), "ended_at": ended, "how": "open" if is_open else "completed",
                       "actor_id": None if is_open else 1 + number % 3,
                       "working_days": None if is_open else number % 11, "suspended_days": 0})  # fmt: skip
    with world.acting() as context:
        context.session.execute(insert(UserTask), tasks)
        context.session.execute(insert(StepPass), passes)


def main() -> None:
    """Print the milliseconds of a quarter, of everything, and of a list."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/bench.db"
        database = Database(url)
        schema.upgrade(database.engine)
        database.dispose()
        world = make_leave_world(url, Path(folder))
        fill(world)
        figures = {}
        for name, days in (("quarter", 90), ("two_years", 731)):
            period = Period(START, START.date() - timedelta(days=days))
            figures[f"report_{name}_ms"] = _timed(world, period, is_list=False)
        figures["list_ms"] = _timed(world, Period(START, START.date() - timedelta(days=90)), is_list=True)
        sys.stdout.write(json.dumps({"bench": "dashboards", "passes": PASSES, **figures}) + "\n")
        world.database.dispose()


def _timed(world: World, period: Period, *, is_list: bool) -> float:
    with world.looking() as context:
        begin = perf_counter()
        if is_list:
            reader = context.session.get_one(User, world.people["wang"])
            list_passes(context, reader, Filter("open", period, step="t_0", age=2))
        else:
            report(context.session, period)
        return round(1000 * (perf_counter() - begin), 1)


if __name__ == "__main__":
    main()
