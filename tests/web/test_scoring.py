"""Sealed sheets: nobody but their authors sees them on any page until all are in, whatever happens in between."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from werkzeug.routing import Rule

from app.factory import Application
from app.models.history import HistoryEvent
from app.models.runtime import ProcessInstance, UserTask
from app.models.scoring import SheetSeal
from tests.factories import World
from tests.services import reviews
from tests.services.registers.office import GROUPS
from tests.web.conftest import Visitor

SignIn = Callable[[str], Visitor]
WATCHERS = ("division", "board", "supervisor", "auditor", "system_admin", "operator")
TABS = ("forms", "diagram", "documents", "comments", "decisions", "related")
DRAWING = re.compile(rb"<svg.*?</svg>", re.DOTALL)
SECRETS = (reviews.MARK, "13.7", "54.8")


@pytest.fixture
def world(sqlite_url: str, tmp_path: Path) -> Iterator[World]:
    made = reviews.make_review(sqlite_url, tmp_path)
    yield made
    made.database.dispose()


def tasks_of(world: World, number: str) -> list[int]:
    with world.database.reading() as session:
        query = select(UserTask.id).join(UserTask.instance).where(ProcessInstance.number == number)
        return list(session.scalars(query))


def addresses(app: Application, world: World, number: str, *, everything: bool) -> Iterator[str]:
    """Every page of the case and of its tasks; with `everything` all other pages that show something."""
    adapter = app.url_map.bind("localhost")
    tasks = tasks_of(world, number)
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint == "static":
            continue
        arguments = set(rule.arguments)
        if not everything and not arguments & {"number", "task_id"}:
            continue
        for task_id in tasks if "task_id" in arguments else [1]:
            for tab in TABS if "tab" in arguments else [""]:
                given = {
                    "number": 1 if "run_id" in arguments else number,
                    "task_id": task_id,
                    "tab": tab,
                    "key": "expert_review",
                    "year": 2026,
                }
                values = {name: given.get(name, _any(rule, name)) for name in arguments}
                yield adapter.build(rule.endpoint, values, method="GET")


def _any(rule: Rule, name: str) -> object:
    """Something that fits the argument: one of its words, or 1."""
    items = getattr(rule._converters[name], "items", None)
    return sorted(items)[0] if items else 1


def _unpacked(body: bytes) -> bytes:
    """The bytes of an answer without its drawings, whose coordinates look like points; an archive unpacked."""
    if not body.startswith(b"PK"):
        return DRAWING.sub(b"", body)
    with zipfile.ZipFile(io.BytesIO(body)) as packed:
        return b"".join(packed.read(name) for name in packed.namelist())


def leaks(app: Application, world: World, number: str, visitor: Visitor, *, everything: bool) -> list[str]:
    found = []
    for address in addresses(app, world, number, everything=everything):
        body = _unpacked(visitor.get(address, follow_redirects=True).get_data())
        found += [f"{address}: {secret}" for secret in SECRETS if secret.encode() in body]
    return found


def test_nobody_sees_a_sealed_sheet_until_all_are_in(
    world: World, application: Application, sign_in: SignIn
) -> None:
    number = reviews.begin(world)
    authors = {reviews.score(world, number), reviews.score(world, number)}
    others = [
        who for who in (*GROUPS, *reviews.OTHERS, *reviews.EXPERTS, "editor", "signer") if who in world.people
    ]
    for who in others:
        if who in authors:
            continue
        seen = leaks(application, world, number, sign_in(who), everything=who in WATCHERS)
        assert seen == [], who
    # the limit passes: the third expert is replaced, and what two handed in stays sealed
    world.pass_time(days=30)
    assert "t_pick" in world.open_tasks(number)
    for who in (*WATCHERS, "clerk"):
        seen = leaks(application, world, number, sign_in(who), everything=False)
        assert seen == [], who


def test_all_sheets_in_opens_them_for_the_office(
    world: World, application: Application, sign_in: SignIn
) -> None:
    number = reviews.begin(world)
    for _ in range(3):
        reviews.score(world, number)
    page = sign_in("division").get(f"/cases/{number}/forms").get_data(as_text=True)
    assert page.count(reviews.MARK) == 3
    with world.database.reading() as session:
        rows = session.scalars(select(SheetSeal).order_by(SheetSeal.task_id)).all()
        assert [row.opened_at is not None for row in rows] == [True] * 3
        told = [
            event.detail["sealed_sha256"]
            for event in session.scalars(select(HistoryEvent).order_by(HistoryEvent.seq))
            if "sealed_sha256" in event.detail
        ]
        assert sorted(told) == sorted(row.sha256 for row in rows)
