"""What anybody may do: read, object, ask, supplement, verify; also without scripts and on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from app.models.register import Objection, Receipt
from app.services import tickets
from app.services.registers import publicity
from tests.deals import PDF
from tests.e2e.conftest import PHONE, Programme, reload_until, wait_for
from tests.e2e.typing import fill

Visit = Callable[[Page, str], None]
FACTS = {
    "kind": "person",
    "facts": "该单位部分业绩重复计算，附清单。",
    "name": "异议人（样例）",
    "phone": "13900000000",
}


@pytest.mark.parametrize(
    "options", [{}, {"viewport": PHONE, "has_touch": True, "is_mobile": True}, {"color_scheme": "dark"}]
)
def test_public_pages(
    open_context: Callable[..., BrowserContext],
    visit: Visit,
    programme: Programme,
    options: dict[str, object],
) -> None:
    page = open_context(**options).new_page()
    for address in ("/", "/archive", "/verify", "/objections", "/login", f"/calls/{programme.call_no}",
                    f"/calls/{programme.call_no}/self-check", f"/notices/{programme.notice_no}",
                    f"/notices/{programme.notice_no}/object"):  # fmt: skip
        visit(page, address)


def test_public_pages_in_english(page: Page, programme: Programme, visit: Visit) -> None:
    visit(page, "/?lang=en")
    expect(page.get_by_role("heading", name="Open calls")).to_be_visible()
    visit(page, f"/notices/{programme.notice_no}")
    expect(page.get_by_role("heading", name="How to object")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_an_objection_without_account(
    open_context: Callable[..., BrowserContext], programme: Programme, scripts: bool
) -> None:
    page = open_context(java_script_enabled=scripts).new_page()
    page.goto(f"/notices/{programme.notice_no}")
    expect(page.get_by_text("如何提出异议")).to_be_visible()
    page.get_by_role("link", name="提出异议", exact=True).click()
    page.get_by_role("button", name="提交异议").click()
    expect(page.locator(".summary")).to_be_visible()
    page.locator('[name="f_item_no"]').first.evaluate("input => input.tagName")
    _choose_first(page, "item_no")
    fill(page, {"kind": FACTS["kind"]})
    page.get_by_role("button", name="提交异议").click()  # what else is asked depends on who objects
    fill(page, FACTS | {"signed": True})
    page.get_by_role("button", name="提交异议").click()
    expect(page.locator("h1")).to_have_text("异议已提交")
    number, code = (item.inner_text() for item in page.locator("dd").all())
    page.goto("/objections")
    page.get_by_label("异议编号").fill(number)
    page.get_by_label("查询码").fill("WRONG-CODE")
    page.get_by_role("button", name="查询", exact=True).click()
    expect(page.locator(".summary")).to_contain_text("编号或查询码不正确")
    page.get_by_label("查询码").fill(code)
    page.get_by_role("button", name="查询", exact=True).click()
    expect(page.locator("main")).to_contain_text(re.compile("已收到|办理中"))


def test_a_supplement_of_an_objection(
    page: Page, programme: Programme, assert_accessible: Callable[[Page], None]
) -> None:
    story = programme.story
    with story.stage.acting() as context:
        notice = publicity.get_notice(context.session, programme.notice_no)
        _form, variables = tickets.objection_form(context, notice)
        item = variables["notice"]["options"][0]["value"]
        ticket = tickets.submit(context, notice, FACTS | {"item_no": item, "signed": True, "evidence": []})
    case = wait_for(lambda: story.row(Objection, receipt_no=ticket.receipt_no).number)
    wait_for(lambda: "t_check" in story.tasks(case))
    story.act(
        "objection",
        case,
        "t_check",
        outcome="supplement",
        reason="请补充证明材料。",
        missing="请补充重复计算的清单。",
    )
    wait_for(lambda: "t_supp" in story.tasks(case))
    page.goto("/objections")
    page.get_by_label("异议编号").fill(ticket.receipt_no)
    page.get_by_label("查询码").fill(ticket.code)
    page.get_by_role("button", name="查询", exact=True).click()
    expect(page.locator("form .btn-primary")).to_be_visible()
    assert_accessible(page)
    page.wait_for_load_state("load")
    page.get_by_label("事实和理由").fill("附重复计算的清单。")
    page.get_by_label("签名或者盖章的异议书、证据").set_input_files(
        {"name": "清单.pdf", "mimeType": "application/pdf", "buffer": PDF}
    )
    expect(page.locator(".zf-files")).to_contain_text("清单.pdf")
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("补充材料已提交")


def test_a_receipt_is_verified_without_scripts(plain_page: Page, programme: Programme) -> None:
    receipt = programme.story.row(Receipt)
    plain_page.goto("/verify")
    plain_page.get_by_label("编号（回执号或文号）").fill(receipt.number)
    plain_page.get_by_label("核验码").fill("0000-0000")
    plain_page.get_by_role("button", name="核验").click()
    expect(plain_page.get_by_role("alert")).to_contain_text("核验未通过")
    plain_page.get_by_label("核验码").fill(receipt.verify_code)
    plain_page.get_by_role("button", name="核验").click()
    expect(plain_page.get_by_role("status")).to_contain_text("核验通过")


def _choose_first(page: Page, key: str) -> None:
    found = page.locator(f'[name="f_{key}"]:not([type=hidden])').first
    if found.evaluate("input => input.tagName") == "SELECT":
        found.select_option(index=1)
    else:
        found.check()


def test_the_past_is_reachable(page: Page) -> None:
    page.goto("/archive")
    page.get_by_role("link", name=re.compile("上一批次")).first.click()
    expect(page.locator("main")).to_contain_text("不再接受申报")
    reload_until(page, "/archive", "往期公示")
