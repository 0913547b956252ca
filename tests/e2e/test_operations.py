"""The operators' desk: jobs, the proof of the history, the demonstration's clock."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.conftest import PHONE

Enter = Callable[..., Page]
Visit = Callable[[Page, str], None]


def test_an_operator_sees_jobs_and_proves_the_history(enter: Enter, visit: Visit) -> None:
    page = enter("operator")
    visit(page, "/operations/")
    expect(page.locator("main")).to_contain_text("没有异常")
    page.get_by_role("link", name="核验历史记录").click()
    expect(page.locator("main")).to_contain_text("历史记录完整")


def test_the_clock_of_the_demonstration_moves(enter: Enter, visit: Visit) -> None:
    page = enter("operator", viewport=PHONE, has_touch=True, is_mobile=True)
    visit(page, "/operations/clock")
    page.get_by_role("button", name="前进 1 天").click()
    expect(page.get_by_text("演示时钟已前进")).to_be_visible()


def test_a_clerk_is_told_that_this_is_not_the_clerks_desk(
    enter: Enter, assert_accessible: Callable[[Page], None]
) -> None:
    page = enter("clerk")
    answer = page.goto("/operations/")
    assert answer is not None
    assert answer.status == 403
    expect(page.locator("main")).to_contain_text("权限")
    assert_accessible(page)
