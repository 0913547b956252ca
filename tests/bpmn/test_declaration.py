"""P01 a declaration, from the first form to every end it can come to."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.bpmn.declarations import (
    ALL_GOOD,
    BASIC,
    CALL,
    DEAL,
    FORFEITED,
    ORG,
    PLAN,
    PRODUCT,
    SIGNED,
    STUBS,
    USCC,
    deliberated,
    fill,
    reviewed,
    sign,
    start,
    submit,
    submitted,
    targets,
)
from tests.bpmn.walk import FILE, Stub, Walk, definition, missed

READ = {"used": 0, "left": 5, "counted_on": "2026-03-02"}


def _selected() -> Walk:
    walk = start()
    task = walk.task("t_pre")
    assert (task.candidates, task.prefill) == (("org:1",), {"org_type": "bank"})
    walk.do("t_pre", org_type="bank", product_kinds=["patent_pledge_loan"], n=19, amount_yi=9.5)
    found = walk.task("t_form").variables()
    assert (found["precheck_product"]["result"], found["precheck_record"]["reason_code"]) == (
        "pass",
        "BANK_SHORT",
    )
    assert walk.task("t_form").prefill["uscc"] == USCC
    assert walk.refused("t_form", **{**BASIC, "in_shanghai": False}) == {"in_shanghai"}
    assert walk.refused("t_form", **{**BASIC, "uscc": "91310000MA1FL0000X"}) == {"uscc"}
    walk.do("t_form", **BASIC)
    assert walk.refused("t_deals", deals=[{**DEAL, "deal_date": "2020-12-31"}], deal_files=[FILE["id"]]) == {
        "deals"
    }
    walk.do("t_deals", deals=[DEAL, {**DEAL, "amount": 1}], deal_files=[FILE["id"]])
    totals = walk.instance.variables["totals"]
    assert (totals["n"], totals["amount"], totals["duplicates"], totals["ratio"]) == (30, 50000000, 1, 1.5)
    few = [{**row, "first_loans": 41} for row in targets(walk)]
    assert walk.refused("t_plan", **PLAN, targets=few) == {"targets"}
    walk.do("t_plan", **PLAN, targets=targets(walk))
    assert walk.refused("t_commit", commitment_signer="负责人", commitment_position="authorised") == {
        "commitment_agreed",
        "commitment_authorisation",
    }
    sign(walk)
    assert walk.instance.variables["missing"] == []
    assert walk.refused("t_sub", action="submit") == {"confirmed"}
    submit(walk)
    stamped = walk.called("stamp_submission")[0]
    assert (stamped["case_no"], stamped["call_no"], stamped["deadline"]) == ("NO-1", "PC-1", CALL["deadline"])
    assert stamped["submitted_at"] == "2026-03-02T10:00:00+08:00"
    assert [part["part"] for part in stamped["parts"]] == ["declaration", "totals", "commitment", "opinion"]
    receipt = walk.called("render_letter")[0]
    assert (receipt["letter"], receipt["data"]["receipt_no"], receipt["data"]["plan_chars"]) == (
        "TPL-02",
        "HZ-1",
        12,
    )
    walk.do("t_div", opinion="方案可行，业绩达标，建议提交审议。", recommendation="support")
    [message] = walk.sent("MSG-CASE-REVIEWED")
    assert message.key == "PC-1"
    assert message.payload == {
        "case_no": "NO-1",
        "status": "reviewed",
        "score": 85.5,
        "org_name": "甲银行",
        "org_type": "bank",
        "targets_first_loans": 40,
        "track_ratio": 1.5,
    }
    walk.send("MSG-DELIBERATED", "NO-1", result="proposed", rank=1, score=85.5)
    assert walk.instance.case_state == "in_publicity"
    walk.send("MSG-PUBLICITY-RESULT", "NO-1", result="confirmed", publicity_no="GS-1")
    assert walk.instance.outcome == "selected"
    assert walk.states == ["draft", "submitted", "under_review", "reviewed", "in_publicity", "active"]
    return walk


def _too_long_then_corrected() -> Walk:
    """2000 characters pass, 2001 do not; what is missing is named and sends the applicant back."""
    walk = start()
    walk.do("t_pre", skip=True)
    walk.do("t_form", **BASIC)
    walk.do("t_deals", deals=[DEAL], deal_files=[FILE["id"]])
    long = {"plan_work": "工" * 1000, "plan_targets": "目" * 600, "plan_safeguards": "保" * 401}
    assert walk.refused("t_plan", **long, targets=targets(walk)) != set()
    walk.do("t_plan", **{**long, "plan_safeguards": "保" * 400}, targets=targets(walk))
    assert walk.instance.variables["plan_chars"] == 2000
    sign(walk)
    walk.do("t_sub", action="edit")
    assert walk.open == {"t_form"}
    return walk


def _too_long_with_another_count() -> Walk:
    """Where the parameter counts characters, blanks and Latin letters count too: the gateway sends back."""
    walk = start(count_mode="characters", plan_limit=20)
    walk.do("t_pre", skip=True)
    walk.do("t_form", **BASIC)
    walk.do("t_deals", deals=[DEAL], deal_files=[FILE["id"]])
    latin = {"plan_work": "intellectual property finance", "plan_targets": "目标", "plan_safeguards": "保障"}
    walk.do("t_plan", **latin, targets=targets(walk))
    assert (walk.instance.variables["plan_chars"], walk.open) == (33, {"t_plan"})
    return walk


def _expired() -> Walk:
    """Both reminders come 5 and 1 working days before the deadline, then nothing can be submitted."""
    walk = start()
    walk.wait("b_rem")
    assert walk.now == datetime.fromisoformat("2026-03-31T23:59:59+08:00")
    walk.wait("b_rem2")
    assert walk.now == datetime.fromisoformat("2026-04-06T23:59:59+08:00")
    assert {told["to"] for told in walk.called("notify")} == {"org:1"}
    walk.wait("b_deadline")
    assert walk.now == datetime.fromisoformat(CALL["deadline"])  # type: ignore[arg-type]
    assert (walk.instance.outcome, walk.open) == ("expired", set())
    return walk


def _not_accepted() -> Walk:
    walk = submitted({"acceptance": "ticket = null -> not_accepted"})
    assert walk.instance.outcome == "not_accepted"
    return walk


def _withdrawn_at_acceptance() -> Walk:
    walk = submitted({"acceptance": 'withdrawal = {reason: "改报"} -> withdrawn'})
    assert walk.called("render_letter")[-1]["letter"] == "TPL-12"
    assert walk.instance.outcome == "withdrawn"
    return walk


def _withdrawn_during_review() -> Walk:
    walk = submitted()
    walk.send("MSG-WITHDRAW", "NO-1", reason="内部调整")
    assert walk.called("render_letter")[-1]["data"]["reasons"] == ["内部调整"]
    assert (walk.instance.outcome, walk.instance.case_state) == ("withdrawn", "withdrawn")
    return walk


def _withdrawn_before_deliberation() -> Walk:
    walk = reviewed()
    walk.send("MSG-WITHDRAW", "NO-1")
    assert walk.instance.outcome == "withdrawn"
    return walk


def _called_off_during_review() -> Walk:
    walk = submitted()
    walk.send("MSG-CALL-CANCELLED", "NO-1", call_no="PC-1", reason="政策调整")
    assert walk.instance.outcome == "called_off"
    return walk


def _called_off_before_deliberation() -> Walk:
    walk = reviewed()
    walk.send("MSG-CALL-CANCELLED", "NO-1", call_no="PC-1")
    assert walk.instance.outcome == "called_off"
    return walk


def _called_off_at_acceptance() -> Walk:
    """With the real acceptance: the clerk's task goes with the case."""
    given = {"call": CALL, "org": ORG}
    stubs = {**STUBS, "open_acceptance": {"acceptance_no": "SL-1"}, "read_clock": READ}
    stand_ins = {key: script for key, script in ALL_GOOD.items() if key != "acceptance"}
    walk = Walk("innovation_centre_declaration", given, stubs, replaced=stand_ins)
    fill(walk)
    submit(walk)
    assert walk.open == {"t_check"}
    assert {row["ok"] for row in walk.task("t_check").prefill["items"]} == {"yes"}
    walk.send("MSG-CALL-CANCELLED", "NO-1", call_no="PC-1")
    assert (walk.instance.outcome, walk.open) == ("called_off", set())
    return walk


