"""Forms in a real browser: accessible at every width, counted and redrawn while one types."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Response
from playwright.sync_api import Browser, Page, expect

from app.engine.form import parse_form
from app.engine.rules import count_zi
from app.web.content_policy import CSP
from tests.databases import require_part
from tests.e2e.conftest import listen
from tests.engine.test_rules import ZI
from tests.web.form_pages import APP, FRAMED, Site, complete, make_app
from tests.web.test_forms import EVERYTHING, VARIABLES

WIDTHS = (1440, 768, 390, 320)
LIVE: list[dict[str, Any]] = [
    {"type": "checkbox", "key": "has", "label": "有分支机构"},
    {
        "type": "textfield",
        "key": "branch",
        "label": "分支机构",
        "conditional": {"hide": "= not(has)"},
        "validate": {"required": True},
    },
    {"type": "textarea", "key": "plan", "label": "方案", "properties": {"max_zi": 2000}},
    {"type": "filepicker", "key": "proof", "label": "附件", "multiple": True},
]


@pytest.fixture
def serve() -> Iterator[Callable[..., tuple[Site, str]]]:
    """A function that puts a form on a page and gives the site and its address."""
    if not (APP / "static" / "dist" / "manifest.json").exists():
        require_part("the built style sheet")
    servers: list[Any] = []

    def start(components: list[dict[str, Any]], **given: Any) -> tuple[Site, str]:
        schema = {"components": [complete(c, str(n)) for n, c in enumerate(components)]}
        site = Site(parse_form(schema, "test/form"), page=FRAMED, **given)
        app = make_app(site)
        app.after_request(_protect)
        server = listen(app)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return site, f"http://127.0.0.1:{server.port}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def _protect(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = CSP
    return response


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """A function that opens a page; anything in its console fails the test."""
    troubles: list[str] = []
    contexts = []

    def start(**options: Any) -> Page:
        context = browser.new_context(locale="zh-CN", **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        return page

    yield start
    for context in contexts:
        context.close()
    assert troubles == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_forms_are_accessible_and_fit(
    serve: Callable[..., tuple[Site, str]],
    open_page: Callable[..., Page],
    assert_accessible: Callable[[Page], None],
    scheme: str,
) -> None:
    _, address = serve(EVERYTHING, variables=VARIABLES, stored={"rows": [{"enterprise": "甲"}, {"sum": 2}]})
    for width in WIDTHS:
        page = open_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
        page.goto(address)
        page.get_by_role("button", name="提交").click()
        expect(page.locator(".summary")).to_be_focused()
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
        assert page.title().startswith("错误：")


def test_values_are_accessible_and_fit(
    serve: Callable[..., tuple[Site, str]],
    open_page: Callable[..., Page],
    assert_accessible: Callable[[Page], None],
) -> None:
    stored = {
        "name": "甲",
        "ok": True,
        "plan": "一\n二",
        "rows": [{"enterprise": "甲", "sum": 2}],
        "kind": "bank",
    }
    _, address = serve(EVERYTHING, variables=VARIABLES, stored=stored)
    for width in WIDTHS:
        page = open_page(viewport={"width": width, "height": 800})
        page.goto(address)
        page.get_by_role("button", name="提交").click()
        expect(page.locator(".zf-values").first).to_be_visible()
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


def test_the_page_counts_like_the_engine(
    serve: Callable[..., tuple[Site, str]], open_page: Callable[..., Page]
) -> None:
    _, address = serve(LIVE)
    page = open_page()
    page.goto(address)
    for text, count in ZI:
        page.get_by_label("方案").fill(text)
        expect(page.locator("[data-count-for]")).to_have_text(f"{count} / 2000 字")
        assert count_zi(text) == count


def test_an_answer_shows_what_else_is_asked_and_typing_goes_on(
    serve: Callable[..., tuple[Site, str]], open_page: Callable[..., Page]
) -> None:
    site, address = serve(LIVE)
    page = open_page()
    page.goto(address)
    page.get_by_label("方案").fill("还没有保存的文字")
    page.get_by_label("有分支机构").check()
    expect(page.get_by_label("分支机构", exact=True)).to_be_visible()
    expect(page.get_by_label("方案")).to_have_value("还没有保存的文字")
    expect(page.locator("[data-count-for]")).to_have_text("8 / 2000 字")
    page.get_by_label("分支机构", exact=True).fill("某某支行")
    page.get_by_role("button", name="提交").click()
    expect(page.locator(".zf-values")).to_contain_text("某某支行")
    assert site.taken == {"has": True, "branch": "某某支行", "plan": "还没有保存的文字", "proof": []}


def test_a_chosen_file_is_stored_at_once_and_only_once(
    serve: Callable[..., tuple[Site, str]], open_page: Callable[..., Page]
) -> None:
    site, address = serve(LIVE)
    page = open_page()
    page.goto(address)
    file: Any = {"name": "方案.pdf", "mimeType": "application/pdf", "buffer": b"%PDF"}
    page.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_role("link", name="方案.pdf")).to_be_visible()
    page.get_by_role("button", name="提交").click()
    expect(page.locator(".zf-values")).to_contain_text("方案.pdf")
    assert len(site.files) == 1


def test_short_rows_line_up_where_there_is_room(
    serve: Callable[..., tuple[Site, str]], open_page: Callable[..., Page]
) -> None:
    columns = [
        {"type": "textfield", "key": "a"},
        {"type": "number", "key": "b"},
        {"type": "datetime", "key": "c"},
    ]
    _, address = serve([{"type": "dynamiclist", "path": "rows", "components": columns}])
    for width, visible in ((1440, True), (390, False)):
        page = open_page(viewport={"width": width, "height": 800})
        page.goto(address)
        head = page.locator(".zf-head")
        expect(head).to_be_visible() if visible else expect(head).to_be_hidden()
