"""Payment orders and what the bank said to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.register import Budget, Payment
from app.models.runtime import ProcessInstance
from app.services.context import Context
from app.services.errors import Conflict, NotFound
from app.services.messages import send_message
from app.services.numbering import OFFICE_ZONE, next_number
from app.services.registers import ledger
from app.services.registers.identity_seal import mask_text, seal


@dataclass(frozen=True)
class Order:
    """What is to be paid, to whom, from which budget line."""

    case_no: str
    instalment: int
    amount: Decimal
    payee: Mapping[str, Any]
    line: str | None


class PaymentSettled(Conflict):
    """The bank's answer to this payment is booked already, and was another one."""

    def __init__(self, number: str) -> None:
        super().__init__(f"支付指令 {number} 已有回执。", f"Payment {number} has its receipt already.")


class AmountDiffers(Conflict):
    """The same instalment was ordered with another amount."""

    def __init__(self, number: str) -> None:
        super().__init__(
            f"本期已有支付指令 {number}，金额不一致。", f"{number} orders this instalment differently."
        )


class BudgetShort(Conflict):
    """The budget line cannot bear the amount."""

    def __init__(self, line: str, left: Decimal) -> None:
        super().__init__(
            f"预算科目 {line} 余额 {left} 元，不足支付。", f"Budget line {line} has only {left} left."
        )


def place(session: Session, instance: ProcessInstance, order: Order, now: datetime, secret: str) -> Payment:
    """Order a payment: one for each instalment of a case; one that the bank returned is ordered again.

    Commits the amount on the budget line. Raises AmountDiffers, BudgetShort, NotFound for an unknown line.
    """
    payment = find_instalment(session, order.case_no, order.instalment)
    if payment is not None and payment.state != "failed":
        if payment.amount != order.amount:
            raise AmountDiffers(payment.number)
        return payment
    line = _lock_line(session, order.line)
    if line is not None and (rest := ledger.left(session, line)) < order.amount:
        raise BudgetShort(line.line, rest)
    account = str(order.payee.get("account") or "")
    if payment is None:
        payment = Payment(
            number=next_number(session, "BF", now),
            case_no=order.case_no,
            instalment=order.instalment,
            attempt=0,
        )
        session.add(payment)
    payment.instance_id, payment.org_id = instance.id, instance.org_id
    payment.payee, payment.amount, payment.budget = str(order.payee.get("name") or ""), order.amount, line
    payment.account_masked = mask_text("account", account) if account else ""
    payment.account_sealed = seal(secret, order.payee)
    payment.attempt, payment.state, payment.ordered_at = payment.attempt + 1, "ordered", now
    session.flush()
    _commit_budget(session, payment, -order.amount, now, "commit")
    return payment


def confirm_payment(context: Context, number: str, ok: bool, reference: str) -> Payment:
    """Book the bank's receipt: paid (MSG-PAID) or returned (MSG-PAY-FAILED, budget freed); key: the number.

    The same receipt again changes nothing. Raises NotFound, PaymentSettled.
    """
    session, now = context.session, context.now
    payment = session.scalar(select(Payment).where(Payment.number == number).with_for_update())
    if payment is None:
        raise NotFound
    state = "paid" if ok else "failed"
    if payment.state == state and payment.reference == reference:
        return payment
    if payment.state != "ordered":
        raise PaymentSettled(number)
    payment.state, payment.reference = state, reference
    payload = {
        "payment_no": number,
        "amount": float(payment.amount),
        "reference": reference,
        "at": now.astimezone(OFFICE_ZONE).isoformat(),
    }
    dedup = f"payment:{number}:{payment.attempt}"
    if ok:
        payment.paid_at = now
        send_message(context, "MSG-PAID", number, payload, dedup=dedup)
    else:
        payment.failure = reference
        _commit_budget(session, payment, payment.amount, now, "release")
        send_message(context, "MSG-PAY-FAILED", number, {**payload, "reason": reference}, dedup=dedup)
    session.flush()
    return payment


def find_instalment(session: Session, case_no: str, instalment: int) -> Payment | None:
    """The payment of one instalment of a case."""
    return session.scalar(select(Payment).where(Payment.case_no == case_no, Payment.instalment == instalment))


def payments(session: Session, *, state: str | None = None, case_no: str | None = None) -> list[Payment]:
    """Payments, the newest order first; `state` ordered, paid or failed."""
    query = select(Payment).order_by(Payment.ordered_at.desc(), Payment.id.desc())
    if state is not None:
        query = query.where(Payment.state == state)
    if case_no is not None:
        query = query.where(Payment.case_no == case_no)
    return list(session.scalars(query))


def similar_support(session: Session, case_no: str, instance: ProcessInstance) -> list[dict[str, str]]:
    """Payments to the same organisation on other cases {kind, text}: hints at support given twice."""
    if instance.org_id is None:
        return []
    query = select(Payment).where(
        Payment.org_id == instance.org_id, Payment.case_no != case_no, Payment.state.in_(("ordered", "paid"))
    )
    return [
        {
            "kind": "同一单位",
            "text": f"案件 {payment.case_no} 第 {payment.instalment} 期已拨付 {payment.amount} 元"
            f"（{payment.ordered_at.astimezone(OFFICE_ZONE).date()}）",
        }
        for payment in session.scalars(query.order_by(Payment.id))
    ]


def _lock_line(session: Session, name: str | None) -> Budget | None:
    """The budget line, locked: two payments may not spend the same money."""
    if name is None:
        return None
    line = session.scalar(select(Budget).where(Budget.line == name.strip()).with_for_update())
    if line is None:
        raise NotFound
    return line


def _commit_budget(session: Session, payment: Payment, amount: Decimal, now: datetime, verb: str) -> None:
    if payment.budget is not None:
        ledger.post(
            session,
            f"budget:{payment.budget.line}",
            amount,
            f"{verb}:{payment.number}:{payment.attempt}",
            now,
            case_no=payment.case_no,
            memo="占用预算" if amount < 0 else "退回释放预算",
            instance_id=payment.instance_id,
        )
