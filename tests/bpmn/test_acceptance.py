"""R01 acceptance: formal check, one-time supplement, acceptance or refusal."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.bpmn.walk import FILE, Stub, Walk, definition, missed

ORG = {"id": 1, "principal": "org:1", "name": "甲银行", "uscc": "91310000MA1FL0000N", "type": "bank"}
CALL = {"call_no": "PC-1", "title": "首批申报"}
DECLARATION = {
    "org_level": "municipal_level",
    "legal_rep": "负责人",
    "contact": "经办人",
    "mobile": "13800000000",
    "email": "bank@example.invalid",
    "address": "某路 1 号",
    "products": [
        {
            "name": "知易贷",
            "kind": "patent_pledge_loan",
            "launched_on": "2020-01-01",
            "summary": "面向中小企业",
        }
    ],
    "deals": [],
    "deal_files": None,
    "plan_work": "工作",
    "plan_targets": "目标",
    "plan_safeguards": "保障",
}
FACTS = {
    "submitted_at": "2026-03-02T09:00:00+08:00",
    "deadline": "2026-04-07T23:59:59+08:00",
    "form_complete": True,
    "commitment_signed": True,
    "opinion_signed": True,
    "plan_chars": 1800,
    "attachments_ok": True,
}
STUBS: dict[str, Stub] = {
    "open_acceptance": {"acceptance_no": "SL-1", "opened_at": "2026-03-02T10:00:00+08:00", "due_at": None},
    "read_clock": {"used": 0, "left": 5, "counted_on": "2026-03-02"},
    "stop_clock": {"working_days": 2},
    "render_letter": lambda given: {"doc_no": f"WS-{given['letter']}", "sha256": "ab" * 32},
    "record_service": {"served_how": "opened"},
}
DEAL = {
    "kind": "patent_pledge_loan",
    "enterprise": "某科技公司",
    "enterprise_uscc": "91310000MA1FL0000N",
    "deal_date": "2021-05-06",
    "cases": 1,
    "amount": 5000000,
    "registration_no": "Y2021-1",
}


def _start(facts: dict[str, Any] | None = None, params: dict[str, Any] | None = None) -> Walk:
    given = {
        "case_no": "CX-1",
        "org": ORG,
        "call": CALL,
        "declaration": DECLARATION,
        "facts": {**FACTS, **(facts or {})},
    }
    walk = Walk("acceptance", given, STUBS, params=params)
    assert walk.called("open_acceptance") == [{"case_no": "CX-1", "limit": 5}]
    return walk


def _rows(walk: Walk, **reasons: str) -> list[dict[str, Any]]:
    """The checklist as prefilled, but not met where a reason is given."""
    return [
        {**row, "ok": "no", "reason": reasons[row["part"]]} if row["part"] in reasons else row
        for row in walk.task("t_check").prefill["items"]
    ]


def _accepted() -> Walk:
    walk = _start()
    task = walk.task("t_check")
    assert (task.candidates, task.duty) == (("group:clerk",), "accept")
    assert task.prefill["outcome"] == "accept"
    assert {row["ok"] for row in task.prefill["items"]} == {"yes"}
    assert walk.refused("t_check", outcome="not_accept") == {"outcome"}
    walk.wait("b_remind")
    assert walk.now == datetime.fromisoformat("2026-03-06T23:59:59+08:00")
    assert walk.called("notify")[0]["to"] == "group:clerk"
    walk.do("t_check", paper_received=True)
    walk.do("t_accept_notice")
    letter = walk.called("render_letter")[-1]
    assert (letter["letter"], letter["data"]["acceptance_no"], letter["data"]["addressee"]) == (
        "TPL-03",
        "SL-1",
        "甲银行",
    )
    walk.send("MSG-RECEIPT-OPENED", "WS-TPL-03")
    assert (walk.instance.outcome, walk.instance.case_state) == ("accepted", "accepted")
    assert walk.called("stop_clock") == [{"case_no": "CX-1"}]
    return walk


def _late() -> Walk:
    walk = _start({"submitted_at": "2026-04-08T00:00:00+08:00"})
    task = walk.task("t_check")
    assert (task.prefill["outcome"], task.prefill["items"][0]["ok"]) == ("not_accept", "no")
    walk.do("t_check", items=_rows(walk, deadline="逾期提交"))
    assert walk.task("t_no_notice").prefill["reasons"] == [
        {"text": "申报材料于申报截止时间之后提交，逾期不予受理。", "clause": "S2-3.1"}
    ]
    walk.do("t_no_notice")
    letter = walk.called("render_letter")[-1]
    assert (letter["letter"], letter["data"]["clauses"]) == ("TPL-05", ["S2-3.1"])
    assert "行政复议" in letter["data"]["remedies"]
    walk.send("MSG-RECEIPT-OPENED", "WS-TPL-05")
    assert (walk.instance.outcome, walk.instance.case_state) == ("not_accepted", "not_accepted")
    return walk


def _supplemented() -> Walk:
    """Two parts are reopened, the rest stays shut; the second check offers no second round."""
    walk = _start({"plan_chars": 2001, "attachments_ok": False})
    assert walk.task("t_check").prefill["outcome"] == "supplement"
    assert walk.refused("t_check") == {"items"}
    walk.do("t_check", items=_rows(walk, plan="超过字数", deals="缺质押登记通知书"))
    listed = walk.task("t_supp_notice").prefill["items"]
    assert [(item["part"], item["requirement"], item["clause"]) for item in listed] == [
        ("deals", "缺质押登记通知书", "S2-1.3"),
        ("plan", "超过字数", "S2-F3"),
    ]
    walk.do("t_supp_notice")
    letter = walk.called("render_letter")[-1]
    assert (letter["letter"], letter["data"]["limit_days"]) == ("TPL-04", 10)
    assert letter["data"]["due_at"] == "2026-03-16T23:59:59+08:00"
    assert walk.called("deliver_document")[-1] == {"doc_no": "WS-TPL-04", "to": "org:1"}
    assert set(walk.instance.suspensions()) == {"acceptance"}
    task = walk.task("t_supp")
    assert (task.candidates, walk.instance.case_state) == (("org:1",), "supplement_required")
    answers = [{**row, "answer": "已补正"} for row in task.prefill["answers"]]
    long = {"plan_work": "字" * 2001}
    given = {"answers": answers, "deals": [DEAL], "deal_files": [FILE["id"]]}
    assert walk.refused("t_supp", **given, **long) == {"plan_work"}
    assert walk.refused("t_supp", **{**given, "deals": [{**DEAL, "deal_date": "2023-01-01"}]}) == {"deals"}
    walk.do("t_supp", **given, plan_work="改短了的工作方案", legal_rep="不许改")
    found = walk.instance.variables
    assert found["declaration"]["plan_work"] == "改短了的工作方案"
    assert found["declaration"]["legal_rep"] == "负责人"
    assert found["declaration"]["deals"][0]["registration_no"] == "Y2021-1"
    assert (found["facts"]["plan_chars"], found["facts"]["attachments_ok"]) == (12, True)
    assert (found["supplement_round"], walk.instance.case_state) == (1, "submitted")
    assert walk.instance.suspensions() == {}
    again = walk.task("t_check").prefill
    assert ({row["ok"] for row in again["items"]}, again["outcome"]) == ({"yes"}, "accept")
    worse = [{**row, "ok": "no", "reason": "仍缺"} for row in again["items"]]
    assert walk.refused("t_check", items=worse, outcome="supplement") == {"outcome"}
    walk.do("t_check")
    walk.do("t_accept_notice")
    walk.send("MSG-RECEIPT-OPENED", "WS-TPL-03")
    assert walk.instance.outcome == "accepted"
    return walk


def _asked_for_a_supplement(facts: dict[str, Any]) -> Walk:
    walk = _start(facts)
    walk.do("t_check", items=_rows(walk, commitment="未签署", opinion="未盖章", form="缺联系人"))
    walk.do("t_supp_notice")
    return walk


def _supplement_signed() -> Walk:
    walk = _asked_for_a_supplement(
        {"commitment_signed": False, "opinion_signed": False, "form_complete": False}
    )
    answers = [{**row, "answer": "已签"} for row in walk.task("t_supp").prefill["answers"]]
    assert walk.refused("t_supp", answers=answers) == {"commitment_files", "opinion_files"}
    signed = {"commitment_files": [FILE["id"]], "opinion_files": [FILE["id"]]}
    walk.do("t_supp", answers=answers, **signed, contact="新联系人", plan_work="不许改")
    declaration, facts = walk.instance.variables["declaration"], walk.instance.variables["facts"]
    assert (declaration["contact"], declaration["plan_work"]) == ("新联系人", "工作")
    assert declaration["products"][0]["name"] == "知易贷"
    assert (facts["commitment_signed"], facts["opinion_signed"], facts["form_complete"]) == (True, True, True)
    return walk


def _supplement_too_late() -> Walk:
    walk = _asked_for_a_supplement({"commitment_signed": False})
    walk.wait("b_supp_due")
    assert walk.now == datetime.fromisoformat("2026-03-16T23:59:59+08:00")
    assert walk.instance.suspensions() == {}  # the clock runs again while the refusal is written
    reasons = walk.task("t_no_notice").prefill["reasons"]
    assert [reason["clause"] for reason in reasons] == ["S2-1.2", "S2-C0", "S2-F4"]
    walk.do("t_no_notice")
    walk.send("MSG-RECEIPT-OPENED", "WS-TPL-05")
    assert walk.instance.outcome == "not_accepted"
    return walk


def _withdrawn_before_the_check() -> Walk:
    walk = _start()
    walk.send("MSG-WITHDRAW", "CX-1", reason="改报下一批次")
    assert (walk.instance.outcome, walk.instance.case_state) == ("withdrawn", "withdrawn")
    return walk


def _withdrawn_while_supplementing() -> Walk:
    walk = _asked_for_a_supplement({"commitment_signed": False})
    walk.send("MSG-WITHDRAW", "CX-1")
    assert walk.instance.outcome == "withdrawn"
    return walk


def _silence_accepts() -> Walk:
    """Only where the parameter says so; the reminder comes first."""
    walk = _start(params={"deemed_acceptance": True})
    walk.wait("b_remind")
    walk.wait("b_deemed")
    assert walk.open == {"t_accept_notice"}
    return walk


STORIES = [
    _accepted,
    _late,
    _supplemented,
    _supplement_signed,
    _supplement_too_late,
    _withdrawn_before_the_check,
    _withdrawn_while_supplementing,
    _silence_accepts,
]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: str(story.__name__))
def test_story(story: Any) -> None:
    story()


def test_every_element_is_walked() -> None:
    assert missed("acceptance", [story() for story in STORIES]) == set()


def test_the_clerk_neither_reviews_nor_approves() -> None:
    process = definition("acceptance")
    for task in ("t_check", "t_accept_notice", "t_supp_notice", "t_no_notice"):
        element = process.element("acceptance", task)
        assert element is not None
        assert (element.duty, set(element.separate_from)) == (
            "accept",
            {"review", "approve", "score", "board"},
        )
