"""One project from its agreement to its clawback, through the diagrams and with the real operations."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.models.register import Agreement, Budget, CreditRecord, DocumentSignature, Receivable, Sanction
from app.models.runtime import ProcessInstance
from app.services import attachments, conflicts, files, task
from app.services.messages import send_message
from app.services.registers import cases, credit, ledger, letters, mailbox, payments, recovery, signing_room
from app.services.signing.authority import DEMO_PASSPHRASE, DemoAuthority
from app.services.signing.keys import Pkcs12
from tests.factories import World
from tests.services.registers.office import USCC, do, resolve, started

CALL = {"call_no": "PC-2026-0009", "title": "首批", "deadline": "2027-03-31T23:59:59+08:00"}
ACCOUNT = {"name": "市知识产权局", "bank": "国库", "account": "31001550000012345"}
EVIDENCE = [{"name": "放款凭证", "proves": "业绩虚报"}]
TERMS = {
    "tasks": [{"clause": f"S2-2.2.{n}", "title": f"任务{n}", "content": "按协议完成"} for n in range(1, 6)],
    "targets": [
        {"year": 2023, "deals": 50, "first_loans": 20},
        {"year": 2024, "deals": 50, "first_loans": 20},
    ],
    "fund_amount": 300000,
    "instalments": [{"no": 1, "condition": "on_signing", "amount": 300000, "use_code": "one_off_incentive"}],
    "allowed_uses": ["one_off_incentive"],
    "prohibited_uses": "不得购置办公设备。",
    "milestones": [{"name": "中期检查", "kind": "mid_term", "due": "2027-03-01"}],
    "reports": "按季报送。",
    "reviews": "中期和总结。",
    "budget_change": "事先备案。",
    "term_end": "2028-12-31",
    "party_b_signatory": "行长",
}


def sign(world: World, number: str, element: str, who: str) -> None:
    """Sign with a scanned paper."""
    task_id = world.open_tasks(number)[element]
    with world.acting(who) as context:
        scan = io.BytesIO(b"%PDF-1.7 signed")
        instance = context.session.scalars(
            select(ProcessInstance).where(ProcessInstance.number == number)
        ).one()
        stored = files.attach(
            context.session,
            context.settings.files_dir,
            scan,
            "签署页.pdf",
            f"user:{world.people[who]}",
            world.now,
            instance_id=instance.id,
        )
        reference = attachments.reference(stored)
        task.complete_task(
            context,
            task_id,
            {
                "method": "scan",
                "signed_file": [reference["id"]],
                "signer": "签署人",
                "signer_title": "行长",
                "confirm_text": True,
                "confirm_liability": True,
            },
            key=uuid4().hex,
            result_url="/",
            files={reference["id"]: reference},
        )
    world.worker().drain()


def sign_by_certificate(world: World, number: str, element: str, who: str, organisation: str) -> str:
    """Sign in the browser's way and hand in what came of it; gives the holder that is not the party."""
    task_id = world.open_tasks(number)[element]
    made = DemoAuthority(world.settings.secret).issue_pkcs12("签署人", organisation, world.now)
    with world.acting(who) as context:
        found = signing_room.sign(context, task_id, Pkcs12(made, DEMO_PASSPHRASE))
        work = task.open_task(context, task_id)
        assert work.draft is not None
        given = {**work.draft.data, "signer_title": "行长", "confirm_text": True, "confirm_liability": True}
        known = attachments.referable(context, work.instance)
        task.complete_task(context, task_id, given, key=uuid4().hex, result_url="/", files=known)
    world.worker().drain()
    return found.other_holder


def open_letters(world: World) -> None:
    """The bank signs for everything it was sent."""
    with world.acting("editor") as context:
        for line in mailbox.messages_of(context.session, ["org:1"]):
            if line.document is not None and line.document.opened_at is None:
                letters.open_document(context, line.document.number, ["org:1"])
    world.worker().drain()


def rows(world: World, model: Any) -> list[Any]:
    with world.database.reading() as session:
        return list(session.scalars(select(model).order_by(model.id)))


