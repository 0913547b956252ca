"""The designer's desk: diagrams, parameters, refused and accepted deployments."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

ROOT = Path(__file__).resolve().parents[2]
Enter = Callable[..., Page]
Visit = Callable[[Page, str], None]


def _upload(page: Page, name: str, data: bytes, note: str) -> None:
    file: Any = {"name": name, "mimeType": "application/xml", "buffer": data}
    page.get_by_label("文件", exact=True).set_input_files(file)
    page.get_by_label("变更说明").fill(note)
    page.get_by_role("button", name="检查并部署").click()


def test_a_designer_reads_the_processes(enter: Enter, visit: Visit) -> None:
    page = enter("designer")
    visit(page, "/studio/")
    page.get_by_role("link", name="专家评审").click()
    expect(page.locator("svg.bpmn-diagram")).to_contain_text("独立打分")
    visit(page, page.url)
    visit(page, "/studio/parameters")


def test_a_broken_diagram_is_refused_with_element_ids(
    enter: Enter, assert_accessible: Callable[[Page], None]
) -> None:
    source = (ROOT / "bpmn" / "archive.bpmn").read_text(encoding="utf-8")
    broken = re.sub(r'zr:formKey="archive/check"', 'zr:formKey="archive/nowhere"', source)
    assert broken != source
    page = enter("designer")
    page.goto("/studio/deploy")
    assert_accessible(page)
    _upload(page, "archive.bpmn", broken.encode(), "引用不存在的表单")
    expect(page.locator(".summary")).to_be_focused()
    expect(page.locator(".summary")).to_contain_text("t_check")
    expect(page.get_by_label("变更说明")).to_have_value("引用不存在的表单")
    assert_accessible(page)


def test_a_changed_diagram_becomes_a_new_version(enter: Enter, visit: Visit) -> None:
    source = (ROOT / "bpmn" / "archive.bpmn").read_text(encoding="utf-8")
    page = enter("designer")
    page.goto("/studio/deploy")
    _upload(page, "archive.bpmn", source.replace("归档检查", "归档核对").encode(), "改称核对")
    expect(page.get_by_text("部署成功")).to_be_visible()
    visit(page, "/studio/processes/archive")
    expect(page.locator(".page-head")).to_contain_text("第 2 版")
    expect(page.locator("svg.bpmn-diagram")).to_contain_text("归档核对")
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
