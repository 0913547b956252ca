"""The letter editor in a real browser: the preview follows what is typed, a mistake is marked where it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.conftest import take_draft

ROOT = Path(__file__).parents[2]
Enter = Callable[..., Page]


def test_a_letter_is_changed_seen_and_checked(
    enter: Enter, assert_accessible: Callable[[Page], None]
) -> None:
    page = enter("designer")
    draft = take_draft(page, "文书模板")
    page.goto(f"{draft}/letter/TPL-04")
    expect(page.get_by_role("img", name="第 1 页，共 1 页")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("textbox", name="模板文本（typst）").press("Control+End")
    page.get_by_role("button", name="call_title", exact=True).click()
    page.keyboard.type(" #foo(1)")
    last = (ROOT / "letters" / "TPL-04.typ").read_text(encoding="utf-8").count("\n") + 1
    place = page.get_by_role("button", name=re.compile(f"第 {last} 行第 28 列"))
    expect(place).to_be_visible()
    expect(page.locator("#mistakes")).to_contain_text("没有名为 foo 的变量或函数")
    place.click()
    page.keyboard.press("Shift+End")
    page.keyboard.type("plain(1)")
    expect(page.locator("#mistakes")).to_contain_text("模板可以排版")
    expect(page.locator("#save-state")).to_have_attribute("data-state", "saved")
    page.reload()
    expect(page.locator(".cm-content")).to_contain_text('#plain(get("call_title")) #plain(1)')
