"""Accounts in a real browser: registering, inviting, signing in in two steps, a forgotten password."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pyotp
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import select

from app.demo.accounts import PASSWORD
from app.models.outbox import Delivery
from tests.e2e.conftest import PHONE, Programme, wait_for

CODE = "91310000MA1FAAAA1P"
NAME = "浦江样例第二商业银行"


def test_an_organisation_from_its_registration_to_a_new_password(
    programme: Programme,
    open_context: Callable[..., BrowserContext],
    assert_accessible: Callable[[Page], None],
) -> None:
    page = open_context(viewport=PHONE, has_touch=True, is_mobile=True).new_page()
    page.goto("/register")
    page.get_by_role("button", name="提交注册").click()
    expect(page.locator(".summary")).to_be_focused()
    assert_accessible(page)
    for label, text in (("统一社会信用代码", CODE), ("单位全称", NAME), ("姓名", "周某（样例）"),
                        ("电子邮箱", "zhou@example.invalid"), ("用户名", "zhou"), ("密码", PASSWORD)):  # fmt: skip
        page.get_by_label(label).fill(text)
    page.get_by_label("单位类型").select_option("bank")
    page.get_by_role("button", name="提交注册").click()
    page.goto(mailed(programme, "zhou@example.invalid", "register/confirm"))
    page.get_by_role("button", name="完成注册").click()
    expect(page.locator("main")).to_contain_text(NAME)
    page.get_by_label("电子邮箱").fill("qian@example.invalid")
    page.get_by_role("button", name="发送邀请").click()
    expect(page.get_by_role("heading", name="待接受的邀请")).to_be_visible()
    assert_accessible(page)

    guest = open_context(java_script_enabled=False).new_page()
    guest.goto(mailed(programme, "qian@example.invalid", "join"))
    for label, text in (("姓名", "钱某（样例）"), ("用户名", "qian"), ("密码", PASSWORD)):
        guest.get_by_label(label).fill(text)
    guest.get_by_role("button", name="加入").click()
    expect(guest).not_to_have_url(re.compile("/join"))
    page.reload()
    expect(page.locator("main")).to_contain_text("钱某（样例）")

    secret = _set_up_second_step(page, assert_accessible)
    _reset(page, programme)
    page.get_by_label("用户名").fill("zhou")
    page.get_by_label("密码").fill(f"{PASSWORD}-neu")
    page.locator("main").get_by_role("button", name="登录").click()
    # The code of set-up is spent, the next one is taken early.
    page.get_by_label("验证码").fill(pyotp.TOTP(secret).at(datetime.now(UTC), counter_offset=1))
    page.get_by_role("button", name="继续").click()
    expect(page).not_to_have_url(re.compile("/login"))


def _set_up_second_step(page: Page, assert_accessible: Callable[[Page], None]) -> str:
    page.goto("/account/")
    page.get_by_role("button", name="设置两步验证").click()
    assert_accessible(page)
    secret = page.locator("ol code").inner_text()
    page.get_by_label("验证码").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="启用").click()
    expect(page.get_by_role("heading", name="恢复码")).to_be_visible()
    assert_accessible(page)
    page.goto("/account/")
    expect(page.locator("main")).to_contain_text("已启用")
    return secret


def _reset(page: Page, programme: Programme) -> None:
    page.context.clear_cookies()
    page.goto("/forgot")
    page.get_by_label("用户名或电子邮箱").fill("zhou")
    page.get_by_role("button", name="发送重置链接").click()
    expect(page.get_by_role("status")).to_contain_text("30 分钟内有效")
    page.goto(mailed(programme, "zhou@example.invalid", "reset"))
    page.get_by_label("新密码").fill(f"{PASSWORD}-neu")
    page.get_by_role("button", name="保存新密码").click()
    expect(page.get_by_text("密码已重置")).to_be_visible()


def mailed(programme: Programme, address: str, way: str) -> str:
    """The link of this kind in the newest mail to an address, as soon as it was written."""

    def look() -> str:
        query = select(Delivery.text).where(Delivery.address == address).order_by(Delivery.id.desc())
        with programme.story.stage.database.reading() as session:
            texts = session.scalars(query).all()
        found = (re.search(rf"{re.escape(programme.address)}/{way}\S+", text) for text in texts)
        return next((one[0] for one in found if one), "")

    link: str = wait_for(look)
    return link
