"""The English of a decision table, and the annotations of its rows, in the decision editor."""

from __future__ import annotations

from collections.abc import Callable

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.conftest import take_draft


def test_names_columns_and_annotations_get_their_english(enter: Callable[..., Page]) -> None:
    page = enter("designer")
    page.goto(f"{take_draft(page, '判定表的英文')}/decision/product_fit")
    expect(page.locator("#editor[data-ready=yes]")).to_be_visible()
    page.get_by_text("英文和行的注释", exact=True).click()
    column, note = page.get_by_label("“机构类型”的英文"), page.get_by_label("第 8 行 reason_en")
    expect(column).to_have_value("Type of institution")
    column.fill("Kind of institution")
    note.fill("Products missing")
    note.blur()
    expect(page.locator("#save-state")).to_have_attribute("data-state", "saved")
    found = Axe().run(page, context={"exclude": [["#canvas"]]}).response["violations"]
    assert not found, [item["id"] for item in found]
    page.reload()
    expect(page.locator("#editor[data-ready=yes]")).to_be_visible()
    page.get_by_text("英文和行的注释", exact=True).click()
    expect(column).to_have_value("Kind of institution")
    expect(note).to_have_value("Products missing")
    text = page.evaluate("studio.read()")
    assert 'zr:nameEn="Kind of institution"' in text
    assert "<text>Products missing</text>" in text
