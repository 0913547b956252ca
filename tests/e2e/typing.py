"""Filling in forms as people do: by the fields on the page, row after row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playwright.sync_api import Locator, Page, expect

PDF: Any = {"name": "证明材料.pdf", "mimeType": "application/pdf",
            "buffer": b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
                      b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"}  # fmt: skip


def fill(page: Page, values: Mapping[str, Any], prefix: str = "") -> None:
    """Type `values` into the form: texts, choices, ticks, and lists of rows, which are added as needed."""
    for key, value in values.items():
        name = f"{prefix}f_{key}"
        if isinstance(value, list) and value and isinstance(value[0], Mapping):
            for number, row in enumerate(value):
                if not page.locator(f'[name^="{name}-{number}-"]').count():
                    page.locator(f'button[value="add:{name}"]').click()
                    expect(page.locator(f'[name^="{name}-{number}-"]').first).to_be_attached()
                fill(page, row, f"{name}-{number}-")
        else:
            _set(page.locator(f'[name="{name}"]:not([type=hidden])'), value)


def attach(page: Page, key: str) -> None:
    """Choose a PDF for the file field `key`; what the server took stands in the list."""
    page.locator(f'input[type=file][name="f_{key}"]').set_input_files(PDF)


def submit(page: Page, name: str = "提交") -> None:
    """Press the form's main button."""
    page.locator("#task-form").get_by_role("button", name=name, exact=True).click()


def _set(found: Locator, value: Any) -> None:
    kind = found.first.evaluate("input => input.tagName == 'SELECT' ? 'select' : input.type")
    if kind == "select":
        found.select_option(str(value))
    elif kind in ("checkbox", "radio"):
        wanted = [value] if not isinstance(value, list) else value
        for item in found.all():
            chosen = (
                value
                if isinstance(value, bool)
                else item.get_attribute("value") in [str(one) for one in wanted]
            )
            if chosen != item.is_checked():
                item.set_checked(bool(chosen))
    elif found.first.is_editable():
        found.fill(str(value))