def _short_of_deals() -> Walk:
    walk = submitted(deals=[{**DEAL, "cases": 18, "amount": 950000000}])
    task = walk.task("t_inel")
    assert task.duty == "accept"
    [reason] = task.prefill["reasons"]
    assert "差 2 笔" in reason["text"]
    assert "差 0.5 亿元" in reason["text"]
    assert reason["clause"] == "S2-1.3"
    walk.do("t_inel")
    assert walk.called("report_case_ended") == [
        {"call_no": "PC-1", "case_no": "NO-1", "outcome": "ineligible"}
    ]
    assert (walk.instance.outcome, walk.instance.case_state) == ("ineligible", "ineligible")
    return walk


def _wrong_product() -> Walk:
    walk = submitted(products=[{**PRODUCT, "kind": "ip_insurance"}])
    assert [reason["clause"] for reason in walk.task("t_inel").prefill["reasons"]] == ["S2-1.2"]
    return walk


def _ruled_on(outcome: str, **basic: Any) -> Walk:
    walk = submitted(**basic)
    assert walk.task("t_elig").candidates == ("group:division",)
    ruling = {"outcome": outcome, "clause": "S2-1.1"}
    assert walk.refused("t_elig", **ruling, reason="短") == {"reason"}
    walk.do("t_elig", **ruling, reason="在沪设有市级机构，业务规模符合要求。")
    return walk


