"""A board votes: put to the vote, own inboxes and paper, sealed until the chair closes, the result handed in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from app.models.runtime import UserTask
from tests.e2e.conftest import DESKTOP, PHONE, served, sign_in
from tests.e2e.typing import fill, submit
from tests.factories import PASSWORD, World
from tests.services.test_ballots import make_board
from tests.services.test_task_operations import to_check

Enter = Callable[..., Page]
Check = Callable[[Page], None]


@pytest.fixture
def board(new_sqlite_url: Callable[[], str], tmp_path: Path) -> Iterator[tuple[World, str, str, int]]:
    """A small installation of its own with a case before its board: address, number, task."""
    url = new_sqlite_url()
    made = make_board(url, tmp_path)
    made.now = datetime.now(UTC)
    number, check = to_check(made)
    with served(made, url) as address:
        yield made, address, number, check
    made.database.dispose()


@pytest.fixture
def enter_board(
    board: tuple[World, str, str, int], open_context: Callable[..., BrowserContext]
) -> Callable[..., Page]:
    """A function that signs a member in."""

    def enter(username: str, **options: Any) -> Page:
        page = open_context(base_url=board[1], **options).new_page()
        sign_in(page, username, PASSWORD)
        return page

    return enter


def test_a_board_votes_sealed_and_on_paper(
    board: tuple[World, str, str, int], enter_board: Enter, assert_accessible: Check
) -> None:
    world, _, number, check = board
    chair, li, secretary = enter_board("zhang"), enter_board("li", viewport=PHONE), enter_board("supervisor")
    _put_to_vote(chair, check, number)
    li.goto("/inbox")
    li.get_by_role("link", name=number).click()
    expect(li.get_by_role("heading", level=2, name="您的表决")).to_be_visible()
    _vote(li, "反对", "天数过多")
    expect(li.locator("main")).to_contain_text("天数过多")
    _record_paper(secretary, number, assert_accessible)
    chair.goto(f"/tasks/{check}/ballot")
    _vote(chair, "同意")
    expect(chair.locator("main")).not_to_contain_text("天数过多")
    chair.get_by_role("button", name="结束表决").click()
    expect(chair.get_by_text("表决已结束，结果已载入任务。")).to_be_visible()
    submit(chair)
    expect(chair.get_by_text("已提交：审批")).to_be_visible()
    _read_the_record(chair, number, assert_accessible)
    with world.database.reading() as session:
        result = session.get_one(UserTask, check).data or {}
    (row,) = result["votes"]
    assert (result["passed"], row["agree"], row["against"], row["more_aside"]) == (False, 1, ["li"], ["chen"])


def _put_to_vote(chair: Page, check: int, number: str) -> None:
    chair.goto("/inbox/claimable")
    chair.get_by_role("link", name=number).click()
    chair.get_by_role("button", name="认领").click()
    expect(chair.get_by_role("link", name="表决", exact=True)).to_be_visible()
    fill(chair, {"agree": "yes"})
    chair.get_by_role("button", name="暂存").click()
    expect(chair.get_by_text("内容尚未提交")).to_be_visible()
    chair.goto(f"/tasks/{check}/ballot")
    chair.get_by_role("button", name="交付表决").click()
    expect(chair.get_by_text("已交付表决")).to_be_visible()


def _vote(page: Page, choice: str, reason: str = "") -> None:
    page.get_by_label(choice, exact=True).check()
    page.get_by_label("理由").fill(reason)
    page.get_by_role("button", name="提交表决").click()
    expect(page.get_by_text("您的表决已记录。")).to_be_visible()


def _record_paper(secretary: Page, number: str, check: Check) -> None:
    """One member stands aside on paper; who recorded it, and why, is seen by all."""
    secretary.goto(f"/cases/{number}")
    secretary.locator("main").get_by_role("link", name="表决", exact=True).click()
    secretary.get_by_role("link", name="录入纸面表决 chen").click()
    secretary.get_by_label("回避", exact=True).check()
    secretary.get_by_label("理由", exact=True).fill("亲属")
    secretary.get_by_label("为何由您录入").fill("会场纸票")
    secretary.get_by_role("button", name="录入", exact=True).click()
    expect(secretary.locator("main")).to_contain_text("由supervisor录入：会场纸票")
    expect(secretary.locator("main")).not_to_contain_text("天数过多")
    _fits(secretary, check)


def _read_the_record(chair: Page, number: str, check: Check) -> None:
    """From the timeline, as long as the case is kept."""
    chair.goto(f"/cases/{number}")
    chair.get_by_role("link", name="结束“审批”的表决").click()
    expect(chair.get_by_role("heading", level=1)).to_have_text("表决记录：审批")
    for words in ("表决未通过", "应到 3 人，到会 3 人", "天数过多", "由supervisor录入：会场纸票"):
        expect(chair.locator("main")).to_contain_text(words)
    expect(chair.locator("main").get_by_role("button")).to_have_count(0)
    _fits(chair, check)


def _fits(page: Page, check: Check) -> None:
    """The page is accessible and fits, on a desk and on a phone, in both languages."""
    here = page.url
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    check(page)
    page.goto(f"{here.split('?')[0]}?lang=en")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    check(page)
    page.goto(f"{here.split('?')[0]}?lang=zh")
    expect(page.locator("html")).to_have_attribute("lang", re.compile("^zh"))
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
