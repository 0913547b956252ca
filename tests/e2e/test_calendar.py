"""Working days of a year: proposed by one person with mistakes told by row, published by another, limits follow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from app.models.runtime import UserTask
from app.services import calendar
from app.services.numbering import OFFICE_ZONE
from tests.e2e.conftest import PHONE, served, sign_in
from tests.factories import PASSWORD, World, make_leave_world


@pytest.fixture
def world(new_sqlite_url: Callable[[], str], tmp_path: Path) -> Iterator[tuple[World, str, str]]:
    """A small installation of its own with one case that has a limit of three working days; its address and number."""
    url = new_sqlite_url()
    made = make_leave_world(url, tmp_path)
    made.now = datetime.now(UTC)
    made.add_person("guan", "system_admin")
    made.add_person("shi", "process_approver")
    with made.acting() as context:
        calendar.seed_years(context.session, range(made.now.year, made.now.year + 2), made.now)
    number = made.start("leave", "wang", who="王")
    made.complete("wang", made.open_tasks(number)["t_ask"], reason="探亲", days="3")
    with served(made, url) as address:
        yield made, address, number
    made.database.dispose()


def test_one_proposes_and_another_publishes(
    world: tuple[World, str, str],
    open_context: Callable[..., BrowserContext],
    assert_accessible: Callable[[Page], None],
) -> None:
    made, address, number = world
    due = _due(made)
    page = open_context(base_url=address).new_page()
    sign_in(page, "guan", PASSWORD)
    page.goto(f"/administration/calendar/{due.year}")
    rows = f"日期,类型,名称\n{due.date()},休息日,临时放假\n2月30日,休息日,无此日\n{due.date()},半天,不明\n"
    _hand_in(page, rows)
    expect(page.locator(".summary")).to_contain_text("第 3 行")
    expect(page.locator(".summary")).to_contain_text("第 4 行")
    expect(page.get_by_label("依据")).to_have_value("沪府办发 1 号")  # nothing typed is lost
    assert_accessible(page)
    _hand_in(page, "\n".join(rows.splitlines()[:2]))
    expect(page.locator("#change")).to_contain_text("须由另一人核对后发布")
    expect(page.get_by_role("button", name="核对无误，发布")).to_have_count(0)
    assert _due(made) == due  # proposing moves nothing

    second = open_context(base_url=address, viewport=PHONE).new_page()
    sign_in(second, "shi", PASSWORD)
    second.goto(f"/administration/calendar/{due.year}")
    expect(second.locator("#change tbody tr")).to_contain_text("临时放假")
    assert_accessible(second)
    assert second.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    second.get_by_role("button", name="核对无误，发布").click()
    expect(second.locator("main")).to_contain_text("正在为 1 个案件重新计算期限")
    made.now = datetime.now(UTC)
    made.drain()
    later = _due(made)
    assert later > due
    officer = open_context(base_url=address).new_page()
    sign_in(officer, "zhang", PASSWORD)
    officer.goto(f"/cases/{number}")
    expect(officer.locator("main")).to_contain_text(f"{due.year} 年工作日安排变更，已重新计算期限")
    expect(officer.locator("main")).to_contain_text(f"审批：{due:%Y-%m-%d %H:%M} 改为 {later:%Y-%m-%d %H:%M}")


def _hand_in(page: Page, rows: str) -> None:
    file: Any = {"name": "days.csv", "mimeType": "text/csv", "buffer": rows.encode()}
    page.get_by_label("或导入文件").set_input_files(file)
    page.get_by_label("依据").fill("沪府办发 1 号")
    page.get_by_role("button", name="提交，待另一人发布").click()


def _due(made: World) -> datetime:
    with made.database.reading() as session:
        found = session.query(UserTask).filter_by(element_id="t_check").one().due_at
        assert found is not None
        return found.astimezone(OFFICE_ZONE)
