"""An institution's way in a real browser: from the notice to the receipt, the letters, and the way back."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from app.demo import samples
from tests.e2e.conftest import PHONE, Programme, reload_until
from tests.e2e.typing import PDF, attach, fill, submit

Enter = Callable[..., Page]
Visit = Callable[[Page, str], None]


def test_the_self_check_needs_neither_account_nor_scripts(
    open_context: Callable[..., BrowserContext], programme: Programme
) -> None:
    page = open_context(java_script_enabled=False, viewport=PHONE).new_page()
    page.goto(f"/calls/{programme.call_no}")
    page.get_by_role("link", name="资格自测").click()
    figures = samples.prechecked("bank", 18)
    amount = figures.pop("amount_yi")  # asked for when the page knows that it is a bank
    fill(page, figures)
    page.get_by_role("button", name="自测").click()
    expect(page.get_by_role("status")).to_contain_text("质押登记金额缺失")
    fill(page, {"amount_yi": amount})
    page.get_by_role("button", name="自测").click()
    expect(page.get_by_role("status")).to_contain_text("差 2 笔")
    fill(page, {"n": "20"})
    page.get_by_role("button", name="自测").click()
    expect(page.get_by_role("status")).to_contain_text("贵单位可以申报")


def test_a_declaration_from_the_notice_to_the_receipt(
    enter: Enter, page: Page, programme: Programme, assert_accessible: Callable[[Page], None]
) -> None:
    page.goto(f"/calls/{programme.call_no}")
    expect(page.locator("aside [data-countdown]")).to_have_text(re.compile(r"还有 \d+ 天 \d+ 小时 \d+ 分"))
    page.get_by_role("link", name="登录后申报").click()
    page.get_by_label("用户名").fill("bank")
    page.get_by_label("密码").fill("zhirong-demo")
    page.locator("main").get_by_role("button", name="登录").click()
    page.get_by_role("button", name="开始申报").click()
    number = _number(page)
    _fill_parts(page, assert_accessible)

    signer = enter("bank_signer")
    signer.goto("/inbox")
    signer.get_by_role("link", name=re.compile("签署项目实施承诺书")).filter(has_text=number).click()
    assert_accessible(signer)
    fill(signer, samples.commitment("签署人（样例）"))
    submit(signer, "保存并继续")
    expect(signer.locator("h1")).to_have_text("申报单位意见、盖章")
    fill(signer, samples.opinion("签署人（样例）"))
    submit(signer, "保存并继续")

    page.goto("/my")
    page.locator("section.card", has_text=number).get_by_role("link", name="核对并提交").click()
    fill(page, {"action": "submit"})
    fill(page, {"confirmed": True})
    assert_accessible(page)
    submit(page)
    expect(page).to_have_url(re.compile(f"/cases/{number}$"))
    page.get_by_role("link", name=re.compile("^HZ-")).click()
    expect(page.get_by_text("核验通过")).to_be_visible()
    assert_accessible(page)
    _withdraw(page, number)


def _fill_parts(page: Page, assert_accessible: Callable[[Page], None]) -> None:
    expect(page.locator("h1")).to_have_text("资格自测（可跳过）")
    fill(page, {"skip": True})
    submit(page, "保存并继续")
    expect(page.locator("h1")).to_have_text("填写申报书一、二部分")
    submit(page, "保存并继续")
    expect(page.locator(".summary")).to_be_focused()
    assert_accessible(page)
    fill(page, samples.declaration("bank"))
    page.get_by_role("button", name="暂存").click()
    expect(page.get_by_text("内容尚未提交")).to_be_visible()
    expect(page.locator('[name="f_contact"]')).to_have_value("项目联系人（样例）")
    submit(page, "保存并继续")

    expect(page.locator("h1")).to_have_text("业绩明细与附件")
    fill(page, {"deals": samples.deal_rows("bank", 26, rows=3)})
    page.get_by_role("button", name=re.compile("^删除")).last.click()
    expect(page.locator('[name="f_deals-2-f_enterprise"]')).to_have_count(0)
    fill(page, {"deals": samples.deal_rows("bank", 26, rows=3)})
    attach(page, "deal_files")
    expect(page.get_by_role("link", name=PDF["name"])).to_be_visible()
    assert_accessible(page)
    submit(page, "保存并继续")

    expect(page.locator("h1")).to_have_text("填写实施方案")
    fill(page, samples.plan("bank") | {"plan_work": "工" * 2001})
    expect(page.get_by_text(re.compile(r"20\d\d / 2000 字")).first).to_be_visible()
    submit(page, "保存并继续")
    expect(page.locator(".summary")).to_contain_text("2000 字")
    fill(page, {"plan_work": samples.plan("bank")["plan_work"]})
    submit(page, "保存并继续")
    expect(page).to_have_url(re.compile("/cases/"))  # the commitment is the signer's


def _number(page: Page) -> str:
    found = re.search(r"CX-\d{4}-\d{4}", page.locator(".kicker").inner_text())
    assert found is not None
    return found[0]


def _withdraw(page: Page, number: str) -> None:
    page.goto(f"/cases/{number}")
    page.get_by_text("撤回申报").first.click()
    page.get_by_label("理由").fill("材料需要重新准备。")
    page.get_by_role("button", name="确认撤回申报").click()
    reload_until(page, f"/cases/{number}", "案件已于")
    expect(page.locator(".page-head")).to_contain_text("已撤回")


def test_a_letter_is_signed_for_by_opening_it(enter: Enter, visit: Visit, programme: Programme) -> None:
    number = programme.story.declare("guarantor", "guarantor", programme.call_no, "guarantor", 24)
    page = enter("guarantor")
    visit(page, f"/cases/{number}/documents")
    row = page.locator("tr", has_text="收件回执")
    expect(row).to_contain_text("待签收")
    with page.expect_response(re.compile("/documents/.*/open")) as answer:
        row.get_by_role("button", name=re.compile("签收并打开")).click()
    assert answer.value.headers["content-type"] == "application/pdf"
    visit(page, f"/cases/{number}/documents")
    expect(page.locator("tr", has_text="收件回执")).to_contain_text("已签收")


def test_a_supplement_names_what_is_missing(enter: Enter, visit: Visit, programme: Programme) -> None:
    story = programme.story
    number = story.declare("small_bank", "small_bank", programme.call_no, "bank", 18)
    rows = story.values("clerk", number, "t_check")["items"]
    items = [{"ok": "yes"} for _ in rows[:-1]] + [{"ok": "no", "reason": "缺少盖章页。"}]
    story.act("clerk", number, "t_check", items=items, outcome="supplement", opinion="请补正。")
    story.act("clerk", number, "t_supp_notice")
    story.open_documents("small_bank")
    page = enter("small_bank", viewport=PHONE, has_touch=True, is_mobile=True)
    visit(page, "/my")
    expect(page.locator("section.card", has_text=number)).to_contain_text("在您手里")
    visit(page, programme.task(number, "t_supp"))
    expect(page.locator("main")).to_contain_text("缺少盖章页")


def test_an_applicants_pages_work_on_a_phone(enter: Enter, visit: Visit, programme: Programme) -> None:
    page = enter("insurer", viewport=PHONE, has_touch=True, is_mobile=True)
    visit(page, "/my")
    page.goto("/my")
    address = page.locator("h2 a").first.get_attribute("href") or ""
    for tab in ("", "/diagram", "/forms", "/documents"):
        visit(page, address + tab)
    visit(page, "/inbox")
