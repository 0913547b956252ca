"""The office's desks in a real browser: claiming, judging with the file beside the form, being second, signing, paying."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import PHONE, Programme, reload_until
from tests.e2e.typing import fill, submit

Enter = Callable[..., Page]
Visit = Callable[[Page, str], None]


@pytest.fixture
def handed_in(programme: Programme) -> str:
    """A declaration that waits for its formal check."""
    call_no = programme.story.open_call(title="受理批次")
    return programme.story.declare("insurer", "insurer", call_no, "insurer", 420)


def test_a_clerk_accepts_with_the_file_beside_the_form(
    enter: Enter,
    visit: Visit,
    programme: Programme,
    handed_in: str,
    assert_accessible: Callable[[Page], None],
) -> None:
    clerk = enter("clerk")
    visit(clerk, "/inbox/claimable")
    clerk.get_by_role("link", name=re.compile(handed_in)).click()
    clerk.get_by_role("button", name="认领").click()
    expect(clerk.get_by_role("button", name="提交", exact=True)).to_be_visible()
    clerk.get_by_text("业绩明细与附件").click()
    expect(clerk.get_by_role("link", name="证明材料.pdf")).to_be_visible()
    expect(clerk.locator("table", has_text="样例科技企业1号")).to_be_visible()
    expect(clerk.locator(".view")).to_contain_text("建议受理")
    assert_accessible(clerk)
    fill(clerk, {"opinion": ""})
    for row in clerk.locator('[name$="-f_ok"][value="yes"]').all():
        row.check()
    fill(clerk, {"outcome": "accept", "opinion": "材料齐全，予以受理。"})
    submit(clerk)
    expect(clerk.get_by_text("已提交：形式审查")).to_be_visible()
    reload_until(clerk, f"/cases/{handed_in}", "办理：签发受理通知书")
    expect(clerk.locator("main")).to_contain_text("办结“形式审查”：受理")
    expect(clerk.locator("main")).to_contain_text("材料齐全，予以受理。")
    clerk.get_by_role("link", name="办理：签发受理通知书").click()
    clerk.get_by_role("button", name="认领").click()
    submit(clerk)
    reload_until(clerk, f"/cases/{handed_in}/documents", "受理通知书")
    visit(clerk, f"/cases/{handed_in}/documents")
    expect(clerk.locator("tr", has_text="受理通知书")).to_contain_text("待签收")


def test_who_comes_second_is_told(enter: Enter, programme: Programme, handed_in: str) -> None:
    address = programme.task(handed_in, "t_check")
    first, second = enter("clerk"), enter("clerk2")
    for page in (first, second):
        page.goto(address)
    first.get_by_role("button", name="认领").click()
    expect(first.get_by_role("button", name="暂存")).to_be_visible()
    second.get_by_role("button", name="认领").click()
    expect(second.locator("h1")).to_have_text("已有人先办")
    expect(second.locator("main")).to_contain_text("受理经办")
    first.get_by_role("link", name="转办", exact=True).click()
    first.get_by_label("转办给").select_option(label="受理经办（二）")
    first.get_by_label("理由").fill("外出培训。")
    first.get_by_role("button", name="转办", exact=True).click()
    expect(first.get_by_text("已转办。")).to_be_visible()
    second.goto("/inbox")
    expect(second.get_by_role("link", name=re.compile(handed_in))).to_be_visible()


def test_the_tabs_of_a_case(enter: Enter, visit: Visit, programme: Programme) -> None:
    page = enter("division")
    visit(page, "/cases")
    page.get_by_label("案号、事项或单位").fill("担保")
    page.get_by_role("button", name="查询").click()
    address = page.locator("tbody th a").last.get_attribute("href") or ""
    for tab, words in (("", "案件进入"), ("/diagram", "实际大小"), ("/forms", "业绩明细"), ("/documents", "收件回执"),
                       ("/decisions", "业绩条件")):  # fmt: skip
        visit(page, address + tab)
        expect(page.locator("main")).to_contain_text(words)
    page.goto(f"{address}/diagram")
    page.get_by_role("link", name="编制并提交申报").click()
    expect(page.locator("svg.bpmn-diagram")).to_contain_text("业绩明细与附件")


def test_an_expert_signs_and_scores_on_a_phone(
    enter: Enter, visit: Visit, programme: Programme, assert_accessible: Callable[[Page], None]
) -> None:
    story = programme.story
    number = story.declare("guarantor", "guarantor", story.open_call(title="评审批次"), "guarantor", 24)
    story.accept("guarantor", number)
    story.act("division", number, "t_pick", method="draw", size="3", seed="2026")
    page = enter(story.assignee(number, "t_coi"), viewport=PHONE, has_touch=True, is_mobile=True)
    visit(page, "/inbox")
    page.get_by_role("link", name=re.compile(number)).click()
    fill(page, {"confirmed": "yes", "interest": "无"})
    submit(page)
    expect(page.get_by_text("已提交：签署回避与保密承诺")).to_be_visible()
    for _ in range(2):
        story.act_as_assignee(number, "t_coi", confirmed="yes", interest="无")
    reload_until(page, "/inbox", "独立打分与评分理由")
    page.get_by_role("link", name=re.compile(number)).click()
    why = "任务具体，依据充分，措施可行。"
    fill(page, {"scores": [{"score": "20", "reason": why}] * 3 + [{"score": "12", "reason": "太短"}]})
    submit(page)
    expect(page.get_by_role("alert").first).to_contain_text("不少于 10 字")
    assert_accessible(page)
    fill(page, {"scores": [{}] * 3 + [{"reason": why}]})
    submit(page)
    expect(page.get_by_text("已提交：独立打分与评分理由")).to_be_visible()


def test_an_observer_follows_the_board(enter: Enter, visit: Visit) -> None:
    page = enter("observer", viewport=PHONE)
    visit(page, "/board/")
    page.get_by_role("link", name=re.compile("^PC-")).first.click()
    expect(page.get_by_role("heading", name="逐件表决")).to_be_visible()
    page.locator("details summary").first.click()
    visit(page, page.url)
    minutes = page.get_by_role("link", name=re.compile("PDF")).get_attribute("href") or ""
    assert page.request.get(minutes).headers["content-type"] == "application/pdf"


@pytest.mark.parametrize(
    ("username", "addresses"),
    [
        ("board", ["/inbox", "/cases", "/registers/"]),
        ("approver", ["/inbox", "/inbox/done", "/cases"]),
        ("signatory", ["/inbox", "/inbox/done"]),
        ("finance", ["/inbox", "/registers/payments", "/registers/receivables", "/registers/agreements"]),
        ("finance_reviewer", ["/inbox/done", "/registers/payments"]),
        ("supervisor", ["/inbox", "/registers/", "/registers/credit"]),
        ("investigator1", ["/inbox", "/cases"]),
        ("objection", ["/inbox", "/inbox/claimable"]),
    ],
)
def test_every_desk_opens(enter: Enter, visit: Visit, username: str, addresses: list[str]) -> None:
    page = enter(username)
    for address in addresses:
        visit(page, address)


def test_a_supervisor_starts_an_investigation(
    enter: Enter, assert_accessible: Callable[[Page], None]
) -> None:
    page = enter("supervisor")
    page.goto("/registers/")
    page.get_by_role("button", name=re.compile("线索|查处")).click()
    expect(page.get_by_text("已启动")).to_be_visible()
    page.get_by_role("button", name="认领").click()
    expect(page.get_by_role("button", name="暂存")).to_be_visible()
    assert_accessible(page)


def test_finance_enters_what_the_bank_says(enter: Enter, programme: Programme) -> None:
    order = programme.order()
    page = enter("finance")
    page.goto("/registers/payments")
    row = page.locator("tr", has_text=order)
    row.get_by_label("银行流水号").fill("BANK-2026-77")
    row.get_by_role("button", name="登记").click()
    expect(page.get_by_text("已登记银行回执。")).to_be_visible()
    expect(page.locator("tr", has_text=order)).to_contain_text("已支付")


def test_english_pages_are_english(enter: Enter, visit: Visit) -> None:
    page = enter("division")
    visit(page, "/inbox?lang=en")
    expect(page.locator("h1")).to_have_text("My tasks")
    visit(page, "/cases")
    page.locator("tbody th a").first.click()
    expect(page.get_by_role("heading", name="Who holds it now")).to_be_visible()
