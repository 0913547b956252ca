"""A broken connection, a closed page, a sheet with mistakes: files and rows arrive all the same."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from app.factory import create_app
from config import Config
from tests.deals import PDF, make_deals_world, sheet
from tests.e2e.conftest import PATIENCE, listen
from tests.factories import PASSWORD

RIGHT = ("沪专押2025-0012", "贷款", "2025-03-01", 120.5, "是")
BIG = PDF[:8] + b"%" * 2_300_000 + PDF[8:]


@pytest.fixture
def task_address(new_sqlite_url: Callable[[], str], tmp_path: Path) -> Iterator[str]:
    """The running application with one task of the short process."""
    url = new_sqlite_url()
    world = make_deals_world(url, tmp_path)
    at = world.open_tasks(world.start("deals", org_id=1))["t_rows"]
    app = create_app(
        Config(
            DATABASE_URL=url,
            SECRET_KEY="s" * 32,
            FILES_DIR=str(tmp_path / "files"),
            SESSION_COOKIE_SECURE=False,
        )
    )
    server = listen(app)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}/tasks/{at}"
    server.shutdown()
    thread.join()
    server.server_close()
    app.database.dispose()
    world.database.dispose()


@pytest.fixture
def page(browser: Browser, task_address: str) -> Iterator[Page]:
    context = browser.new_context(locale="zh-CN", viewport={"width": 390, "height": 844})
    context.set_default_timeout(PATIENCE)
    opened = context.new_page()
    opened.goto(task_address)
    opened.get_by_label("用户名").fill("bian")
    opened.get_by_label("密码").fill(PASSWORD)
    opened.locator("main").get_by_role("button", name="登录").click()
    opened.goto(task_address)
    yield opened
    context.close()


def test_uploads_go_on_after_a_broken_connection_and_a_closed_page(
    page: Page, tmp_path: Path, assert_accessible: Callable[[Page], None]
) -> None:
    big, small = tmp_path / "大合同.pdf", tmp_path / "小合同.pdf"
    big.write_bytes(BIG)
    small.write_bytes(PDF)
    pieces: list[int] = []
    broken = threading.Event()
    broken.set()

    def let_one_through(route: Route) -> None:
        body = route.request.post_data_buffer or b""
        if b'name="piece"' not in body:
            route.continue_()
            return
        found = re.search(rb'name="offset"\r\n\r\n(\d+)', body)
        offset = int(found[1]) if found else -1
        if broken.is_set() and offset:
            route.abort("connectionreset")
            return
        pieces.append(offset)
        route.continue_()

    page.route(re.compile("/uploads/"), let_one_through)
    files = page.locator('input[type=file][name="f_files"]')
    files.set_input_files([big, small])
    expect(page.get_by_role("link", name="小合同.pdf")).to_be_visible()
    expect(page.get_by_text(re.compile("连接中断，1 秒后继续"))).to_be_visible()
    assert_accessible(page)
    page.reload()  # the browser is closed in the middle and opened again
    broken.clear()
    files.set_input_files(big)
    expect(page.get_by_role("link", name="大合同.pdf")).to_be_visible()
    assert sorted(pieces) == [
        0,
        0,
        1_048_576,
        2_097_152,
    ]  # each piece once; the other zero is the small file's
    expect(page.locator(".zf-uploads li")).to_have_count(0)
    with page.expect_download() as got:
        page.get_by_role("link", name="大合同.pdf").click()
    assert Path(got.value.path()).read_bytes() == BIG


def test_rows_come_from_a_sheet_once_it_is_right(
    page: Page, assert_accessible: Callable[[Page], None]
) -> None:
    page.locator('[name="f_deals-0-f_no"]').fill("手填 1 号")
    page.get_by_role("button", name="从表格导入").click()
    expect(page.locator("h1")).to_contain_text("从表格导入")
    assert_accessible(page)
    chosen = page.get_by_label("填好的表格")
    page.get_by_label(re.compile("保留，新行加在后面")).check()
    wrong: Any = {
        "name": "明细.xlsx",
        "mimeType": "",
        "buffer": sheet(RIGHT, ("B-2", "租赁", "去年", 1, "是")),
    }
    chosen.set_input_files(wrong)
    page.get_by_role("button", name="检查并导入").click()
    expect(page.get_by_role("alert")).to_contain_text("共 2 处有误，全部未导入")
    expect(page.get_by_role("alert")).to_contain_text("去年")
    assert_accessible(page)
    right: Any = {"name": "明细.xlsx", "mimeType": "", "buffer": sheet(RIGHT, ("B-2", *RIGHT[1:]))}
    chosen.set_input_files(right)
    page.get_by_role("button", name="检查并导入").click()
    expect(page.locator('[name="f_deals-0-f_no"]')).to_have_value("手填 1 号")
    expect(page.locator('[name="f_deals-2-f_no"]')).to_have_value("B-2")
    page.locator('[name="f_deals-2-f_no"]').fill("沪专押 2025 0012")
    expect(page.locator("[data-results]")).to_contain_text("第 2、3 行重复")
    page.locator('[name="f_deals-2-f_amount"]').fill("1000")
    page.locator("[data-results] summary").click()
    expect(page.locator("[data-results]")).to_contain_text(re.compile("1,?120.5"))
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
