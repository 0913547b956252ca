"""Schemas are read completely or refused with every problem."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.form import Form, FormInvalid, parse_form
from app.engine.form.model import COMPONENT_TYPES

ROOT = Path(__file__).resolve().parents[3]
Problems = Callable[..., list[tuple[str, str | None]]]
BANKS = [{"value": "bank", "label": "银行"}]

REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"type": "iframe"}, "form.unsupported"),
    ({"type": "hologram"}, "form.unsupported"),
    ({"type": "textfield", "key": "工商"}, "form.key"),
    ({"type": "textfield", "key": "a..b"}, "form.key"),
    ({"type": "textfield", "key": "1a"}, "form.key"),
    ({"type": "textfield", "key": "params"}, "form.key"),
    ({"type": "textfield", "key": "instance.no"}, "form.key"),
    ({"type": "textfield", "key": "a", "label": ""}, "form.label"),
    ({"type": "group", "label": "", "components": []}, "form.label"),
    ({"type": "textfield", "key": "a", "validte": {}}, "form.unknown"),
    ({"type": "textfield", "key": "a", "validate": {"requird": True}}, "form.unknown"),
    ({"type": "textfield", "key": "a", "properties": {"max_zl": 5}}, "form.unknown"),
    ({"type": "number", "key": "a", "properties": {"max_zi": 5}}, "form.unknown"),
    ({"type": "textfield", "key": "a", "properties": {"rule": "iban"}}, "form.rule"),
    ({"type": "number", "key": "a", "properties": {"rule": "uscc"}}, "form.rule"),
    ({"type": "number", "key": "a", "properties": {"unit": "dollar"}}, "form.rule"),
    ({"type": "textfield", "key": "a", "validate": {"validationType": "url"}}, "form.rule"),
    (
        {
            "type": "textfield",
            "key": "a",
            "validate": {"validationType": "email"},
            "properties": {"rule": "phone"},
        },
        "form.contradiction",
    ),
    ({"type": "textfield", "key": "a", "validate": {"pattern": "(a"}}, "form.pattern"),
    ({"type": "textfield", "key": "a", "validate": {"pattern": "(?=a)"}}, "form.pattern"),
    ({"type": "textfield", "key": "a", "validate": {"minLength": 5, "maxLength": 3}}, "form.contradiction"),
    ({"type": "textfield", "key": "a", "validate": {"maxLength": -1}}, "form.value"),
    ({"type": "textfield", "key": "a", "validate": {"maxLength": "= 1 +"}}, "form.feel"),
    ({"type": "textfield", "key": "a", "validate": {"min": 3}}, "form.contradiction"),
    ({"type": "textfield", "key": "a", "validate": {"required": "maybe"}}, "form.value"),
    ({"type": "textfield", "key": "a", "validate": {"required": "= (a"}}, "form.feel"),
    ({"type": "textfield", "key": "a", "conditional": {"hide": "= a ="}}, "form.feel"),
    ({"type": "textfield", "key": "a", "conditional": {"hide": "= launch(1)"}}, "form.feel"),
    ({"type": "textfield", "key": "a", "readonly": "= ("}, "form.feel"),
    (
        {"type": "textfield", "key": "a", "readonly": True, "validate": {"required": True}},
        "form.contradiction",
    ),
    ({"type": "textfield", "key": "a", "description": "{{ 1 + }}"}, "form.feel"),
    ({"type": "text", "text": "{{#if a}}x"}, "form.feel"),
    ({"type": "text", "text": "{{/loop}}"}, "form.feel"),
    ({"type": "text"}, "form.label"),
    ({"type": "number", "key": "a", "validate": {"min": 3, "max": 2}}, "form.contradiction"),
    ({"type": "number", "key": "a", "validate": {"min": "many"}}, "form.value"),
    ({"type": "number", "key": "a", "decimalDigits": 99}, "form.value"),
    ({"type": "number", "key": "a", "increment": 0}, "form.value"),
    ({"type": "number", "key": "a", "defaultValue": "x"}, "form.value"),
    ({"type": "datetime", "key": "a", "subtype": "month"}, "form.value"),
    ({"type": "datetime", "key": "a", "validate": {"min": "yesterday"}}, "form.value"),
    (
        {"type": "datetime", "key": "a", "validate": {"min": "2026-02-01", "max": "2026-01-01"}},
        "form.contradiction",
    ),
    ({"type": "datetime", "key": "a", "defaultValue": "2026-02-30"}, "form.value"),
    ({"type": "select", "key": "a"}, "form.contradiction"),
    ({"type": "select", "key": "a", "values": BANKS, "valuesKey": "banks"}, "form.contradiction"),
    ({"type": "select", "key": "a", "values": [{"value": "bank"}]}, "form.value"),
    ({"type": "select", "key": "a", "values": BANKS * 2}, "form.key"),
    ({"type": "select", "key": "a", "values": BANKS, "defaultValue": "insurer"}, "form.value"),
    ({"type": "checklist", "key": "a", "valuesKey": "a b"}, "form.value"),
    ({"type": "taglist", "key": "a", "valuesExpression": "= ["}, "form.feel"),
    ({"type": "checkbox", "key": "a", "defaultValue": "yes"}, "form.value"),
    ({"type": "filepicker", "key": "a", "accept": "image/*"}, "form.value"),
    ({"type": "filepicker", "key": "a", "properties": {"max_size": "1 TB"}}, "form.value"),
    ({"type": "expression", "key": "a", "label": "", "expression": "= 1"}, "form.label"),
    ({"type": "expression", "key": "a", "properties": {"label": "合计"}}, "form.feel"),
    ({"type": "dynamiclist", "path": "a", "components": []}, "form.value"),
    (
        {
            "type": "dynamiclist",
            "path": "a",
            "components": [{"type": "textfield", "key": "b"}],
            "properties": {"max_rows": 501},
        },
        "form.value",
    ),
    (
        {
            "type": "dynamiclist",
            "path": "a",
            "components": [{"type": "textfield", "key": "b", "readonly": True}],
        },
        "form.contradiction",
    ),
    (
        {
            "type": "dynamiclist",
            "path": "a",
            "allowAddRemove": False,
            "components": [{"type": "textfield", "key": "b"}],
            "properties": {"max_rows": 5},
        },
        "form.contradiction",
    ),
    ({"type": "table", "dataSource": "= rows"}, "form.value"),
    ({"type": "table", "columns": [{"key": "a", "label": "甲"}]}, "form.feel"),
    (
        {
            "type": "table",
            "dataSource": "= rows",
            "columns": [{"key": "a", "label": "甲", "values": [{"value": "x"}]}],
        },
        "form.value",
    ),
    ({"type": "image", "source": "https://pictures.example.invalid/a.png", "alt": "图"}, "form.unsupported"),
    ({"type": "image", "source": "data:image/svg+xml;base64,AAAA", "alt": "图"}, "form.unsupported"),
    ({"type": "image", "source": "/static/../etc/passwd", "alt": "图"}, "form.unsupported"),
    ({"type": "image", "source": "/static/seal.png"}, "form.label"),
    ({"type": "textarea", "key": "a", "properties": {"zi_group": "plan"}}, "form.value"),
    ({"type": "textfield", "key": "a", "properties": {"autocomplete": '" onfocus="x'}}, "form.value"),
]


@pytest.mark.parametrize(("component", "code"), REFUSED, ids=lambda value: str(value)[:70])
def test_refused_at_deployment(component: dict[str, Any], code: str, problems_of: Problems) -> None:
    assert [found for found, _ in problems_of(component)] == [code]


def test_all_problems_are_told_at_once(problems_of: Problems) -> None:
    found = problems_of(*(component for component, _ in REFUSED[:40]))
    assert len(found) >= 40


@pytest.mark.parametrize(
    ("keys", "clash"),
    [
        (["a", "a"], True),
        (["a", "a.b"], True),
        (["a.b", "a.c"], False),
        (["a.b", "a.b"], True),
        (["ab", "a"], False),
    ],
)
def test_two_fields_cannot_write_the_same_place(keys: list[str], clash: bool, problems_of: Problems) -> None:
    fields = [{"type": "textfield", "id": f"f{n}", "key": key} for n, key in enumerate(keys)]
    assert problems_of(*fields) == ([("form.key", "f1")] if clash else [])


def test_a_group_path_and_a_dotted_key_can_clash(problems_of: Problems) -> None:
    group = {"type": "group", "path": "contact", "components": [{"type": "textfield", "key": "name"}]}
    assert problems_of(group, {"type": "textfield", "key": "contact.name", "id": "second"}) == [
        ("form.key", "second")
    ]


def test_columns_of_a_list_have_names_of_their_own(problems_of: Problems) -> None:
    rows = {
        "type": "dynamiclist",
        "path": "rows",
        "components": [{"type": "textfield", "key": "name", "id": "inner"}],
    }
    assert problems_of({"type": "textfield", "key": "name"}, rows) == []


def test_component_ids_are_needed_and_unique(problems_of: Problems) -> None:
    twice = {"type": "textfield", "id": "x", "label": "甲"}
    assert problems_of({**twice, "key": "a"}, {**twice, "key": "b"}) == [("form.id", "x")]
    assert problems_of({"type": "textfield", "key": "a", "label": "甲"}, complete=False) == [("form.id", "a")]


def test_counted_texts_agree_on_one_limit_and_stand_outside_lists(problems_of: Problems) -> None:
    def text(key: str, **properties: object) -> dict[str, Any]:
        return {"type": "textarea", "key": key, "properties": {"zi_group": "plan", **properties}}

    assert problems_of(text("a", zi_group_max=10), text("b")) == []
    assert problems_of(text("a", zi_group_max=10), text("b", zi_group_max=11)) == [
        ("form.contradiction", "a")
    ]
    rows = {"type": "dynamiclist", "path": "rows", "components": [text("a", zi_group_max=10)]}
    assert problems_of(rows) == [("form.contradiction", "a")]


def test_lists_nest_twice_but_not_three_times(problems_of: Problems) -> None:
    def inside(component: dict[str, Any], path: str) -> dict[str, Any]:
        return {"type": "dynamiclist", "path": path, "components": [component]}

    twice = inside(inside({"type": "textfield", "key": "x"}, "b"), "a")
    assert problems_of(twice) == []
    assert ("form.large", "b") in problems_of(inside(twice, "c"))


def test_buttons_are_ignored(make_form: Callable[..., Form]) -> None:
    assert make_form({"type": "button", "action": "submit"}).components == ()


@pytest.mark.parametrize(
    "schema",
    [
        b"",
        b"[]",
        b"{",
        b'{"components": NaN}',
        b"\xff",
        b"[" * 100_000,
        b'{"components": 3}',
        b'{"components": [3]}',
        b'{"components": [], "type": "wizard"}',
        b'{"components": [], "schemaVersion": 99}',
        b'{"components": [{"type": "textfield", "properties": 3, "key": "a", "id": "a", "label": "a"}]}',
        b" " * 1_000_001,
    ],
)
def test_what_is_no_schema_is_refused(schema: bytes) -> None:
    with pytest.raises(FormInvalid) as caught:
        parse_form(schema, "test/form")
    assert caught.value.problems


def test_the_documented_example_can_be_served() -> None:
    page = (ROOT / "docs" / "authoring-forms.md").read_text(encoding="utf-8")
    schema = page.split("```json")[1].split("```")[0]
    form = parse_form(schema, "declaration/plan")
    assert form.title.said("en") == "Implementation plan"
    assert form.clauses == {"f_work": ("S2-F3",)}
    assert "params" in form.names


def test_every_form_of_the_application_can_be_served() -> None:
    files = sorted((ROOT / "forms").glob("*/*.json"))
    for file in files:
        parse_form(file.read_bytes(), f"{file.parent.name}/{file.stem}")


def test_a_form_is_shown_in_english_where_english_was_written(make_form: Callable[..., Form]) -> None:
    form = make_form(
        {"type": "textfield", "key": "a", "label": "单位名称", "properties": {"label_en": "Organisation"}},
        {"type": "textfield", "key": "b", "label": "地址"},
    )
    assert form.untranslated() == ["b"]
    states = form.localised("en").survey({}, {})
    assert [state.label.said("en") for state in states] == ["Organisation", "地址"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 50) | st.text("=({aA1.\"'", max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=2),
    max_leaves=6,
)
KEY_NAMES = """
id key path label validate properties conditional readonly values valuesKey valuesExpression components text
content dataSource columns expression accept defaultValue multiple subtype appearance layout decimalDigits
"""
KEYS = st.sampled_from(KEY_NAMES.split())
TYPES = st.sampled_from([*sorted(COMPONENT_TYPES), "button", "iframe"])


@given(
    st.lists(
        st.builds(lambda kind, rest: {**rest, "type": kind}, TYPES, st.dictionaries(KEYS, JSON, max_size=6)),
        max_size=4,
    )
)
def test_any_schema_is_served_or_refused(components: list[dict[str, Any]]) -> None:
    schema = json.dumps({"components": components})
    try:
        form = parse_form(schema, "test/form")
    except FormInvalid:
        return
    form.accept({}, {})
