"""Pages of the studio and the calendar that change something by two people, seen by each of them, at both sizes."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.conftest import PHONE, take_draft

Enter = Callable[..., Page]
Visit = Callable[[Page, str], None]


def test_parameters_back_test_and_interventions(
    enter: Enter, visit: Visit, assert_accessible: Callable[[Page], None]
) -> None:
    designer = enter("designer")
    draft = take_draft(designer, "改名额")
    visit(designer, f"{draft}/back-test")
    visit(designer, f"{draft}/parameters")
    designer.locator("#call_quota summary").click()
    designer.locator("#call_quota input").first.fill("12")
    designer.get_by_role("button", name="保存参数").click()
    expect(designer.locator("#call_quota summary")).to_contain_text("已修改")
    designer.locator("#track_record summary").click()
    designer.locator("#track_record").get_by_label("银行累计笔数").fill("15")
    designer.get_by_role("button", name="保存参数").click()
    designer.goto(f"{draft}/back-test")
    designer.get_by_role("button", name="开始回测").click()
    turned = designer.locator("tbody tr", has_text="CX-").filter(has_text="业绩条件").first
    expect(turned).to_contain_text(re.compile("不符合.*符合"))
    expect(turned).to_contain_text("不少于 15 笔")
    assert_accessible(designer)
    phone = enter("process_approver", viewport=PHONE)
    visit(phone, f"{draft}/parameters?lang=en")
    expect(phone.locator("#call_quota summary")).to_contain_text("12 organisations")

    operator = enter("operator")
    visit(operator, "/studio/running/innovation_centre_declaration")
    operator.locator("main").get_by_role("link", name=re.compile("^CX-")).first.click()
    assert_accessible(operator)
    operator.get_by_role("button", name="预览暂停").click()
    assert_accessible(operator)
    operator.get_by_role("link", name="返回").click()
    expect(operator.get_by_role("button", name="预览暂停")).to_be_visible()