@pytest.fixture(scope="module")
def case_no(office: World) -> str:
    """A case whose agreement is signed and whose first instalment is paid."""
    case = started(office, "innovation_centre_declaration", call=CALL)
    with office.acting() as context:
        context.session.add(Budget(line="专项资金", name="专项", year=2026, appropriated=Decimal(1000000)))
    declaration = {"org_type": "bank", "targets": TERMS["targets"]}
    number = started(office, "agreement_signing", case_no=case, call=CALL, declaration=declaration, totals={})
    do(office, number, "t_draft", "division", **TERMS)
    do(office, number, "t_neg", "editor", outcome="agree", comment="同意")
    sign(office, number, "t_u", "editor")
    sign(office, number, "t_b", "signatory")
    do(
        office,
        number,
        "t_apply",
        "division",
        budget_line="专项资金",
        use_code="one_off_incentive",
        use_text="激励",
        payee_name="东海银行",
        payee_bank="营业部",
        payee_account="31001550000012345",
        reason="按协议",
    )
    do(office, number, "t_fr", "finance_reviewer", outcome="agree", opinion="同意")
    do(office, number, "t_fa", "finance_approver", outcome="agree", opinion="同意")
    with office.acting() as context:
        [payment] = payments.payments(context.session, case_no=case)
        payments.confirm_payment(context, payment.number, True, "回单1")
    office.worker().drain()
    assert office.instance(number).outcome == "effective"
    return case


def test_the_agreement_is_sealed_and_paid(office: World, case_no: str) -> None:
    [agreement] = rows(office, Agreement)
    assert (agreement.case_no, agreement.funds, agreement.org_name) == (case_no, Decimal(300000), "东海银行")
    with office.database.reading() as session:
        assert ledger.paid_on(session, case_no) == Decimal(300000)


def test_fraud_is_punished_and_the_money_comes_back(office: World, case_no: str) -> None:
    with office.acting() as context:
        payload = {
            "case_no": case_no,
            "org_name": "东海银行",
            "source": "audit",
            "facts": "业绩不实",
            "scheme": "municipal_project",
            "stage": "paid",
            "paid_amount": 0,
        }
        send_message(context, "MSG-FRAUD-LEAD", case_no, payload)
    office.worker().drain()
    with office.database.reading() as session:
        query = select(ProcessInstance.number).where(ProcessInstance.process_key == "fraud_clawback")
        lead = session.scalars(query).one()
    investigate(office, lead, case_no)
    punish(office, lead)
    assert {row.measure: row.decision_no for row in rows(office, Sanction)}.keys() == {
        "cancel_qualification",
        "revoke_project",
        "recover_funds",
        "credit_record",
    }
    assert all(row.decision_no for row in rows(office, Sanction))
    assert rows(office, Agreement)[0].state == "revoked"
    recover(office, lead)
    record(office, lead)
    do(office, lead, "t_close", "supervisor", summary="已执行完毕", all_done=True)
    do(office, lead, "t_check", "clerk", complete="yes", note="齐全")
    assert office.open_tasks(lead) == {}
    assert office.instance(lead).status == "active"  # the credit record still lives
    repair(office, lead)
    assert office.instance(lead).status == "completed"
    with office.database.reading() as session:
        assert credit.own_standing(session, USCC, office.now.date()).status == "own_ban"


def investigate(office: World, lead: str, case_no: str) -> None:
    do(
        office,
        lead,
        "t_reg",
        "supervisor",
        case_no=case_no,
        org_name="东海银行",
        uscc=USCC,
        source="audit",
        scheme="municipal_project",
        facts="业绩不实",
    )
    do(office, lead, "t_prelim", "supervisor", findings="属实", outcome="file", reason="有证据")
    do(office, lead, "t_file", "board", outcome="agree", reason="同意", investigate_by="2027-02-26")
    with office.database.reading() as session:
        assert cases.is_frozen(session, case_no)
    members = [f"user:{office.people[name]}" for name in ("inspector", "detective")]
    do(office, lead, "t_assign", "supervisor", members=members)
    for name in ("inspector", "detective"):
        with office.database.reading() as session:
            found = select(ProcessInstance).where(ProcessInstance.number == lead)
            assert session.scalars(found).one().status == "active"
        task_id = next(iter(own_tasks(office, lead, "t_inv", office.people[name])))
        office.complete(name, task_id, no_conflict=True, actions="调阅", findings="虚报", evidence=EVIDENCE)
        office.worker().drain()
    do(
        office,
        lead,
        "t_rep",
        "inspector",
        established="yes",
        facts="虚报",
        evidence=EVIDENCE,
        suggestion="处理",
    )
    confirm(office, lead, "inspector", "detective")


def confirm(office: World, lead: str, *investigators: str) -> None:
    """All who investigated stand by the report."""
    for name in investigators:
        with office.acting(name) as context:
            task.sign(context, office.open_tasks(lead)["t_sign"], "agree", "")
        office.worker().drain()


