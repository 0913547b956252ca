"""What each type of field accepts, and in which words it refuses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from app.engine.feel import Scope
from app.engine.form import Form

Make = Callable[..., Form]
D = Decimal
BANKS = [{"value": "bank", "label": "银行"}, {"value": "insurer", "label": "保险公司"}]
SIZES = [{"value": 1, "label": "一"}, {"value": True, "label": "是"}]

ACCEPTED: list[tuple[dict[str, Any], Any, Any]] = [
    ({"type": "textfield"}, "  工商  ", "工商"),
    ({"type": "textfield"}, "a\r\nb\tc", "a b c"),
    ({"type": "textfield"}, "", None),
    ({"type": "textfield"}, "   ", None),
    ({"type": "textfield"}, None, None),
    ({"type": "textfield"}, "e\u0301\u0000\u202e!", "é!"),
    ({"type": "textfield"}, "\ud800x", "x"),
    ({"type": "textarea"}, "一\r\n二\r三\u2028四\n", "一\n二\n三\n四"),
    ({"type": "textfield", "properties": {"rule": "uscc"}}, " 9135 0100m000100y43 ", "91350100M000100Y43"),
    ({"type": "textfield", "properties": {"rule": "mobile"}}, "+86 138 1234 5678", "13812345678"),
    (
        {"type": "textfield", "properties": {"rule": "bank_account"}},
        "1001 2345 0930 0012 345",
        "1001234509300012345",
    ),
    ({"type": "number"}, "1,234.50", D("1234.50")),
    ({"type": "number"}, "１２", D(12)),
    ({"type": "number"}, "￥ 3.5", D("3.5")),
    ({"type": "number"}, 3, D(3)),
    ({"type": "number"}, 0.1, D("0.1")),
    ({"type": "number"}, "−5", D(-5)),
    ({"type": "number"}, "", None),
    ({"type": "datetime"}, "2026-03-01", "2026-03-01"),
    ({"type": "datetime"}, "2026年3月1日", "2026-03-01"),
    ({"type": "datetime"}, "2026/3/1", "2026-03-01"),
    ({"type": "datetime", "subtype": "time"}, "9:30", "09:30:00"),
    ({"type": "datetime", "subtype": "datetime"}, "2026-03-01T09:30", "2026-03-01T09:30:00+08:00"),
    ({"type": "datetime", "subtype": "datetime"}, "2026-03-01T01:30:00Z", "2026-03-01T09:30:00+08:00"),
    ({"type": "checkbox"}, True, True),
    ({"type": "checkbox"}, "true", True),
    ({"type": "checkbox"}, "", False),
    ({"type": "select", "values": BANKS}, "bank", "bank"),
    ({"type": "radio", "values": SIZES}, "1", D(1)),
    ({"type": "radio", "values": SIZES}, True, True),
    ({"type": "radio", "values": SIZES}, "true", True),
    ({"type": "checklist", "values": BANKS}, ["insurer", "bank", "bank"], ["bank", "insurer"]),
    ({"type": "taglist", "values": BANKS}, "bank", ["bank"]),
    ({"type": "checklist", "values": BANKS}, None, []),
]

REFUSED: list[tuple[dict[str, Any], Any, str]] = [
    ({"type": "textfield"}, 5, "甲的格式不正确"),
    ({"type": "textfield"}, ["a"], "甲的格式不正确"),
    ({"type": "textarea"}, "x" * 100_001, "甲过长"),
    ({"type": "textfield", "validate": {"required": True}}, " ", "请填写甲"),
    ({"type": "textfield", "validate": {"maxLength": 3}}, "一二三四", "甲不能超过 3 个字符，现有 4 个"),
    ({"type": "textfield", "validate": {"minLength": 3}}, "一二", "甲至少 3 个字符"),
    ({"type": "textfield", "validate": {"pattern": "^[A-Z]+$"}}, "abc", "甲的格式不正确"),
    (
        {"type": "textfield", "validate": {"pattern": "^A", "patternErrorMessage": "应以 A 开头"}},
        "b",
        "应以 A 开头",
    ),
    (
        {"type": "textfield", "properties": {"rule": "uscc"}},
        "91350100M000100Y44",
        "甲不正确：应为 18 位，请核对每一位",
    ),
    ({"type": "textfield", "validate": {"validationType": "email"}}, "x", "甲不正确：应为电子邮箱地址"),
    (
        {"type": "textfield", "properties": {"check": '= a != "x"', "check_message": "不能是 x"}},
        "x",
        "不能是 x",
    ),
    ({"type": "textarea", "properties": {"max_zi": 3}}, "一二三四", "甲不超过 3 字，现有 4 字，超出 1 字"),
    ({"type": "textarea", "properties": {"min_zi": 3}}, "一二", "甲不少于 3 字，现有 2 字"),
    ({"type": "number"}, "abc", "甲应为数字，如 12.50"),
    ({"type": "number"}, True, "甲应为数字，如 12.50"),
    ({"type": "number"}, "1e5", "甲应为数字，如 12.50"),
    ({"type": "number"}, "NaN", "甲应为数字，如 12.50"),
    ({"type": "number"}, float("inf"), "甲应为数字，如 12.50"),
    ({"type": "number"}, "12,34", "甲应为数字，如 12.50"),
    ({"type": "number"}, 10**5000, "甲应为数字，如 12.50"),
    ({"type": "number"}, "9" * 5000, "甲应为数字，如 12.50"),
    ({"type": "number", "decimalDigits": 0}, "1.5", "甲应为整数"),
    ({"type": "number", "decimalDigits": 2}, "1.005", "甲最多 2 位小数"),
    ({"type": "number", "validate": {"min": 1}}, "0", "甲不能小于 1"),
    ({"type": "number", "validate": {"max": "= 1 + 1"}}, "3", "甲不能大于 2"),
    ({"type": "number", "validate": {"min": 1, "max": 2}}, "3", "甲应在 1 至 2 之间"),
    ({"type": "number", "increment": "0.5"}, "1.2", "甲应为 0.5 的整数倍"),
    ({"type": "number", "properties": {"rule": "amount"}}, "-1", "甲应为不小于 0、最多两位小数的金额"),
    ({"type": "datetime"}, "2026-02-30", "甲应为日期，如 2026-03-01"),
    ({"type": "datetime"}, "tomorrow", "甲应为日期，如 2026-03-01"),
    ({"type": "datetime", "subtype": "time"}, "25:00", "甲应为时间，如 09:30"),
    (
        {"type": "datetime", "validate": {"min": "2021-01-01", "max": "2022-12-31"}},
        "2023-01-05",
        "甲不在 2021-01-01 至 2022-12-31 内",
    ),
    (
        {"type": "datetime", "validate": {"min": '= date("2026-01-01")'}},
        "2025-12-31",
        "甲不能早于 2026-01-01",
    ),
    ({"type": "datetime", "validate": {"max": '= "2026-01-01"'}}, "2026-01-02", "甲不能晚于 2026-01-01"),
    ({"type": "datetime", "disallowPassedDates": True}, "2026-11-18", "甲不能早于 2026-11-19"),
    ({"type": "checkbox", "validate": {"required": True}}, False, "请勾选“甲”"),
    ({"type": "checkbox"}, "perhaps", "甲的格式不正确"),
    ({"type": "select", "values": BANKS}, "broker", "甲中选择的项不存在，请重新选择"),
    ({"type": "select", "values": BANKS, "validate": {"required": True}}, "", "请选择甲"),
    ({"type": "checklist", "values": BANKS}, ["bank", "broker"], "甲中选择的项不存在，请重新选择"),
    ({"type": "checklist", "values": BANKS, "validate": {"minItems": 2}}, ["bank"], "甲至少选择 2 项"),
    (
        {"type": "checklist", "values": BANKS, "validate": {"maxItems": 1}},
        ["bank", "insurer"],
        "甲最多选择 1 项",
    ),
    ({"type": "filepicker", "validate": {"required": True}}, [], "请上传甲"),
    ({"type": "filepicker"}, [99], "甲中有附件不存在或已删除，请重新上传"),
    ({"type": "filepicker"}, ["1", "2"], "甲最多上传 1 个文件"),
    ({"type": "filepicker", "accept": ".docx"}, ["1"], "甲只接受 .docx 文件：a.pdf"),
    ({"type": "filepicker", "properties": {"max_size": "1 KB"}}, ["1"], "甲单个文件不能超过 0.001 MB：a.pdf"),
]

FILES = {str(n): {"id": n, "name": "a.pdf", "size": 2000, "sha256": "ab", "secret": "no"} for n in (1, 2)}
SCOPE = Scope(now=datetime(2026, 11, 19, 8, tzinfo=UTC))


def shorten(value: object) -> str:
    return repr(value)[:60] if not isinstance(value, int) or value < 1000 else "huge"


def named(component: dict[str, Any]) -> dict[str, Any]:
    label = (
        "timeLabel"
        if component.get("subtype") == "time"
        else "dateLabel"
        if component["type"] == "datetime"
        else "label"
    )
    return {**component, "key": "a", label: "甲"}


@pytest.mark.parametrize(("component", "sent", "stored"), ACCEPTED, ids=shorten)
def test_accepted(component: dict[str, Any], sent: object, stored: object, make_form: Make) -> None:
    accepted = make_form(named(component)).accept({"a": sent}, {}, SCOPE)
    assert (accepted.errors, accepted.values) == ({}, {"a": stored})
    assert type(accepted.values["a"]) is type(stored)


@pytest.mark.parametrize(("component", "sent", "message"), REFUSED, ids=shorten)
def test_refused(component: dict[str, Any], sent: object, message: str, make_form: Make) -> None:
    accepted = make_form(named(component)).accept({"a": sent}, {}, SCOPE, files=FILES)
    assert [said.zh for said in accepted.errors[("a",)]] == [message]
    assert accepted.errors[("a",)][0].en
    assert not accepted.is_valid


def test_only_the_reference_of_an_attachment_is_stored(make_form: Make) -> None:
    form = make_form({"type": "filepicker", "key": "a", "multiple": True})
    forged = {"id": 1, "name": "forged.pdf", "size": 1, "sha256": "forged"}
    accepted = form.accept({"a": [forged, "2", 1]}, {}, files=FILES)
    assert accepted.values["a"] == [{"id": n, "name": "a.pdf", "size": 2000, "sha256": "ab"} for n in (1, 2)]


def test_an_attachment_that_is_stored_may_be_sent_again(make_form: Make) -> None:
    form = make_form({"type": "filepicker", "key": "a"})
    held = {"a": [{"id": 7, "name": "b.pdf", "size": 1, "sha256": "cd"}]}
    assert form.accept({"a": ["7"]}, {}, stored=held).values == held
    assert form.accept({"a": ["8"]}, {}, stored=held).errors


def test_exact_numbers_leave_as_json_numbers_or_as_text(make_form: Make) -> None:
    form = make_form(*({"type": "number", "key": key} for key in "abc"))
    sent = {"a": "12", "b": "0.1", "c": "123456789012345678.1234567891"}
    assert form.accept(sent, {}).to_json() == {"a": 12, "b": 0.1, "c": "123456789012345678.1234567891"}


def test_drafts_miss_values_without_errors(make_form: Make) -> None:
    form = make_form(
        {"type": "textfield", "key": "a", "validate": {"required": True}},
        {"type": "number", "key": "b", "validate": {"max": 5}},
        {
            "type": "dynamiclist",
            "path": "rows",
            "properties": {"min_rows": 1},
            "components": [{"type": "textfield", "key": "x"}],
        },
    )
    draft = form.accept({"a": "", "b": "9", "rows": []}, {}, partial=True)
    assert draft.missing == [("a",), ("rows",)]
    assert set(draft.errors) == {("b",)}
    assert draft.values == {"a": None, "b": D(9), "rows": []}
    assert set(form.accept({"a": "", "b": "9"}, {}).errors) == {("a",), ("b",), ("rows",)}


def test_what_was_not_sent_stays_and_null_clears(make_form: Make) -> None:
    form = make_form(
        {"type": "textfield", "key": "a", "defaultValue": "默认"}, {"type": "textfield", "key": "b"}
    )
    assert form.accept({}, {}).values == {"a": "默认", "b": None}
    assert form.accept({}, {}, stored={"a": "存"}).values == {"a": "存", "b": None}
    assert form.accept({"a": None}, {}, stored={"a": "存"}).values == {"a": None, "b": None}


def test_options_come_from_variables_and_from_other_answers(make_form: Make) -> None:
    form = make_form(
        {"type": "select", "key": "park", "valuesKey": "parks"},
        {"type": "select", "key": "town", "valuesExpression": "= for t in towns return t"},
        {"type": "select", "key": "unit", "valuesExpression": '= if park = "p1" then ["u1"] else ["u2"]'},
    )
    variables = {
        "parks": [{"value": "p1", "label": "园区"}, {"label": "无值"}, None],
        "towns": ["t1", 2, None, {"x": 1}],
    }
    accepted = form.accept({"park": "p1", "town": "2", "unit": "u1"}, variables)
    assert (accepted.errors, accepted.values) == ({}, {"park": "p1", "town": D(2), "unit": "u1"})
    assert set(form.accept({"park": "p1", "unit": "u2"}, variables).errors) == {("unit",)}
    assert set(form.accept({"park": "p1"}, {}).errors) == {("park",)}


def test_computed_fields_are_computed_here(make_form: Make) -> None:
    form = make_form(
        {"type": "number", "key": "a"},
        {"type": "expression", "key": "double", "expression": "= 2 * a"},
        {"type": "expression", "key": "again", "expression": "= double + params.x"},
        {"type": "expression", "key": "when", "expression": '= date("2026-03-01") + duration("P1D")'},
    )
    accepted = form.accept({"a": "1.5", "double": 99, "again": 99}, {"params": {"x": 1}})
    assert accepted.values == {"a": D("1.5"), "double": D("3.0"), "again": D("4.0"), "when": "2026-03-02"}


def test_templates_speak_with_values(make_form: Make) -> None:
    form = make_form(
        {"type": "textfield", "key": "a", "label": "{{kind}}名称", "validate": {"required": True}},
        {
            "type": "textfield",
            "key": "b",
            "label": '= "第" + string(n) + "项"',
            "validate": {"required": True},
        },
        {
            "type": "textfield",
            "key": "c",
            "label": "{{#if n > 1}}多{{/if}}{{#loop names}}[{{this}}]{{/loop}}",
            "validate": {"required": True},
        },
    )
    errors = form.accept({}, {"kind": "银行", "n": 2, "names": ["甲", "乙"]}).errors
    assert [said[0].zh for said in errors.values()] == ["请填写银行名称", "请填写第2项", "请填写多[甲][乙]"]


def test_counted_texts_have_one_limit_together(make_form: Make) -> None:
    def text(key: str, **properties: object) -> dict[str, Any]:
        return {
            "type": "textarea",
            "key": key,
            "properties": {"zi_group": "plan", "zi_group_label": "实施方案", **properties},
        }

    form = make_form(text("work", zi_group_max="= params.plan_limit"), text("targets"), text("safeguards"))
    params = {"params": {"plan_limit": 2000}}
    exact = {"work": "工" * 1500 + "\r\n", "targets": "hello\u00ad " + "标" * 498, "safeguards": "😀"}
    accepted = form.accept(exact, params)
    assert (accepted.errors, accepted.zi_counts[0].count) == ({}, 2000)
    over = form.accept({**exact, "safeguards": "😀措"}, params)
    assert {path: said[0].zh for path, said in over.errors.items()} == {
        ("work",): "实施方案合计 2001 字，超出 1 字（不超过 2000 字）"
    }
    assert form.accept({**exact, "safeguards": "😀措"}, {}).errors == {}


def test_required_can_depend_on_other_answers(make_form: Make) -> None:
    form = make_form(
        {"type": "checkbox", "key": "has"},
        {"type": "textfield", "key": "what", "validate": {"required": "= has"}},
    )
    assert form.accept({"has": False}, {}).errors == {}
    assert set(form.accept({"has": True}, {}).errors) == {("what",)}
