"""`python -m tests.bench.inbox`: the inbox page does not grow with other people's work.

Prints a JSON line for each page (badges included): with 10 open tasks of mine, with 10,000, and with 100,000 of others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import insert, select, text
from werkzeug.test import TestResponse

from app.models.runtime import Inbox, ProcessInstance, UserTask
from tests.bench.site import Site, measure, open_sites, show

ROUNDS = 40
PAGES = ("/inbox", "/inbox/claimable", "/inbox/overdue")
CHUNK = 5_000


def add_tasks(site: Site, count: int, principal: str, name: str) -> None:
    """Open tasks for this principal, due one minute apart around now; `name` makes their engine ids different."""
    now = site.world.now
    with site.world.acting() as context:
        instance_id = context.session.scalars(select(ProcessInstance.id).limit(1)).one()
        for first in range(0, count, CHUNK):
            dues = {
                f"{name}{n}": now + timedelta(minutes=n % 20_000 - 200)
                for n in range(first, min(first + CHUNK, count))
            }
            rows = [
                {
                    "instance_id": instance_id, "engine_id": engine_id, "process_key": "leave", "element_id": "t_check",
                    "name": "审批", "name_en": "", "form_key": "leave/check", "subject": "QJ", "duty": "",
                    "separate_from": [], "not_actor_of": [], "candidates": [principal], "status": "open",
                    "priority": 0, "created_at": now, "due_at": due,
                }
                for engine_id, due in dues.items()
            ]  # fmt: skip
            context.session.execute(insert(UserTask), rows)
            query = select(UserTask.id, UserTask.engine_id).where(UserTask.engine_id.in_(dues))
            entries = [
                {"principal": principal, "due_at": dues[row.engine_id], "task_id": row.id}
                for row in context.session.execute(query)
            ]
            context.session.execute(insert(Inbox), entries)
    with site.application.database.writing() as session:
        session.execute(text("ANALYZE"))


def requests(client: FlaskClient, page: str) -> Iterator[Callable[[], TestResponse]]:
    for _ in range(ROUNDS):
        yield lambda: client.get(page)


def run(site: Site) -> None:
    """Measure one site while it fills up."""
    client = site.sign_in("wang")
    site.world.start("leave", "zhang", who="张")
    mine = f"user:{site.world.people['wang']}"
    steps = (
        ({"mine": 10}, 10, mine),
        ({"mine": 10_000}, 9_990, mine),
        ({"mine": 10_000, "others": 100_000}, 100_000, "group:elsewhere"),
    )
    for number, (state, count, principal) in enumerate(steps):
        add_tasks(site, count, principal, f"bench{number}-")
        for page in PAGES:
            client.get(page)
            show(
                "inbox",
                database=site.kind,
                page=page,
                open=state,
                **asdict(measure(site, requests(client, page))),
            )


def main() -> None:
    """Measure on each database."""
    with open_sites() as sites:
        for site in sites:
            run(site)


if __name__ == "__main__":
    main()
