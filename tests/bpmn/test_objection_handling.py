"""R05 objection handling: from the objection to the written reply."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.bpmn.walk import FILE, START, Walk, definition, missed

OBJECTION: dict[str, Any] = {
    "publicity_no": "GS-1",
    "case_no": "SB-2",
    "item_no": 2,
    "kind": "person",
    "facts": "申报业绩不实。",
    "name": "王某",
    "phone": "13800000000",
    "signed": True,
    "sealed": False,
    "evidence": [],
    "respondent": {"principal": "org:12", "name": "乙保险", "uscc": "91310000MA1FL0001R"},
    "received_at": "2026-03-02T09:59:00+08:00",
    "receipt_no": "HZ-1",
}
REGISTERED = {
    "receipt_no": "HZ-1",
    "code": "ABCD",
    "masked_name": "王*",
    "starts_at": "2026-02-25T00:00:00+08:00",
    "ends_at": "2026-03-02T23:59:59+08:00",
}
STUBS = {"register_objection": REGISTERED, "decide_objection": None, "close_objection": None}


def _start(**changed: Any) -> Walk:
    walk = Walk("objection_handling", {**OBJECTION, **changed}, STUBS, message="MSG-OBJECTION")
    assert walk.called("register_objection")[0]["objection_no"] == "NO-1"
    return walk


def _investigated(walk: Walk, outcome: str = "upheld") -> Walk:
    walk.do("t_ask", questions="请说明第 3 笔业务的登记情况。", masked=True)
    if "t_resp" in walk.open:
        assert walk.task("t_resp").candidates == ("org:12",)
        walk.do(
            "t_resp", text="登记属实。", contact="李某", contact_phone="021-12345678", true_statement=True
        )
    walk.do("t_inv", findings="登记系统查无此笔。")
    walk.do("t_op", outcome=outcome, reason="业绩与登记不符。")
    return walk


def _upheld() -> Walk:
    walk = _start()
    assert walk.task("t_check").prefill["outcome"] == "accept"
    walk.do("t_check", outcome="accept")
    walk.wait("b_lim")
    assert "t_ask" in walk.open
    _investigated(walk)
    walk.do("t_decide", outcome="investigate_more", reason="补充核实")
    _investigated(walk)
    assert walk.refused("t_decide", outcome="upheld", reason="成立", fraud_suspected=True) == {"scheme"}
    walk.do("t_decide", outcome="upheld", reason="成立", fraud_suspected=True, scheme="municipal_project")
    lead = walk.sent("MSG-FRAUD-LEAD")[0]
    assert (lead.payload["stage"], lead.payload["source"]) == ("before_award", "objection")
    assert lead.payload["respondent"]["principal"] == "org:12"
    walk.do("t_reply", text="经核实，异议成立。")
    assert walk.called("deliver_document")[-1]["to"] == "ticket:NO-1"
    letter = walk.called("render_letter")[-1]["data"]
    assert letter["addressee"] == "王*"
    assert "王某" not in str(letter)
    assert walk.called("close_objection") == [{"objection_no": "NO-1", "outcome": "upheld"}]
    assert walk.sent("MSG-OBJECTION-CLOSED")[0].key == "GS-1"
    assert walk.instance.outcome == "closed"
    return walk


def _rejected_after_silence() -> Walk:
    walk = _start(kind="organisation", signed=False, sealed=True)
    walk.do("t_check", outcome="accept")
    walk.do("t_ask", questions="请说明。", masked=True)
    walk.wait("b_to")
    assert walk.instance.variables["statement"]["submitted"] is False
    walk.do("t_inv", findings="登记一致。", expert_consulted=True, expert_opinion="无异常")
    walk.do("t_op", outcome="rejected", reason="查无实据。")
    walk.do("t_decide", outcome="rejected", reason="不成立")
    walk.do("t_reply", text="经核实，异议不成立。")
    assert walk.called("decide_objection")[0]["outcome"] == "rejected"
    assert walk.sent("MSG-FRAUD-LEAD") == []
    return walk


def _upheld_without_fraud() -> Walk:
    walk = _start()
    walk.do("t_check", outcome="accept")
    _investigated(walk)
    walk.do("t_decide", outcome="upheld", reason="单位名称有误，成立。")
    walk.do("t_reply", text="已更正。")
    assert walk.sent("MSG-FRAUD-LEAD") == []
    return walk


def _supplemented_once() -> Walk:
    walk = _start(signed=False)
    assert walk.task("t_check").prefill["outcome"] == "supplement"
    assert walk.refused("t_check", outcome="supplement", reason="缺签名") == {"missing"}
    walk.do("t_check", outcome="supplement", reason="缺签名和清单", missing="签名、清单")
    asked = walk.task("t_supp")
    assert asked.candidates == ("ticket:NO-1",)
    assert set(asked.prefill) == {"facts"}  # who objects is sealed and never asked for inside the process
    walk.do("t_supp", signed=True, evidence=[FILE["id"]])
    assert walk.task("t_check").prefill["outcome"] == "accept"
    assert walk.refused("t_check", outcome="supplement", reason="再补", missing="x") == {"outcome"}
    walk.do("t_check", outcome="reject", reason="事实不清")
    walk.do("t_rej")
    assert walk.called("render_letter")[-1]["data"]["outcome"] == "not_accepted"
    assert walk.instance.outcome == "not_accepted"
    return walk


def _never_supplemented() -> Walk:
    walk = _start(signed=False)
    walk.do("t_check", outcome="supplement", reason="缺签名", missing="签名")
    walk.wait("b_supp")
    assert walk.task("t_rej").prefill["reason"] == "逾期未按要求补充材料。"
    walk.do("t_rej")
    assert walk.called("close_objection")[0]["outcome"] == "not_accepted"
    return walk


def _anonymous_lead() -> Walk:
    walk = _start(kind="anonymous", name=None, phone=None, signed=False, evidence=[FILE])
    assert walk.task("t_check").prefill["outcome"] == "lead"
    walk.do("t_check", outcome="lead", reason="匿名但有证据", scheme="municipal_project")
    assert walk.sent("MSG-FRAUD-LEAD")[0].payload["facts"] == "申报业绩不实。"
    walk.do("t_rej")
    assert walk.instance.outcome == "not_accepted"
    return walk


def _withdrawn() -> Walk:
    walk = _start()
    walk.do("t_check", outcome="accept")
    walk.send("MSG-OBJECTION-WITHDRAWN", "NO-1", reason="已沟通")
    assert walk.called("close_objection")[0]["outcome"] == "withdrawn"
    assert walk.open == {"t_wd"}
    walk.do("t_wd", outcome="end", reason="无须继续")
    assert walk.instance.outcome == "withdrawn"
    return walk


def _withdrawn_before_acceptance() -> Walk:
    walk = _start()
    walk.send("MSG-OBJECTION-WITHDRAWN", "NO-1", reason="")
    assert walk.open == {"t_wd"}
    walk.do("t_wd", outcome="end", reason="无须继续")
    return walk


def _withdrawn_instead_of_a_supplement() -> Walk:
    walk = _start(signed=False)
    walk.do("t_check", outcome="supplement", reason="缺签名", missing="签名")
    walk.send("MSG-OBJECTION-WITHDRAWN", "NO-1", reason="")
    assert walk.called("close_objection")[0]["outcome"] == "withdrawn"
    walk.do("t_wd", outcome="end", reason="无须继续")
    return walk


def _withdrawn_but_continued() -> Walk:
    walk = _start()
    walk.do("t_check", outcome="accept")
    walk.do("t_ask", questions="请说明。", masked=True)
    walk.send("MSG-OBJECTION-WITHDRAWN", "NO-1", reason="已沟通")
    walk.do("t_wd", outcome="own_motion", reason="证据具体", scheme="district_policy")
    assert walk.sent("MSG-FRAUD-LEAD")[0].payload["scheme"] == "district_policy"
    assert walk.instance.outcome == "withdrawn"
    return walk


STORIES = [
    _upheld,
    _rejected_after_silence,
    _upheld_without_fraud,
    _supplemented_once,
    _never_supplemented,
    _anonymous_lead,
    _withdrawn,
    _withdrawn_before_acceptance,
    _withdrawn_instead_of_a_supplement,
    _withdrawn_but_continued,
]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: str(story.__name__))
def test_story(story: Any) -> None:
    story()


def test_every_element_is_walked() -> None:
    assert missed("objection_handling", [story() for story in STORIES]) == set()


def test_who_handled_the_case_handles_no_objection() -> None:
    """S4: the officer is none of clerk, expert, approver of the disputed case; who decides is no officer."""
    process = definition("objection_handling")
    for task in ("t_check", "t_rej", "t_wd", "t_reply", "t_ask", "t_inv", "t_op"):
        element = process.element("objection_handling", task)
        assert element is not None
        assert element.duty == "objection"
        assert set(element.separate_from) == {"accept", "review", "approve", "score"}
    decide = process.element("objection_handling", "t_decide")
    assert decide is not None
    assert {"t_check", "t_ask", "t_inv", "t_op"} <= set(decide.not_actor_of)


CASES: list[tuple[Mapping[str, Any], str]] = [
    ({}, "accept"),
    ({"received_at": "2026-03-02T23:59:59+08:00"}, "accept"),
    ({"received_at": "2026-03-03T00:00:00+08:00"}, "reject"),
    ({"received_at": "2026-02-24T23:59:59+08:00"}, "reject"),
    ({"received_at": "2026-03-02T15:59:59Z"}, "accept"),
    ({"received_at": "2026-03-02T16:00:00Z"}, "reject"),
    ({"signed": False}, "supplement"),
    ({"phone": None}, "supplement"),
    ({"facts": None}, "supplement"),
    ({"kind": "organisation"}, "supplement"),
    ({"kind": "organisation", "sealed": True}, "accept"),
    ({"kind": "organisation", "sealed": True, "name": None}, "supplement"),
    ({"kind": "anonymous"}, "supplement"),
    ({"kind": "anonymous", "evidence": [FILE]}, "lead"),
]


@pytest.mark.parametrize(("changed", "result"), CASES)
def test_form_decision(changed: Mapping[str, Any], result: str) -> None:
    """D20 on both sides of the last second, and of every condition of form."""
    assert _start(**changed).instance.variables["form_check"]["result"] == result


def test_the_clock_of_the_story_lies_in_the_period() -> None:
    assert REGISTERED["starts_at"] < START.isoformat() < REGISTERED["ends_at"]