def _another_kind_of_institution() -> Walk:
    walk = _ruled_on("pass", org_type="other")
    assert walk.open == {"t_div"}
    return walk


def _district_branch() -> Walk:
    walk = _ruled_on("fail", org_level="district_branch")
    assert [reason["clause"] for reason in walk.task("t_inel").prefill["reasons"]] == ["S2-1.1"]
    return walk


def _credit(outcome: str, veto: bool) -> Walk:
    verdict = (
        f'verdict = {{verdict: "hit", veto: {str(veto).lower()}, reason: "查有失信记录。"}} -> {outcome}'
    )
    return submitted({"credit_check": verdict})


def _credit_veto() -> Walk:
    walk = _credit("hit", True)
    assert walk.refused("t_credit", outcome="continue", reason="影响不大，可以继续办理。") == {"outcome"}
    walk.do("t_credit", outcome="veto", reason="属一票否决情形，不得继续。")
    [reason] = walk.task("t_inel").prefill["reasons"]
    assert reason["text"] == "查有失信记录。；属一票否决情形，不得继续。"
    return walk


def _credit_goes_on() -> Walk:
    walk = _credit("undecided", False)
    walk.do("t_credit", outcome="continue", reason="处罚与知识产权金融业务无关。")
    assert walk.open == {"t_div"}
    return walk


def _not_selected() -> Walk:
    walk = deliberated("not_proposed")
    task = walk.task("t_not")
    assert "85.5 分" in task.prefill["facts"]
    assert "第 3 名" in task.prefill["facts"]
    assert "行政复议" in task.prefill["remedies"]
    walk.do("t_not")
    assert (walk.instance.outcome, walk.instance.case_state) == ("not_selected", "not_selected")
    return walk


def _removed() -> Walk:
    walk = deliberated("proposed")
    walk.send("MSG-PUBLICITY-RESULT", "NO-1", result="upheld")
    walk.do("t_obj")
    assert (walk.instance.outcome, walk.instance.case_state) == ("removed", "removed")
    return walk


def _forfeited() -> Walk:
    walk = deliberated("proposed", FORFEITED)
    walk.send("MSG-PUBLICITY-RESULT", "NO-1", result="confirmed")
    assert walk.instance.outcome == "forfeited"
    return walk


STORIES = [
    _selected,
    _too_long_then_corrected,
    _too_long_with_another_count,
    _expired,
    _not_accepted,
    _withdrawn_at_acceptance,
    _withdrawn_during_review,
    _withdrawn_before_deliberation,
    _called_off_during_review,
    _called_off_before_deliberation,
    _called_off_at_acceptance,
    _short_of_deals,
    _wrong_product,
    _another_kind_of_institution,
    _district_branch,
    _credit_veto,
    _credit_goes_on,
    _not_selected,
    _removed,
    _forfeited,
]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: str(story.__name__))
def test_story(story: Any) -> None:
    story()


def test_every_element_is_walked() -> None:
    assert missed("innovation_centre_declaration", [story() for story in STORIES]) == set()


