"""P24 appeal: filed in time or not, accepted or refused, reviewed and decided, withdrawn; reconsideration elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from tests.bpmn.decisions import decide
from tests.bpmn.walk import FILE, Refusal, Stub, Walk, definition, missed

ORG = {"id": 12, "principal": "org:12", "name": "乙公司", "uscc": "91310000MA1FL0001R", "type": "bank"}
DECISION: dict[str, Any] = {
    "doc_no": "WS-1",
    "title": "未入选告知书",
    "letter": "TPL-10",
    "case_no": "SB-1",
    "org": ORG,
    "appealable": True,
    "served_at": "2026-02-27T09:00:00+08:00",
    "until": "2026-03-06T23:59:59+08:00",
    "served_text": "2026年02月27日 09:00",
    "until_text": "2026年03月06日 23:59",
}
SANCTION = {**DECISION, "letter": "TPL-28", "title": "处理决定书"}
FILED: dict[str, Any] = {
    "request": "撤销告知书，重新评审。",
    "grounds": "评审专家应当回避而没有回避。",
    "evidence": [FILE["id"]],
    "contact": "李某",
    "phone": "021-12345678",
    "true_statement": True,
}
RULED = {"reason": "专家与另一申报单位存在利害关系。", "text": "撤销告知书，由业务处室重新组织评审。"}


def _stubs(decision: dict[str, Any], earlier: int = 0) -> dict[str, Stub]:
    def find(given: Any) -> dict[str, Any]:
        if given["document_no"] != decision["doc_no"]:
            raise Refusal("DOCUMENT_NOT_FOUND")
        return decision

    return {
        "stamp_submission": lambda given: {"receipt_no": "HZ-1", "received_at": "2026-03-02T10:00:00+08:00"},
        "appeal_facts": find,
        "register_appeal": {"kind_name": "复核申请", "earlier": earlier},
        "close_appeal": {"closed_at": None},
    }


def _start(decision: dict[str, Any] = DECISION) -> Walk:
    given = {"case_no": "SB-1", "decision": decision, "org": ORG}
    return Walk("appeal", given, _stubs(decision), message="MSG-APPEAL")


def _registered(decision: dict[str, Any] = DECISION, earlier: int = 0, **values: Any) -> Walk:
    walk = Walk("appeal", {}, _stubs(decision, earlier))
    assert set(walk.task("t_reg").candidates) == {"group:objection", "group:supervisor"}
    walk.do("t_reg", decision_no="WS-9", **values)
    assert walk.open == {"t_reg"}  # there is no such letter
    walk.do("t_reg", decision_no="WS-1", **values)
    return walk


def _serve(walk: Walk) -> None:
    waiting = [s for s in walk.instance.subscriptions() if s.message == "MSG-RECEIPT-OPENED"]
    walk.send("MSG-RECEIPT-OPENED", waiting[0].key)


def _accepted(walk: Walk, **values: Any) -> Walk:
    walk.do("t_file", **FILED)
    entered = walk.called("register_appeal")[0]
    assert (entered["document_no"], entered["kind"]) == ("WS-1", "review")
    task = walk.task("t_check")
    assert (task.candidates, task.prefill["outcome"]) == (("group:objection",), "accept")
    walk.do("t_check", outcome="accept", **values)
    return walk


def _revoked() -> Walk:
    walk = _start()
    assert "true_statement" in walk.refused("t_file", **{**FILED, "true_statement": False})
    _accepted(walk)
    walk.do("t_review", findings="须听取双方意见。", outcome="hearing", reason="申请人要求听证。")
    assert set(walk.instance.suspensions()) == {"appeal"}
    assert walk.refused("t_pause") == {"result"}
    walk.do("t_pause", result="听证笔录已制作。")
    assert not walk.instance.suspensions()
    walk.do("t_review", findings="专家丙与丁公司有合同往来。", outcome="uphold", reason="不影响名次。")
    assert walk.task("t_decide").candidates == ("group:approver",)
    assert walk.refused("t_decide", outcome="revoke", reason="应当回避") == {"text"}
    walk.do("t_decide", outcome="return", reason="请核对名次")
    walk.do("t_review", findings="去掉该评分后名次不同。", outcome="revoke", reason="影响名次。")
    walk.do("t_decide", outcome="revoke", **RULED)
    letter = walk.called("render_letter")[-1]
    assert (letter["letter"], letter["data"]["outcome"], letter["to"]) == ("TPL-43", "revoke", "org:12")
    assert "行政复议" in letter["data"]["remedies"]
    _serve(walk)
    assert walk.called("close_appeal")[-1]["outcome"] == "revoke"
    assert walk.task("t_carry").candidates == ("group:division",)
    walk.do("t_carry", done="重新评审，案件 SB-9。", done_on="2026-03-20")
    assert walk.instance.outcome == "closed"
    return walk


def _upheld_while_execution_is_suspended() -> Walk:
    walk = _start(SANCTION)
    assert walk.refused("t_file") >= {"request", "grounds"}
    _accepted(walk, suspend=True, suspend_reason="缴款将造成难以挽回的损失")
    assert walk.sent("MSG-EXECUTION-SUSPENDED")[0].key == "WS-1"
    walk.do("t_review", findings="事实清楚。", outcome="uphold", reason="于法有据。")
    walk.do("t_decide", outcome="uphold", reason="于法有据。", text="维持处理决定。")
    _serve(walk)
    assert walk.sent("MSG-EXECUTION-RESUMED")[0].payload["outcome"] == "uphold"
    assert walk.called("notify")[0]["to"] == "group:supervisor"
    assert walk.instance.outcome == "closed"
    return walk


def _refused() -> Walk:
    walk = _registered(kind="review", received_on="2026-03-09", request="重新评审", grounds="不服")
    assert walk.decisions == ["appeal_timeliness"]
    prefill = walk.task("t_check").prefill
    assert prefill["outcome"] == "refuse"
    assert "2026-03-06 届满" in prefill["reason"]
    walk.do("t_check", outcome="refuse", reason=prefill["reason"])
    letter = walk.called("render_letter")[-1]
    assert (letter["letter"], letter["data"]["reasons"]) == ("TPL-44", [prefill["reason"]])
    _serve(walk)
    assert walk.called("close_appeal")[-1]["outcome"] == "refused"
    assert walk.instance.outcome == "refused"
    return walk


def _never_filed() -> Walk:
    walk = _start()
    walk.wait("b_lapse")
    assert walk.now.isoformat() == "2026-03-06T15:59:59+00:00"
    assert walk.called("close_appeal") == [{"outcome": "lapsed"}]
    assert walk.called("register_appeal") == []
    return walk


def _withdrawn() -> Walk:
    walk = _accepted(_start())
    walk.send("MSG-APPEAL-WITHDRAWN", "NO-1", reason="已沟通")
    closed = walk.called("close_appeal")[-1]
    assert (closed["outcome"], closed["reason"]) == ("withdrawn", "已沟通")
    assert walk.called("render_letter") == []
    return walk


def _changed_by_a_court() -> Walk:
    given = {
        "kind": "litigation",
        "body": "某人民法院",
        "reference": "（2026）初 1 号",
        "filed_on": "2026-03-10",
    }
    walk = _registered(SANCTION, suspend=True, **given)
    entered = walk.called("register_appeal")[0]
    assert (entered["kind"], entered["reference"]) == ("litigation", "（2026）初 1 号")
    walk.do(
        "t_result", outcome="change", result_no="判决 1 号", result_on="2026-06-01", summary="减少追缴金额"
    )
    assert walk.sent("MSG-EXECUTION-RESUMED")[0].payload["outcome"] == "change"
    assert walk.task("t_carry").candidates == ("group:supervisor",)
    walk.do("t_carry", done="按判决调整应收。", done_on="2026-06-10")
    return walk


STORIES = [
    _revoked,
    _upheld_while_execution_is_suspended,
    _refused,
    _never_filed,
    _withdrawn,
    _changed_by_a_court,
]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: str(story.__name__))
def test_story(story: Any) -> None:
    story()


def test_every_element_is_walked() -> None:
    assert missed("appeal", [story() for story in STORIES]) == set()


def test_whoever_handled_the_case_does_not_handle_the_appeal() -> None:
    for element_id in ("t_check", "t_review", "t_decide"):
        element = definition("appeal").element("appeal", element_id)
        assert element is not None
        assert {"accept", "review", "approve", "score", "board", "sanction_decide"} <= set(
            element.separate_from
        )
    decide_step = definition("appeal").element("appeal", "t_decide")
    assert decide_step is not None
    assert "appeal" in decide_step.separate_from


@pytest.mark.parametrize(
    ("changed", "result"),
    [
        ({}, "accept"),
        ({"received_at": "2026-03-06T23:59:59+08:00"}, "accept"),
        ({"received_at": "2026-03-07T00:00:00+08:00"}, "refuse"),
        ({"appealable": False}, "refuse"),
        ({"earlier": 1}, "refuse"),
        ({"served_at": None, "until": None}, "accept"),
        ({"until": None}, "manual"),
        ({"received_at": None}, "manual"),
    ],
)
def test_timeliness(changed: dict[str, Any], result: str) -> None:
    given = {
        "appealable": True,
        "served_at": DECISION["served_at"],
        "until": DECISION["until"],
        "received_at": "2026-03-02T10:00:00+08:00",
        "earlier": 0,
    }
    assert decide("appeal_timeliness", {**given, **changed})["result"] == result
