from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.models.register import Budget, LedgerEntry
from app.models.register.money import LedgerImmutable
from app.models.runtime import ProcessInstance
from app.services.delegates import DelegateError
from app.services.errors import Invalid, NotFound
from app.services.registers import ledger, payments, recovery, statistics
from app.services.registers.identity_seal import unseal
from tests.services.registers.registers import START, Registers

PAYEE = {"name": "东海银行", "bank": "总行营业部", "account": "6222020000001234"}
YUAN = st.decimals(Decimal("-99999999.99"), Decimal("99999999.99"), places=2).filter(bool)


def add_budget(registers: Registers, amount: str = "1000000") -> Budget:
    line = Budget(line="2060499", name="知识产权专项", year=2026, appropriated=Decimal(amount))
    registers.session.add(line)
    registers.session.flush()
    return line


def case_of(registers: Registers) -> ProcessInstance:
    return registers.add_case("CX", registers.add_org(uscc=f"9131{len(registers.made):014d}"))


def order(registers: Registers, case: ProcessInstance, amount: object = "300000.50", **more: Any) -> Any:
    given = {"instalment": 1, "payee": PAYEE, "use": "one_off_incentive", "budget_line": "2060499", **more}
    return registers.call("place_payment_order", case, case_no=case.number, amount=amount, **given)


def facts(registers: Registers, case: ProcessInstance, **more: Any) -> Any:
    given = {"instalment": 1, "amount": 300000.5, "budget_line": "2060499", **more}
    return registers.call("payment_facts", case, case_no=case.number, **given)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(amounts=st.lists(YUAN, min_size=1, max_size=8))
def test_a_balance_is_the_exact_sum(registers: Registers, amounts: list[Decimal]) -> None:
    account = f"test:{len(ledger.balances(registers.session, 'test:'))}"
    for number, amount in enumerate(amounts):
        ledger.post(registers.session, account, amount, f"{account}/{number}", START, case_no="CX-1")
    assert ledger.balance(registers.session, account) == sum(amounts)
    assert [entry.amount for entry in ledger.entries_of(registers.session, account=account)] == amounts


def test_balances_are_exact_on_each_database(registers_anywhere: Registers) -> None:
    session = registers_anywhere.session
    for number in range(10):
        ledger.post(session, "receivable:1", Decimal("0.10"), f"r{number}", START, case_no="CX-1")
    ledger.post(session, "receivable_1", Decimal(7), "other", START, case_no="CX-2")
    assert ledger.balances(session, "receivable:") == {"receivable:1": Decimal("1.00")}
    assert ledger.balance(session, "nothing") == Decimal(0)
    assert [entry.reference for entry in ledger.entries_of(session, case_no="CX-2")] == ["other"]


def test_a_reference_is_posted_once_and_cannot_mean_two_things(registers: Registers) -> None:
    session = registers.session
    first = ledger.post(session, "a", Decimal("5.00"), "ref", START, case_no="CX-1")
    assert ledger.post(session, "a", Decimal(5), "ref", START, case_no="CX-1") is first
    for account, amount in (("a", "5.01"), ("b", "5.00")):
        with pytest.raises(ledger.PostingContradicts):
            ledger.post(session, account, Decimal(amount), "ref", START, case_no="CX-1")


@pytest.mark.parametrize("change", ["update", "delete"])
def test_a_posting_cannot_be_changed(registers: Registers, change: str) -> None:
    entry = ledger.post(registers.session, "a", Decimal(5), "ref", START, case_no="CX-1")
    savepoint = registers.session.begin_nested()
    if change == "update":
        entry.amount = Decimal(6)
    else:
        registers.session.delete(entry)
    with pytest.raises(LedgerImmutable):
        registers.session.flush()
    savepoint.rollback()
    assert ledger.balance(registers.session, "a") == Decimal(5)


