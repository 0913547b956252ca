"""Every code that the engine can report is listed, and explained in the document that findings point to."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from app.engine.errors import Problem
from app.engine.lint import CODES, describe, link_to
from app.engine.soundness import Kind
from app.engine.soundness.findings import WARNINGS

ROOT = Path(__file__).parents[3]
DOCUMENT = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")
SECTIONS = {
    section.split("\n", 1)[0]: section for section in re.split(r"^## ", DOCUMENT, flags=re.MULTILINE)[1:]
}
SEVERITIES = {"error": "错误 · error", "warning": "警告 · warning", "both": "错误或警告 · error or warning"}
# The name of a reporting call → which argument holds the code, and how grave it is (None: the caller says).
CALLS = {
    "error": (1, "error"),
    "warn": (1, "warning"),
    "wrong": (0, "error"),
    "add": (1, "error"),
    "Problem": (0, None),
    "_problem": (0, "error"),
    "_report": (2, "error"),
}
SOURCES = [
    path
    for folder in ("lint", "spiff", "form", "dmn")
    for path in (ROOT / "app" / "engine" / folder).rglob("*.py")
] + [ROOT / "app" / "engine" / "reading.py", ROOT / "app" / "services" / "policy_check.py"]


def reported() -> Iterator[tuple[str, str | None]]:
    """Every code written in a reporting call, with its severity."""
    for path in SOURCES:
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            place, severity = CALLS.get(name, (99, None))
            code = call.args[place] if len(call.args) > place else None
            if (
                isinstance(code, ast.Constant)
                and isinstance(code.value, str)
                and code.value.replace(".", "_").isidentifier()
            ):
                yield code.value.partition(".")[0], severity


# Codes that are put together: `no_` and the kind of root element; form problems; elements refused.
MADE = {("no_error", "error"), ("no_escalation", "error"), ("no_signal", "error"), ("unsupported", "error")}


def test_every_reported_code_is_listed() -> None:
    found = (
        set(reported())
        | MADE
        | {(kind, "warning" if kind in WARNINGS else "error") for kind in get_args(Kind)}
    )
    assert {code for code, _ in found} == set(CODES)
    for code, severity in found:
        # The parser adds a warning of its own kind.
        if severity is not None and code != "ignored":
            assert CODES[code].severity in (severity, "both"), code


def test_every_code_has_its_section() -> None:
    assert list(SECTIONS) == list(CODES)


@pytest.mark.parametrize("name", CODES)
def test_sections_say_the_same(name: str) -> None:
    code = CODES[name]
    _, first, remedy = SECTIONS[name].split("\n\n", 2)
    assert first == f"**{SEVERITIES[code.severity]}** {code.title_zh} · {code.title_en}"
    chinese, english = remedy.strip().split("\n")[:2]
    assert re.search(r"[\u4e00-\u9fff]", chinese)
    assert english.isascii() or "“" in english


def test_links_lead_to_sections() -> None:
    for code in (*CODES, "form.id", "form.json"):
        path, _, anchor = link_to(code).partition("#")
        assert (ROOT / path).is_file()
        assert anchor in SECTIONS


def test_a_finding_as_plain_values() -> None:
    problem = Problem("no_form", "t", "p.bpmn", "没有表单", "no form", "error", 7)
    assert describe(problem) == {
        "file": "p.bpmn",
        "line": 7,
        "element_id": "t",
        "code": "no_form",
        "severity": "error",
        "message_zh": "没有表单",
        "message_en": "no form",
        "docs": "docs/findings.md#no_form",
    }