def own_tasks(office: World, number: str, element: str, user_id: int) -> list[int]:
    from app.models.runtime import UserTask

    with office.database.reading() as session:
        query = (
            select(UserTask)
            .join(ProcessInstance)
            .where(
                ProcessInstance.number == number, UserTask.element_id == element, UserTask.status == "open"
            )
        )
        principal = f"user:{user_id}"
        return [t.id for t in session.scalars(query) if t.assignee_id == user_id or principal in t.candidates]


def punish(office: World, lead: str) -> None:
    measures = ["cancel_qualification", "revoke_project", "recover_funds", "credit_record"]
    do(
        office,
        lead,
        "t_prior",
        "supervisor",
        facts="虚报",
        evidence=EVIDENCE,
        reason="违反承诺",
        measures=measures,
        period_months=36,
        recover_amount=300000,
        decision="拟撤销立项",
    )
    open_letters(office)
    office.pass_time(days=14)
    do(office, lead, "t_eval", "supervisor", text="未陈述", adopted="no_statement")
    resolve(
        office,
        lead,
        "t_board",
        "board",
        held_on="2026-12-15",
        motion="confirm",
        measures=measures,
        period_months=36,
        recover_amount=300000,
        interest=0,
        reason="证据确凿",
    )
    do(
        office,
        lead,
        "t_dec",
        "supervisor",
        facts="虚报",
        evidence=EVIDENCE,
        statement_summary="无",
        measure_details=[{"text": "收回已拨付资金", "amount": 300000}],
        statement_assessment="无",
        reason="违反承诺",
        payment_account=ACCOUNT,
        remedies="可申请行政复议",
    )
    open_letters(office)


def recover(office: World, lead: str) -> None:
    do(office, lead, "t_dem", "finance", payment_account=ACCOUNT, text="请缴回")
    open_letters(office)
    [receivable] = rows(office, Receivable)
    for part in (1, 2, 3):
        with office.acting() as context:
            recovery.post_recovery(context, receivable.number, Decimal(100000), f"缴款{part}")
        office.worker().drain()
    assert rows(office, Receivable)[0].state == "settled"


def record(office: World, lead: str) -> None:
    do(
        office,
        lead,
        "t_draft",
        "supervisor",
        facts="虚报业绩",
        basis="S2-C3",
        degree="serious",
        period_months=24,
        ack_days=5,
    )
    do(office, lead, "t_ok", "approver", outcome="agree", opinion="同意")
    [entry] = rows(office, CreditRecord)
    with office.acting() as context:
        credit.acknowledge(context, entry.number, "入库1")
    office.worker().drain()


def repair(office: World, lead: str) -> None:
    [entry] = rows(office, CreditRecord)
    with office.acting("editor") as context:
        credit.ask_repair(context, entry.number, "已整改")
    office.worker().drain()
    do(office, lead, "t_rep", "supervisor", outcome="agree", reason="已整改")
    [entry] = rows(office, CreditRecord)
    assert (entry.state, entry.end_reason) == ("repaired", "已整改")


@pytest.fixture
def demo(office: World) -> Iterator[World]:
    """Trusts the demo authority for the length of a test."""
    usual, office.settings = office.settings, replace(office.settings, demo=True)
    yield office
    office.settings = usual


def test_a_certificate_of_another_organisation_is_judged_by_the_division(demo: World) -> None:
    case = started(demo, "innovation_centre_declaration", call=CALL)
    number = started(
        demo, "agreement_signing", case_no=case, call=CALL, declaration={"org_type": "bank"}, totals={}
    )
    later = [{**TERMS["instalments"][0], "condition": "after_final"}]
    do(demo, number, "t_draft", "division", **{**TERMS, "instalments": later})
    do(demo, number, "t_neg", "editor", outcome="agree", comment="同意")
    assert sign_by_certificate(demo, number, "t_u", "editor", "东海银行总行") == "东海银行总行"
    do(demo, number, "t_holder", "division", outcome="refuse", reason="没有授权")
    assert sign_by_certificate(demo, number, "t_u", "editor", "东海银行总行")
    do(demo, number, "t_holder", "division", outcome="accept", reason="总行授权分行使用")
    assert sign_by_certificate(demo, number, "t_b", "signatory", "上海市知识产权局") == ""
    assert demo.instance(number).outcome == "effective"
    with demo.acting("signatory") as context:
        row = context.session.scalars(select(ProcessInstance).where(ProcessInstance.number == number)).one()
        assert context.actor is not None
        assert conflicts.judge(context.session, context.actor, row).facts == (), "it signed for the office"
    signatures = rows(demo, DocumentSignature)[-2:]
    assert [(row.side, row.other_holder_reason) for row in signatures] == [
        ("undertaker", "总行授权分行使用"), ("bureau", "")]  # fmt: skip
