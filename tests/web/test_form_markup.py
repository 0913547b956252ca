"""Markdown and HTML that authors write, and how values are shown."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.forms.markup import escape_markdown, render_html, render_markdown
from app.web.forms.shown import attachments, show_as, show_number, show_size


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("请**如实**填写", "<p>请<strong>如实</strong>填写</p>"),
        ("# 标题", "<h3>标题</h3>"),
        ("###### 小", "<h3>小</h3>"),
        ("- 甲\n- 乙", "<ul>\n<li>甲</li>\n<li>乙</li>\n</ul>"),
        (
            "[须知](https://policy.example.invalid/a)",
            '<p><a href="https://policy.example.invalid/a" rel="noopener noreferrer">须知</a></p>',
        ),
        (
            "[a](mailto:a@example.invalid)",
            '<p><a href="mailto:a@example.invalid" rel="noopener noreferrer">a</a></p>',
        ),
        ("[a](javascript:alert(1))", "<p>[a](javascript:alert(1))</p>"),
        ("<b onclick=x>a</b>", "<p>&lt;b onclick=x&gt;a&lt;/b&gt;</p>"),
    ],
)
def test_markdown(source: str, html: str) -> None:
    assert render_markdown(source).strip() == html


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("<p>甲</p><script>x</script>", "<p>甲</p>"),
        ('<p style="color:red" onclick="x" class="y">甲</p>', "<p>甲</p>"),
        ('<a href="javascript:x">甲</a>', '<a rel="noopener noreferrer">甲</a>'),
        ('<img src="x" onerror="y">甲', "甲"),
        ("<h1>甲</h1>", "<h3>甲</h3>"),
        ("<form><input name=a>甲</form>", "甲"),
    ],
)
def test_html(source: str, html: str) -> None:
    assert str(render_html(source)) == html


@given(st.text())
def test_a_value_inside_markdown_stays_text(value: str) -> None:
    html = str(render_markdown(f"甲 {escape_markdown(value)} 乙"))
    tags = html.removeprefix("<p>").removesuffix("</p>\n")
    assert "<" not in tags


@pytest.mark.parametrize(
    ("value", "style", "shown"),
    [
        (Decimal("1234.5"), "amount", "1,234.50"),
        ("1234.5", "amount", "1,234.50"),
        (Decimal("0.125"), "percent", "12.50%"),
        (1200, "number", "1,200"),
        ("x", "number", "x"),
        (True, "boolean", "是"),
        ("2026-03-01T09:30:00+08:00", "date", "2026-03-01 09:30"),
        ([Decimal(1), "b"], "text", "1、b"),
        (None, "amount", ""),
        (float("nan"), "number", ""),
    ],
)
def test_values_in_their_formats(value: Any, style: str, shown: str) -> None:
    assert show_as(value, style, "zh").text == shown


def test_units_and_sizes() -> None:
    assert show_number(Decimal("1234.5"), 2, "wan", "zh") == "1,234.50 万元"
    assert [show_size(size) for size in (1, 1500, 2_500_000, None)] == ["1 KB", "2 KB", "2.5 MB", ""]


@pytest.mark.parametrize("value", [None, "x", 5, [1], [{}], [{"id": 1, "name": None}]])
def test_what_is_no_attachment_is_shown_as_none_or_nameless(value: object) -> None:
    assert all(file.name == "" for file in attachments(value))
