"""Appeals with the real operations: opened within the time of the letter, decided by others, and what follows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.models.register import Appeal, CreditRecord, Document
from app.models.runtime import Message, ProcessInstance, UserTask
from app.services import appeals
from app.services.calendar import calendar_of
from app.services.errors import Conflict, NotFound
from app.services.registers import appeals as register
from app.services.registers import clocks, letters
from tests.factories import World
from tests.services.registers.office import do, started

FILED = {"request": "撤销", "grounds": "应当回避而没有回避", "contact": "李某", "phone": "021-12345678",
         "true_statement": True}  # fmt: skip


def letter(office: World, case_no: str, *, to: str = "org:1", served: bool = True, **data: Any) -> str:
    """A letter that allows five working days for an appeal; its number."""
    given = {"title": "未入选告知书", "addressee": "东海银行", "appeal_days": 5, **data}
    case = started(office, "service_of_notice", letter="TPL-10", to=to, case_no=case_no, data=given)
    with office.looking() as context:
        query = select(Document.number).join(ProcessInstance).where(ProcessInstance.number == case)
        number = context.session.scalars(query).one()
    if served:
        with office.acting("editor") as context:
            letters.open_document(context, number, [to])
        office.drain()
    return number


def appeal(office: World, number: str, who: str = "editor") -> str:
    with office.acting(who) as context:
        return appeals.start(context, number).number


def found(office: World, number: str) -> Appeal:
    with office.looking() as context:
        row = context.session.scalars(select(Appeal).join(Document).where(Document.number == number)).one()
        assert row.document.number == number
        return row


def state(office: World, number: str) -> str:
    with office.looking() as context:
        document = context.session.scalars(select(Document).where(Document.number == number)).one()
        shown = register.remedies_of(context.session, [document], calendar_of(context.session), context.now)
        return shown[0].state if shown else ""


def test_a_letter_is_revoked_on_appeal(office: World) -> None:
    number = letter(office, "CX-2026-0101")
    _credit(office, number)
    assert state(office, number) == "open"
    case = appeal(office, number)
    assert appeal(office, number) == case  # the second click
    assert office.instance(case).subject == "CX-2026-0101"
    assert not _pending(office, "CX-2026-0101")  # nothing was filed yet
    do(office, case, "t_file", "editor", **FILED)
    assert _pending(office, "CX-2026-0101")
    do(office, case, "t_check", "objection", outcome="accept")
    counts_by_itself(office, case)
    do(office, case, "t_review", "objection", findings="属实", outcome="revoke", reason="影响名次")
    do(office, case, "t_decide", "approver", outcome="revoke", reason="影响名次", text="撤销，重新评审。")
    with office.looking() as context:
        reply = context.session.scalars(select(Document).where(Document.letter == "TPL-43")).one().number
    with office.acting("editor") as context:
        letters.open_document(context, reply, ["org:1"])
    office.drain()
    row = found(office, number)
    assert (row.state, row.outcome, row.reply_no) == ("closed", "revoke", reply)
    with office.looking() as context:
        document = context.session.get_one(Document, row.document_id)
        assert document.annulled_at is not None
        assert reply in document.annulled_reason
        sent = context.session.scalars(select(Message).where(Message.name == "MSG-DECISION-ANNULLED")).all()
        assert [message.key for message in sent] == ["XY-2026-0900"]
    assert not _pending(office, "CX-2026-0101")
    do(office, case, "t_carry", "division", done="重新评审", done_on="2026-12-20")
    assert office.instance(case).status == "completed"
    with pytest.raises(Conflict):
        appeal(office, number)


def counts_by_itself(office: World, case: str) -> None:
    """The clock of an appeal runs from its receipt, stands still for a hearing, and adds up to what has elapsed."""
    office.now += timedelta(days=2)
    do(office, case, "t_review", "objection", findings="须听证", outcome="hearing", reason="申请人要求")
    office.now += timedelta(days=7)
    with office.looking() as context:
        [ledger] = clocks.ledgers(context.session, office.instance(case), context.now)
        assert (ledger.clock.case_no, ledger.state, ledger.suspended) == (case, "suspended", 5)
        assert ledger.used + ledger.suspended == ledger.elapsed
        assert clocks.clocks_of(context.session, [office.instance(case).subject or ""]) == []
    do(office, case, "t_pause", "objection", result="笔录已制作")
    with office.looking() as context:
        [ledger] = clocks.ledgers(context.session, office.instance(case), context.now)
        task = context.session.scalars(select(UserTask).where(UserTask.element_id == "t_review",
                                                              UserTask.status == "open")).one()  # fmt: skip
        assert task.due_at == ledger.clock.due_at is not None


def test_late_is_refused_with_the_reason(office: World) -> None:
    number = letter(office, "CX-2026-0102")
    office.pass_time(days=8)
    assert state(office, number) == "late"
    with pytest.raises(appeals.AppealLate) as refused:
        appeal(office, number)
    assert "5 个工作日" in refused.value.message
    assert "届满" in refused.value.message


def test_what_is_opened_and_never_filed_lapses(office: World) -> None:
    number = letter(office, "CX-2026-0103")
    case = appeal(office, number)
    office.pass_time(days=8)
    assert office.instance(case).outcome == "lapsed"
    assert found(office, number).outcome == "lapsed"
    assert not _pending(office, "CX-2026-0103")


def test_only_the_addressee_of_a_letter_that_allows_it(office: World) -> None:
    silent, foreign = letter(office, "CX-2026-0104", appeal_days=None), letter(office, "C-5", to="org:2")
    unserved = letter(office, "CX-2026-0106", served=False)
    for number, refusal in (
        (silent, appeals.NotAppealable),
        (foreign, NotFound),
        (unserved, letters.NotSignedFor),
        ("WS-2026-9999", NotFound),
    ):
        with pytest.raises(refusal):
            appeal(office, number)
    assert (state(office, silent), state(office, unserved)) == ("", "unserved")


def test_a_litigation_is_recorded_by_the_office(office: World) -> None:
    number = letter(office, "CX-2026-0107")
    case = office.start("appeal", "supervisor")
    do(office, case, "t_reg", "supervisor", decision_no="WS-2026-9999", kind="litigation", body="某法院",
       reference="初 1 号", filed_on="2026-11-20")  # fmt: skip
    do(office, case, "t_reg", "supervisor", decision_no=number, kind="litigation", body="某法院",
       reference="初 1 号", filed_on="2026-11-20")  # fmt: skip
    row = found(office, number)
    assert (row.kind, row.body, row.reference, row.state) == ("litigation", "某法院", "初 1 号", "open")
    assert office.instance(case).org_id == 1  # its addressee sees it
    do(office, case, "t_result", "supervisor", outcome="uphold", result_no="判 1 号", result_on="2026-11-22",
       summary="驳回")  # fmt: skip
    row = found(office, number)
    assert (row.outcome, row.result_no, str(row.result_on)) == ("uphold", "判 1 号", "2026-11-22")
    assert office.instance(case).status == "completed"


def _pending(office: World, case_no: str) -> bool:
    with office.looking() as context:
        return case_no in register.pending_among(context.session, [case_no])


def _credit(office: World, decision_no: str) -> None:
    """A credit record that rests on the letter."""
    with office.acting() as context:
        owner = context.session.scalars(select(ProcessInstance.id).limit(1)).one()
        context.session.add(
            CreditRecord(
                number="XY-2026-0900",
                instance_id=owner,
                case_no="CX-2026-0101",
                org_name="东海银行",
                uscc="U-900",
                facts="x",
                basis="S2-C3",
                decision_no=decision_no,
                starts_on=office.now.date(),
                registered_at=office.now,
            )
        )
