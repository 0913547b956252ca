"""Titles of letters and cases on English pages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.factory import Application
from app.services.titles import LETTERS
from app.web.titles import titled

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("受理通知书", "Notice of acceptance"),
        ("创新中心申报：某某银行", "Innovation centre declaration: 某某银行"),
        ("2026 年度阶段性工作总结和典型案例报送：某某银行", "Periodic report for 2026: 某某银行"),
        ("复核与救济：未入选告知书（某某银行）", "Appeal: Notice of non-selection (某某银行)"),
        ("某人写的标题：受理通知书", "某人写的标题：受理通知书"),
        ("", ""),
    ],
)
def test_what_we_call_it_is_translated_and_names_stay(
    application: Application, title: str, shown: str
) -> None:
    with application.test_request_context("/?lang=en"):
        application.preprocess_request()
        assert titled(title) == shown
    with application.test_request_context("/"):
        application.preprocess_request()
        assert titled(title) == title


def test_every_letter_that_ships_has_an_english_title() -> None:
    lines = (
        path.read_text(encoding="utf-8").split("\n", 1)[0] for path in (ROOT / "letters").glob("TPL-*.typ")
    )
    assert {re.sub(r"（.*", "", line.removeprefix("// ")) for line in lines} <= LETTERS.keys()
