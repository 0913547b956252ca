"""R06 payment: four eyes, use and budget checks, the bank's answer."""

from __future__ import annotations

from typing import Any

import pytest

from tests.bpmn.walk import Refusal, Stub, Walk, definition, missed

ORG = {"principal": "org:7", "name": "甲银行", "uscc": "91310000MA1FL0001R", "type": "bank"}
FACTS: dict[str, Any] = {
    "budget_balance": "500000.00",
    "already_paid": False,
    "frozen": False,
    "warnings": [],
}
ACCOUNT = {"payee_bank": "某银行", "payee_account": "31000000000001"}
REQUEST = {"budget_line": "创新中心", "use_text": "一次性激励", "reason": "按协议拨付", **ACCOUNT}


def start(*facts: dict[str, Any], order: Stub = None) -> Walk:
    """A payment of 500,000; the facts are given in this order, the last ones again and again."""
    left = list(facts or (FACTS,))
    stubs: dict[str, Stub] = {
        "payment_facts": lambda _: left.pop(0) if len(left) > 1 else left[0],
        "place_payment_order": order or {"payment_no": "ZF-1"},
        "post_ledger": {"balance": 500000},
    }
    given = {"case_no": "SB-1", "org": ORG, "instalment": 1, "amount": 500000, "agreement_no": "XY-1"}
    return Walk("payment", {**given, "use_code": "one_off_incentive"}, stubs)


def _approved(walk: Walk) -> Walk:
    walk.do("t_fr", outcome="agree", opinion="同意")
    walk.do("t_fa", outcome="agree", opinion="同意")
    return walk


def _paid() -> Walk:
    walk = start()
    walk.do("t_apply", **REQUEST)
    walk.do("t_fr", outcome="return", opinion="补充账户证明")
    walk.do("t_apply", **REQUEST)
    walk.do("t_fr", outcome="agree", opinion="同意")
    walk.do("t_fa", outcome="return", opinion="用途写具体")
    walk.do("t_apply", **REQUEST)
    _approved(walk)
    order = walk.called("place_payment_order")
    assert [(o["instalment"], o["amount"], o["payee"]["name"]) for o in order] == [(1, 500000, "甲银行")]
    assert walk.called("render_letter")[-1]["letter"] == "TPL-18"
    walk.send("MSG-PAID", "ZF-1", paid_at="2026-03-03")
    assert walk.called("post_ledger")[0]["reference"] == "ZF-1"
    assert walk.instance.outcome == "paid"
    return walk


def _blocked_then_stopped() -> Walk:
    walk = start({**FACTS, "budget_balance": "499999.99"})
    walk.do("t_apply", **REQUEST)
    assert walk.refused("t_fix", outcome="proceed", reason="x") == {"outcome"}
    assert walk.refused("t_fix", outcome="wait", reason="x") == {"outcome"}
    walk.do("t_fix", outcome="stop", reason="预算不足")
    assert walk.instance.outcome == "stopped"
    return walk


def _prohibited_then_revised() -> Walk:
    walk = start()
    walk.do("t_apply", **{**REQUEST, "use_code": "rent"})
    assert walk.instance.variables["budget_check"]["result"] == "blocked"
    walk.do("t_fix", outcome="revise", reason="改为激励")
    walk.do("t_apply", **{**REQUEST, "use_code": "professional_training"})
    assert "t_fr" in walk.open
    return walk


def _warned_and_proceeded() -> Walk:
    warning = {"kind": "same_account", "text": "账户与另一单位相同"}
    walk = start({**FACTS, "warnings": [warning]})
    walk.do("t_apply", **REQUEST)
    walk.do("t_fix", outcome="proceed", reason="同一集团资金池")
    return _approved(walk)


def _bank_troubles() -> Walk:
    """No receipt in time, then the money comes back, then it is paid."""
    walk = start({**FACTS, "already_paid": True}, FACTS)
    walk.do("t_apply", **REQUEST)
    walk.do("t_fix", outcome="retry", reason="系另一期")
    _approved(walk)
    walk.wait("tm_chase")
    walk.do("t_fix", outcome="wait", reason="银行处理中")
    walk.send("MSG-PAY-FAILED", "ZF-1", reason="户名不符")
    walk.do("t_fix", outcome="retry", reason="已更正")
    _approved(walk)
    walk.send("MSG-PAID", "ZF-1")
    assert walk.instance.outcome == "paid"
    return walk


def _refused_by_the_register() -> Walk:
    """The case is frozen, then the line is short, while the approval is under way."""
    codes = ["CASE_FROZEN", "PAYMENT_REFUSED"]

    def order(_: Any) -> dict[str, Any]:
        if codes:
            raise Refusal(codes.pop(0))
        return {"payment_no": "ZF-2"}

    walk = start(order=order)
    walk.do("t_apply", **REQUEST)
    for _ in range(2):
        _approved(walk)
        walk.do("t_fix", outcome="retry", reason="已处理")
    _approved(walk)
    walk.send("MSG-PAID", "ZF-2")
    return walk


STORIES = [
    _paid,
    _blocked_then_stopped,
    _prohibited_then_revised,
    _warned_and_proceeded,
    _bank_troubles,
    _refused_by_the_register,
]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: str(story.__name__))
def test_story(story: Any) -> None:
    story()


def test_every_element_is_walked() -> None:
    assert missed("payment", [story() for story in STORIES]) == set()


def test_three_different_people() -> None:
    """S2: who asks, who reviews and who approves the money differ."""
    tasks = {key: definition("payment").element("payment", key) for key in ("t_apply", "t_fr", "t_fa")}
    duties = {
        key: (task.duty, set(task.separate_from), set(task.not_actor_of))
        for key, task in tasks.items()
        if task
    }
    assert duties["t_apply"][:2] == ("finance_request", {"finance_review", "finance_approve"})
    assert duties["t_fr"] == ("finance_review", {"finance_request", "finance_approve"}, {"t_apply", "t_fix"})
    assert duties["t_fa"] == (
        "finance_approve",
        {"finance_request", "finance_review"},
        {"t_apply", "t_fix", "t_fr"},
    )
