"""Import of what other tools write: it loads, again without a repair, and no word of it is lost unsaid."""

from __future__ import annotations

import re

import pytest

from app.engine.diagram import render_svg
from app.engine.graph import read_collaboration
from app.engine.importer import Repaired, repair
from app.engine.importer.placeholders import load_all
from app.engine.xml import parse_xml
from tests.engine.importer.dialects import DIALECTS

_WORD = re.compile(r"kept\w*")


def _readable(data: bytes) -> str:
    for encoding in ("utf-8-sig", "gbk", "utf-32", "utf-16"):
        try:
            text = data.decode(encoding)
        except UnicodeError:
            continue
        if "definitions" in text:
            return text
    return data.decode("utf-16-be")


def _said(repaired: Repaired) -> str:
    told = " ".join(f"{finding.message_en} {finding.message_zh}" for finding in repaired.findings)
    return repaired.xml.decode() + told


@pytest.mark.parametrize("dialect", DIALECTS)
def test_nothing_is_lost_and_everything_loads(dialect: str) -> None:
    data = DIALECTS[dialect]
    repaired = repair(data)
    lost = set(_WORD.findall(_readable(data))) - set(_WORD.findall(_said(repaired)))
    assert not lost
    assert read_collaboration(repaired.xml).processes
    assert load_all(repaired.xml) == []
    parse_xml(render_svg(repaired.xml).encode())
    assert repair(repaired.xml).xml == repaired.xml
