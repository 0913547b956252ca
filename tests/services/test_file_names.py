"""Files of a bundle by their names."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.services import content_files
from app.services.studio.file_names import name_of, names_of
from tests.factories import LEAVE
from tests.services.test_back_test import DMN


@pytest.mark.parametrize(
    ("path", "data", "name"),
    [
        ("bpmn/leave.bpmn", LEAVE.encode(), ("请假", "")),
        ("bpmn/allowance.dmn", DMN.encode(), ("补贴", "")),
        ("bpmn/allowance.dmn", DMN.replace('name="补贴"', 'name="allowance"').encode(), ("d", "")),
        ("forms/a/b.json", b'{"properties": {"title": "x", "title_en": "y"}}', ("x", "y")),
        ("policies/p.json", b'{"zh": "x", "en": "y"}', ("x", "y")),
        ("checks/p/x.json", b'{"title": "x"}', ("x", "")),
        ("letters/TPL-1.typ", "// TPL-1 通知\n".encode(), ("通知", "")),
        ("letters/TPL-1.typ", b"\xff", ("", "")),
        ("forms/a/b.json", b"[]", ("", "")),
        ("forms/a/b.json", b"{", ("", "")),
        ("bpmn/a.bpmn", b"<a", ("", "")),
    ],
)
def test_a_file_says_its_name(path: str, data: bytes, name: tuple[str, str]) -> None:
    assert name_of(path, data) == name


def test_names_are_those_of_the_language_where_there_is_one() -> None:
    product_files = content_files.read_folder(Path(__file__).resolve().parents[2])
    zh, en = (names_of(product_files, english=english) for english in (False, True))
    assert zh["bpmn/track_record.dmn"] == "业绩条件判定 D02"
    assert en["bpmn/track_record.dmn"] == "Track-record decision D02"
    assert zh.keys() == product_files.keys()
