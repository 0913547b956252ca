"""Budget lines: opened once with what was appropriated; what is added later is a posting with its own voucher."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models.register import Budget, LedgerEntry
from app.services import access
from app.services.context import Context
from app.services.errors import Conflict, Invalid, NotFound
from app.services.registers import ledger

PERMISSION = "budget.edit"
_LINE = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{1,39}")


@dataclass(frozen=True)
class LineFigures:
    """A budget line: what it began with, what was added, what payments took, what is left."""

    budget: Budget
    added: Decimal
    left: Decimal

    @property
    def used(self) -> Decimal:
        return self.budget.appropriated + self.added - self.left


def figures(session: Session) -> list[LineFigures]:
    """Every line with its figures, by code."""
    return [LineFigures(line, _added(session, line), left) for line, left in ledger.budgets(session)]


def add_line(context: Context, line: str, name: str, year: str, amount: str) -> Budget:
    """Open a line. Raises Invalid with `errors` by field as (Chinese, English), Conflict for a known code."""
    access.require(context.actor, PERMISSION)
    errors: dict[str, tuple[str, str]] = {}
    value = ledger.parse_amount(amount)
    if not _LINE.fullmatch(line):
        errors["line"] = (
            "预算编号为 2 至 40 个字母、数字或横线。",
            "A code has 2 to 40 letters, digits or hyphens.",
        )
    if not 0 < len(name) <= 120:
        errors["name"] = ("请填写名称，不超过 120 字。", "Give a name of at most 120 characters.")
    if not re.fullmatch(r"20[0-9]{2}", year):
        errors["year"] = ("请填写四位年度。", "Give the year with four digits.")
    if value is None:
        errors["amount"] = (
            "请填写大于零的金额，最多两位小数。",
            "Give an amount above zero with at most two decimals.",
        )
    if errors or value is None:
        raise Invalid("请更正标出的内容。", "Correct the marked fields.", errors)
    if context.session.scalar(select(Budget.id).where(Budget.line == line)) is not None:
        raise Conflict(f"预算编号 {line} 已存在。", f"The budget line {line} exists already.")
    budget = Budget(line=line, name=name, year=int(year), appropriated=value)
    context.session.add(budget)
    context.session.flush()
    return budget


def raise_line(context: Context, line: str, amount: str, reference: str, reason: str) -> LedgerEntry:
    """Add money to a line under the number of the approving document; the same document again adds nothing.

    Raises NotFound, Invalid, PostingContradicts for a document that was booked with another amount.
    """
    access.require(context.actor, PERMISSION)
    budget = context.session.scalar(select(Budget).where(Budget.line == line).with_for_update())
    if budget is None:
        raise NotFound
    value = ledger.parse_amount(amount)
    if value is None:
        raise Invalid(
            "请填写大于零的金额，最多两位小数。", "Give an amount above zero with at most two decimals."
        )
    if not 0 < len(reference) <= 80 or not 0 < len(reason) <= 180:
        raise Invalid(
            "请填写批准文号（不超过 80 字）和理由（不超过 180 字）。",
            "Give the approving document (at most 80 characters) and the reason (at most 180).",
        )
    return ledger.post(
        context.session,
        _account(budget),
        value,
        f"budget:{line[:30]}:{reference}"[:120],
        context.now,
        case_no=line[:40],
        memo=f"追加预算：{reason}",
    )


def _added(session: Session, budget: Budget) -> Decimal:
    query = select(func.sum(LedgerEntry.amount)).where(
        LedgerEntry.account == _account(budget), LedgerEntry.case_no == budget.line[:40]
    )
    return session.scalar(query) or ledger.ZERO


def _account(budget: Budget) -> str:
    return f"budget:{budget.line}"
