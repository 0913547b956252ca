"""What holds for all of the content: diagrams, decisions, forms, letters and policies fit together."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from lxml import etree

import app.services.operations
from app.engine.dmn import parse_decisions
from app.engine.form import parse_form
from app.engine.layout import layout
from app.engine.lint import lint
from app.engine.soundness import prove
from app.engine.xml import parse_xml
from app.services.delegates import signatures
from tests.bpmn.walk import ROOT, bundle

assert app.services.operations.__all__  # importing it registers the delegates

NAME_EN = "{https://zhirong.example.invalid/schema/1.0}nameEn"
CLAUSES = "{https://zhirong.example.invalid/schema/1.0}clauseRef"
NOT_SHOWN = {"message", "error", "participant"}  # a pool is named by its process
DIAGRAMS = sorted(bundle().processes)


@cache
def policy() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "policies" / "ip_finance.json").read_bytes())
    return found


def _elements(process_id: str) -> list[etree._Element]:
    return list(parse_xml(bundle().processes[process_id]).iter("{*}*"))


def test_nothing_is_found_wrong() -> None:
    assert lint(bundle(), signatures()) == ()


@pytest.mark.parametrize("process_id", DIAGRAMS)
def test_every_process_is_sound(process_id: str) -> None:
    assert prove(bundle().processes[process_id]).findings == ()


@pytest.mark.parametrize("process_id", DIAGRAMS)
def test_every_name_is_translated(process_id: str) -> None:
    named = [element for element in _elements(process_id) if element.get("name") and "MODEL" in element.tag]
    shown = [element for element in named if etree.QName(element).localname not in NOT_SHOWN]
    assert [element.get("id") for element in shown if not element.get(NAME_EN)] == []


@pytest.mark.parametrize("process_id", DIAGRAMS)
def test_the_drawing_is_the_one_the_layouter_makes(process_id: str) -> None:
    file = bundle().processes[process_id]
    assert layout(file) == file


@pytest.mark.parametrize("process_id", DIAGRAMS)
def test_only_known_clauses_are_cited(process_id: str) -> None:
    known = {clause["id"] for clause in policy()["clauses"]}
    cited = {code for element in _elements(process_id) for code in (element.get(CLAUSES) or "").split()}
    assert cited <= known


@pytest.mark.parametrize("form_key", sorted(bundle().forms))
def test_forms_are_translated_and_cite_known_clauses(form_key: str) -> None:
    form = parse_form(bundle().forms[form_key], form_key)
    known = {clause["id"] for clause in policy()["clauses"]}
    assert form.untranslated() == []
    assert {code for codes in form.clauses.values() for code in codes} <= known


@pytest.mark.parametrize("decision_id", sorted(bundle().decisions))
def test_decisions_are_named_like_their_files(decision_id: str) -> None:
    assert decision_id in parse_decisions(bundle().decisions[decision_id]).decisions


def test_every_form_and_decision_is_used() -> None:
    attributes = [
        value for key in DIAGRAMS for element in _elements(key) for value in element.attrib.values()
    ]
    public = {policy().get("objection_form"), *(check["form"] for check in policy()["self_check"].values())}
    assert set(bundle().forms) - set(attributes) - public == set()
    assert set(bundle().decisions) - set(attributes) == set()


def test_every_letter_asked_for_exists() -> None:
    letters = {path.stem for path in (ROOT / "letters").glob("TPL-*.typ")}
    texts = [
        str(value) for key in DIAGRAMS for element in _elements(key) for value in element.attrib.values()
    ]
    asked = {text.strip('= "') for text in texts if text.strip('= "').startswith("TPL-")}
    assert asked <= letters


def test_every_parameter_used_is_one_of_the_policy() -> None:
    known = {item["key"] for item in policy()["parameters"]}
    names = [key for found in (bundle().processes, bundle().forms) for key in found]
    assert names
    texts = [*bundle().processes.values(), *bundle().decisions.values(), *bundle().forms.values()]
    used = {
        word.split(".")[1] for text in texts for word in _words(text.decode()) if word.startswith("params.")
    }
    assert used <= known


def _words(text: str) -> list[str]:
    kept = "".join(char if char.isascii() and (char.isalnum() or char in "._") else " " for char in text)
    return kept.split()


def test_policy_has_no_gaps() -> None:
    """43 clauses with their text, 42 groups of parameters, none of those that must be set is empty."""
    found = policy()
    assert (len(found["clauses"]), len({item["id"][:6] for item in found["parameters"]})) == (43, 42)
    assert all(clause["zh"] and clause["en"] and clause["text"] for clause in found["clauses"])
    keys = [item["key"] for item in found["parameters"]]
    assert len(keys) == len(set(keys))
    assert [item["key"] for item in found["parameters"] if item["must_set"] and item["default"] is None] == []
    assert all(item["zh"] and item["en"] and item["basis"] for item in found["parameters"])
    codes = {clause["id"] for clause in found["clauses"]}
    assert {code for item in found["parameters"] for code in item["basis"].split()} <= codes
    assert all(term["zh"] and term["en"] and term["definition"] for term in found["terms"])


def test_the_self_check_uses_what_the_office_uses() -> None:
    for process_id, check in policy()["self_check"].items():
        assert process_id in bundle().processes
        assert check["form"] in bundle().forms
        for entry in check["decisions"]:
            inputs = set(parse_decisions(bundle().decisions[entry["decision"]]).inputs)
            names = {
                item.name for item in parse_decisions(bundle().decisions[entry["decision"]]).inputs.values()
            }
            assert set(entry["inputs"]) <= inputs | names
