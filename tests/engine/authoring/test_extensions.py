"""Extensions that got lost on the way through an editor, and the editor's description of our vocabulary."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from app.engine.authoring import lost_extensions
from app.engine.spiff.settings import ATTRIBUTES, ELEMENTS
from app.engine.xml import BPMN, ZR, local_name, namespace_of, parse_xml
from tests.factories import LEAVE

ROOT = Path(__file__).resolve().parents[3]
VOCABULARY = json.loads((ROOT / "frontend/studio/process/vocabulary/zr.json").read_text(encoding="utf-8"))
CAMUNDA = "http://camunda.org/schema/1.0/bpmn"


def wrap(inner: str, attributes: str = "") -> bytes:
    return (
        f'<bpmn:definitions xmlns:bpmn="{BPMN}" xmlns:zr="{ZR}" xmlns:c="{CAMUNDA}" id="d"><bpmn:process id="p">'
        f'<bpmn:userTask id="t" {attributes}>{inner}</bpmn:userTask></bpmn:process></bpmn:definitions>'
    ).encode()


def extended(inner: str) -> bytes:
    return wrap(f"<bpmn:extensionElements>{inner}</bpmn:extensionElements>")


def labels(before: bytes, after: bytes, *declared: str) -> list[str]:
    return [lost.key for lost in lost_extensions(before, after, declared)]


def test_nothing_is_lost_when_nothing_changed() -> None:
    assert lost_extensions(LEAVE.encode(), LEAVE.encode()) == ()


@pytest.mark.parametrize(
    ("before", "after", "lost"),
    [
        (wrap("", 'zr:due="= wd(3)"'), wrap(""), ["t zr:due"]),
        (wrap("", 'zr:due="= wd(3)"'), wrap("", 'zr:due="= wd(4)"'), []),
        (wrap("", 'c:assignee="x"'), wrap(""), ["t assignee"]),
        (extended('<zr:parameter name="a" value="1"/>'), extended(""), ["t zr:parameter a"]),
        (extended('<zr:parameter name="a" value="1"/>' * 2), extended('<zr:parameter name="a"/>'), ["t zr:parameter a"]),
        (extended("<zr:setAside><bpmn:script>x</bpmn:script></zr:setAside>"), extended("<zr:setAside/>"), ["t zr:setAside/script"]),
        (extended('<c:inputOutput><c:inputParameter name="x"/></c:inputOutput>'), extended("<c:inputOutput/>"), ["t inputOutput/inputParameter"]),
        (wrap('<bpmn:multiInstanceLoopCharacteristics zr:collection="= a"/>'), wrap("<bpmn:multiInstanceLoopCharacteristics/>"), ["t zr:collection"]),
        # The prefix of a foreign vocabulary may change, and who deletes an element deletes what it carries.
        (wrap("", 'c:assignee="x"'), wrap("", 'c:assignee="x"').replace(b":c=", b":k=").replace(b" c:", b" k:"), []),
        (wrap("", 'zr:due="= wd(3)"'), wrap("").replace(b'id="t"', b'id="u"'), []),
    ],
)  # fmt: skip
def test_what_is_missing_is_named(before: bytes, after: bytes, lost: list[str]) -> None:
    assert labels(before, after) == lost
    assert labels(before, after, *lost) == []


def described() -> tuple[set[str], set[str]]:
    """The attributes and the elements of ours that the editor knows."""
    types: list[dict[str, Any]] = VOCABULARY["types"]
    attributes = {
        p["name"]
        for t in types
        if {"bpmn:BaseElement", "bpmn:Activity"} & set(t.get("extends", ()))
        for p in t["properties"]
    }
    shelves = {
        p["name"] for t in types if "bpmn:ExtensionElements" in t.get("extends", ()) for p in t["properties"]
    }
    elements = {t["name"][0].lower() + t["name"][1:] for t in types if "Element" in t.get("superClass", ())}
    return attributes, elements | shelves


def test_the_editor_knows_everything_that_the_engine_reads() -> None:
    attributes, elements = described()
    assert VOCABULARY["uri"] == ZR
    assert attributes >= ATTRIBUTES, "add them to frontend/studio/process/vocabulary/zr.json"
    assert elements >= ELEMENTS | {"setAside"}


def test_no_diagram_holds_what_the_editor_does_not_know() -> None:
    attributes, elements = described()
    ours = re.compile(rf"\{{{re.escape(ZR)}\}}(.+)")
    for path in sorted((ROOT / "bpmn").glob("*.bpmn")):
        for element in parse_xml(path.read_bytes()).iter():
            if namespace_of(element) == ZR:
                assert local_name(element) in elements, path.name
            used = {found[1] for name in element.attrib if (found := ours.fullmatch(name))}
            assert used <= attributes, path.name
