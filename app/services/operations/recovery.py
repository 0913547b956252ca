"""Operations on money to be paid back."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from app.models.register import Receivable
from app.services.delegates import DelegateContext, DelegateError, delegate
from app.services.registers import ledger, recovery


@delegate
def open_receivable(
    ctx: DelegateContext,
    *,
    case_no: str,
    principal_amount: Decimal,
    due: datetime,
    interest: Decimal = Decimal(0),
    decision_no: str | None = None,
) -> dict[str, Any]:
    """Enter what is to be paid back. Gives receivable_no, balance. Error NOTHING_DUE."""
    if principal_amount + interest <= 0:
        raise DelegateError("NOTHING_DUE", "应收金额须大于零。")
    receivable = recovery.open_receivable(
        ctx.session, ctx.instance, case_no, principal_amount, interest, due, ctx.now
    )
    balance = ledger.balance(ctx.session, recovery.account_of(receivable))
    return {"receivable_no": receivable.number, "balance": balance, "decision_no": decision_no}


@delegate
def set_due(
    ctx: DelegateContext, *, receivable_no: str, due: datetime, plan: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """Set the day on which money is due, and the instalments if there are any. Gives due_at."""
    receivable = _receivable(ctx, receivable_no)
    if receivable.due_at < due:
        receivable.reminders += int(receivable.due_at <= ctx.now)
    receivable.due_at = due
    if plan is not None:
        receivable.plan = list(plan)
    ctx.session.flush()
    return {"due_at": receivable.due_at, "reminders": receivable.reminders}


@delegate
def settle_receivable(ctx: DelegateContext, *, receivable_no: str) -> dict[str, Any]:
    """Close a receivable that is paid in full. Gives settled_at. Error NOT_SETTLED."""
    receivable = _receivable(ctx, receivable_no)
    left = ledger.balance(ctx.session, recovery.account_of(receivable))
    if left > 0:
        raise DelegateError("NOT_SETTLED", f"应收 {receivable_no} 尚欠 {left} 元，不能结清。")
    if receivable.settled_at is None:
        receivable.state, receivable.settled_at = "settled", ctx.now
        ctx.session.flush()
    return {"settled_at": receivable.settled_at}


@delegate
def cancel_receivable(ctx: DelegateContext, *, receivable_no: str, reason: str) -> dict[str, Any]:
    """Write off what is still owed, because the decision behind it was revoked. Gives cancelled (the amount)."""
    receivable = _receivable(ctx, receivable_no)
    account = recovery.account_of(receivable)
    left = ledger.balance(ctx.session, account)
    if left > 0:
        ledger.post(ctx.session, account, -left, f"{receivable_no}:{recovery.WRITTEN_OFF}", ctx.now,
                    case_no=receivable.case_no, memo=f"注销：{reason}"[:200])  # fmt: skip
    if receivable.settled_at is None:
        receivable.state, receivable.settled_at = "settled", ctx.now
    ctx.session.flush()
    return {"cancelled": left}


def _receivable(ctx: DelegateContext, number: str) -> Receivable:
    receivable = recovery.find(ctx.session, number)
    if receivable is None:
        raise DelegateError("RECEIVABLE_NOT_FOUND", f"没有应收 {number}。")
    return receivable
