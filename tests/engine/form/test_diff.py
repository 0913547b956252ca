"""What changed between two submissions."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.engine.form import Form, parse_form
from app.engine.form.diff import diff_values

ROW = [
    {"type": "textfield", "id": "n", "key": "name", "label": "企业"},
    {"type": "number", "id": "a", "key": "amount", "label": "金额"},
]
FORM = parse_form(
    {
        "components": [
            {"type": "textfield", "id": "c", "key": "contact", "label": "联系人"},
            {"type": "filepicker", "id": "f", "key": "files", "label": "附件", "multiple": True},
            {"type": "group", "id": "g", "path": "plan", "label": "方案",
             "components": [{"type": "textarea", "id": "t", "key": "text", "label": "内容"}]},
            {"type": "dynamiclist", "id": "l", "path": "rows", "label": "业绩", "components": ROW},
            {"type": "expression", "id": "e", "key": "total", "expression": "= sum(rows.amount)",
             "properties": {"label": "合计"}},
        ]
    },
    "test/diff",
)  # fmt: skip


def told(before: dict[str, Any], after: dict[str, Any], form: Form = FORM) -> list[tuple[Any, ...]]:
    return [
        (c.kind, c.state.label.zh, c.rows, None if c.row is None else "row")
        for c in diff_values(form, before, after)
    ]


def row(name: str, amount: int) -> dict[str, Any]:
    return {"name": name, "amount": amount}


def test_fields_of_every_place_are_compared() -> None:
    before = {"contact": "甲", "plan": {"text": "一\r\n二"}, "files": []}
    after = {
        "contact": "乙",
        "plan": {"text": "一\n二"},
        "files": [{"id": "1", "name": "a", "size": 1, "sha256": "x"}],
    }
    assert told(before, after) == [("changed", "联系人", (), None), ("added", "附件", (), None)]
    assert told(after, before) == [("changed", "联系人", (), None), ("removed", "附件", (), None)]


def test_rows_that_came_went_and_changed() -> None:
    before = {"rows": [row("甲", 1), row("乙", 2), row("丙", 3)]}
    after = {"rows": [row("甲", 1), row("丙", 30), row("丁", 4)]}
    assert told(before, after) == [
        ("changed", "企业", (2,), None),
        ("changed", "金额", (2,), None),
        ("changed", "企业", (3,), None),
        ("changed", "金额", (3,), None),
    ]
    assert told({"rows": [row("甲", 1), row("乙", 2)]}, {"rows": [row("乙", 2)]}) == [
        ("removed", "业绩", (1,), "row")
    ]
    assert told({"rows": [row("乙", 2)]}, {"rows": [row("甲", 1), row("乙", 2)]}) == [
        ("added", "业绩", (1,), "row")
    ]


VALUES = st.fixed_dictionaries(
    {},
    optional={
        "contact": st.sampled_from(["", "甲", "乙"]),
        "rows": st.lists(st.builds(row, st.sampled_from("甲乙丙"), st.integers(1, 3)), max_size=5),
    },
)


@given(VALUES, VALUES)
def test_there_is_a_change_exactly_when_something_changed(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    def plain(values: dict[str, Any]) -> tuple[Any, Any]:
        return values.get("contact") or None, values.get("rows") or []

    assert bool(diff_values(FORM, before, after)) == (plain(before) != plain(after))
    assert diff_values(FORM, after, after) == []