@pytest.mark.parametrize(
    ("org_type", "kind", "cases", "task"),
    [
        ("bank", "trademark_pledge_loan", 20, "t_div"),
        ("bank", "trademark_pledge_loan", 19, "t_inel"),
        ("insurer", "ip_insurance", 400, "t_div"),
        ("insurer", "ip_insurance", 399, "t_inel"),
        ("guarantor", "ip_credit_guarantee", 20, "t_div"),
        ("guarantor", "ip_credit_guarantee", 19, "t_inel"),
    ],
)
def test_each_kind_of_institution_at_its_threshold(org_type: str, kind: str, cases: int, task: str) -> None:
    product, deal = {**PRODUCT, "kind": kind}, {**DEAL, "kind": kind, "cases": cases}
    walk = submitted(org_type=org_type, products=[product], deals=[deal])
    assert walk.open == {task}


def test_a_case_started_after_the_reminders_gets_none() -> None:
    given = {"call": {**CALL, "deadline": "2026-03-02T23:59:59+08:00"}, "org": ORG}
    walk = Walk("innovation_centre_declaration", given, STUBS, replaced=ALL_GOOD)
    walk.wait("b_deadline")
    assert walk.called("notify") == []


def test_the_whole_way_with_the_real_called_processes() -> None:
    """Acceptance, credit check and expert review as drawn; agreement signing stands in."""
    expert = {"employer_uscc": "91310000MA1FL0002W", "interests": []}
    experts = [{"principal": f"user:{n}", "name": f"专家{n}", **expert} for n in (1, 2, 3)]
    found = {"status": "clear", "note": "无记录", "queried_at": "2026-03-02T10:00:00+08:00"}
    stubs: dict[str, Stub] = {
        **STUBS,
        "open_acceptance": {"acceptance_no": "SL-1"},
        "read_clock": READ,
        "stop_clock": {"working_days": 1},
        "query_credit_source": found,
        "query_own_records": found,
        "list_experts": experts,
        "draw_experts": lambda given: {"experts": given["pool"], "seed": "s"},
        "record_scores": None,
        "render_letter": lambda given: {"doc_no": f"WS-{given['letter']}", "sha256": "ab" * 32},
    }
    walk = Walk("innovation_centre_declaration", {"call": CALL, "org": ORG}, stubs, replaced=SIGNED)
    fill(walk)
    submit(walk)
    walk.do("t_check")
    assert walk.instance.case_state == "submitted"
    walk.do("t_accept_notice")
    walk.send("MSG-RECEIPT-OPENED", "WS-TPL-03")
    walk.do("t_pick", method="draw", size=3)
    for _ in experts:
        walk.do("t_coi", confirmed="yes")
    for _ in experts:
        rows = walk.task("t_score").prefill["scores"]
        scored = [{**row, "score": row["max"] * 0.9, "reason": "依据充分，与申报材料一致。"} for row in rows]
        walk.do("t_score", scores=scored, comment="方案具体可行，目标明确，依据充分。")
    walk.do("t_defence_q", needed="no")
    text = "该单位方案具体可行，业绩突出，同意推荐为创新中心项目承担单位。"
    given = {"strengths": "产品成熟", "problems": "无", "maturity": "yes", "recommendation": "recommend"}
    walk.do("t_opinion", **given, text=text)
    review = walk.instance.variables["review"]
    assert (review["score"], review["opinion"]["text"]) == (90, text)
    walk.do("t_div", opinion="方案可行，业绩达标，建议提交审议。", recommendation="support")
    walk.send("MSG-DELIBERATED", "NO-1", result="proposed", rank=1, score=90)
    walk.send("MSG-PUBLICITY-RESULT", "NO-1", result="confirmed")
    assert walk.instance.outcome == "selected"
    assert {
        "deal_totals",
        "product_fit",
        "track_record",
        "admissibility",
        "credit_verdict",
        "conflict_of_interest",
    } <= {*walk.decisions}


def test_who_may_start_and_sign() -> None:
    found = definition("innovation_centre_declaration")
    assert (found.number_prefix, found.startable_by) == ("CX", ("org:*",))
    for task in ("t_commit", "t_op"):
        element = found.element("innovation_centre_declaration", task)
        assert element is not None
        assert element.duty == "sign"
