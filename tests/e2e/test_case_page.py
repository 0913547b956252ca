"""The office's case page in a real browser: a file beside the form, a note inside the office, a tie that closes the file."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from app.demo.accounts import ORGANISATIONS
from tests.e2e.conftest import PHONE, Programme

Enter = Callable[..., Page]
Visit = Callable[[Page, str], None]
# Whoever declares a tie stands aside in all its cases, in other tests as well: nobody else needs it.
SMALL_BANK = ORGANISATIONS["small_bank"][1]


def test_an_officer_reads_writes_and_stands_aside(enter: Enter, visit: Visit, programme: Programme) -> None:
    call_no = programme.story.open_call(title="查阅批次")
    number = programme.story.declare("small_bank", "small_bank", call_no, "bank", 18)
    clerk = enter("clerk")
    visit(clerk, f"/cases/{number}/forms")
    clerk.locator(".case-files").get_by_role("link", name="证明材料.pdf").first.click()
    expect(clerk.locator(".case-files iframe")).to_be_visible()
    visit(clerk, f"/cases/{number}/comments")
    clerk.get_by_label("内容", exact=True).fill("请 @处室经办 核对 @查无此人")
    clerk.get_by_role("button", name="留言").click()
    expect(clerk.locator("main")).to_contain_text("不能提及：查无此人")
    clerk.get_by_label("内容", exact=True).fill("请 @处室经办 核对第 3 行")
    clerk.get_by_role("button", name="留言").click()
    expect(clerk.locator(".comments")).to_contain_text("核对第 3 行")
    bank = enter("small_bank", viewport=PHONE)
    visit(bank, f"/cases/{number}/comments")
    expect(bank.locator("main")).not_to_contain_text("核对第 3 行")
    other = enter("clerk2")
    visit(other, "/interests/")
    other.get_by_label("关系", exact=True).select_option("other")
    other.get_by_label("单位名称或统一社会信用代码").fill(SMALL_BANK)
    other.get_by_label("说明", exact=True).fill("校友")
    other.get_by_role("button", name="申报", exact=True).click()
    expect(other.locator("table")).to_contain_text("校友")
    other.goto(f"/cases/{number}")
    expect(other.locator("main")).to_contain_text("应当回避")
