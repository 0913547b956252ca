"""A designer tries a draft as applicant and as clerk, and keeps the way as a test."""

from __future__ import annotations

import re
from collections.abc import Callable

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.conftest import settled, take_draft

Enter = Callable[..., Page]


def _serious(page: Page) -> list[str]:
    found = Axe().run(settled(page)).response["violations"]
    return [each["id"] for each in found if each["impact"] in {"serious", "critical"}]


def test_a_draft_is_tried_as_clerk_and_applicant_and_kept(enter: Enter) -> None:
    page = enter("designer")
    draft = take_draft(page, "试一试")
    page.goto(f"{draft}/try/new/acceptance")
    page.get_by_role("button", name="打开测试 补正后受理").click()
    expect(page.locator("main")).to_contain_text("已结束")
    for _ in range(4):  # back to where the applicant is asked
        page.get_by_role("button", name="撤销一步").click()
    expect(page.locator("main")).to_contain_text("运行中")
    page.get_by_role("link", name=re.compile("甲银行")).click()
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_role("alert")).to_be_visible()  # the real form refuses what is missing
    assert _serious(page) == []
    page.get_by_role("link", name="返回试运行").click()
    page.get_by_role("button", name="推进到下一个期限").click()
    expect(page.locator("main")).to_contain_text("签发不予受理告知书")
    assert _serious(page) == []
    page.get_by_label("测试名称").fill("补正逾期")
    page.get_by_role("button", name="保存为测试").click()
    expect(page.locator("main")).to_contain_text("项全部通过")
    expect(page.get_by_text("补正逾期", exact=True)).to_be_visible()
    page.get_by_role("link", name=re.compile("覆盖.*受理")).first.click()
    expect(page.get_by_role("heading", name="未覆盖的元素")).to_be_visible()
    assert _serious(page) == []
