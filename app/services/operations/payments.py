"""Operations on payments: the facts for the approval, the order, the posting."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import select

from app.models.register import Budget
from app.services.delegates import DelegateContext, DelegateError, delegate
from app.services.errors import Conflict, NotFound
from app.services.registers import cases, ledger, payments, recovery


@delegate
def payment_facts(
    ctx: DelegateContext,
    *,
    case_no: str,
    instalment: int,
    amount: Decimal,
    budget_line: str | None = None,
) -> dict[str, Any]:
    """What the approval must know: budget_balance (0 for an unknown line), already_paid, frozen, warnings."""
    line = ctx.session.scalar(select(Budget).where(Budget.line == (budget_line or "").strip()))
    payment = payments.find_instalment(ctx.session, case_no, instalment)
    committed = payment.amount if payment and payment.state == "ordered" and payment.budget is line else 0
    return {
        "budget_balance": ledger.ZERO if line is None else ledger.left(ctx.session, line) + committed,
        "already_paid": payment is not None and payment.state == "paid",
        "frozen": cases.is_frozen(ctx.session, case_no),
        "warnings": payments.similar_support(ctx.session, case_no, ctx.instance),
    }


@delegate
def place_payment_order(
    ctx: DelegateContext,
    *,
    case_no: str,
    instalment: int,
    amount: Decimal,
    payee: dict[str, Any],
    use: str | None = None,
    budget_line: str | None = None,
) -> dict[str, Any]:
    """Order a payment, once for each instalment of a case. Gives payment_no, state, attempt.

    Errors CASE_FROZEN, PAYMENT_REFUSED (amount differs, budget short, unknown line).
    """
    if cases.is_frozen(ctx.session, case_no):
        raise DelegateError("CASE_FROZEN", f"案件 {case_no} 资金已冻结，不得拨付。")
    order = payments.Order(case_no, instalment, amount, payee, budget_line)
    try:
        payment = payments.place(ctx.session, ctx.instance, order, ctx.now, ctx.settings.secret)
    except NotFound:
        raise DelegateError("PAYMENT_REFUSED", f"没有预算科目 {budget_line}。") from None
    except Conflict as refused:
        raise DelegateError("PAYMENT_REFUSED", refused.message) from None
    return {"payment_no": payment.number, "state": payment.state, "attempt": payment.attempt, "use": use}


@delegate
def post_ledger(
    ctx: DelegateContext,
    *,
    kind: Literal["payment", "recovery"],
    amount: Decimal,
    reference: str,
    case_no: str | None = None,
    receivable_no: str | None = None,
) -> dict[str, Any]:
    """Post once for each reference: a payment on its case, or money paid back on its receivable.

    Gives balance of the account and entry_id. Errors POSTING_INCOMPLETE, POSTING_CONTRADICTS.
    """
    try:
        if kind == "recovery" and receivable_no is not None:
            entry = recovery.post_money(ctx.session, receivable_no, amount, reference, ctx.now)
        elif kind == "payment" and case_no is not None:
            account, key = f"paid:{case_no}", f"payment:{reference}"
            entry = ledger.post(
                ctx.session, account, amount, key, ctx.now, case_no=case_no, instance_id=ctx.instance.id
            )
        else:
            raise DelegateError("POSTING_INCOMPLETE", "登记台账缺少案件号或应收编号。")
    except ledger.PostingContradicts as contradicts:
        raise DelegateError("POSTING_CONTRADICTS", contradicts.message) from None
    except NotFound:
        raise DelegateError("RECEIVABLE_NOT_FOUND", f"没有应收 {receivable_no}。") from None
    return {"balance": ledger.balance(ctx.session, entry.account), "entry_id": entry.id}
