"""P02 publicity: a list in public for some working days, and what becomes of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.engine.definition import Element
from tests.bpmn.walk import START, Stub, Walk, definition, missed

ITEMS = [
    {"item_no": 1, "case_no": "SB-1", "org_name": "甲银行", "text": "拟确定为承担单位"},
    {"item_no": 2, "case_no": "SB-2", "org_name": "乙保险", "text": "拟确定为承担单位"},
]
NONE = {"open": 0, "upheld": 0, "rejected": 0, "withdrawn": 0, "not_accepted": 0}
NOTICE = {
    "publicity_no": "GS-1",
    "starts_at": START.isoformat(),
    "ends_at": (START + timedelta(days=7)).isoformat(),
    "sha256": "ab" * 32,
}


def _start(*counts: dict[str, Any]) -> Walk:
    """A publicity that is drafted and approved; the objections are counted in this order."""
    left = list(counts or (NONE,))
    stubs: dict[str, Stub] = {
        "publish_notice": NOTICE,
        "count_objections": lambda _: left.pop(0),
        "archive_notice": None,
        "publish_adjustment": {"adjustment_no": "GS-9"},
    }
    walk = Walk(
        "publicity", {"title": "名单公示", "basis": "经审议", "items": ITEMS, "subject": "PC-1"}, stubs
    )
    walk.do("t_notice")
    walk.do("t_appr", outcome="agree")
    return walk


def _clear() -> Walk:
    walk = _start()
    published = walk.called("publish_notice")[0]
    assert (published["days"], published["case_no"]) == (5, "PC-1")
    assert [item["org_name"] for item in published["items"]] == ["甲银行", "乙保险"]
    assert "contact@example.invalid" in published["body"]
    assert "\n异议受理渠道" in published["body"]
    assert walk.instance.case_state == "in_publicity"
    walk.wait("tm_end")
    walk.do("t_cert", checked=True)
    assert walk.called("render_letter")[-1]["letter"] == "TPL-13"
    assert walk.called("archive_notice") == [{"publicity_no": "GS-1", "state": "clear"}]
    assert walk.instance.outcome == "clear"
    return walk


def _returned_then_terminated() -> Walk:
    walk = Walk(
        "publicity",
        {"title": "名单公示", "basis": "经审议", "items": ITEMS, "subject": "PC-1"},
        {"publish_notice": NOTICE, "archive_notice": None},
    )
    assert walk.refused("t_notice", days=4) == {"days"}
    assert walk.refused("t_notice", days=21) == {"days"}
    walk.do("t_notice", days=20)
    assert walk.refused("t_appr", outcome="return") == {"opinion"}
    walk.do("t_appr", outcome="return", opinion="补充依据")
    assert walk.task("t_notice").prefill["days"] == 20
    walk.do("t_notice", days=7, basis="经审议，补充依据")
    walk.do("t_appr", outcome="agree")
    assert walk.called("publish_notice")[0]["days"] == 7
    walk.send("MSG-PUBLICITY-TERMINATE", "GS-1", reason="名单有误")
    assert walk.called("archive_notice") == [{"publicity_no": "GS-1", "state": "terminated"}]
    assert walk.instance.outcome == "terminated"
    return walk


def _upheld_and_changed() -> Walk:
    """Two objections are open at the end; one message comes too early, one is upheld at last."""
    walk = _start(
        {**NONE, "open": 2}, {**NONE, "open": 1, "rejected": 1}, {**NONE, "upheld": 1, "rejected": 1}
    )
    walk.wait("tm_end")
    assert walk.instance.case_state == "objection_open"
    walk.wait("b_urge")
    assert walk.called("notify")[0]["to"] == "group:objection"
    walk.send("MSG-OBJECTIONS-RESOLVED", "GS-1")
    assert "t_cert" not in walk.open
    walk.send("MSG-OBJECTIONS-RESOLVED", "GS-1")
    rows = [{**ITEMS[0], "action": "keep"}, {**ITEMS[1], "action": "remove"}]
    walk.do("t_adj", rows=rows, reason="第 2 项异议成立")
    assert walk.called("publish_adjustment")[0]["items"] == [ITEMS[0]]
    assert walk.instance.outcome == "changed"
    assert walk.instance.variables["items"] == [ITEMS[0]]
    return walk


def _published_again() -> Walk:
    walk = _start({**NONE, "upheld": 1}, NONE)
    walk.wait("tm_end")
    rows = [{**ITEMS[0], "action": "keep"}, {**ITEMS[1], "action": "remove"}]
    new = {"item_no": 3, "case_no": "SB-3", "org_name": "丙担保", "text": "递补"}
    assert walk.refused("t_adj", rows=rows, added=[new], reason="递补") == {"again"}
    walk.do("t_adj", rows=rows, added=[new], again=True, reason="递补")
    assert walk.called("archive_notice")[-1]["state"] == "changed"
    assert [item["item_no"] for item in walk.task("t_notice").prefill["items"]] == [1, 3]
    walk.do("t_notice")
    walk.do("t_appr", outcome="agree")
    walk.wait("tm_end")
    walk.do("t_cert", checked=True)
    assert walk.instance.outcome == "clear"
    assert walk.instance.variables["publicity_no"] == "GS-1"
    return walk


STORIES = [_clear, _returned_then_terminated, _upheld_and_changed, _published_again]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: str(story.__name__))
def test_story(story: Any) -> None:
    story()


def test_every_element_is_walked() -> None:
    assert missed("publicity", [story() for story in STORIES]) == set()


def test_drafter_and_approver_differ() -> None:
    approve: Element | None = definition("publicity").element("publicity", "t_appr")
    assert approve is not None
    assert approve.not_actor_of == ("t_notice",)


def test_an_open_objection_at_the_end_gives_a_person_the_word() -> None:
    walk = _start({**NONE, "upheld": None})
    walk.wait("tm_end")
    assert walk.open == {"t_adj"}
