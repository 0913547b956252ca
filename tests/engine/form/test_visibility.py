"""Hidden, read-only and unknown keys cannot be written; lists keep to their limits."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from app.engine.form import Form

Make = Callable[..., Form]
D = Decimal


def text(key: str, **more: Any) -> dict[str, Any]:
    return {"type": "textfield", "key": key, **more}


def hidden_unless(condition: str) -> dict[str, str]:
    return {"hide": f"= not({condition})"}


def rows(*columns: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "dynamiclist", "path": "rows", "components": list(columns), **more}


@pytest.mark.parametrize(
    "sent",
    [
        {"unknown": 1, "__class__": 2, "a.b": 3},
        {"secret": "x"},
        {"fixed": "x"},
        {"fixed_now": "x"},
        {"total": 5},
        {"group": {"fixed": "x", "unknown": 1}},
        {"group": ["x"]},
        {"group": "x"},
    ],
)
def test_what_is_not_asked_is_not_taken(sent: dict[str, Any], make_form: Make) -> None:
    form = make_form(
        text("secret", conditional={"hide": "= true"}),
        text("fixed", readonly=True),
        text("fixed_now", disabled="= locked"),
        {"type": "expression", "key": "total", "expression": "= 1"},
        {
            "type": "group",
            "path": "group",
            "components": [text("fixed", id="x", readonly=True), text("open")],
        },
    )
    stored = {"secret": "s", "fixed": "f", "fixed_now": "n", "group": {"fixed": "g", "left": 1}}
    accepted = form.accept(sent, {"locked": True}, stored=stored)
    assert accepted.errors == {}
    assert accepted.values == {
        "secret": "s",
        "fixed": "f",
        "fixed_now": "n",
        "total": D(1),
        "group": {"fixed": "g", "open": None},
    }


def test_without_stored_values_nothing_takes_their_place(make_form: Make) -> None:
    form = make_form(
        text("secret", conditional={"hide": "= true"}),
        text("fixed", readonly=True, properties={"default": "= org.name"}),
    )
    assert form.accept({"secret": "x", "fixed": "x"}, {"org": {"name": "甲"}}).values == {"fixed": "甲"}


def test_a_hidden_field_is_not_checked_and_null_for_others(make_form: Make) -> None:
    form = make_form(
        {"type": "checkbox", "key": "has"},
        text("what", conditional=hidden_unless("has"), validate={"required": True, "minLength": 3}),
        text("why", conditional=hidden_unless("what != null"), validate={"required": True}),
    )
    assert form.accept({"has": False, "what": "x", "why": ""}, {}).errors == {}
    assert set(form.accept({"has": True, "what": "x", "why": ""}, {}).errors) == {("what",), ("why",)}


def test_hiding_a_group_or_list_hides_what_is_in_it(make_form: Make) -> None:
    form = make_form(
        {
            "type": "group",
            "components": [text("a", validate={"required": True})],
            "conditional": {"hide": "= off"},
        },
        rows(
            text("b", validate={"required": True}), conditional={"hide": "= off"}, properties={"min_rows": 1}
        ),
        {"type": "expression", "key": "n", "expression": "= if rows = null then -1 else count(rows)"},
    )
    accepted = form.accept({"a": "x", "rows": [{"b": "x"}]}, {"off": True})
    assert (accepted.errors, accepted.missing, accepted.values) == ({}, [], {"n": D(-1)})
    assert form.accept({"a": "x", "rows": [{"b": "x"}]}, {}).values["n"] == D(1)


def test_a_read_only_group_keeps_its_values(make_form: Make) -> None:
    form = make_form(
        {"type": "group", "readonly": True, "path": "g", "components": [text("a"), rows(text("b"))]}
    )
    stored = {"g": {"a": "存", "rows": [{"b": "1"}]}}
    assert form.accept({"g": {"a": "x", "rows": []}}, {}, stored=stored).values == stored


def test_a_circle_of_conditions_ends(make_form: Make) -> None:
    form = make_form(
        text("a", conditional={"hide": "= b = null"}), text("b", conditional={"hide": "= a != null"})
    )
    assert form.accept({"a": "x", "b": "y"}, {}).errors == {}


def test_rows_know_their_own_values_their_number_and_what_is_around(make_form: Make) -> None:
    form = make_form(
        {"type": "number", "key": "least"},
        rows(
            {
                "type": "number",
                "key": "n",
                "properties": {"check": "= n >= parent.least", "check_message": "太小"},
            },
            text("why", conditional={"hide": "= n >= 10"}, validate={"required": True}),
            {"type": "expression", "key": "label", "expression": '= string(i) + ":" + string(this.n)'},
        ),
    )
    accepted = form.accept({"least": 5, "rows": [{"n": 12, "why": "no"}, {"n": "3", "why": ""}]}, {})
    assert {path: said[0].zh for path, said in accepted.errors.items()} == {
        ("rows", 1, "n"): "第 2 行：太小",
        ("rows", 1, "why"): "第 2 行：请填写why",
    }
    assert accepted.values["rows"] == [
        {"n": D(12), "label": "1:12"},
        {"n": D(3), "why": None, "label": "2:3"},
    ]
    assert accepted.errors[("rows", 1, "n")][0].said("zh", with_row=False) == "太小"
    assert accepted.errors[("rows", 1, "n")][0].en.startswith("Row 2: ")


def test_blank_rows_are_left_out_and_numbers_stay(make_form: Make) -> None:
    form = make_form(rows(text("a", validate={"required": True}), {"type": "checkbox", "key": "b"}))
    accepted = form.accept({"rows": [{}, {"a": "x"}, {"a": " ", "b": ""}, {"b": True}]}, {})
    assert accepted.values["rows"] == [{"a": "x", "b": False}, {"a": None, "b": True}]
    assert [said[0].zh for said in accepted.errors.values()] == ["第 4 行：请填写a"]


def test_a_row_that_only_began_with_a_value_is_blank(make_form: Make) -> None:
    count = {"type": "number", "key": "n", "defaultValue": 1}
    form = make_form(rows(text("a", validate={"required": True}), count))
    assert form.accept({"rows": [{"a": "", "n": "1"}]}, {}).values == {"rows": []}
    assert set(form.accept({"rows": [{"a": "", "n": "2"}]}, {}).errors) == {("rows", 0, "a")}
    assert make_form(rows(count)).accept({"rows": [{"n": 1}]}, {}).values == {"rows": [{"n": D(1)}]}


@pytest.mark.parametrize(
    ("count", "message"),
    [
        (1, "rows至少 2 行，现有 1 行"),
        (2, None),
        (3, None),
        (4, "rows不能超过 3 行，现有 4 行"),
        (0, "请至少填写一行rows"),
        (1000, "rows不能超过 500 行"),
    ],
)
def test_row_limits(count: int, message: str | None, make_form: Make) -> None:
    form = make_form(rows(text("a"), properties={"min_rows": 2, "max_rows": "= params.most"}))
    accepted = form.accept({"rows": [{"a": "x"}] * count}, {"params": {"most": 3}})
    assert [said[0].zh for said in accepted.errors.values()] == ([message] if message else [])


@pytest.mark.parametrize("sent", ["x", 5, {"0": {}}, [1], [None], [["x"]]])
def test_what_is_no_list_of_rows(sent: object, make_form: Make) -> None:
    accepted = make_form(rows(text("a"))).accept({"rows": sent}, {})
    assert set(accepted.errors) == {("rows",)}
    assert accepted.values == {}


def test_lists_inside_lists(make_form: Make) -> None:
    inner = {"type": "dynamiclist", "path": "kids", "components": [text("name", validate={"maxLength": 2})]}
    form = make_form(rows(text("a"), inner))
    accepted = form.accept({"rows": [{"a": "x", "kids": [{"name": "ok"}, {"name": "long"}]}]}, {})
    assert accepted.values["rows"] == [{"a": "x", "kids": [{"name": "ok"}, {"name": "long"}]}]
    assert accepted.errors[("rows", 0, "kids", 1, "name")][0].zh.startswith("第 1 行：第 2 行：")


def test_a_list_can_be_checked_as_a_whole(make_form: Make) -> None:
    check = {"check": "= count(distinct values(this.a)) = count(this)", "check_message": "不能重复"}
    form = make_form(rows(text("a"), properties=check))
    assert form.accept({"rows": [{"a": "x"}, {"a": "y"}]}, {}).errors == {}
    assert form.accept({"rows": [{"a": "x"}, {"a": "x"}]}, {}).errors[("rows",)][0].zh == "不能重复"


class TestFixedRows:
    """A score sheet: the rows and the criteria are given, the marks are asked."""

    STORED = {"rows": [{"criterion": "业绩"}, {"criterion": "方案"}]}  # noqa: RUF012

    @pytest.fixture
    def form(self, make_form: Make) -> Form:
        mark = {"type": "number", "key": "mark", "validate": {"required": True, "max": 10}}
        return make_form(rows(text("criterion", readonly=True), mark, allowAddRemove=False))

    def test_marks_are_taken_and_criteria_stay(self, form: Form) -> None:
        sent = {"rows": [{"criterion": "x", "mark": 8}, {"mark": "9"}, {"criterion": "extra", "mark": 1}]}
        assert form.accept(sent, {}, stored=self.STORED).values == {
            "rows": [{"criterion": "业绩", "mark": D(8)}, {"criterion": "方案", "mark": D(9)}]
        }

    def test_every_row_is_asked(self, form: Form) -> None:
        accepted = form.accept({"rows": [{"mark": 11}]}, {}, stored=self.STORED)
        assert [said[0].zh for said in accepted.errors.values()] == [
            "第 1 行：mark不能大于 10",
            "第 2 行：请填写mark",
        ]
        assert accepted.missing == [("rows", 1, "mark")]


def test_nested_keys_and_shared_paths(make_form: Make) -> None:
    form = make_form(
        {"type": "group", "id": "g1", "path": "contact", "components": [text("name")]},
        {"type": "group", "id": "g2", "path": "contact", "components": [text("mobile")]},
        text("contact.address.town"),
    )
    sent = {"contact": {"name": "甲", "mobile": "1", "address": {"town": "乙"}}}
    accepted = form.accept(sent, {})
    assert accepted.values == sent
    assert form.accept({}, {}, stored=sent).values == sent
