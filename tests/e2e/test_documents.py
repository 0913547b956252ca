"""A letter in a real browser: drafted from the decisions, edited, issued, signed for, checked by anybody, annulled."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Locator, Page, expect

from app.models.register import Document
from tests.e2e.conftest import PHONE, Programme, reload_until
from tests.e2e.typing import fill, submit

Enter = Callable[..., Page]
Visit = Callable[[Page, str], None]


def test_a_letter_from_its_draft_to_its_annulment(
    enter: Enter, visit: Visit, programme: Programme, open_context: Callable[..., BrowserContext]
) -> None:
    story = programme.story
    number = story.declare("guarantor", "guarantor", story.open_call(title="文书批次"), "guarantor", 24)
    items = [{"ok": "yes"} for _ in story.values("clerk", number, "t_check")["items"]]
    story.act("clerk", number, "t_check", items=items, outcome="accept", opinion="材料齐全。")
    drafted = _issue(enter("clerk"), programme.task(number, "t_accept_notice"), number)

    applicant = enter("guarantor", viewport=PHONE, has_touch=True, is_mobile=True)
    applicant.goto(f"/cases/{number}/documents")
    row = applicant.locator("tr", has_text="受理通知书")
    expect(row).to_contain_text("待签收")
    with applicant.expect_response(re.compile("/documents/.*/open")) as answer:
        row.get_by_role("button", name=re.compile("签收并打开")).click()
    assert answer.value.headers["content-type"] == "application/pdf"
    visit(applicant, f"/cases/{number}/documents")
    expect(applicant.locator("tr", has_text="受理通知书")).to_contain_text("已签收")

    pdf = _pdf(applicant, "打开", row)
    document = story.row(Document, case_no=number, title="受理通知书")
    assert document.data["facts"] != drafted, "what the officer wrote was issued"
    assert [change["key"] for change in document.automatic] == ["facts"]
    public = open_context(viewport=PHONE).new_page()
    public.goto("/verify")
    public.get_by_label("编号").fill(document.number)
    public.get_by_label("核验码").fill(document.verify_code)
    public.get_by_role("button", name="核验", exact=True).click()
    expect(public.get_by_role("status")).to_contain_text("核验通过")
    public.get_by_label("文书的 PDF 文件").set_input_files(
        {"name": "x.pdf", "mimeType": "application/pdf", "buffer": pdf}
    )
    public.get_by_role("button", name="比对文件").click()
    expect(public.get_by_role("status")).to_contain_text("逐字节一致")

    _annul(enter("division"), number, document.number, visit)
    visit(public, document.data["verify_url"])  # what the QR code says
    expect(public.get_by_role("status")).to_contain_text("已不再有效")
    expect(public.get_by_role("status")).to_contain_text("单位名称有误")
    applicant.goto(f"/cases/{number}/documents")
    expect(applicant.locator("tr", has_text="受理通知书")).to_contain_text("已作废")


def _issue(clerk: Page, address: str, number: str) -> str:
    """Edit what was drafted, look at the preview, issue; gives what had been drafted."""
    clerk.goto(address)
    clerk.get_by_role("button", name="认领").click()
    drafted: str = clerk.locator('[name="f_facts"]').input_value()
    assert drafted
    fill(clerk, {"facts": f"{drafted}经核对，材料齐全。"})
    clerk.get_by_role("button", name="暂存").click()
    expect(clerk.get_by_text("自动起草的原文 · 已修改")).to_be_visible()
    _pdf(clerk, "预览 PDF", clerk.locator("main"))
    submit(clerk)
    expect(clerk.get_by_text("已提交：签发受理通知书")).to_be_visible()
    reload_until(clerk, f"/cases/{number}/documents", "受理通知书")
    return drafted


def _pdf(page: Page, link: str, inside: Locator) -> bytes:
    """What a link to a PDF leads to; a browser would show it in a viewer of its own."""
    address = inside.get_by_role("link", name=re.compile(link)).first.get_attribute("href") or ""
    found = page.request.get(address).body()
    assert found.startswith(b"%PDF")
    return found


def _annul(division: Page, number: str, letter: str, visit: Visit) -> None:
    visit(division, f"/cases/{number}/documents")
    expect(division.locator("main")).to_contain_text("签发前改动了自动起草的 1 处")
    division.get_by_text("作废文书").click()
    form = division.locator(f'form[action*="/{letter}/annul"]')
    form.get_by_label("理由").fill("单位名称有误")
    form.get_by_role("button", name=re.compile("作废")).click()
    expect(division.get_by_text("已作废：")).to_be_visible()
    row = division.locator("tr", has_text="受理通知书")
    expect(row).to_contain_text("单位名称有误")
