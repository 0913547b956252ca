"""Dashboards over 100,000 passes of steps: the figures, and one list of cases, on both databases."""

from __future__ import annotations

from datetime import timedelta
from statistics import median
from time import perf_counter

from sqlalchemy import insert, text

from app.models.clocks import StepPass
from app.models.identity import User
from app.models.runtime import UserTask
from app.services.context import Context
from app.services.statistics.figures import Period, report
from app.services.statistics.lists import Filter, list_passes
from tests.bench.site import Site, open_sites, show
from tests.factories import START, World

PASSES, STEPS, OPEN, ROUNDS = 100_000, 40, 20, 3


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


def main(*_arguments: str) -> None:
    """Print the milliseconds of a quarter, of everything, and of a list, on each database."""
    with open_sites() as sites:
        for site in sites:
            fill(site.world)
            with site.application.database.writing() as session:
                session.execute(text("ANALYZE"))
            figures: dict[str, float] = {}
            for name, days in (("quarter", 90), ("two_years", 731)):
                period = Period(START, START.date() - timedelta(days=days))
                figures[f"report_{name}_ms"], figures[f"report_{name}_statements"] = _timed(site, period)
            period = Period(START, START.date() - timedelta(days=90))
            figures["list_ms"], figures["list_statements"] = _timed(site, period, is_list=True)
            show("dashboards", database=site.kind, passes=PASSES, **figures)


def _timed(site: Site, period: Period, *, is_list: bool = False) -> tuple[float, int]:
    """The median of ROUNDS, and the statements of one."""
    times: list[float] = []
    for _round in range(ROUNDS):
        site.tally.take()
        with site.application.database.reading() as session:
            begin = perf_counter()
            if is_list:
                context = Context(session, START, site.world.settings)
                reader = session.get_one(User, site.world.people["wang"])
                list_passes(context, reader, Filter("open", period, step="t_0", age=2))
            else:
                report(session, period)
            times.append(1000 * (perf_counter() - begin))
    return round(median(times), 1), site.tally.take()[0]


if __name__ == "__main__":
    main()
