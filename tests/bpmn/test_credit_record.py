"""P17 credit record: entered, reported, and ended by time, repair or annulment."""

from __future__ import annotations

from typing import Any

import pytest

from tests.bpmn.walk import Stub, Walk, definition, missed

ORG = {"principal": "org:12", "name": "乙公司", "uscc": "91310000MA1FL0001R"}
STUBS: dict[str, Stub] = {
    "register_credit_entry": {"credit_no": "XY-1"},
    "export_credit_report": {"sha256": "ab" * 32},
    "close_credit_entry": None,
}
GIVEN: dict[str, Any] = {
    "case_no": "SB-1",
    "org": ORG,
    "decision_no": "WS-28",
    "measures": ["cancel_qualification", "credit_record"],
    "period": 36,
    "facts": "编报业绩",
    "scheme": "municipal_project",
}


def _entered(**changed: Any) -> Walk:
    walk = Walk("credit_record", {**GIVEN, **changed}, STUBS)
    walk.do("t_draft", degree="serious")
    walk.do("t_ok", outcome="agree", opinion="同意")
    return walk


def _expired() -> Walk:
    walk = _entered()
    entry = walk.called("register_credit_entry")[0]
    assert (entry["degree"], entry["period"], entry["decision_no"]) == ("serious", 36, "WS-28")
    assert "承诺书" in entry["basis"]
    walk.send("MSG-CREDIT-ACK", "XY-1", receipt="R-1")
    assert walk.sent("MSG-CREDIT-REGISTERED")[0].payload["credit_no"] == "XY-1"
    walk.wait("tm_exp")
    assert walk.now.isoformat()[:10] == "2029-03-02"
    assert walk.called("close_credit_entry")[0]["state"] == "expired"
    assert walk.instance.outcome == "expired"
    return walk


def _returned_reported_by_hand_and_repaired() -> Walk:
    walk = Walk("credit_record", {**GIVEN, "scheme": "district_policy"}, STUBS)
    assert "若干意见" in walk.task("t_draft").prefill["basis"]
    assert walk.refused("t_draft", degree="minor", period_months=37) == {"period_months"}
    walk.do("t_draft", degree="minor", period_months=12)
    walk.do("t_ok", outcome="return", opinion="期限依据不足")
    walk.do("t_draft", degree="minor", period_months=36)
    walk.do("t_ok", outcome="agree", opinion="同意")
    walk.wait("tm_ack")
    walk.do("t_man", reported_on="2026-03-20", channel="政务外网")
    walk.send("MSG-REPAIR", "XY-1", reason="已缴回")
    walk.do("t_rep", outcome="refuse", reason="未满最短期限")
    walk.send("MSG-REPAIR", "XY-1", reason="已缴回")
    walk.do("t_rep", outcome="agree", reason="已纠正")
    assert walk.called("close_credit_entry")[0] == {
        "credit_no": "XY-1",
        "state": "repaired",
        "reason": "已纠正",
    }
    assert len(walk.called("export_credit_report")) == 2
    assert walk.instance.outcome == "removed"
    return walk


def _annulled() -> Walk:
    walk = _entered()
    walk.send("MSG-CREDIT-ACK", "XY-1")
    walk.send("MSG-DECISION-ANNULLED", "XY-1", reason="复议撤销")
    assert walk.called("close_credit_entry")[0]["state"] == "annulled"
    return walk


STORIES = [_expired, _returned_reported_by_hand_and_repaired, _annulled]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: str(story.__name__))
def test_story(story: Any) -> None:
    story()


def test_every_element_is_walked() -> None:
    assert missed("credit_record", [story() for story in STORIES]) == set()


def test_drafter_and_approver_differ() -> None:
    approve = definition("credit_record").element("credit_record", "t_ok")
    assert approve is not None
    assert approve.duty == "credit_approve"
    assert approve.not_actor_of == ("t_draft",)
    assert approve.separate_from == ("credit_draft",)
