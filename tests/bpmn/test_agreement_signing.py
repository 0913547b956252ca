"""P03 agreement signing: from the draft to the signed text, with the first money."""

from __future__ import annotations

from typing import Any

import pytest

from tests.bpmn.test_payment import FACTS, ORG, REQUEST
from tests.bpmn.walk import FILE, Stub, Walk, definition, missed

TARGETS = [
    {"year": 2023, "deals": 50, "enterprises": 40, "first_loans": 20, "amount": 30000},
    {"year": 2024, "deals": 60, "enterprises": 45, "first_loans": 25, "amount": 35000},
]
SIGNED = {
    "method": "e_seal",
    "signed_file": [FILE["id"]],
    "signer": "张某",
    "signer_title": "行长",
    "confirm_text": True,
}
STUBS: dict[str, Stub] = {
    "verify_signature": {"valid": True, "reason": ""},
    "seal_agreement": {"agreement_no": "XY-1", "doc_no": "WS-9", "sha256": "cd" * 32},
    "payment_facts": FACTS,
    "place_payment_order": {"payment_no": "ZF-1"},
    "post_ledger": {"balance": 500000},
}


def _start(org: dict[str, Any] | None = None, **stubs: Stub) -> Walk:
    given = {
        "case_no": "SB-1",
        "org": org or ORG,
        "declaration": {"targets": TARGETS},
        "call": {"title": "首批"},
    }
    return Walk("agreement_signing", given, {**STUBS, **stubs})


def _drafted(walk: Walk, **changed: Any) -> Walk:
    walk.do("t_draft", **{"targets": TARGETS, "party_b_signatory": "张某", **changed})
    return walk


def _signed(walk: Walk) -> Walk:
    walk.do("t_neg", outcome="agree")
    walk.do("t_u", **SIGNED, confirm_liability=True)
    walk.do("t_b", **SIGNED)
    return walk


def _effective_with_money() -> Walk:
    walk = _drafted(_start())
    _signed(walk)
    text = walk.called("render_letter")[0]["data"]
    assert [task["clause"] for task in text["tasks"]] == [f"S2-2.2.{n}" for n in range(1, 6)]
    assert "不得用于购置办公设备、场地租金及其他与本项目无关的支出" in text["prohibited_uses"]
    assert {"S2-C1", "S2-C2", "S2-C3"} <= set(text["clauses"])
    assert [call["to"] for call in walk.called("deliver_document")] == [ORG["principal"]]
    sealed = walk.called("seal_agreement")[0]
    assert sealed["targets"] == TARGETS
    assert sealed["text_sha256"] == "cd" * 32
    assert {stone["kind"] for stone in sealed["milestones"]} == {"report", "mid_term", "final"}
    assert walk.instance.case_state == "active"
    walk.do("t_apply", **REQUEST)
    walk.do("t_fr", outcome="agree", opinion="同意")
    walk.do("t_fa", outcome="agree", opinion="同意")
    walk.send("MSG-PAID", "ZF-1")
    assert walk.called("place_payment_order")[0]["amount"] == 500000
    assert walk.instance.outcome == "effective"
    return walk


def _payment_stopped() -> Walk:
    walk = _signed(_drafted(_start(payment_facts={**FACTS, "budget_balance": 0})))
    walk.do("t_apply", **REQUEST)
    walk.do("t_fix", outcome="stop", reason="预算未下达")
    walk.do("t_hold", reason="预算未下达", next_step="下达后补拨")
    assert walk.instance.outcome == "effective"
    return walk


def _without_money() -> Walk:
    """The floor is refused, the undertaker asks for a change, a signature fails on either side."""
    checks = iter([False, True, False, True])
    walk = _start(verify_signature=lambda _: {"valid": next(checks), "reason": "印章不清"})
    low = [{**TARGETS[0], "first_loans": 19}, TARGETS[1]]
    _drafted(walk, targets=low)
    assert walk.open == {"t_draft"}
    assert walk.instance.variables["floor"]["reasons"] == ["2023 年：首贷 19 户，要求不少于 20 户，差 1 户"]
    _drafted(walk, targets=TARGETS[:1])
    assert walk.instance.variables["floor"]["reasons"] == ["2024 年：没有填写年度指标"]
    later = [{"no": 1, "condition": "after_final", "amount": 500000, "use_code": "professional_training"}]
    _drafted(walk, instalments=later)
    walk.do(
        "t_neg",
        outcome="change",
        changes=[{"clause": "第二条", "proposal": "分季", "reason": "y"}],
        comment="x",
    )
    _drafted(walk, instalments=later)
    walk.do("t_neg", outcome="agree")
    for side in ("t_u", "t_b"):
        extra = {"confirm_liability": True} if side == "t_u" else {}
        walk.do(side, **SIGNED, **extra)
        walk.do(side, **SIGNED, **extra)
    assert walk.instance.outcome == "effective"
    assert walk.called("place_payment_order") == []
    return walk