def test_a_payment_is_ordered_paid_and_posted_once(registers_anywhere: Registers) -> None:
    registers = registers_anywhere
    line, case = add_budget(registers), case_of(registers)
    assert facts(registers, case) == {
        "budget_balance": 1000000,
        "already_paid": False,
        "frozen": False,
        "warnings": [],
    }
    placed = order(registers, case)
    assert placed["payment_no"] == "BF-2026-0001"
    assert order(registers, case) == placed
    assert ledger.left(registers.session, line) == Decimal("699999.50")
    assert facts(registers, case)["budget_balance"] == 1000000  # its own commitment does not stand in its way
    [payment] = payments.payments(registers.session, state="ordered")
    assert payment.account_masked == "6222********1234"
    assert unseal(registers.settings.secret, payment.account_sealed or b"") == PAYEE
    for _ in range(2):
        payments.confirm_payment(registers.context, payment.number, True, "回单1")
    [message] = registers.messages("MSG-PAID")
    assert (message.key, message.payload["amount"], message.payload["reference"]) == (
        payment.number,
        300000.5,
        "回单1",
    )
    posting = {"case_no": case.number, "kind": "payment", "amount": 300000.5, "reference": payment.number}
    assert [registers.call("post_ledger", case, **posting)["balance"] for _ in range(2)] == [
        300000.5,
        300000.5,
    ]
    assert ledger.paid_on(registers.session, case.number) == Decimal("300000.50")
    assert facts(registers, case)["already_paid"] is True
    with pytest.raises(payments.PaymentSettled):
        payments.confirm_payment(registers.context, payment.number, False, "退回")
    assert [p.number for p in payments.payments(registers.session, case_no=case.number)] == [payment.number]


def test_a_returned_payment_frees_the_budget_and_is_ordered_again(registers: Registers) -> None:
    line, case = add_budget(registers, "300000.50"), case_of(registers)
    placed = order(registers, case)
    for _ in range(2):
        payments.confirm_payment(registers.context, placed["payment_no"], False, "账号有误")
    [failed] = registers.messages("MSG-PAY-FAILED")
    assert failed.payload["reason"] == "账号有误"
    assert ledger.left(registers.session, line) == Decimal("300000.50")
    again = order(registers, case, payee={**PAYEE, "account": "6222020000009999"})
    assert (again["payment_no"], again["attempt"]) == (placed["payment_no"], 2)
    assert ledger.left(registers.session, line) == 0
    payments.confirm_payment(registers.context, again["payment_no"], True, "回单2")
    assert len(registers.messages("MSG-PAID")) == 1
    assert ledger.balances(registers.session, "budget:") == {"budget:2060499": Decimal("-300000.50")}


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"amount": "1000000.01"}, "PAYMENT_REFUSED"),
        ({"budget_line": "404"}, "PAYMENT_REFUSED"),
    ],
)
def test_a_payment_that_the_budget_does_not_bear_is_refused(
    registers: Registers, more: dict[str, Any], code: str
) -> None:
    add_budget(registers)
    with pytest.raises(DelegateError, match=code):
        order(registers, case_of(registers), **more)


def test_one_instalment_has_one_amount(registers: Registers) -> None:
    add_budget(registers)
    case = case_of(registers)
    order(registers, case)
    with pytest.raises(DelegateError, match="PAYMENT_REFUSED"):
        order(registers, case, amount=1)
    assert order(registers, case, amount=1, instalment=2)["payment_no"] == "BF-2026-0002"


def test_nothing_is_paid_on_a_frozen_case(registers: Registers) -> None:
    add_budget(registers)
    case, lead = case_of(registers), registers.add_case("CC")
    registers.call("freeze_case", lead, case_no=case.number, reason="立案调查")
    assert facts(registers, case)["frozen"] is True
    with pytest.raises(DelegateError, match="CASE_FROZEN"):
        order(registers, case)
    registers.call("unfreeze_case", lead, case_no=case.number)
    assert order(registers, case)["state"] == "ordered"


def test_an_unknown_line_has_no_balance_and_other_support_is_shown(registers: Registers) -> None:
    add_budget(registers)
    first = case_of(registers)
    order(registers, first)
    second = registers.add_case("CX", first.org)
    found = facts(registers, second, budget_line="404")
    assert found["budget_balance"] == 0
    assert found["warnings"] == [
        {"kind": "同一单位", "text": f"案件 {first.number} 第 1 期已拨付 300000.50 元（2026-03-02）"}
    ]
    with pytest.raises(NotFound):
        payments.confirm_payment(registers.context, "BF-2026-0404", True, "x")


def receivable(
    registers: Registers, principal: str = "500000", interest: str = "1234.56"
) -> tuple[ProcessInstance, str]:
    case, lead = case_of(registers), registers.add_case("CC")
    given = {
        "principal_amount": principal,
        "interest": interest,
        "due": (START + timedelta(days=30)).isoformat(),
    }
    result = registers.call("open_receivable", lead, case_no=case.number, **given)
    assert registers.call("open_receivable", lead, case_no=case.number, **given) == result
    return lead, result["receivable_no"]


