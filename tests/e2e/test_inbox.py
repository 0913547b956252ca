"""The inbox by keyboard alone: find, pick, take, open; the keys explain themselves and can be switched off."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from app.models.runtime import UserTask
from tests.e2e.conftest import Programme, settled

Enter = Callable[..., Page]


def test_a_clerk_works_by_keyboard_alone(
    enter: Enter, programme: Programme, assert_accessible: Callable[[Page], None]
) -> None:
    call_no = programme.story.open_call(title="键盘批次")
    number = programme.story.declare("insurer", "insurer", call_no, "insurer", 420)
    page = enter("clerk")
    page.goto("/inbox/claimable?panel=filter")
    press = page.keyboard.press
    press("/")
    expect(page.get_by_label("包含文字")).to_be_focused()
    page.keyboard.type(number)
    press("Enter")
    expect(page).to_have_url(re.compile(f"q={number}"))
    expect(page.locator("[data-row]")).to_have_count(1)
    settled(page)
    press("?")
    expect(page.get_by_role("dialog", name="快捷键")).to_be_visible()
    assert_accessible(page)
    press("Escape")
    press("j")
    expect(page.locator(".row-task", has_text=number)).to_be_focused()
    press("x")
    expect(page.get_by_role("status").filter(has_text="已选 1 项")).to_be_visible()
    assert_accessible(page)
    press("x")
    press("c")
    expect(page.get_by_role("button", name="提交", exact=True)).to_be_visible()
    page.goto("/inbox")
    press("j")
    expect(page.locator("[data-row] a").first).to_be_focused()
    press("j")
    press("k")
    expect(page.locator("[data-row] a").first).to_be_focused()
    press("o")
    expect(page).to_have_url(re.compile(r"/tasks/\d+"))
    _switch_keys(page)
    press("?")
    expect(page.get_by_role("dialog", name="快捷键")).not_to_be_visible()
    _switch_keys(page)
    press("?")
    expect(page.get_by_role("dialog", name="快捷键")).to_be_visible()


def _switch_keys(page: Page) -> None:
    page.goto("/inbox?panel=settings")
    page.get_by_label("使用单键快捷键").press("Space")
    page.get_by_role("button", name="保存设置").press("Enter")
    expect(page.get_by_label("使用单键快捷键")).to_have_count(0)
    settled(page)


def test_a_head_and_an_expert_work_by_keyboard_alone(enter: Enter, programme: Programme) -> None:
    number = programme.story.row(UserTask, element_id="t_pick", status="open").subject
    head = enter("division_head")
    head.goto(f"/inbox/claimable?q={number}")
    press = head.keyboard.press
    press("j")
    press("c")
    expect(head.get_by_role("button", name="提交", exact=True)).to_be_visible()
    settled(head)
    press("a")
    expect(head.locator("#task-form :focus")).to_have_count(1)
    head.locator("[name=f_size]").press("Control+A")
    head.keyboard.type("3")
    head.get_by_role("button", name="提交", exact=True).press("Enter")
    expect(head.get_by_text("已提交：抽取或指定专家")).to_be_visible()
    expert = enter(programme.story.assignee(number, "t_coi"))
    expert.goto(f"/inbox?q={number}")
    expert.keyboard.press("j")
    expert.keyboard.press("a")
    expect(expert).to_have_url(re.compile(r"/tasks/\d+"))
    settled(expert).keyboard.press("a")
    expect(expert.locator("#task-form :focus")).to_have_count(1)
    expert.keyboard.press("Space")
    expert.get_by_role("button", name="提交", exact=True).press("Enter")
    expect(expert.get_by_text("已提交：签署回避与保密承诺")).to_be_visible()
