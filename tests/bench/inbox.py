"""`python -m tests.bench.inbox`: the inbox does not grow with other people's work, in any sort and with any filter.

Prints a JSON line for each page, badges included: with 10 open tasks of mine, with 10,000, then with 100,000 of others
besides and with a million; `python -m tests.bench.inbox 100000` ends earlier. Filters and search look at my 10,000.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import timedelta
from decimal import Decimal

from flask.testing import FlaskClient
from sqlalchemy import String, cast, insert, literal, select, text
from sqlalchemy.orm import Session, undefer
from werkzeug.test import TestResponse

from app.models.runtime import Inbox, ProcessInstance, UserTask
from app.services import inbox_views, search
from app.services.context import Context
from tests.bench.site import Site, measure, open_sites, show

ROUNDS = 40
PAGES = (
    "/inbox",
    "/inbox/claimable",
    "/inbox/overdue",
    "/inbox?sort=priority",
    "/inbox?sort=oldest",
    "/inbox/done",
)
FILTERED = (
    "/inbox?process=leave", "/inbox?process=other", "/inbox?org=银行", "/inbox?amount_from=1", "/inbox?due=week",
    "/inbox?step=leave:t_none", "/inbox?q=松江", "/inbox?q=银行", "/inbox/counts", "/search?q=松江",
)  # fmt: skip
CHUNK = 20_000
CASES = 2_000  # to which the tasks belong
OTHERS, MOST = 100_000, 1_000_000
PLACES = ("松江", "浦江", "申江", "华亭", "东海")
KINDS = ("银行", "保险", "担保")


def add_tasks(site: Site, count: int, principal: str, name: str) -> None:
    """Open tasks for this principal, due one minute apart around now; `name` makes their engine ids different."""
    with site.world.acting() as context:
        _add_first(context, min(count, CHUNK), principal, name)
        for first in range(CHUNK, count, CHUNK):
            _add_copies(context.session, min(CHUNK, count - first), name, first)
        due, age = UserTask.due_at, UserTask.created_at
        made = select(literal(principal), due, UserTask.id, -UserTask.priority, age)
        listed = made.where(UserTask.engine_id.startswith(f"{name}:"))
        entry = ("principal", "due_at", "task_id", "rank", "created_at")
        context.session.execute(insert(Inbox).from_select(entry, listed))
    with site.application.database.writing() as session:
        session.execute(text("ANALYZE"))


def _add_first(context: Context, count: int, principal: str, name: str) -> None:
    now = context.now
    instances = context.session.scalars(select(ProcessInstance.id)).all()
    rows = [
        {
            "instance_id": instances[n % len(instances)], "engine_id": f"{name}:0:{n}", "process_key": "leave",
            "element_id": "t_check", "name": "审批", "name_en": "", "form_key": "leave/check", "subject": "QJ",
            "duty": "", "separate_from": [], "not_actor_of": [], "candidates": [principal], "status": "open",
            "priority": n % 3, "created_at": now - timedelta(seconds=n), "due_at": now + timedelta(minutes=n - 200),
        }
        for n in range(count)
    ]  # fmt: skip
    context.session.execute(insert(UserTask), rows)


def _add_copies(session: Session, count: int, name: str, first: int) -> None:
    """Copies of the first tasks, made in the database: to hand over a million one by one takes minutes."""
    columns = [column for column in UserTask.__table__.columns if column.name not in {"id", "engine_id"}]
    engine_id = literal(f"{name}:{first}:").concat(cast(UserTask.id, String))
    copied = select(engine_id, *columns).where(UserTask.engine_id.startswith(f"{name}:0:")).limit(count)
    names = ["engine_id", *(column.name for column in columns)]
    session.execute(insert(UserTask).from_select(names, copied, include_defaults=False))


def requests(client: FlaskClient, page: str) -> Iterator[Callable[[], TestResponse]]:
    for _ in range(ROUNDS):
        yield lambda: client.get(page)


def add_cases(site: Site) -> None:
    """Cases with organisations' names to search for, all copies of the first."""
    with site.world.acting() as context:
        first = context.session.scalars(
            select(ProcessInstance).options(undefer(ProcessInstance.state)).limit(1)
        ).one()
        for n in range(CASES):
            name = f"{PLACES[n % len(PLACES)]}样例{KINDS[n % len(KINDS)]}第{n}支行"
            row = ProcessInstance(
                number=f"QJ-2026-{n + 1000}", definition_id=first.definition_id, process_key="leave", title=f"请假：{name}",
                subject=f"QJ-2026-{n + 1000}", started_by_id=first.started_by_id, started_at=site.world.now,
                status="active", state=first.state, is_frozen=False, history_seq=0, history_hash="", amount=Decimal(n),
            )  # fmt: skip
            context.session.add(row)
            context.session.flush()
            search.index_case(context.session, row)


def add_views(site: Site) -> None:
    """Ten saved filters, each to be counted."""
    with site.world.acting("wang") as context:
        assert context.actor is not None
        for n in range(10):
            asked = {"q": PLACES[n % 2]} if n % 2 else {"step": "leave:t_none"}
            inbox_views.save_view(context, context.actor, f"筛选{n}", "mine", asked)


def look(site: Site, client: FlaskClient, state: dict[str, int], pages: tuple[str, ...]) -> None:
    """Print a line for each page."""
    for page in pages:
        client.get(page)
        figure = asdict(measure(site, requests(client, page)))
        show("inbox", database=site.kind, page=page, open=state, **figure)


def run(site: Site, others: int) -> None:
    """Measure one site while it fills up."""
    client = site.sign_in("wang")
    site.world.start("leave", "zhang", who="张")
    add_cases(site)
    add_views(site)
    mine = f"user:{site.world.people['wang']}"
    add_tasks(site, 10, mine, "few")
    look(site, client, {"mine": 10}, PAGES)
    add_tasks(site, 9_990, mine, "many")
    look(site, client, {"mine": 10_000}, PAGES + FILTERED)
    add_tasks(site, OTHERS, "group:elsewhere", "others")
    look(site, client, {"mine": 10_000, "others": OTHERS}, PAGES + FILTERED)
    if others > OTHERS:
        add_tasks(site, others - OTHERS, "group:elsewhere", "more")
        look(site, client, {"mine": 10_000, "others": others}, PAGES + FILTERED)


def main(*arguments: str) -> None:
    """Measure on each database."""
    others = int(arguments[0]) if arguments else MOST
    with open_sites() as sites:
        for site in sites:
            run(site, others)


if __name__ == "__main__":
    main(*sys.argv[1:])
