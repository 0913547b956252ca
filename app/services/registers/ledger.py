"""Money as postings: nothing is edited, balances are sums."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models.register import Budget, LedgerEntry
from app.services.errors import Conflict

ZERO = Decimal("0.00")
MAX_AMOUNT = Decimal("100000000000.00")


class PostingContradicts(Conflict):
    """The same reference was posted before with another account or amount."""

    def __init__(self, reference: str) -> None:
        super().__init__(
            f"流水号 {reference} 已登记，且账户或金额不一致。",
            f"Reference {reference} was posted before with another account or amount.",
        )
        self.reference = reference


def post(
    session: Session,
    account: str,
    amount: Decimal,
    reference: str,
    now: datetime,
    *,
    case_no: str,
    memo: str = "",
    instance_id: int | None = None,
) -> LedgerEntry:
    """Post once; the same posting again gives the entry of the first time. Raises PostingContradicts."""
    known = session.scalar(select(LedgerEntry).where(LedgerEntry.reference == reference))
    if known is not None:
        if known.account != account or known.amount != amount:
            raise PostingContradicts(reference)
        return known
    entry = LedgerEntry(
        reference=reference,
        account=account,
        amount=amount,
        case_no=case_no,
        memo=memo,
        instance_id=instance_id,
        posted_at=now,
    )
    session.add(entry)
    session.flush()
    return entry


def balance(session: Session, account: str) -> Decimal:
    """The sum of an account."""
    total = session.scalar(select(func.sum(LedgerEntry.amount)).where(LedgerEntry.account == account))
    return _yuan(total)


def balances(session: Session, prefix: str) -> dict[str, Decimal]:
    """The sums of all accounts whose name begins with `prefix`, e.g. `receivable:`."""
    rows = session.execute(
        select(LedgerEntry.account, func.sum(LedgerEntry.amount))
        .where(LedgerEntry.account.startswith(prefix, autoescape=True))
        .group_by(LedgerEntry.account)
        .order_by(LedgerEntry.account)
    )
    return {account: _yuan(total) for account, total in rows}


def entries_of(
    session: Session, *, account: str | None = None, case_no: str | None = None
) -> list[LedgerEntry]:
    """Postings in order, of an account, a case, or all."""
    query = select(LedgerEntry).order_by(LedgerEntry.id)
    if account is not None:
        query = query.where(LedgerEntry.account == account)
    if case_no is not None:
        query = query.where(LedgerEntry.case_no == case_no)
    return list(session.scalars(query))


def paid_on(session: Session, case_no: str) -> Decimal:
    """What was paid out on a case, less nothing: money paid back is another account."""
    return balance(session, f"paid:{case_no}")


def budgets(session: Session) -> list[tuple[Budget, Decimal]]:
    """Each budget line and what is left of it."""
    return [(line, left(session, line)) for line in session.scalars(select(Budget).order_by(Budget.line))]


def left(session: Session, line: Budget) -> Decimal:
    """What a budget line can still bear: appropriated, less what is ordered or paid."""
    return line.appropriated + balance(session, f"budget:{line.line}")


def parse_amount(text: str) -> Decimal | None:
    """Yuan above zero with at most two decimals; None for anything else, such as NaN or more than the state has."""
    try:
        value = Decimal(text.replace(",", "").replace("，", "").strip())
    except InvalidOperation:
        return None
    if not value.is_finite() or not 0 < value <= MAX_AMOUNT:
        return None
    rounded = value.quantize(Decimal("0.01"))
    return rounded if rounded == value else None


def _yuan(total: object) -> Decimal:
    """SUM keeps the column's type on some databases and not on others."""
    if total is None:
        return ZERO
    if not isinstance(total, Decimal):
        raise TypeError(f"a sum of money came back as {type(total).__name__}")
    return total
