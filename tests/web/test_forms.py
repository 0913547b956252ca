"""Forms on pages without scripts: everything can be typed, added, uploaded, corrected and sent."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.form_pages import make_site

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}'
BANKS = [{"value": "bank", "label": "银行", "label_en": "Bank"}, {"value": "insurer", "label": "保险公司"}]


def text(key: str, **more: Any) -> dict[str, Any]:
    return {"type": "textfield", "key": key, **more}


def rows(*columns: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "dynamiclist", "path": "rows", "components": list(columns), **more}


EVERYTHING: list[dict[str, Any]] = [
    {"type": "text", "text": "请**如实**填写，{{name}}"},
    {"type": "html", "content": "<p>共 <b>{{name}}</b> 项</p><script>x</script>"},
    {"type": "separator"},
    {"type": "spacer"},
    {"type": "image", "source": "data:image/png;base64,iVBORw0KGgo=", "alt": "印章"},
    {
        "type": "group",
        "components": [
            text("name", validate={"required": True}),
            text("contact.mobile", properties={"rule": "mobile"}),
        ],
        "properties": {"columns": 2, "clauseRef": "S2-1.1"},
    },
    {"type": "textarea", "key": "plan", "properties": {"max_zi": 2000}},
    {"type": "number", "key": "amount", "decimalDigits": 2, "properties": {"unit": "wan"}},
    {"type": "datetime", "key": "day"},
    {"type": "datetime", "key": "at", "subtype": "datetime"},
    {"type": "select", "key": "kind", "values": BANKS},
    {"type": "radio", "key": "branch", "values": BANKS},
    {"type": "checklist", "key": "products", "values": BANKS},
    {"type": "taglist", "key": "tags", "valuesExpression": '= ["a", "b"]'},
    {"type": "filepicker", "key": "proof", "multiple": True, "accept": ".pdf"},
    rows(
        text("enterprise"),
        {"type": "number", "key": "sum"},
        {"type": "checkbox", "key": "first"},
        {"type": "expression", "key": "no", "expression": "= i"},
    ),
    {
        "type": "expression",
        "key": "total",
        "expression": "= sum(rows.sum[item != null])",
        "properties": {"format": "amount", "unit": "wan"},
    },
    {
        "type": "table",
        "dataSource": "= last",
        "columns": [
            {"key": "k", "label": "指标"},
            {"key": "v", "label": "数值", "format": "number"},
            {
                "key": "s",
                "label": "建议",
                "values": [{"value": "in", "label": "拟入选", "label_en": "Proposed"}],
            },
        ],
    },
    {"type": "documentPreview", "title": "附件", "dataSource": "= papers"},
    {"type": "checkbox", "key": "ok", "validate": {"required": True}},
]
VARIABLES = {
    "last": [{"k": "笔数", "v": 1200, "s": "in"}, {"k": "户数", "v": 7, "s": "待定"}],
    "papers": [{"id": 5, "name": "通知.pdf", "size": 1000, "sha256": "x"}],
}


def test_every_component_can_be_filled_in_and_sent() -> None:
    site, browser = make_site(*EVERYTHING, variables=VARIABLES)
    assert "1,200" in browser.text
    assert "拟入选" in browser.text
    assert "待定" in browser.text
    assert "通知.pdf" in browser.text
    browser.fill("contact.mobile", "138 1234 5678")
    browser.type(
        name="东海担保",
        plan="一\r\n二",
        amount="1,234.50",
        day="2026-03-01",
        at="2026-03-01T09:30",
        kind="bank",
    )
    browser.type(branch="insurer", products=["", "bank", "insurer"], tags=["", "b"], ok="true")
    browser.upload("proof", "方案.pdf", b"%PDF")
    browser.type(**{"rows-0-enterprise": "甲", "rows-0-sum": "2.5", "rows-0-first": "true"})
    browser.submit()
    assert browser.summary == []
    assert site.taken == {
        "name": "东海担保",
        "contact": {"mobile": "13812345678"},
        "plan": "一\n二",
        "amount": 1234.5,
        "day": "2026-03-01",
        "at": "2026-03-01T09:30:00+08:00",
        "kind": "bank",
        "branch": "insurer",
        "products": ["bank", "insurer"],
        "tags": ["b"],
        "proof": [site.files["1"]],
        "rows": [{"enterprise": "甲", "sum": 2.5, "first": True, "no": 1}],
        "total": 2.5,
        "ok": True,
    }
    for shown in ("东海担保", "1,234.50 万元", "2026-03-01 09:30", "银行、保险公司", "方案.pdf", "2.50 万元"):
        assert shown in browser.text


def test_errors_stand_in_the_summary_and_at_the_field_and_what_was_typed_stays() -> None:
    site, browser = make_site(*EVERYTHING, variables=VARIABLES)
    browser.type(amount="many", day="2026-02-31")
    browser.type(**{"rows-0-sum": "two"})
    browser.submit()
    assert site.taken is None
    assert browser.summary == [
        "请填写name",
        "amount应为数字，如 12.50",
        "day应为日期，如 2026-03-01",
        "第 1 行：sum应为数字，如 12.50",
        "请勾选“ok”",
    ]
    assert "请修改 5 处" in browser.text
    name = browser.by_id("f_name")
    assert name.get("aria-invalid") == "true"
    assert "f_name-error" in (name.get("aria-describedby") or "").split()
    assert browser.typed["f_amount"] == ["many"]
    assert (browser.by_id("f_day").get("type"), browser.typed["f_day"]) == ("text", ["2026-02-31"])
    browser.type(name="x", amount="1", day="2026-02-28", ok="true", **{"rows-0-sum": "2"})
    browser.submit()
    assert browser.summary == []


def test_nothing_that_people_write_becomes_markup() -> None:
    components = [*EVERYTHING, text("label", label="{{name}}", description="{{name}}")]
    stored = {"name": HOSTILE, "plan": HOSTILE, "rows": [{"enterprise": HOSTILE}]}
    variables = {
        **VARIABLES,
        "name": HOSTILE,
        "last": [{"k": HOSTILE}],
        "papers": [{"id": HOSTILE, "name": HOSTILE, "sha256": "x"}],
    }
    _, browser = make_site(*components, variables=variables, stored=stored)
    assert browser.text.count("alert(1)") >= 6
    browser.type(name=HOSTILE, kind=HOSTILE, amount=HOSTILE, products=[HOSTILE])
    browser.submit()
    assert "49" not in browser.text
    browser.type(kind="", amount="", products="", ok="true")
    browser.submit()
    assert browser.summary == []
    assert "alert(1)" in browser.text


@pytest.mark.parametrize(
    "key",
    [
        "validate",
        "data",
        "errors",
        "meta",
        "process",
        "populate_obj",
        "csrf_token",
        "hidden_tag",
        "_x",
        "name",
        "bind",
    ],
)
def test_a_key_cannot_take_the_place_of_a_method(key: str) -> None:
    site, browser = make_site(text(key, validate={"required": True}))
    browser.submit()
    assert browser.summary == [f"请填写{key}"]
    browser.fill(key, "x")
    browser.submit()
    assert site.taken == {key: "x"}


def test_a_form_without_its_token_is_refused() -> None:
    site, browser = make_site(text("a"))
    browser.typed["csrf_token"] = ["forged"]
    browser.submit()
    assert site.taken is None
    assert browser.summary == ["页面停留过久，请再提交一次。"]


class TestRows:
    def test_rows_are_added_and_removed_by_buttons(self) -> None:
        site, browser = make_site(rows(text("a"), defaultRepetitions=2))
        browser.type(**{"rows-0-a": "一", "rows-1-a": "二"})
        browser.press("row", "add:f_rows")
        browser.type(**{"rows-2-a": "三"})
        browser.press("row", "remove:f_rows:1")
        assert browser.typed["f_rows-1-f_a"] == ["三"]
        browser.submit()
        assert site.taken == {"rows": [{"a": "一"}, {"a": "三"}]}

    def test_the_last_row_can_go(self) -> None:
        site, browser = make_site(rows(text("a")), stored={"rows": [{"a": "一"}]})
        browser.press("row", "remove:f_rows:0")
        assert not browser.named("f_rows-0-f_a")
        browser.submit()
        assert site.taken == {"rows": []}

    def test_no_more_rows_than_allowed(self) -> None:
        _, browser = make_site(rows(text("a"), properties={"max_rows": 2}))
        for _ in range(4):
            browser.press("row", "add:f_rows")
        assert len([name for name in browser.typed if name.endswith("-f_a")]) == 2
        assert not [b for b in browser.all("button") if (b.get("value") or "").startswith("add:")]

    def test_enter_does_not_remove_a_row(self) -> None:
        _, browser = make_site(rows(text("a")))
        assert browser.all("button")[0].get("name") == "refresh"

    @pytest.mark.parametrize(
        "change", ["", "add:f_other", "remove:f_rows:99", "remove:f_rows", "add:", "x", "remove:f_a:0"]
    )
    def test_other_changes_do_nothing(self, change: str) -> None:
        _, browser = make_site(text("a"), rows(text("b")))
        browser.type(a="x")
        browser.press("row", change)
        assert (browser.typed["f_a"], browser.typed["f_rows-0-f_b"]) == (["x"], [""])

    @pytest.mark.parametrize(
        "name", ["f_rows-²-f_a", "f_rows--1-f_a", "f_rows-99999-f_a", "f_rows-x-f_a", "f_rows-0", "f_rows"]
    )
    def test_strange_names_do_nothing(self, name: str) -> None:
        site, browser = make_site(rows(text("a")))
        browser.type(**{"rows-0-a": "一"})
        browser.submit(**{name: "x"})
        assert site.taken == {"rows": [{"a": "一"}]}

    def test_row_numbers_with_gaps_are_closed(self) -> None:
        site, browser = make_site(rows(text("a")))
        browser.submit(**{"f_rows-7-f_a": "七", "f_rows-3-f_a": "三"})
        assert site.taken == {"rows": [{"a": "三"}, {"a": "七"}]}

    def test_fixed_rows_have_no_buttons_and_keep_their_columns(self) -> None:
        stored = {"rows": [{"criterion": "业绩"}, {"criterion": "方案"}]}
        sheet = rows(
            text("criterion", readonly=True), {"type": "number", "key": "mark"}, allowAddRemove=False
        )
        site, browser = make_site(sheet, stored=stored)
        assert not browser.named("f_rows-0-f_criterion")
        assert "业绩" in browser.text
        assert not [b for b in browser.all("button") if b.get("name") == "row"]
        browser.fill("rows-1-mark", "9")
        browser.submit(**{"f_rows-0-f_criterion": "forged", "f_rows-2-f_mark": "5"})
        assert site.taken == {"rows": [{"criterion": "业绩", "mark": None}, {"criterion": "方案", "mark": 9}]}

    def test_lists_inside_lists(self) -> None:
        inner = {"type": "dynamiclist", "path": "kids", "components": [text("name")]}
        site, browser = make_site(rows(text("a"), inner))
        browser.press("row", "add:f_rows-0-f_kids")
        browser.type(**{"rows-0-a": "x", "rows-0-kids-1-name": "y"})
        browser.submit()
        assert site.taken == {"rows": [{"a": "x", "kids": [{"name": "y"}]}]}


PICKER = {
    "type": "filepicker",
    "key": "proof",
    "multiple": True,
    "accept": ".pdf",
    "properties": {"max_files": 2},
}


class TestFiles:
    def test_files_are_kept_when_the_rest_is_wrong(self) -> None:
        site, browser = make_site(text("a", validate={"required": True}), PICKER)
        browser.upload("proof", "一.pdf", b"1")
        browser.submit()
        assert browser.summary == ["请填写a"]
        assert "一.pdf" in browser.text
        browser.type(a="x")
        browser.submit()
        assert site.taken == {"a": "x", "proof": [site.files["1"]]}

    def test_files_are_uploaded_and_removed_by_buttons(self) -> None:
        site, browser = make_site(PICKER)
        for number in (b"1", b"2"):
            browser.upload("proof", f"{number.decode()}.pdf", number)
            browser.press("file", "upload")
        browser.press("file", "remove:f_proof:1")
        browser.submit()
        assert site.taken == {"proof": [site.files["2"]]}

    def test_the_same_file_twice_is_one(self) -> None:
        site, browser = make_site(PICKER)
        for _ in range(2):
            browser.upload("proof", "一.pdf", b"1")
            browser.press("file", "upload")
        browser.submit()
        assert site.taken is not None
        assert len(site.taken["proof"]) == 1

    def test_one_file_replaces_the_other_where_only_one_is_asked(self) -> None:
        site, browser = make_site({"type": "filepicker", "key": "proof"})
        for number in (b"1", b"2"):
            browser.upload("proof", f"{number.decode()}.pdf", number)
            browser.press("file", "upload")
        browser.submit()
        assert site.taken == {"proof": [site.files["2"]]}

    @pytest.mark.parametrize(
        ("name", "data", "message"),
        [
            ("a.exe", b"x", "proof只接受 .pdf 文件：a.exe"),
            ("a.pdf", b"", "“a.pdf”：文件是空的，请重新选择。"),
        ],
    )
    def test_refused_files_are_named(self, name: str, data: bytes, message: str) -> None:
        site, browser = make_site(PICKER)
        browser.upload("proof", name, data)
        browser.submit()
        assert (browser.summary, site.taken, site.files) == ([message], None, {})

    def test_files_of_others_cannot_be_claimed(self) -> None:
        site, browser = make_site(PICKER)
        browser.typed["f_proof"] = ["", "77"]
        browser.submit()
        assert browser.summary == ["proof中有附件不存在或已删除，请重新上传"]
        assert site.taken is None

    def test_hidden_and_read_only_pickers_store_nothing(self) -> None:
        hidden = {"type": "filepicker", "key": "a", "conditional": {"hide": "= true"}}
        fixed = {"type": "filepicker", "key": "b", "readonly": True}
        site, browser = make_site(hidden, fixed)
        for key in ("a", "b"):
            browser.upload(key, "x.pdf", b"x")
        browser.submit()
        assert (site.files, site.taken) == ({}, {"b": []})


class TestConditions:
    COMPONENTS = (
        {"type": "radio", "key": "kind", "values": BANKS},
        text("licence", validate={"required": True}, conditional={"hide": '= kind != "bank"'}),
    )

    def test_hidden_fields_are_not_on_the_page_and_not_taken(self) -> None:
        site, browser = make_site(*self.COMPONENTS)
        browser.type(kind="insurer")
        browser.submit(f_licence="forged")
        assert site.taken == {"kind": "insurer"}

    def test_a_field_that_appears_is_asked_for(self) -> None:
        site, browser = make_site(*self.COMPONENTS)
        browser.type(kind="bank")
        browser.submit()
        assert browser.summary == ["请填写licence"]
        browser.type(licence="A1")
        browser.submit()
        assert site.taken == {"kind": "bank", "licence": "A1"}

    def test_the_refresh_button_shows_what_is_asked_now(self) -> None:
        _, browser = make_site(*self.COMPONENTS)
        browser.type(kind="bank")
        browser.press("refresh", "enter")
        assert browser.named("f_licence")
        assert browser.summary == []

    def test_a_field_that_was_not_on_the_page_keeps_its_value(self) -> None:
        site, browser = make_site(
            {"type": "checkbox", "key": "more"},
            text("note", conditional={"hide": "= not(more)"}),
            {"type": "checkbox", "key": "tick", "conditional": {"hide": "= not(more)"}},
            stored={"note": "存", "tick": True},
        )
        browser.type(more=["", "true"])
        browser.submit()
        assert site.taken == {"more": True, "note": "存", "tick": True}

    def test_ticks_can_be_taken_back(self) -> None:
        stored = {"a": True, "b": ["bank"], "c": "bank"}
        site, browser = make_site(
            {"type": "checkbox", "key": "a"},
            {"type": "checklist", "key": "b", "values": BANKS},
            {"type": "radio", "key": "c", "values": BANKS},
            stored=stored,
        )
        assert browser.typed["f_a"] == ["", "true"]
        browser.type(a="", b="", c="")
        browser.submit()
        assert site.taken == {"a": False, "b": [], "c": None}


def test_a_draft_is_shown_as_it_was_typed_but_cannot_write_read_only_fields() -> None:
    site, browser = make_site(
        {"type": "number", "key": "n"},
        text("fixed", readonly=True),
        rows(text("a")),
        draft={"n": "two", "fixed": "forged", "rows": [{"a": "一"}, {"a": "二"}]},
        stored={"fixed": "存"},
    )
    assert browser.typed["f_n"] == ["two"]
    assert browser.typed["f_rows-1-f_a"] == ["二"]
    assert "forged" not in browser.html
    browser.type(n="2")
    browser.submit()
    assert site.taken == {"n": 2, "fixed": "存", "rows": [{"a": "一"}, {"a": "二"}]}


def test_what_was_sent_can_be_kept_as_a_draft() -> None:
    site, browser = make_site({"type": "number", "key": "n"}, rows(text("a")))
    browser.type(n="two", **{"rows-0-a": "一"})
    browser.submit()
    assert site.last is not None
    assert site.last.raw == {"n": "two", "rows": [{"#": "s0", "a": "一"}]}


def test_counted_texts_show_how_much_is_used() -> None:
    counted = {"type": "textarea", "properties": {"zi_group": "p", "zi_group_max": 5}}
    _, browser = make_site({**counted, "key": "a"}, {**counted, "key": "b"})
    browser.type(a="一二三", b="四 five")
    browser.submit(action="x", refresh="1")
    assert "合计 5 / 5 字" in browser.text
    browser.type(b="四五六")
    browser.submit()
    assert "合计 6 / 5 字" in browser.text
    area = browser.by_id("f_a")
    assert (area.get("data-counter"), area.get("data-group"), area.get("data-most")) == ("zi", "p", "5")


def test_optional_fields_say_so_and_required_ones_do_not() -> None:
    _, browser = make_site(text("a", label="甲", validate={"required": True}), text("b", label="乙"))
    labels = ["".join(label.itertext()) for label in browser.all("label")]
    assert labels == ["甲", "乙（选填）"]


def test_inputs_help_phones_and_password_managers() -> None:
    _, browser = make_site(
        text("m", properties={"rule": "mobile"}),
        text("e", properties={"rule": "email"}),
        {"type": "number", "key": "n", "decimalDigits": 0},
        {"type": "number", "key": "d"},
        text("o", properties={"autocomplete": "organization"}),
        {"type": "datetime", "key": "t", "validate": {"min": "2021-01-01", "max": '= date("2022-12-31")'}},
    )
    shown = {e.get("name"): e for e in browser.all("input")}
    assert (shown["f_m"].get("type"), shown["f_m"].get("inputmode"), shown["f_m"].get("autocomplete")) == (
        "tel",
        "tel",
        "tel",
    )
    assert (shown["f_e"].get("type"), shown["f_n"].get("inputmode"), shown["f_d"].get("inputmode")) == (
        "email",
        "numeric",
        "decimal",
    )
    assert shown["f_o"].get("autocomplete") == "organization"
    assert (shown["f_t"].get("type"), shown["f_t"].get("min"), shown["f_t"].get("max")) == (
        "date",
        "2021-01-01",
        "2022-12-31",
    )


def test_english_pages_speak_english() -> None:
    _, browser = make_site(
        text("a", label="单位", validate={"required": True}, properties={"label_en": "Organisation"}),
        {"type": "select", "key": "k", "label": "类型", "values": BANKS, "properties": {"label_en": "Kind"}},
    )
    browser.open("/?lang=en")
    assert "Organisation" in browser.text
    assert "Kind (optional)" in browser.text
    assert "Bank" in browser.text


def test_masked_values_are_shown_in_part() -> None:
    site, browser = make_site(
        text("name", properties={"mask": "name"}), text("m", properties={"rule": "mobile", "mask": "mobile"})
    )
    browser.type(name="王小明", m="13812345678")
    browser.submit()
    assert site.taken == {"name": "王小明", "m": "13812345678"}
    assert "王**" in browser.text
    assert "138****5678" in browser.text
    assert "13812345678" not in browser.html
