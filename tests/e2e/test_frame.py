"""The frame of the pages in a real browser: keyboard, phone, no JavaScript, dark, paper."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

PUBLIC = ("/", "/login", "/no-such-page")


@pytest.mark.parametrize("path", PUBLIC)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_accessible_and_fit(
    open_context: Callable[..., BrowserContext],
    assert_accessible: Callable[[Page], None],
    path: str,
    scheme: str,
) -> None:
    for viewport in (
        {"width": 1440, "height": 900},
        {"width": 390, "height": 844},
        {"width": 320, "height": 640},
    ):
        page = open_context(viewport=viewport, color_scheme=scheme).new_page()
        page.goto(path)
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


def test_the_keyboard_reaches_the_content_first(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="跳到正文")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


@pytest.mark.parametrize("fixture", ["phone_page", "plain_page"])
def test_the_menu_of_a_phone_opens_with_and_without_scripts(
    request: pytest.FixtureRequest, fixture: str
) -> None:
    page: Page = request.getfixturevalue(fixture)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/")
    link = page.locator(".z-menu").get_by_role("link", name="English")
    expect(link).to_be_hidden()
    page.locator(".z-menu summary").click()
    expect(link).to_be_visible()
    link.click()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_escape_closes_the_menu(phone_page: Page) -> None:
    phone_page.goto("/")
    menu = phone_page.locator(".z-menu")
    menu.locator("summary").click()
    phone_page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(menu.locator("summary")).to_be_focused()


def test_errors_are_told_first(page: Page) -> None:
    page.goto("/login")
    page.get_by_role("main").get_by_role("button", name="登录").click()
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(page).to_have_title("错误：登录 · 知融")
    summary.get_by_role("link").first.click()
    expect(page.get_by_label("用户名")).to_be_focused()


def test_a_form_is_sent_once(page: Page) -> None:
    page.goto("/login")
    refused = (
        page.get_by_role("main")
        .get_by_role("button", name="登录")
        .evaluate(
            """button => {
            const refused = [];
            window.addEventListener("submit", (event) => {
                refused.push(event.defaultPrevented);
                event.preventDefault();
            });
            for (let i = 0; i < 3; i++) button.click();
            return refused;
        }"""
        )
    )
    assert refused == [False, True, True]


def test_paper_shows_the_content_only(page: Page) -> None:
    page.goto("/")
    page.emulate_media(media="print")
    expect(page.locator(".z-top")).to_be_hidden()
    expect(page.locator(".z-foot")).to_be_hidden()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
