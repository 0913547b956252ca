"""The designer's desk: diagrams, parameters, refused and accepted deployments."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

ROOT = Path(__file__).resolve().parents[2]
Enter = Callable[..., Page]
Visit = Callable[[Page, str], None]


def _upload(page: Page, name: str, data: bytes, title: str) -> None:
    file: Any = {"name": name, "mimeType": "application/xml", "buffer": data}
    page.get_by_label("草稿名称").fill(title)
    page.get_by_label("文件", exact=True).set_input_files(file)
    page.get_by_role("button", name="存入草稿").click()


def test_a_designer_reads_the_processes(enter: Enter, visit: Visit) -> None:
    page = enter("designer")
    visit(page, "/studio/")
    page.get_by_role("link", name="专家评审").click()
    expect(page.locator("svg.bpmn-diagram")).to_contain_text("独立打分")
    visit(page, page.url)
    visit(page, "/studio/parameters")
    visit(page, "/studio/versions/1/")


def test_an_upload_becomes_a_draft_with_findings_and_a_history(
    enter: Enter, visit: Visit, assert_accessible: Callable[[Page], None]
) -> None:
    """Refused whole when unreadable; kept with its findings when wrong; compared, restored, discarded."""
    source = (ROOT / "bpmn" / "archive.bpmn").read_text(encoding="utf-8")
    broken = source.replace('zr:formKey="archive/check"', 'zr:formKey="archive/nowhere"')
    assert broken != source
    page = enter("designer")
    visit(page, "/studio/deploy")
    _upload(page, "archive.bpmn", b"<!DOCTYPE x><x/>", "引用不存在的表单")
    expect(page.locator(".summary")).to_be_focused()
    expect(page.locator(".summary")).to_contain_text("DOCTYPE")
    expect(page.get_by_label("草稿名称")).to_have_value("引用不存在的表单")
    assert_accessible(page)
    _upload(page, "archive.bpmn", broken.encode(), "引用不存在的表单")
    expect(page.locator("#findings")).to_contain_text("t_check")
    assert_accessible(page)
    page.get_by_role("link", name="bpmn/archive.bpmn").click()
    expect(page.locator("tr.added")).to_contain_text("archive/nowhere")
    assert_accessible(page)
    page.get_by_role("button", name="恢复到基础版本").click()
    expect(page.get_by_text("已恢复。")).to_be_visible()
    page.get_by_role("link", name="引用不存在的表单").click()
    expect(page.get_by_text("还没有改动。")).to_be_visible()
    page.get_by_role("link", name="放弃").click()
    page.get_by_role("button", name="放弃草稿").click()
    expect(page.get_by_text("草稿已放弃")).to_be_visible()
    assert_accessible(page)


def test_a_designer_suspends_a_process(enter: Enter, visit: Visit) -> None:
    page = enter("designer")
    visit(page, "/studio/processes/archive")
    page.get_by_role("button", name="暂停启动").click()
    expect(page.get_by_text("已暂停启动新案件。")).to_be_visible()
    page.get_by_role("button", name="恢复启动").click()


def test_an_auditor_reads_and_cannot_deploy(enter: Enter, visit: Visit) -> None:
    page = enter("auditor")
    for address in (
        "/studio/",
        "/studio/parameters",
        "/cases",
        "/registers/",
        "/registers/credit",
        "/operations/",
        "/operations/audit",
    ):
        visit(page, address)
    expect(page.locator("main")).to_contain_text("历史记录完整")
    answer = page.goto("/studio/deploy")
    assert answer is not None
    assert answer.status == 403
    expect(page.locator("h1")).to_have_text("不能办理")
