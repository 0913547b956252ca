"""A change of a policy in a real browser: checked, submitted, approved by somebody else; old cases stay as they are."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from app.models.repository import ProcessDefinition
from app.services import repository, runtime
from tests.e2e.conftest import Programme

ROOT = Path(__file__).resolve().parents[2]
Enter = Callable[..., Page]
Visit = Callable[[Page, str], None]


def _start_archive(programme: Programme) -> tuple[str, int]:
    """A new case of the archive process; its number and the version it runs on."""
    with programme.story.stage.acting() as context:
        row = repository.current_definition(context.session, "archive")
        given = {"case_no": "PC-2026-0001", "document_class": "call"}
        case = runtime.start_process(context, row, given)
        return case.number, context.session.get_one(ProcessDefinition, case.definition_id).version


def test_a_second_person_releases(programme: Programme, enter: Enter, visit: Visit) -> None:
    source = (ROOT / "bpmn" / "archive.bpmn").read_text(encoding="utf-8")
    changed = source.replace('zr:due="= wd(5)"', 'zr:due="= wd(7)"', 1).replace(
        'name="归档检查"', 'name="归档核查"'
    )
    file: Any = {"name": "archive.bpmn", "mimeType": "application/xml", "buffer": changed.encode()}
    old, before = _start_archive(programme)
    page = enter("designer")
    page.goto("/studio/deploy")
    page.get_by_label("草稿名称").fill("延长归档检查时限")
    page.get_by_label("文件", exact=True).set_input_files(file)
    page.get_by_role("button", name="存入草稿").click()
    expect(page).to_have_url(re.compile(r"/studio/drafts/\d+"))
    workspace = page.url.partition("?")[0]
    page.get_by_role("link", name="比较", exact=True).click()
    expect(page.locator(".changes")).to_contain_text("“归档检查”的办理时限由 5 个工作日改为 7 个工作日")
    visit(page, page.url)
    page.get_by_role("link", name="并排看图").click()
    expect(page.locator("svg.bpmn-diagram .is-changed")).to_have_count(2)
    page.goto(workspace)
    page.get_by_role("link", name="检查", exact=True).click()
    expect(page.locator("main")).to_contain_text("没有错误")
    visit(page, page.url)
    page.get_by_role("link", name="送审").click()
    page.get_by_label("送审说明").fill("五个工作日不够")
    page.get_by_role("button", name="送审").click()
    expect(page.locator("main")).to_contain_text("审核中")
    page.goto("/inbox/claimable")
    page.get_by_role("link", name=re.compile("历史案例回测")).first.click()
    page.get_by_role("button", name="认领").click()
    page.get_by_label("回测说明").fill("只改期限，不影响结论")
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.locator("main")).to_contain_text("已提交")
    second = enter("process_approver")
    second.goto("/inbox/claimable")
    second.get_by_role("link", name=re.compile("批准生效日期")).first.click()
    second.get_by_role("button", name="认领").click()
    expect(second.get_by_role("link", name="与现行版本比较")).to_be_visible()
    second.get_by_label("同意发布").check()
    second.get_by_label("批准后立即生效").check()
    second.get_by_label("批准意见").fill("同意")
    second.get_by_role("button", name="提交", exact=True).click()
    expect(second.locator("main")).to_contain_text("已提交")
    second.goto("/studio/processes/archive")
    expect(second.locator("svg.bpmn-diagram")).to_contain_text("归档核查")
    new, version = _start_archive(programme)
    assert version == before + 1
    _both_go_on(programme, enter("clerk"), old, new)
    with programme.story.stage.acting() as context:
        versions = repository.list_versions(context.session, "archive")
        assert [row.is_current for row in versions[:2]] == [True, False]


def _both_go_on(programme: Programme, page: Page, old: str, new: str) -> None:
    """The new case asks for the step by its new name; the old one goes its own way to the end."""
    page.goto(programme.task(new, "t_check"))
    expect(page.locator("h1")).to_contain_text("归档核查")
    page.goto(programme.task(old, "t_check"))
    expect(page.locator("h1")).to_contain_text("归档检查")
    page.get_by_role("button", name="认领").click()
    page.get_by_label("齐全，予以封存").check()
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.locator("main")).to_contain_text("已提交")
    page.goto(f"/cases/{old}")
    expect(page.locator("main")).to_contain_text("已归档")
    page.goto(f"/cases/{new}")
    expect(page.locator("main")).to_contain_text("归档核查")
    expect(page.locator("main")).not_to_contain_text("归档检查")
