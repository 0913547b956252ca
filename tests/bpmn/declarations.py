"""A declaration of a bank, filled in as far as a test needs it; called processes stand in by default."""

from __future__ import annotations

from typing import Any

from tests.bpmn.walk import FILE, Stub, Walk

USCC = "91310000MA1FL0000N"
ORG = {"id": 1, "principal": "org:1", "name": "甲银行", "uscc": USCC, "type": "bank"}
CALL = {"call_no": "PC-1", "title": "首批申报", "deadline": "2026-04-07T23:59:59+08:00", "quota": 10}
STUBS: dict[str, Stub] = {
    "stamp_submission": lambda given: {
        "receipt_no": "HZ-1",
        "received_at": given["submitted_at"],
        "late": False,
        "sha256": "ab" * 32,
        "parts": [
            {"part": part["part"], "title": part["title"], "sha256": "ab" * 32} for part in given["parts"]
        ],
    },
    "report_case_ended": None,
    "record_service": {"served_how": "opened"},
}
SERVED = {"service_of_notice": 'doc = {doc_no: "WS-1"} -> served'}
ACCEPTED = {"acceptance": 'ticket = {acceptance_no: "SL-1"} -> accepted'}
CLEAR = {"credit_check": 'verdict = {verdict: "clear"} -> clear'}
REVIEWED = {"expert_review": "score = 85.5 -> reviewed"}
SIGNED = {"agreement_signing": 'agreement = "done" -> effective'}
FORFEITED = {"agreement_signing": "agreement = null -> forfeited"}
ALL_GOOD = {**SERVED, **ACCEPTED, **CLEAR, **REVIEWED, **SIGNED}
DEAL = {
    "kind": "patent_pledge_loan",
    "enterprise": "某科技公司",
    "enterprise_uscc": "91310000MA1FL0001R",
    "deal_date": "2021-05-06",
    "cases": 30,
    "amount": 50000000,
    "registration_no": "Y2021-1",
    "is_sme": True,
    "is_first_loan": True,
}
PRODUCT = {
    "name": "知易贷",
    "kind": "patent_pledge_loan",
    "launched_on": "2020-01-01",
    "summary": "面向中小企业",
}
BASIC = {
    "org_level": "municipal_level",
    "in_shanghai": True,
    "legal_rep": "负责人",
    "contact": "经办人",
    "mobile": "13800000000",
    "email": "bank@example.invalid",
    "address": "某路 1 号",
    "team": [{"name": "成员", "id_no": "11010519491231002X", "role": "负责", "unit": "普惠部"}],
    "status_ok": True,
    "finance_ok": True,
    "credit_ok": True,
    "products": [PRODUCT],
}
PLAN = {"plan_work": "工作方案", "plan_targets": "绩效目标", "plan_safeguards": "保障措施"}


def start(replaced: dict[str, str] | None = None, org: dict[str, Any] | None = None, **params: Any) -> Walk:
    given = {"call": CALL, "org": org or ORG}
    stand_ins = {**ALL_GOOD, **(replaced or {})}
    walk = Walk("innovation_centre_declaration", given, STUBS, replaced=stand_ins, params=params)
    assert (walk.open, walk.instance.case_state) == ({"t_pre"}, "draft")
    return walk


def targets(walk: Walk) -> list[dict[str, Any]]:
    rows = walk.task("t_plan").prefill["targets"]
    return [{**row, "deals": 50, "enterprises": 40, "first_loans": 20, "amount": 90000} for row in rows]


def fill(walk: Walk, deals: list[dict[str, Any]] | None = None, **basic: Any) -> None:
    """From the self-check, skipped, to the page that shows what is missing."""
    walk.do("t_pre", skip=True)
    walk.do("t_form", **{**BASIC, **basic})
    walk.do("t_deals", deals=deals or [DEAL], deal_files=[FILE["id"]])
    walk.do("t_plan", **PLAN, targets=targets(walk))
    sign(walk)


def sign(walk: Walk) -> None:
    assert walk.task("t_commit").candidates == ("org:1:signer",)
    walk.do("t_commit", commitment_agreed=True, commitment_signer="负责人", commitment_position="legal_rep")
    assert walk.task("t_op").candidates == ("org:1:signer",)
    walk.do("t_op", opinion_agreed=True, opinion_signer="负责人")


def submit(walk: Walk) -> None:
    walk.do("t_sub", action="submit", confirmed=True)


def submitted(replaced: dict[str, str] | None = None, **changes: Any) -> Walk:
    walk = start(replaced)
    fill(walk, **changes)
    submit(walk)
    return walk


def reviewed(replaced: dict[str, str] | None = None) -> Walk:
    walk = submitted(replaced)
    walk.do("t_div", opinion="方案可行，业绩达标，建议提交审议。", recommendation="support")
    return walk


def deliberated(result: str, replaced: dict[str, str] | None = None) -> Walk:
    walk = reviewed(replaced)
    walk.send("MSG-DELIBERATED", "NO-1", result=result, rank=3, score=85.5, reason=None)
    return walk
