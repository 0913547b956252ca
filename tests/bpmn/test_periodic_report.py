"""P19 periodic report: filled in and accepted, returned, late and extended, late and recorded."""

from __future__ import annotations

from typing import Any

import pytest

from tests.bpmn.walk import FILE, Stub, Walk, definition, missed

ORG = {"id": 7, "principal": "org:7", "name": "甲银行", "uscc": "91310000MA1FPUJN11", "type": "bank"}
GIVEN: dict[str, Any] = {
    "case_no": "SB-1",
    "agreement_no": "XY-1",
    "org": ORG,
    "period": "2026 年第一季度阶段性工作总结",
    "due_on": "2026-04-15",
    "due_at": "2026-04-15T23:59:59+08:00",
}
STUBS: dict[str, Stub] = {"accept_report": {"counted": True, "document_no": "WS-1", "cases": 1}}
REPORT: dict[str, Any] = {
    "summary": "本季度开展知识产权质押贷款。",
    "deals": 12,
    "enterprises": 10,
    "first_loans": 4,
    "cases": [{"title": "首贷案例", "text": "以专利质押取得首笔贷款。", "file": [FILE]}],
}


def _start() -> Walk:
    return Walk("periodic_report", GIVEN, STUBS, message="MSG-REPORT-DUE")


def _accepted_after_a_reminder_and_a_return() -> Walk:
    walk = _start()
    task = walk.task("t_rep")
    assert task.candidates == ("org:7",)
    walk.wait("b_r")
    assert walk.now.isoformat()[:10] == "2026-04-12"
    assert "2026-04-15" in walk.called("notify")[0]["text"]
    assert "cases" in walk.refused("t_rep", **{**REPORT, "cases": []})
    walk.do("t_rep", **REPORT)
    assert walk.refused("t_rev", outcome="return", opinion="数字有误") == {"return_by"}
    walk.do("t_rev", outcome="return", opinion="数字有误", return_by="2026-04-20")
    walk.do("t_rep", **{**REPORT, "deals": 11})
    walk.do("t_rev", outcome="accept", opinion="同意", recommended=True)
    letter = walk.called("render_letter")[0]
    assert (letter["letter"], letter["data"]["deals"], letter["data"]["recommended"]) == ("TPL-22", 11, True)
    booked = walk.called("accept_report")[0]
    assert (booked["agreement_no"], str(booked["due_on"]), len(booked["cases"])) == ("XY-1", "2026-04-15", 1)
    assert (booked["recommended"], booked["period"]) == (True, GIVEN["period"])
    assert walk.instance.outcome == "accepted"
    return walk


def _late_and_extended() -> Walk:
    walk = _start()
    walk.wait("b_r")
    walk.wait("b_o")
    assert walk.open == {"t_o"}
    walk.do("t_o", outcome="extend", extend_to="2026-04-30", reason="合并口径")
    walk.do("t_rep", **REPORT)
    walk.do("t_rev", outcome="accept", opinion="同意")
    assert walk.instance.outcome == "accepted"
    return walk


def _late_and_recorded() -> Walk:
    walk = _start()
    walk.wait("b_r")
    walk.wait("b_o")
    walk.do("t_o", outcome="record", reason="逾期且未说明")
    assert walk.called("notify")[-1]["text"] == "逾期且未说明"
    assert walk.instance.outcome == "overdue_recorded"
    return walk


STORIES = [_accepted_after_a_reminder_and_a_return, _late_and_extended, _late_and_recorded]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: str(story.__name__))
def test_story(story: Any) -> None:
    story()


def test_every_element_is_walked() -> None:
    assert missed("periodic_report", [story() for story in STORIES]) == set()


def test_nobody_reviews_what_they_have_reported() -> None:
    review = definition("periodic_report").element("periodic_report", "t_rev")
    assert review is not None
    assert review.duty == "review"