def test_money_comes_back_in_parts(registers_anywhere: Registers) -> None:
    registers = registers_anywhere
    lead, number = receivable(registers)
    for _ in range(2):
        recovery.post_recovery(registers.context, number, Decimal("201234.56"), "回单1")
    [part] = registers.messages("MSG-PAID-PART")
    assert (part.key, part.payload["balance"]) == (number, 300000)
    posted = registers.call(
        "post_ledger", lead, receivable_no=number, kind="recovery", **picked(part.payload)
    )
    assert posted["balance"] == 300000
    with pytest.raises(DelegateError, match="NOT_SETTLED"):
        registers.call("settle_receivable", lead, receivable_no=number)
    assert statistics.recovery_figures(registers.session) == {
        "receivable": Decimal("501234.56"),
        "received": Decimal("201234.56"),
        "outstanding": Decimal("300000.00"),
    }
    recovery.post_recovery(registers.context, number, Decimal(300000), "回单2")
    [full] = registers.messages("MSG-PAID-FULL")
    assert full.payload["balance"] == 0
    settled = registers.call("settle_receivable", lead, receivable_no=number)
    assert registers.call("settle_receivable", lead, receivable_no=number) == settled
    assert recovery.receivables(registers.session, state="open") == []


def test_what_a_revoked_decision_claimed_is_neither_due_nor_received(registers: Registers) -> None:
    lead, number = receivable(registers)
    recovery.post_recovery(registers.context, number, Decimal("201234.56"), "回单1")
    for left in (300000, 0):
        written = registers.call("cancel_receivable", lead, receivable_no=number, reason="复核撤销")
        assert written["cancelled"] == left
    assert statistics.recovery_figures(registers.session) == {
        "receivable": Decimal("201234.56"),
        "received": Decimal("201234.56"),
        "outstanding": Decimal("0.00"),
    }
    assert recovery.receivables(registers.session, state="open") == []


def picked(payload: dict[str, Any]) -> dict[str, Any]:
    return {"amount": payload["amount"], "reference": payload["reference"]}


def test_more_than_is_owed_or_nothing_is_refused(registers: Registers) -> None:
    _, number = receivable(registers, "100", "0")
    for amount, reference in ((Decimal("100.01"), "a"), (Decimal(0), "a"), (Decimal(1), " ")):
        with pytest.raises(Invalid):
            recovery.post_recovery(registers.context, number, amount, reference)
    assert not registers.messages("MSG-PAID-PART")
    with pytest.raises(NotFound):
        recovery.post_recovery(registers.context, "ZJ-2026-0404", Decimal(1), "a")
    with pytest.raises(DelegateError, match="NOTHING_DUE"):
        receivable(registers, "0", "0")


def test_a_new_due_day_after_the_old_one_is_a_reminder(registers: Registers) -> None:
    lead, number = receivable(registers)
    later = [(START + timedelta(days=days)).isoformat() for days in (40, 50)]
    assert (
        registers.call("set_due", lead, receivable_no=number, due=later[0], plan=[{"no": 1}])["reminders"]
        == 0
    )
    registers.pass_time(days=45)
    assert registers.call("set_due", lead, receivable_no=number, due=later[1])["reminders"] == 1
    recovery.request_instalments(registers.context, number, {"months": 6})
    [message] = registers.messages("MSG-INSTALMENT-REQUEST")
    assert message.payload == {"receivable_no": number, "months": 6}


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"kind": "payment", "receivable_no": "ZJ-1"}, "POSTING_INCOMPLETE"),
        ({"kind": "recovery", "case_no": "CX-1"}, "POSTING_INCOMPLETE"),
        ({"kind": "recovery", "receivable_no": "ZJ-2026-0404"}, "RECEIVABLE_NOT_FOUND"),
    ],
)
def test_a_posting_needs_its_account(registers: Registers, given: dict[str, Any], code: str) -> None:
    with pytest.raises(DelegateError, match=code):
        registers.call("post_ledger", registers.add_case(), amount=1, reference="r", **given)


def test_a_contradictory_posting_is_a_business_error(registers: Registers) -> None:
    case = registers.add_case()
    given = {"kind": "payment", "case_no": case.number, "reference": "BF-1"}
    registers.call("post_ledger", case, amount=1, **given)
    with pytest.raises(DelegateError, match="POSTING_CONTRADICTS"):
        registers.call("post_ledger", case, amount=2, **given)
    assert registers.session.query(LedgerEntry).count() == 1
