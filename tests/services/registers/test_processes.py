"""The project's own diagrams with the real operations: what one asks and the other gives fit together."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import select

from app.models.register import Budget, Document, Notice, Objection
from app.models.runtime import ProcessInstance
from app.services import delegates, policy, repository
from app.services.registers import credit, ledger, letters, objections, payments, readiness
from tests.factories import World
from tests.services.registers.office import do, started


def test_every_service_task_of_the_project_names_a_known_operation(content: dict[str, bytes]) -> None:
    problems = [p for p in repository.check_files(content) if p.severity == "error"]
    assert problems == []
    named = {
        n
        for path, data in content.items()
        if path.endswith(".bpmn")
        for n in delegates.signatures()
        if f'"{n}"'.encode() in data
    }
    # clocks are bound to the diagrams now; cases that run on earlier versions still call these
    assert named | {"suspend_clock", "resume_clock"} == set(delegates.signatures())


@pytest.mark.parametrize("how", ["opened", "deemed"])
def test_a_notice_is_served(office: World, how: str) -> None:
    data = {"title": "受理通知书", "addressee": "东海银行", "clauses": ["S2-3.1"]}
    number = started(
        office,
        "service_of_notice",
        letter="TPL-03",
        to="org:1",
        case_no="CX-2026-0001",
        data=data,
        params={"deemed_service_days": 3},
    )
    with office.database.reading() as session:
        document = session.scalars(
            select(Document).join(ProcessInstance).where(ProcessInstance.number == number)
        ).one()
        assert (document.title, document.sent_at, document.served_at) == ("受理通知书", office.now, None)
    if how == "opened":
        with office.acting("editor") as context:
            letters.open_document(context, document.number, ["org:1"])
    office.pass_time(days=0 if how == "opened" else 7)
    assert office.instance(number).status == "completed"
    with office.database.reading() as session:
        assert session.get_one(Document, document.id).served_how == how


@pytest.mark.parametrize(
    ("verdict", "outcome"), [("clear", "clear"), ("court_dishonest", "hit"), ("abnormal_list", "undecided")]
)
def test_credit_is_judged_from_imported_extracts(office: World, verdict: str, outcome: str) -> None:
    with office.acting() as context:
        for source in ("gsxt", "credit_china", "ip_pledge"):
            found = verdict if source == "gsxt" else "clear"
            credit.import_reply(context.session, source, f"U-{verdict}", found, office.now, office.now)
    number = started(office, "credit_check", case_no="CX-2026-0001", uscc=f"U-{verdict}", org_name="东海银行")
    assert office.instance(number).outcome == outcome


def test_credit_without_extracts_asks_a_clerk(office: World) -> None:
    number = started(office, "credit_check", case_no="CX-2026-0001", uscc="U-none", org_name="东海银行")
    assert list(office.open_tasks(number)) == ["t_manual"]


def publish(office: World, subject: str) -> tuple[str, str]:
    items = [{"item_no": 1, "case_no": "CX-2026-0001", "org_name": "东海银行", "text": "拟确定"}]
    number = started(office, "publicity", title="名单公示", basis="依据", items=items, subject=subject)
    do(
        office,
        number,
        "t_notice",
        "division",
        title="名单公示",
        basis="依据",
        items=items,
        days=5,
        body="现予公示。",
        channel="来信",
        contact="contact@example.invalid",
    )
    do(office, number, "t_appr", "approver", outcome="agree", opinion="同意。")
    with office.database.reading() as session:
        return number, session.scalars(select(Notice.number).where(Notice.subject == subject)).one()


def test_a_publicity_waits_for_its_objection(office: World) -> None:
    number, publicity_no = publish(office, "PC-2026-0001")
    data = {
        "item_no": "1",
        "kind": "person",
        "facts": "业绩不实。",
        "name": "某某某",
        "phone": "13812345678",
        "signed": True,
    }
    with office.acting() as context:
        ticket = objections.submit_objection(context, publicity_no, data)
    office.worker().drain()
    office.pass_time(days=8)
    assert office.instance(number).case_state == "objection_open"
    with office.database.reading() as session:
        objection = objections.find_by_ticket(session, ticket.receipt_no, ticket.code)
        assert objection.state == "registered"
        own = session.get_one(ProcessInstance, objection.instance_id)
    do(office, own.number, "t_check", "objection", outcome="reject", reason="没有证据。")
    do(office, own.number, "t_rej", "objection", reason="没有证据。", text="不予受理。")
    assert office.instance(own.number).outcome == "not_accepted"
    with office.database.reading() as session:
        assert session.scalars(select(Objection.outcome)).all() == ["not_accepted"]
    do(office, number, "t_cert", "division", statement="公示期内无成立的异议。", checked=True)
    assert office.instance(number).outcome == "clear"
    with office.database.reading() as session:
        assert session.scalars(select(Notice.state).where(Notice.number == publicity_no)).one() == "archived"


def test_a_payment_is_approved_ordered_and_confirmed(office: World) -> None:
    with office.acting() as context:
        context.session.add(Budget(line="2060499", name="专项", year=2026, appropriated=Decimal(1000000)))
    number = started(
        office,
        "payment",
        org_id=2,  # has no other support, which would have to be explained
        case_no="CX-2026-0007",
        instalment=1,
        amount=250000.5,
        use_code="one_off_incentive",
        agreement_no="XY-2026-0001",
    )
    do(
        office,
        number,
        "t_apply",
        "division",
        budget_line="2060499",
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
        [payment] = payments.payments(context.session, case_no="CX-2026-0007")
        assert payment.budget is not None
        assert ledger.left(context.session, payment.budget) == Decimal("749999.50")
        payments.confirm_payment(context, payment.number, True, "回单1")
    office.worker().drain()
    assert office.instance(number).outcome == "paid"
    with office.database.reading() as session:
        assert ledger.paid_on(session, "CX-2026-0007") == Decimal("250000.50")


def test_a_release_is_ready_or_says_why_not(office: World) -> None:
    with office.database.reading() as session:
        latest = repository.current_definition(session, "call_management").deployment_id
        values = policy.parameters_of(session, latest)
        ready = readiness.verify(session, latest, "innovation_centre_declaration", values)
        assert (ready["ok"], ready["findings"]) == (True, [])
        assert "S2-3.1" in ready["clauses"]
        found = readiness.verify(
            session, latest, "innovation_centre_declaration", {**values, "publicity_days": None}
        )
        assert (found["ok"], found["missing_parameters"]) == (False, ["publicity_days"])
        absent = readiness.verify(session, latest, "no_such_process", values)
        assert (absent["ok"], absent["findings"]) == (False, ["没有部署流程 no_such_process"])
