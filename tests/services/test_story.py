"""From the call to the clawback, for each type of institution, with the real processes, tables, forms and registers."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from app.demo import samples, story
from app.models.identity import Organisation
from app.models.register import Agreement, CreditRecord, Document, LedgerEntry, Objection, Receipt, Sanction
from app.services import applications, history, task, tickets
from app.services.errors import DeadlinePassed, Invalid, SeparationViolated
from app.services.registers import calls, ledger, letter_drafts, publicity, verification
from tests.story import Story, make_story_world
from tests.worlds import NewWorld

ACCOUNT = {"name": "市局专户", "bank": "样例银行", "account": "1001200309000012345"}
EVIDENCE = [{"name": "质押登记查询结果", "proves": "登记不存在"}]
APPLICANTS = {
    "bank": ("bank", "bank_signer", 26),
    "insurer": ("insurer", "insurer", 420),
    "guarantor": ("guarantor", "guarantor", 24),
}


@pytest.fixture
def told(sqlite_world: NewWorld) -> Story:
    return Story(sqlite_world(make_story_world))


def _to_reviewed(told: Story, call_no: str, org_type: str) -> str:
    username, signer, deals = APPLICANTS[org_type]
    number = told.declare(username, signer, call_no, org_type, deals)
    told.accept(username, number)
    told.review(number)
    told.opine(number)
    return number


def _to_publicity(told: Story, call_no: str) -> str:
    told.world.pass_time(days=25)
    return told.deliberate(call_no)


def _to_confirmed(told: Story, call_no: str) -> None:
    told.world.pass_time(days=10)
    told.confirm(call_no)


def _to_paid(told: Story, number: str, username: str, signer: str) -> Agreement:
    told.sign(number, username, signer)
    assert told.pay(number).state == "paid"
    return told.agreement(number)


def _review_performance(told: Story, agreement: Agreement, username: str, org_type: str, deals: int) -> None:
    told.world.pass_time(days=1)
    number = told.newest("performance_review")
    told.act(
        "division",
        number,
        "t_notice",
        review_type="mid_term",
        year="2023",
        submit_by="2027-01-25",
        remind_days="3",
    )
    rows = [{"kind": samples.KINDS[org_type], "enterprise": f"样例企业{n}号", "uscc": samples.enterprise_code(100 + n),
             "date": "2023-05-10", "amount": "3000000", "registration_no": f"Y{n:04d}", "is_sme": True,
             "is_first_loan": n < 19} for n in range(deals)]  # fmt: skip
    uses = [
        {"use_code": "professional_training", "amount": "300000", "date": "2023-06-01", "text": "专题培训"}
    ]
    told.act(username, number, "t_self", summary="按协议完成年度任务，开展专题培训和路演。", deals=rows, uses=uses,
             tasks_done="完成协议约定的各项任务。", sealed_report=told.file(username, number), true_statement=True)  # fmt: skip
    told.act("clerk", number, "t_mat", outcome="complete", opinion="材料齐全，予以审核。")
    told.review(number)
    # 50 deals and 19 first loans miss the bank's target; 30 deals meet what the guarantor promised, 320 the insurer's.
    expected = "rectify" if org_type == "bank" else "pass"
    assert told.values("division", number, "t_div")["grade"] == expected
    told.act("division", number, "t_div", grade=expected, text="经核对业务明细和资金使用情况，提出以上等级。")
    if expected == "rectify":
        told.resolve(number, "t_board", grade="rectify", reason="首贷户数未达到协议指标。",
                 requirements="补足首贷户数并提交证明。", rectify_by="2027-03-31")  # fmt: skip
        told.act(
            username,
            number,
            "t_rect",
            text="已补足首贷户数，附业务清单。",
            attachments=told.file(username, number),
        )
        told.act("division", number, "t_recheck", outcome="ok", reason="整改到位，材料齐全。")
    else:
        told.resolve(number, "t_board", grade="pass", reason="各项指标达到协议要求。")
    told.act("division", number, "t_pass")
    told.open_documents(username)
    told.act("clerk2", number, "t_check", complete="yes", note="齐全。")
    assert told.state(number) == ("completed", "done")


def _claw_back(told: Story, case_no: str, username: str, uscc: str) -> str:
    with told.world.acting() as context:
        number = applications.start_by_hand(story.acting(context, "supervisor"), "fraud_clawback").number
    org = told.row(Organisation, uscc=uscc)
    measures = ["cancel_qualification", "revoke_project", "recover_funds", "credit_record"]
    told.act("supervisor", number, "t_reg", case_no=case_no, org_name=org.name, uscc=uscc, source="audit",
             scheme="municipal_project", facts="审计发现部分业绩明细涉嫌虚假。", respondent_principal=f"org:{org.id}")  # fmt: skip
    told.act(
        "supervisor",
        number,
        "t_prelim",
        findings="抽查三笔业绩未见登记。",
        outcome="file",
        reason="有初步证据，建议立案。",
    )
    told.act("board2", number, "t_file", outcome="agree", reason="同意立案。", investigate_by="2027-03-31")
    members = [told.person(f"investigator{n}") for n in (1, 2)]
    told.act("supervisor", number, "t_assign", members=members)
    for _ in members:
        told.act_as_assignee(number, "t_inv", no_conflict=True, actions="调阅档案、询问经办人。",
                             findings="三笔质押贷款未发生。", evidence=EVIDENCE)  # fmt: skip
    told.act(
        "investigator1",
        number,
        "t_rep",
        established="yes",
        facts="虚报三笔质押贷款业绩。",
        suggestion="建议收回资金。",
    )
    for name in ("investigator1", "investigator2"):
        told.vote(name, number, "t_sign")
    told.act("supervisor", number, "t_prior", facts="虚报三笔质押贷款业绩。", evidence=EVIDENCE, reason="违反承诺书。",
             measures=measures, period_months="24", recover_amount="500000", decision="取消承接资格并收回资金。")  # fmt: skip
    assert told.open_documents(username) == ["TPL-27"]
    told.act(username, number, "t_state", text="我单位对事实无异议。")
    told.act("supervisor", number, "t_eval", text="陈述不影响事实认定。", adopted="none")
    told.resolve(number, "t_board", held_on="2027-03-01", motion="confirm", measures=measures,
             period_months="24", recover_amount="500000", interest="0", reason="事实清楚，证据充分。")  # fmt: skip
    told.act("supervisor", number, "t_dec", facts="虚报三笔质押贷款业绩。", evidence=EVIDENCE, statement_summary="无异议。",
             statement_assessment="不影响认定。", reason="违反承诺书。", payment_account=ACCOUNT,
             measure_details=[{"text": "收回拨付资金", "amount": "500000"}])  # fmt: skip
    told.open_documents(username)
    return number


@pytest.mark.parametrize(
    ("org_type", "templates"),
    [("bank", "sqlite_templates"), ("insurer", "postgres_templates"), ("guarantor", "sqlite_templates")],
)
def test_from_the_call_to_the_review(
    org_type: str, templates: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    told = Story(request.getfixturevalue(templates).copy(make_story_world, tmp_path))
    username, signer, _deals = APPLICANTS[org_type]
    call_no = told.open_call()
    number = _to_reviewed(told, call_no, org_type)
    _to_publicity(told, call_no)
    _to_confirmed(told, call_no)
    agreement = _to_paid(told, number, username, signer)
    assert told.state(number) == ("completed", "selected")
    _review_performance(
        told, agreement, username, org_type, {"bank": 50, "insurer": 320, "guarantor": 30}[org_type]
    )
    if org_type == "bank":
        _check_clawback(told, number, username)
    with told.world.database.reading() as session:
        assert list(history.verify_chains(session)) == []
    told.world.database.dispose()


def _check_clawback(told: Story, number: str, username: str) -> None:
    """Recovery in three instalments with balances, the credit record, and the sanctions in the register."""
    case = _claw_back(told, number, username, "91310000MA1FPUJN11")
    told.act("finance", case, "t_dem", payment_account=ACCOUNT)
    told.open_documents(username)
    owed = told.receivable(number)
    balances = []
    for part, amount in enumerate(("200000.00", "200000.00", "100000.00")):
        told.repay(owed.number, amount, f"BACK-{part}")
        with told.world.database.reading() as session:
            balances.append(ledger.balance(session, f"receivable:{owed.number}"))
    assert balances == [Decimal(300_000), Decimal(100_000), Decimal(0)]
    assert told.receivable(number).state == "settled"
    told.act("supervisor", case, "t_draft", facts="虚报业绩骗取资金。", basis="S2-C3", degree="blacklist",
             period_months="24", ack_days="10")  # fmt: skip
    told.act("approver", case, "t_ok", outcome="agree", opinion="同意列入。")
    assert told.row(CreditRecord, case_no=number).state == "active"
    measures = {
        told.row(Sanction, measure=m).measure
        for m in ("cancel_qualification", "revoke_project", "recover_funds")
    }
    assert len(measures) == 3
    assert told.row(Agreement, case_no=number).state == "revoked"
    assert told.row(LedgerEntry, case_no=number) is not None


def test_four_eyes_open_a_call(told: Story) -> None:
    with told.world.acting() as context:
        number = applications.start_by_hand(story.acting(context, "division"), "call_management").number
        story.complete(context, "division", number, "t_draft", deadline=story.live_deadline(told.world.now))
    with told.world.database.reading() as session:
        assert calls.open_calls(session, told.world.now) == []
    told.act("board", number, "t_appr", outcome="agree", opinion="同意发布。")
    with told.world.database.reading() as session:
        (call,) = calls.open_calls(session, told.world.now)
        assert (call.number, call.quota) == (number, 10)
        assert call.parameters["track_record"]["bank_count"] == 20


def test_a_declaration_is_late_by_the_deadlines_instant(told: Story) -> None:
    call_no = told.open_call()
    with told.world.acting() as context:
        number = story.declare(context, "bank", "bank_signer", call_no, "bank", 26)
    with told.world.database.reading() as session:
        deadline = calls.get_call(session, call_no).deadline_at
    told.world.now = deadline + timedelta(seconds=1)
    with pytest.raises(DeadlinePassed), told.world.acting() as context:
        story.submit(context, "bank", number)
    told.world.now = deadline  # its own second is still in time
    with told.world.acting() as context:
        story.submit(context, "bank", number)
    receipt = told.row(Receipt, case_no=number)
    assert (receipt.received_at, receipt.is_late) == (deadline, False)
    with told.world.database.reading() as session:
        assert verification.find(session, receipt.number, receipt.verify_code) is not None
        assert verification.find(session, receipt.number, "WRONG") is None


def test_the_plan_has_two_thousand_characters_and_not_one_more(told: Story) -> None:
    call_no = told.open_call()
    with told.world.acting() as context:
        person = story.acting(context, "bank")
        assert person.actor is not None
        number = applications.start_application(person, call_no, person.actor.memberships[0].org_id).number
        story.complete(context, "bank", number, "t_pre", skip=True)
        story.complete(context, "bank", number, "t_form", **samples.declaration("bank"))
        story.complete(context, "bank", number, "t_deals", deals=samples.deal_rows("bank", 26),
                       deal_files=story.upload(context, "bank", number))  # fmt: skip
    plan = samples.plan("bank") | {
        "plan_work": "工" * 1990,
        "plan_targets": "标" * 5,
        "plan_safeguards": "障" * 6,
    }
    with pytest.raises(Invalid):
        told.act("bank", number, "t_plan", **plan)
    told.act("bank", number, "t_plan", **(plan | {"plan_safeguards": "障\r\n 障 ab12 障"}))
    assert "t_commit" in told.tasks(number)


def _preview(told: Story, username: str, number: str, element_id: str) -> bytes:
    """The letter of a task as a draft, before anything is handed in."""
    with told.world.looking() as context:
        found = story.first_open(context, number, element_id)
        person = story.acting(context, username)
        return letter_drafts.preview(person, task.open_task(person, found.id))


def test_who_is_short_is_told_by_how_much(told: Story) -> None:
    call_no = told.open_call()
    number = told.declare("small_bank", "small_bank", call_no, "bank", 18)
    told.accept("small_bank", number)
    reasons = told.values("clerk", number, "t_inel")["reasons"]
    assert any("18 笔" in row["text"] and "差 2 笔" in row["text"] for row in reasons)
    assert _preview(told, "clerk", number, "t_inel").startswith(b"%PDF")
    told.act("clerk", number, "t_inel", decision="本批次不予推荐，欢迎下一批次申报。")
    letter = told.row(Document, letter="TPL-06")
    assert letter.automatic == [
        {"key": "decision", "drafted": "本批次不予推荐。", "issued": "本批次不予推荐，欢迎下一批次申报。"}
    ]
    assert any("差 2 笔" in text for text in letter.data["reasons"])
    assert told.open_documents("small_bank") == ["TPL-06"]
    assert told.state(number)[0] == "completed"
    assert told.instance_state(number) == "ineligible"


def test_an_objection_is_handled_while_publicity_waits(told: Story) -> None:
    call_no = told.open_call()
    _to_reviewed(told, call_no, "guarantor")
    publicity_no = _to_publicity(told, call_no)
    with told.world.acting() as context:
        notice = publicity.get_notice(context.session, publicity_no)
        _form, variables = tickets.objection_form(context, notice)
        ticket = tickets.submit(context, notice, {
            "item_no": variables["notice"]["options"][0]["value"], "kind": "person", "facts": "该单位部分业绩重复计算，附清单。",
            "name": "异议人", "phone": "13900000000", "signed": True, "evidence": []})  # fmt: skip
    told.world.worker().drain()
    case = told.newest("objection_handling")
    with pytest.raises(SeparationViolated):  # S4: who accepted the case may not handle an objection to it
        told.act_with_group("clerk", "objection", case, "t_check", outcome="accept", reason="符合受理条件。")
    told.act("objection", case, "t_check", outcome="accept", reason="符合受理条件。")
    told.act("objection", case, "t_ask", questions="请说明业绩明细是否重复。", masked=True)
    told.act("guarantor", case, "t_resp", text="无重复，附登记证明。", contact="联系人", contact_phone="13800000000",
             true_statement=True)  # fmt: skip
    told.world.pass_time(days=12)  # the period ends while the objection is open
    assert "t_cert" not in told.tasks(call_no)
    told.act("objection", case, "t_inv", findings="经核对登记信息，不存在重复。")
    told.act("objection", case, "t_op", outcome="rejected", reason="异议所述情况不属实。")
    told.act("approver", case, "t_decide", outcome="rejected", reason="同意处理意见。")
    told.act("objection", case, "t_reply", text="经核实，异议不成立。")
    assert told.row(Objection, receipt_no=ticket.receipt_no).outcome == "rejected"
    assert "t_cert" in told.tasks(call_no)