def _certificate_of_another() -> Walk:
    """The certificate names another organisation: the office refuses it, then accepts it with a reason."""
    other = {"valid": False, "reason": "证书单位不一致", "other_holder": "东海银行总行"}
    right = {"valid": True, "reason": "", "other_holder": None}
    checks = iter([other, other, {**right, "valid": False, "reason": "文件不见了"}, other, right, right])
    later = [{"no": 1, "condition": "after_final", "amount": 500000, "use_code": "professional_training"}]
    walk = _drafted(_start(verify_signature=lambda _: next(checks)), instalments=later)
    walk.do("t_neg", outcome="agree")
    walk.do("t_u", **SIGNED, confirm_liability=True)
    assert walk.task("t_holder").candidates == ("group:division",)
    walk.do("t_holder", outcome="refuse", reason="无授权")
    for _ in range(2):
        walk.do("t_u", **SIGNED, confirm_liability=True)
        walk.do("t_holder", outcome="accept", reason="总行授权分行使用")
    walk.do("t_b", **SIGNED)
    assert walk.instance.outcome == "effective"
    reasons = [call.get("other_holder_reason") for call in walk.called("verify_signature")]
    assert reasons == [None, None, "总行授权分行使用", None, "总行授权分行使用", None]
    return walk


def _refused_by_the_undertaker() -> Walk:
    walk = _drafted(_start())
    walk.do("t_neg", outcome="refuse", comment="内部调整")
    assert walk.instance.outcome == "forfeited"
    return walk


def _overdue_extended_cancelled() -> Walk:
    walk = _drafted(_start())
    walk.do("t_neg", outcome="agree")
    signer = walk.task("t_u")
    assert signer.candidates == ("org:7:signer",)
    walk.wait("b_due")
    walk.do("t_over", outcome="extend", reason="用印流程")
    assert walk.open == {"t_u"}
    walk.wait("b_due")
    walk.do("t_over", outcome="cancel", reason="仍未签")
    assert (walk.instance.outcome, walk.instance.case_state) == ("forfeited", "removed")
    return walk


STORIES = [
    _effective_with_money,
    _payment_stopped,
    _without_money,
    _certificate_of_another,
    _refused_by_the_undertaker,
    _overdue_extended_cancelled,
]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: str(story.__name__))
def test_story(story: Any) -> None:
    story()


def test_every_element_is_walked() -> None:
    assert missed("agreement_signing", [story() for story in STORIES]) == set()


def test_the_signing_limit_is_counted_in_calendar_days() -> None:
    walk = _drafted(_start())
    walk.do("t_neg", outcome="agree")
    due = walk.instance.next_due()
    assert due is not None
    assert (due - walk.now).days == 30


def test_another_kind_of_institution_needs_a_ruling_on_its_targets() -> None:
    walk = _drafted(_start({**ORG, "type": "other"}))
    assert walk.open == {"t_draft"}
    _drafted(walk, floor_confirmed=True, floor_reason="业务量相当")
    assert walk.open == {"t_neg"}


def test_instalments_add_up_to_the_total() -> None:
    walk = _start()
    half = [{"no": 1, "condition": "on_signing", "amount": 250000, "use_code": "one_off_incentive"}]
    assert walk.refused("t_draft", targets=TARGETS, party_b_signatory="张某", instalments=half) == {
        "instalments"
    }


def test_the_drafter_does_not_sign() -> None:
    sign = definition("agreement_signing").element("agreement_signing", "t_b")
    assert sign is not None
    assert sign.not_actor_of == ("t_draft",)
    assert sign.duty == "sign"
