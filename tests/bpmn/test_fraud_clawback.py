"""P05 fraud handling and clawback: lead, investigation, collective decision, execution in parallel."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.bpmn.walk import Refusal, Stub, Walk, definition, missed

RESPONDENT = {"principal": "org:12", "name": "乙公司", "uscc": "91310000MA1FL0001R"}
LEAD: dict[str, Any] = {
    "case_no": "SB-1",
    "org_name": "乙公司",
    "uscc": "91310000MA1FL0001R",
    "respondent": RESPONDENT,
    "source": "audit",
    "facts": "编报业绩",
    "scheme": "municipal_project",
    "stage": "paid",
    "paid_amount": 1,
}
FACTS: dict[str, Any] = {
    "org_name": "乙公司",
    "uscc": "91310000MA1FL0001R",
    "respondent": RESPONDENT,
    "scheme": "municipal_project",
    "stage": "paid",
    "paid_amount": "300000.00",
}
EVIDENCE = [{"name": "登记回函", "proves": "登记不存在"}]
ACCOUNT = {"name": "财政专户", "bank": "某银行", "account": "31000000000001"}


def _stubs(facts: dict[str, Any]) -> dict[str, Stub]:
    owed = {"left": 0.0}

    def find(given: Any) -> dict[str, Any]:
        if given["case_no"] != "SB-1":
            raise Refusal("CASE_NOT_FOUND")
        return facts

    def open_receivable(given: Any) -> dict[str, Any]:
        owed["left"] = float(given["principal_amount"]) + float(given["interest"])
        return {"receivable_no": "ZJ-1", "balance": owed["left"]}

    def post(given: Any) -> dict[str, Any]:
        owed["left"] -= float(given["amount"])
        return {"balance": str(owed["left"])}

    return {
        "case_facts": find,
        "freeze_case": None,
        "list_officers": [
            {"principal": "user:4", "name": "调查甲"},
            {"principal": "user:5", "name": "调查乙"},
        ],
        "unfreeze_case": None,
        "cancel_qualification": {"measures": []},
        "open_receivable": open_receivable,
        "post_ledger": post,
        "set_due": None,
        "settle_receivable": None,
        "cancel_receivable": {"cancelled": 300000},
        "register_credit_entry": {"credit_no": "XY-1"},
        "export_credit_report": None,
        "close_credit_entry": None,
    }


def _start(**facts: Any) -> Walk:
    return Walk(
        "fraud_clawback",
        LEAD,
        _stubs({**FACTS, **facts}),
        message="MSG-FRAUD-LEAD",
        replaced={"archive": "sealed = true"},
    )


def _serve(walk: Walk) -> None:
    waiting = [s for s in walk.instance.subscriptions() if s.message == "MSG-RECEIPT-OPENED"]
    walk.send("MSG-RECEIPT-OPENED", waiting[0].key)


def _filed(walk: Walk) -> Walk:
    walk.do("t_reg")
    walk.do("t_prelim", findings="属实可能", outcome="file", reason="证据具体")
    walk.do("t_file", outcome="agree", reason="同意", investigate_by="2026-05-31")
    walk.do(
        "t_assign",
        members=["user:4", "user:5"],
    )
    return walk


def _investigated(walk: Walk, **report: Any) -> Walk:
    people = []
    while "t_inv" in walk.open:
        task = walk.do("t_inv", no_conflict=True, actions="查阅", findings="登记不存在", evidence=EVIDENCE)
        people.append(task.assignee)
    assert people == ["user:4", "user:5"]
    _confirmed(walk, "refused", **report)
    _confirmed(walk, "agreed", **report)
    return walk


def _confirmed(walk: Walk, outcome: str, **report: Any) -> None:
    """The investigators vote on the report; a refusal sends it back to be written again."""
    walk.do("t_rep", **{"established": "yes", "facts": "编报 12 笔", "suggestion": "从重", **report})
    assert walk.decide("t_sign", "signatures", outcome).signers == (("user:4", 1), ("user:5", 1))
    assert ("t_rep" in walk.open) is (outcome == "refused")


def _told(walk: Walk, **prior: Any) -> Walk:
    """The notice of the intended decision is served."""
    given = {
        "facts": "编报 12 笔",
        "evidence": EVIDENCE,
        "reason": "违反承诺",
        "decision": "撤销并收回",
        **prior,
    }
    walk.do("t_prior", **given)
    _serve(walk)
    return walk


def _heard(walk: Walk) -> Walk:
    walk.do("t_state", text="系录入错误")
    walk.do("t_eval", text="不予采纳", adopted="none")
    return walk


def _resolved(walk: Walk, motion: str = "confirm", voices: str = "for for against", **more: Any) -> Walk:
    walk.do(
        "t_board",
        dict(zip("甲乙丙丁", voices.split(), strict=False)),
        held_on="2026-04-01",
        motion=motion,
        reason="属实",
        **more,
    )
    walk.do("t_minutes")
    return walk


def _decided(walk: Walk, **changed: Any) -> Walk:
    details = [{"text": "收回资金", "amount": 300000}]
    walk.do("t_dec", evidence=EVIDENCE, measure_details=details, payment_account=ACCOUNT, **changed)
    _serve(walk)
    return walk


def _demanded(walk: Walk) -> Walk:
    walk.do("t_dem")
    _serve(walk)
    return walk


def _credited(walk: Walk) -> Walk:
    walk.do("t_draft", degree="blacklist")
    walk.do("t_ok", outcome="agree", opinion="同意")
    walk.send("MSG-CREDIT-ACK", "XY-1")
    _relay(walk)
    return walk


def _relay(walk: Walk) -> None:
    """What the host does with a message that the instance throws at itself."""
    thrown = walk.sent("MSG-CREDIT-REGISTERED")[-1]
    walk.send(thrown.name, thrown.key, **thrown.payload)


def _to_decision(**facts: Any) -> Walk:
    return _decided(_resolved(_heard(_told(_investigated(_filed(_start(**facts)))))))


def _three_instalments_then_repair() -> Walk:
    walk = _to_decision()
    letter = walk.called("render_letter")[-1]["data"]
    assert walk.called("render_letter")[-1]["letter"] == "TPL-28"
    assert letter["measures"] == ["cancel_qualification", "revoke_project", "recover_funds", "credit_record"]
    assert letter["clauses"] == ["S2-C1", "S2-C2", "S2-C3"]
    assert letter["statement"] == "系录入错误"
    assert letter["statement_assessment"] == "不予采纳"
    assert "行政复议" in letter["remedies"]
    assert letter["payment_account"] == ACCOUNT
    assert walk.called("cancel_qualification")[0]["period"] == 36
    _credited(_demanded(walk))
    receivable = walk.called("open_receivable")[0]
    assert receivable["principal_amount"] == 300000
    assert receivable["decision_no"].startswith("WS-")
    walk.send("MSG-INSTALMENT-REQUEST", "SB-1", reason="资金紧张", instalments=[])
    seven = [{"due": f"2026-0{n}-01", "amount": 1} for n in range(1, 8)]
    assert walk.refused("t_plan", outcome="agree", instalments=seven, reason="x") == {"instalments"}
    plan = [{"due": f"2026-{month}-01", "amount": 100000} for month in ("05", "06", "07")]
    walk.do("t_plan", outcome="agree", instalments=plan, reason="同意")
    for number, due in enumerate(("2026-06-01", "2026-07-01"), start=1):
        walk.send("MSG-PAID-PART", "ZJ-1", amount=100000, reference=f"B{number}")
        assert walk.called("set_due")[-1]["due"] == f"{due}T23:59:59+08:00"
    walk.send("MSG-PAID-FULL", "ZJ-1", amount=100000, reference="B3")
    assert len(walk.called("settle_receivable")) == 1
    walk.do("t_close", summary="全部执行", all_done=True)
    walk.send("MSG-REPAIR", "XY-1", reason="已缴清")
    walk.do("t_rep", outcome="agree", reason="已纠正")
    assert walk.instance.outcome == "sanctioned"
    assert {"suspended", "revoked"} <= set(walk.states)
    return walk


def _enforced_and_referred() -> Walk:
    """Silence, two reminders, enforcement with a part of the money, referral to the judicial organ."""
    walk = _investigated(_filed(_start()), crime_suspected=True)
    assert walk.task("t_prior").prefill["measures"][-1] == "refer_to_judicial"
    _told(walk)
    walk.wait("b_state")
    walk.do("t_eval", text="未提交", adopted="no_statement")
    _decided(_resolved(walk))
    walk.do(
        "t_transfer",
        organ="公安机关",
        reason="涉嫌诈骗",
        attachments=[{"name": "报告", "copies": 1}],
        handed_over_on="2026-04-20",
    )
    assert walk.called("render_letter")[-1]["letter"] == "TPL-31"
    _credited(_demanded(walk))
    walk.send("MSG-INSTALMENT-REQUEST", "SB-1", reason="困难")
    walk.do("t_plan", outcome="refuse", reason="有能力缴纳")
    for month in ("05", "06"):
        walk.wait("tm_due")
        walk.do("t_rem", new_due=f"2026-{month}-20")
    walk.wait("tm_due")
    walk.do("t_enf", organ="人民法院", filed_on="2026-07-01", check_by="2026-12-31", text="强制执行")
    walk.send("MSG-PAID-PART", "ZJ-1", amount=1000, reference="Z1")
    walk.wait("tm_enf")
    assert walk.called("settle_receivable") == []
    walk.do("t_close", summary="强制执行中", all_done=True)
    walk.wait("tm_exp")
    assert walk.instance.outcome == "sanctioned"
    return walk


def _enforced_in_full_without_credit_record() -> Walk:
    """The first vote fails, the second asks for more, the third confirms without a credit record."""
    walk = _heard(_told(_investigated(_filed(_start()))))
    _resolved(walk, voices="for against")
    assert walk.open == {"t_board"}
    _resolved(walk, motion="investigate_more")
    _heard(_told(_investigated(walk)))
    _resolved(walk, measures=["revoke_project", "recover_funds"], recover_amount=200000, interest=100.5)
    _decided(walk)
    _demanded(walk)
    for _ in range(2):
        walk.wait("tm_due")
        walk.do("t_rem", new_due=f"{walk.now.year}-{walk.now.month + 1:02d}-20")
    walk.wait("tm_due")
    walk.do("t_enf", organ="人民法院", filed_on="2026-08-01", check_by="2027-06-30", text="强制执行")
    walk.send("MSG-PAID-FULL", "ZJ-1", amount=200100.5, reference="Z1")
    assert len(walk.called("settle_receivable")) == 1
    walk.do("t_close", summary="执行完毕", all_done=True)
    assert walk.called("register_credit_entry") == []
    assert walk.instance.outcome == "sanctioned"
    return walk


def _nothing_paid_nothing_to_recover() -> Walk:
    walk = _to_decision(stage="awarded_unpaid", paid_amount=0)
    assert "t_dem" not in walk.open
    assert "stop_payment" in walk.called("cancel_qualification")[0]["measures"]
    _credited(walk)
    assert walk.open == {"t_close"}
    walk.do("t_close", summary="执行完毕", all_done=True)
    return walk


def _suspended_and_revoked_on_appeal() -> Walk:
    """Ten days without execution, then the decision stands; suspended again, and revoked."""
    walk = _demanded(_to_decision())
    number = walk.called("open_receivable")[0]["decision_no"]
    first_due = walk.called("set_due")[-1]["due"]
    walk.send("MSG-EXECUTION-SUSPENDED", number, appeal_no="FH-1", at=walk.now.isoformat())
    walk.now += timedelta(days=10)
    walk.send("MSG-EXECUTION-RESUMED", number, appeal_no="FH-1", outcome="uphold")
    later = datetime.fromisoformat(first_due) + timedelta(days=10)
    assert walk.called("set_due")[-1]["due"] == later.isoformat()
    walk.send("MSG-EXECUTION-SUSPENDED", number, appeal_no="FH-2", at=walk.now.isoformat())
    walk.send("MSG-EXECUTION-RESUMED", number, appeal_no="FH-2", outcome="revoke")
    assert walk.called("cancel_receivable")[0]["receivable_no"] == "ZJ-1"
    return walk


def _no_case() -> Walk:
    walk = _start()
    walk.do("t_reg", case_no="SB-404")
    assert walk.open == {"t_reg"}
    walk.do("t_reg", case_no="SB-1")
    walk.do("t_prelim", findings="无据", outcome="none", reason="无证据")
    walk.do("t_nocase", reason="无证据")
    assert walk.instance.outcome == "no_case"
    return walk


def _filing_refused_of_a_lead_by_hand() -> Walk:
    stubs = _stubs({**FACTS, "respondent": None, "org_name": None, "scheme": None})
    walk = Walk("fraud_clawback", {}, stubs, replaced={"archive": "sealed = true"})
    walk.do(
        "t_reg",
        case_no="SB-1",
        org_name="丙公司",
        uscc=RESPONDENT["uscc"],
        respondent_principal="org:9",
        source="report",
        scheme="district_policy",
        facts="骗取补贴",
    )
    assert walk.instance.variables["respondent"]["principal"] == "org:9"
    walk.do("t_prelim", findings="可疑", outcome="file", reason="具体")
    walk.do("t_file", outcome="refuse", reason="证据不足")
    walk.do("t_nocase", reason="不予立案")
    return walk


def _not_established() -> Walk:
    walk = _filed(_start())
    walk.wait("b_inv")
    assert walk.called("notify")[0]["to"] == "group:supervisor"
    _investigated(walk, established="no")
    walk.do("t_clear")
    assert walk.called("unfreeze_case") == [{"case_no": "SB-1"}]
    assert walk.called("notify")[-1]["to"] == "org:12"
    assert walk.instance.outcome == "cleared"
    return walk


def _dropped_by_the_board() -> Walk:
    walk = _resolved(_heard(_told(_investigated(_filed(_start())))), motion="drop")
    walk.do("t_clear")
    assert walk.instance.outcome == "cleared"
    return walk


STORIES = [
    _three_instalments_then_repair,
    _enforced_and_referred,
    _enforced_in_full_without_credit_record,
    _nothing_paid_nothing_to_recover,
    _suspended_and_revoked_on_appeal,
    _no_case,
    _filing_refused_of_a_lead_by_hand,
    _not_established,
    _dropped_by_the_board,
]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: str(story.__name__))
def test_story(story: Any) -> None:
    story()


def test_every_element_is_walked() -> None:
    assert missed("fraud_clawback", [story() for story in STORIES]) == set()


def test_two_different_investigators_are_needed() -> None:
    walk = _start()
    walk.do("t_reg")
    walk.do("t_prelim", findings="x", outcome="file", reason="x")
    walk.do("t_file", outcome="agree", reason="x", investigate_by="2026-05-31")
    assert walk.refused("t_assign", members=["user:4"]) == {"members"}
    assert walk.refused("t_assign", members=["user:4", "user:4"]) == {"members"}
    assert walk.refused("t_assign", members=["user:4", "user:9"]) == {"members"}, "nobody who was not offered"


VOTES = [
    ("for for", True),
    ("for abstain", False),
    ("for for against", True),
    ("for for against abstain", False),
    ("for for against recused", True),
    ("against against", False),
]


@pytest.mark.parametrize(("voices", "passed"), VOTES)
def test_more_than_half_of_those_present(voices: str, passed: bool) -> None:
    walk = _heard(_told(_investigated(_filed(_start()))))
    _resolved(walk, voices=voices)
    assert walk.open == ({"t_dec"} if passed else {"t_board"})


def test_the_minutes_are_drafted_from_the_votes_and_edited() -> None:
    walk = _heard(_told(_investigated(_filed(_start()))))
    given = {"held_on": "2026-04-01", "motion": "confirm", "reason": "属实", "measures": ["revoke_project"]}
    walk.do("t_board", {"甲": "for", "乙": "for", "丙": "against", "丁": "recused"}, **given)
    drafted = walk.task("t_minutes").prefill
    assert drafted["held_on"] == "2026-04-01"
    assert drafted["course"] == (
        "应到会 4 人，实到 4 人，符合规定人数。会议审议了对乙公司的处理意见，成员密封表决：同意 2 票，反对 1 票，弃权 0 票，"
        "回避：丁。"
    )
    assert drafted["conclusion"] == "表决通过，按拟定的处理措施处理。"
    walk.do("t_minutes", meeting_no="〔2026〕3号", course=f"{drafted['course']}丙保留意见。")
    letter = walk.called("render_letter")[-1]
    said = letter["data"]
    assert (letter["letter"], letter["to"], said["round"]) == ("TPL-45", "group:supervisor", 1)
    assert said["course"].endswith("丙保留意见。")
    assert said["votes"][0]["against"] == ["丙"]
    assert [row["text"] for row in said["proposal"][:2]] == ["按下列措施处理", ["revoke_project"]]
    assert walk.open == {"t_dec"}


def test_investigators_and_drafters_do_not_decide() -> None:
    """S5 and S6: nobody who handled the case investigates; decided collectively, drafter is not decider."""
    process = definition("fraud_clawback")
    investigate = process.element("fraud_clawback", "t_inv")
    assert investigate is not None
    assert investigate.duty == "investigate"
    assert {"accept", "review", "score", "approve", "finance_approve", "sign"} <= set(
        investigate.separate_from
    )
    for step in ("t_board", "t_minutes"):
        board = process.element("fraud_clawback", step)
        assert board is not None
        assert set(board.separate_from) == {"sanction_draft", "investigate"}
    drafted = process.element("fraud_clawback", "t_dec")
    assert drafted is not None
    assert drafted.not_actor_of == ("t_board",)


def test_the_ledger_and_not_the_lead_says_what_was_paid() -> None:
    walk = _start()
    walk.do("t_reg")
    assert walk.instance.variables["paid_amount"] == 300000


def test_a_ban_longer_than_the_parameter_is_refused() -> None:
    walk = _heard(_told(_investigated(_filed(_start()))))
    given = {
        "held_on": "2026-04-01",
        "motion": "confirm",
        "reason": "x",
    }
    assert walk.refused("t_board", **given, period_months=37) == {"period_months"}
    assert walk.refused("t_board", **given, recover_amount=300000.01) == {"recover_amount"}
