"""An appeal in a real browser: from the letter that allows it to the decision, on a desk and on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from app.demo.accounts import ORGANISATIONS
from app.models.identity import Organisation
from app.models.runtime import ProcessInstance
from app.services import repository, runtime
from tests.e2e.conftest import PHONE, Programme, reload_until

Enter = Callable[..., Page]
Visit = Callable[[Page, str], None]


def test_an_appeal_from_the_letter_to_the_decision(enter: Enter, visit: Visit, programme: Programme) -> None:
    story = programme.story
    org = story.row(Organisation, name=ORGANISATIONS["bank"][1])
    number = story.row(ProcessInstance, org_id=org.id, process_key="innovation_centre_declaration").number
    _send_letter(programme, number, org)
    story.open_documents("bank_signer")
    page = enter("bank_signer")
    visit(page, f"/cases/{number}")
    card = page.locator("section", has=page.get_by_role("heading", name="救济", exact=True))
    expect(card).to_contain_text("5 个工作日")
    card.get_by_role("button", name=re.compile("申请复核")).click()
    page.get_by_label("复核请求").fill("撤销告知书。")
    page.get_by_label("事实和理由").fill("评审专家应当回避而没有回避。")
    page.get_by_label("联系人", exact=True).fill("李某")
    page.get_by_label("联系电话").fill("021-12345678")
    page.get_by_label(re.compile("以上内容属实")).check()
    visit_now(page)
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.locator(".page-head")).to_contain_text("已提交")
    appeal = page.url.rsplit("/", 1)[1]
    story.act("objection", appeal, "t_check", outcome="accept")
    found = {"outcome": "uphold", "reason": "不影响名次。"}
    story.act("objection", appeal, "t_review", findings="该专家没有评分。", **found)
    office = enter("division")
    visit(office, f"/cases/{number}")
    expect(office.locator(".page-head")).to_contain_text("救济程序中")
    story.act("approver", appeal, "t_decide", text="维持原决定。", **found)
    story.open_documents("bank_signer")
    phone = enter("bank", viewport=PHONE, has_touch=True, is_mobile=True)
    reload_until(phone, f"/cases/{number}", "维持原决定")
    visit(phone, f"/cases/{number}")
    visit(phone, f"/cases/{appeal}")
    expect(phone.locator(".page-head")).not_to_contain_text("救济程序中")


def visit_now(page: Page) -> None:
    """What is open fits its window."""
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


def _send_letter(programme: Programme, number: str, org: Organisation) -> None:
    data = {"title": "未入选告知书", "addressee": org.name, "appeal_days": 5, "clauses": ["S2-3.2"]}
    given = {"letter": "TPL-10", "to": org.principal, "case_no": number, "data": data}
    with programme.story.stage.acting() as context:
        row = repository.current_definition(context.session, "service_of_notice")
        runtime.start_process(context, row, given)
    programme.story.stage.drain()
