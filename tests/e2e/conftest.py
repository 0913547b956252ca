"""A real browser against the real application, with the demo's data, on a port of its own."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from werkzeug.serving import make_server

from tests.databases import require_part
from tools.browser import find_chromium

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of this process."""
    path = find_chromium()
    if not path:
        require_part("Chromium")
    # A root user cannot use Chromium's sandbox; containers have a small /dev/shm.
    options = ["--disable-dev-shm-usage", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=options)
        yield found
        found.close()


@pytest.fixture(scope="session")
def site(new_sqlite_url: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the running application, deployed and filled with the demo's data."""
    from app.factory import create_app
    from config import Config

    files = str(tmp_path_factory.mktemp("files"))
    app = create_app(
        replace(Config(), DATABASE_URL=new_sqlite_url(), DEMO=True, FILES_DIR=files, SECRET_KEY="test")
    )
    runner = app.test_cli_runner()
    for verb in ("deploy", "demo"):
        with app.app_context():
            done = runner.invoke(args=[verb])
        assert done.exit_code == 0, f"flask {verb}: {done.output}"
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()
    app.database.dispose()


@pytest.fixture
def open_context(browser: Browser, site: str) -> Iterator[Callable[..., BrowserContext]]:
    """A function that opens a browser context; page errors and violations of the policy fail the test."""
    contexts: list[BrowserContext] = []
    troubles: list[str] = []

    def watch(page: Page) -> None:
        page.on("pageerror", lambda error: troubles.append(f"{page.url}: {error}"))
        page.on("console", lambda message: _note(troubles, page, message))

    def open_one(**options: Any) -> BrowserContext:
        context = browser.new_context(**{"base_url": site, "locale": "zh-CN", "viewport": DESKTOP, **options})
        context.on("page", watch)
        contexts.append(context)
        return context

    yield open_one
    for context in contexts:
        context.close()
    assert not troubles


def _note(troubles: list[str], page: Page, message: Any) -> None:
    # A refused request (403, 404, 409, 422) is in the console too; tests of refusals look at the page.
    if message.type == "error" and "Failed to load resource" not in message.text:
        troubles.append(f"{page.url}: {message.text}")


@pytest.fixture
def page(open_context: Callable[..., BrowserContext]) -> Page:
    """A page at desktop size."""
    return open_context().new_page()


@pytest.fixture
def phone_page(open_context: Callable[..., BrowserContext]) -> Page:
    """A page at the size of a phone, with touch."""
    return open_context(viewport=PHONE, has_touch=True, is_mobile=True).new_page()


@pytest.fixture
def plain_page(open_context: Callable[..., BrowserContext]) -> Page:
    """A page in a browser without JavaScript."""
    return open_context(java_script_enabled=False).new_page()


@pytest.fixture(scope="session")
def assert_accessible() -> Callable[[Page], None]:
    """A function that fails when axe finds anything on the page (WCAG 2.2 AA and best practices)."""
    axe = Axe()

    def check(page: Page) -> None:
        found = axe.run(page).response["violations"]
        told = [f"{item['id']}: {[node['html'][:200] for node in item['nodes'][:3]]}" for item in found]
        assert not told, f"{page.url}\n" + "\n".join(told)

    return check
