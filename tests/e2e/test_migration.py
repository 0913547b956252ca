"""Fifty running cases move to another version in the browser; the one that cannot says why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from app.models.runtime import ProcessInstance
from app.services import repository, runtime
from tests.e2e.conftest import served, sign_in
from tests.factories import PASSWORD, World, make_leave_world
from tests.services.test_migration import RENAMED

MOVED = 49


@pytest.fixture
def world(new_sqlite_url: Callable[[], str], tmp_path: Path) -> Iterator[tuple[World, str]]:
    """A small installation of its own with fifty cases, one of them past the step that is renamed; its address."""
    url = new_sqlite_url()
    made = make_leave_world(url, tmp_path)
    made.now = datetime.now(UTC)
    made.add_person("ding", "process_designer")
    with made.acting("wang") as context:
        row = repository.current_definition(context.session, "leave")
        for _ in range(MOVED + 1):
            last: ProcessInstance = runtime.start_process(context, row, {"who": "王"})
        number = last.number
    made.complete("wang", made.open_tasks(number)["t_ask"], reason="探亲", days="3")
    made.deploy(RENAMED)
    with served(made, url) as address:
        yield made, address
    made.database.dispose()


def test_fifty_cases_are_tried_out_and_moved(
    world: tuple[World, str],
    open_context: Callable[..., BrowserContext],
    assert_accessible: Callable[[Page], None],
) -> None:
    made, address = world
    page = open_context(base_url=address).new_page()
    sign_in(page, "ding", PASSWORD)
    page.goto("/studio/running/leave?version=1")
    expect(page.locator("svg.bpmn-diagram")).to_contain_text("49")
    assert_accessible(page)
    page.get_by_label("迁移理由").fill("统一环节名称")
    page.get_by_role("button", name="试算全部 50 件").click()
    expect(page.locator("progress")).to_be_visible()
    _work(made)
    expect(page.locator("select")).to_have_value("t_review")
    expect(page.get_by_text("49 件可以迁移，1 件不能迁移")).to_be_visible()
    page.get_by_role("link", name="不能迁移 1").click()
    expect(page.locator("tbody tr")).to_contain_text("审批")
    assert_accessible(page)
    page.get_by_role("button", name="迁移 49 件").click()
    _work(made)
    expect(page.get_by_text("49 件已迁移，1 件不能迁移")).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


def _work(made: World) -> None:
    """What a worker does meanwhile."""
    made.now = datetime.now(UTC)
    made.drain()
