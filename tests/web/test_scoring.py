"""Sealed sheets: nobody but their authors sees them on any page until all are in, whatever happens in between."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select
from werkzeug.routing import Rule

from app.demo.accounts import ORGANISATIONS
from app.demo.accounts import PASSWORD as DEMO_PASSWORD
from app.factory import Application
from app.models.history import HistoryEvent
from app.models.identity import User
from app.models.register import Document
from app.models.runtime import ProcessInstance, UserTask
from app.models.scoring import SheetSeal
from tests.bpmn.walk import parameters
from tests.factories import World
from tests.services import reviews
from tests.story import Story, make_story_world
from tests.web.conftest import ApplicationOf, Visitor
from tests.worlds import NewWorld

SignIn = Callable[[str], Visitor]
WATCHERS = ("division", "supervisor", "auditor")
TABS = ("forms", "diagram", "documents", "comments", "decisions", "related")
DRAWING = re.compile(rb"<svg.*?</svg>", re.DOTALL)
SECRETS = (reviews.MARK, "13.7", "54.8")


@pytest.fixture
def world(sqlite_world: NewWorld) -> World:
    return sqlite_world(reviews.make_review)


@pytest.fixture
def told(sqlite_world: NewWorld) -> Story:
    return Story(sqlite_world(make_story_world))


@pytest.fixture
def story_app(told: Story, application_of: ApplicationOf) -> Application:
    return application_of(told.world)


def tasks_of(world: World, number: str) -> list[int]:
    with world.database.reading() as session:
        query = select(UserTask.id).join(UserTask.instance)
        query = query.where(ProcessInstance.number == number, UserTask.element_id == "t_score")
        return list(session.scalars(query.where(UserTask.status == "completed").limit(1)))


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
    waiting = reviews.assignee(world, number, "t_score")
    for who in (*WATCHERS, "clerk", "editor", waiting):
        assert who not in authors
        seen = leaks(application, world, number, sign_in(who), everything=who == "auditor")
        assert seen == [], who
    # the limit passes: the third expert is replaced, and what two handed in stays sealed
    world.pass_time(days=30)
    assert "t_pick" in world.open_tasks(number)
    seen = leaks(application, world, number, sign_in("division"), everything=False)
    assert seen == []


def test_all_sheets_in_opens_them_for_the_office(
    world: World, application: Application, sign_in: SignIn
) -> None:
    number = reviews.begin(world)
    for _ in range(3):
        reviews.score(world, number)
    page = sign_in("division").get(f"/cases/{number}/forms").get_data(as_text=True)
    assert page.count(reviews.MARK) == 3 * (len(parameters()["criteria"]) + 1)  # justifications and comment
    with world.database.reading() as session:
        rows = session.scalars(select(SheetSeal).order_by(SheetSeal.task_id)).all()
        assert [row.opened_at is not None for row in rows] == [True] * 3
        told = [
            event.detail["sealed_sha256"]
            for event in session.scalars(select(HistoryEvent).order_by(HistoryEvent.seq))
            if "sealed_sha256" in event.detail
        ]
        assert sorted(told) == sorted(row.sha256 for row in rows)


def test_the_board_reads_its_agenda_and_an_observer_cannot_act(told: Story, story_app: Application) -> None:
    call_no = told.open_call()
    numbers = []
    for username, org_type, deals in (("guarantor", "guarantor", 24), ("insurer", "insurer", 420)):
        numbers.append(told.declare(username, username, call_no, org_type, deals))
        told.accept(username, numbers[-1])
        told.review(numbers[-1])
        told.opine(numbers[-1])

    def enter(username: str) -> Visitor:
        visitor = Visitor(story_app.test_client())
        assert visitor.send("/login", username=username, password=DEMO_PASSWORD).status_code == 302
        return visitor

    board, observer = enter("board"), enter("observer")
    assert "尚未排序" in board.get(f"/board/{call_no}").get_data(as_text=True)
    told.world.pass_time(days=25)
    told.deliberate(call_no)
    page = observer.get(f"/board/{call_no}").get_data(as_text=True)
    assert "逐字节一致" in page
    assert all(number in page for number in numbers)
    assert "应到 3 人，到会 3 人" in page
    assert "起固定（流程版本 1）" in page
    assert "user:" not in page
    minutes = observer.get(f"/board/{call_no}/minutes.pdf")
    assert (minutes.status_code, minutes.mimetype, minutes.get_data()[:4]) == (
        200,
        "application/pdf",
        b"%PDF",
    )
    assert page.count("方案可行，依据充分，保障到位。") == 2 * 3 * len(parameters()["criteria"])
    assert call_no in observer.get("/board/").get_data(as_text=True)
    assert "<form" not in page.split("<main", 1)[1].split("</main>", 1)[0]
    for address in (
        "/cases",
        f"/cases/{numbers[0]}",
        f"/cases/{call_no}",
        "/registers/",
        "/books/statistics",
    ):
        assert observer.get(address).status_code in (403, 404), address
    assert enter("clerk").get(f"/board/{call_no}").status_code == 403
    assert board.get("/board/PC-1999-0001").status_code == 404
    with told.world.acting() as context:  # the bank that one of the cases is about employs the member
        member = context.session.get_one(User, told.world.people["board2"])
        member.employer_uscc = ORGANISATIONS["insurer"][0]
    other = enter("board2")
    minutes_no = told.row(Document, letter="TPL-38").number
    assert board.get(f"/documents/{minutes_no}").status_code == 200
    assert minutes_no in board.get(f"/cases/{call_no}/documents").get_data(as_text=True)
    assert other.get(f"/documents/{minutes_no}").status_code == 404
    assert minutes_no not in other.get(f"/cases/{call_no}/documents").get_data(as_text=True)
    page = other.get(f"/board/{call_no}").get_data(as_text=True)
    assert "您须回避此案" in page
    assert "不对您开放" in page
    assert other.get(f"/board/{call_no}/minutes.pdf").status_code == 404
