"""Titles of letters and cases in the language of the page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from app.factory import Application
from app.services.documents import Template
from app.web.titles import title_of, titled

ROOT = Path(__file__).resolve().parents[2]
LETTER = "// TPL-03 受理通知书（存档件）\n// en: Notice of acceptance\n正文\n".encode()


@dataclass(frozen=True)
class Paper:
    title: str
    title_en: str = ""


@pytest.mark.parametrize(
    ("address", "both", "chinese_only"),
    [
        ("/", "受理：<某某>", "受理：<某某>"),
        ("/?lang=en", "Acceptance: <某某>", '<span lang="zh">受理：&lt;某某&gt;</span>'),
    ],
)
def test_a_title_is_english_where_its_author_says_it_and_else_marked_as_chinese(
    application: Application, address: str, both: str, chinese_only: str
) -> None:
    with application.test_request_context(address):
        application.preprocess_request()
        known, unknown = Paper("受理：<某某>", "Acceptance: <某某>"), Paper("受理：<某某>")
        assert titled(known) == title_of(known) == both
        assert titled(unknown) == chinese_only
        assert title_of(unknown) == "受理：<某某>"


def test_a_letter_says_what_it_is_called_in_its_first_two_lines() -> None:
    template = Template(LETTER, {})
    assert (template.title, template.title_en) == ("受理通知书（存档件）", "Notice of acceptance")
    assert Template("// 通知".encode(), {}).title_en == ""


@pytest.mark.parametrize(
    ("data", "english"),
    [
        ({}, "Notice of acceptance"),
        ({"title": "受理通知书"}, "Notice of acceptance"),
        ({"title": "关于某事的通知"}, ""),
        ({"title": "关于某事的通知", "title_en": "Notice of something"}, "Notice of something"),
    ],
)
def test_a_step_may_call_its_letter_something_else(data: dict[str, str], english: str) -> None:
    assert Template(LETTER, {}).english_of(data) == english
