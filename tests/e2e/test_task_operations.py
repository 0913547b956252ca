"""Operations on a task: a clerk asks a colleague to look first."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Programme

Enter = Callable[..., Page]
Visit = Callable[[Page, str], None]


def test_a_colleague_is_asked_first(
    enter: Enter, visit: Visit, programme: Programme, assert_accessible: Callable[[Page], None]
) -> None:
    story = programme.story
    number = story.declare("insurer", "insurer", story.open_call(title="操作批次"), "insurer", 420)
    address = programme.task(number, "t_check")
    clerk = enter("clerk")
    visit(clerk, address)
    clerk.get_by_role("button", name="认领").click()
    clerk.get_by_role("link", name="加签", exact=True).click()
    assert_accessible(clerk)
    clerk.get_by_role("checkbox").first.check()
    chosen = clerk.locator("fieldset .form-check-label").first.inner_text()
    clerk.get_by_label("理由").fill("请先看材料")
    clerk.get_by_role("button", name="加签").click()
    expect(clerk.get_by_text("已加签。")).to_be_visible()
    visit(clerk, address)
    expect(clerk.locator("main")).to_contain_text("等待其他人员表态")
    expect(clerk.locator("main")).to_contain_text(chosen)
