"""Letters: every one that a diagram names exists, shows what it is given, and is typeset whatever that is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest

from app.services import content_files
from app.services.registers.typesetting import render_pdf
from app.services.studio.letter_editing import without_english
from tests.bpmn import (
    test_agreement_signing,
    test_appeal,
    test_fraud_clawback,
    test_objection_handling,
    test_payment,
    test_performance_review,
    test_periodic_report,
    test_publicity,
)
from tests.bpmn.walk import ROOT, START, bundle

FOLDER = ROOT / "letters"
HEAD: dict[str, Any] = {
    "number": "WS-2026-0001",
    "case_no": "SB-2026-0001",
    "issued_at": "2026-03-02T02:00:00Z",
    "verify_code": "ABCD-EFGH",
    "verify_url": "https://zhirong.example.invalid/verify",
}
HOSTILE = '#import "x": y *b* _i_ $z$ \\ <b> @a [c] {d} // e'
# What the frame of every letter shows, or the host adds.
FRAME = {"title", "title_en", "addressee", "clauses", "remedies", "contact", "org_name", "uscc", "call_no", "appeal_days",
         "appeal_scope", "effective_on", *HEAD}  # fmt: skip
STORIES = [
    *test_publicity.STORIES,
    *test_objection_handling.STORIES,
    *test_agreement_signing.STORIES,
    *test_payment.STORIES,
    *test_performance_review.STORIES,
    *test_periodic_report.STORIES,
    *test_fraud_clawback.STORIES,
    *test_appeal.STORIES,
]


@cache
def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("TPL-*.typ"))


def typeset(letter: str, data: Mapping[str, Any]) -> bytes:
    common = {path.name: path.read_bytes() for path in FOLDER.glob("_*.typ")}
    template = (FOLDER / f"{letter}.typ").read_bytes()
    return render_pdf(template, data, START, common=common, qr=str(data.get("verify_url") or ""))


def _uses() -> Iterator[tuple[str, str]]:
    """Letter and data expression of every service task and call that makes a letter."""
    for source in bundle().processes.values():
        text = source.decode().replace("&quot;", '"')
        for block in re.findall(r"<bpmn:extensionElements>.*?</bpmn:extensionElements>", text, re.DOTALL):
            letter = re.search(r"TPL-\d\d", block)
            data = re.search(r"(\{title: .*\})\"", block)
            if letter and data:
                yield letter[0], data[1]


def _keys(expression: str) -> set[str]:
    """The keys of the outermost context of an expression."""
    flat, depth, quoted = [], 0, False
    for sign in expression:
        quoted ^= sign == '"'
        depth += 0 if quoted else (sign in "{[(") - (sign in "}])")
        flat.append(sign if depth == 1 and not quoted else " ")
    return set(re.findall(r"(?:^\{|,)\s*(\w+)\s*:", "".join(flat)))


def test_diagrams_and_templates_name_the_same_letters() -> None:
    assert sorted({letter for letter, _ in _uses()}) == names()


def test_templates_show_what_they_are_given() -> None:
    unused = {}
    for letter, expression in _uses():
        template = (FOLDER / f"{letter}.typ").read_text()
        used = set(re.findall(r'(?:get|has|rows)\("(\w+)"', template))
        if left := _keys(expression) - used - FRAME:
            unused[letter] = left
    assert unused == {}


def test_letters_have_english_titles_whatever_a_step_calls_them() -> None:
    files = content_files.read_content(ROOT)
    assert list(without_english(files)) == []
    bare, step = "letters/TPL-03.typ", "bpmn/call_management.bpmn"
    files[bare] = files[bare].replace(b"// en: ", b"// ")
    files[step] = files[step].replace(b"title_en: &quot;Minutes: &quot; + call.title, ", b"")
    named = {(problem.code, problem.file, problem.element_id) for problem in without_english(files)}
    assert named == {
        ("no_english_name", bare, None),
        ("no_english_name", "call_management.bpmn", "sv_minutes"),
    }


@pytest.mark.parametrize("letter", names())
def test_a_letter_is_typeset_even_from_nothing(letter: str) -> None:
    assert typeset(letter, {}).startswith(b"%PDF-1.7")


@pytest.mark.parametrize("letter", names())
def test_texts_are_never_markup(letter: str) -> None:
    """Texts that would be markup, at every place of the data that a diagram gives."""
    keys = {key for name, expression in _uses() if name == letter for key in _keys(expression)}
    lists = {
        "items",
        "tasks",
        "targets",
        "evidence",
        "measures",
        "reasons",
        "facts",
        "files",
        "sources",
        "sheets",
    }
    times = {"starts_at", "ends_at", "received_at", "deadline", "due_at", "checked_at", "until"}
    numbers = {"amount", "fund_amount", "budget_balance", "recover_amount", "interest", "principal", "total"}
    data: dict[str, Any] = {**HEAD}
    for key in keys - times - numbers:
        data[key] = [{"name": HOSTILE, "text": HOSTILE}, HOSTILE][:1] if key in lists else HOSTILE
    data |= {
        "facts": [HOSTILE, HOSTILE],
        "reasons": [HOSTILE],
        "clauses": ["S2-3.2", HOSTILE],
        "contact": HOSTILE,
    }
    assert typeset(letter, data).startswith(b"%PDF")


@pytest.mark.parametrize("story", STORIES, ids=lambda story: f"{story.__module__}.{story.__name__}")
def test_every_letter_of_a_story_is_typeset(story: Any) -> None:
    walk = story()
    for given in walk.called("render_letter"):
        assert typeset(given["letter"], {**HEAD, **given["data"]}).startswith(b"%PDF")
