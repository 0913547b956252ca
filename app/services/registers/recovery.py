"""Money to be paid back, and what came in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.register import LedgerEntry, Receivable
from app.models.runtime import ProcessInstance
from app.services.context import Context
from app.services.errors import Invalid, NotFound
from app.services.messages import send_message
from app.services.numbering import OFFICE_ZONE, next_number
from app.services.registers import cases, ledger
from app.services.registers.fingerprint import plain

WRITTEN_OFF = "cancelled"  # ends the reference of the posting that writes a receivable off


class TooMuch(Invalid):
    """More was paid than is owed."""

    def __init__(self, left: Decimal) -> None:
        message, english = f"缴款超过应收余额 {left} 元。", f"Only {left} is still owed."
        super().__init__(message, english, {"amount": [message]})


def open_receivable(
    session: Session,
    instance: ProcessInstance,
    case_no: str,
    principal: Decimal,
    interest: Decimal,
    due_at: datetime,
    now: datetime,
    debtor: str = "",
) -> Receivable:
    """Enter what a case owes; a case under the same investigation has one receivable."""
    known = session.scalar(
        select(Receivable).where(Receivable.instance_id == instance.id, Receivable.case_no == case_no)
    )
    if known is not None:
        return known
    org = cases.find_org(session, case_no)
    receivable = Receivable(
        number=next_number(session, "ZJ", now),
        case_no=case_no,
        instance_id=instance.id,
        org=org,
        debtor=org.name if org else debtor,
        principal=principal,
        interest=interest,
        opened_at=now,
        due_at=due_at,
        plan=[],
    )
    session.add(receivable)
    session.flush()
    for kind, amount in (("principal", principal), ("interest", interest)):
        if amount:
            reference = f"{receivable.number}:{kind}"
            ledger.post(session, account_of(receivable), amount, reference, now, case_no=case_no, memo="应收")
    return receivable


def post_recovery(context: Context, number: str, amount: Decimal, reference: str) -> LedgerEntry:
    """Book money that came in and tell its process (MSG-PAID-FULL or MSG-PAID-PART, key: the number).

    The same bank reference again changes nothing.
    Raises NotFound, TooMuch, Invalid, ledger.PostingContradicts.
    """
    if amount <= 0 or not reference.strip():
        raise Invalid("请填写缴款金额和银行回单号。", "Enter the amount and the bank's reference.")
    entry = post_money(context.session, number, amount, reference.strip(), context.now)
    left = ledger.balance(context.session, entry.account)
    name = "MSG-PAID-PART" if left > 0 else "MSG-PAID-FULL"
    payload = {
        "receivable_no": number,
        "amount": float(amount),
        "reference": reference.strip(),
        "balance": float(left),
        "at": context.now.astimezone(OFFICE_ZONE).isoformat(),
    }
    send_message(context, name, number, payload, dedup=f"recovery:{entry.reference}")
    return entry


def post_money(session: Session, number: str, amount: Decimal, reference: str, now: datetime) -> LedgerEntry:
    """Post money that came in, once for each bank reference.

    Raises NotFound, TooMuch, ledger.PostingContradicts.
    """
    receivable = session.scalar(select(Receivable).where(Receivable.number == number).with_for_update())
    if receivable is None:
        raise NotFound
    key, account = f"{number}:{reference}", account_of(receivable)
    known = session.scalar(select(LedgerEntry.id).where(LedgerEntry.reference == key))
    if known is None and amount > (left := ledger.balance(session, account)):
        raise TooMuch(left)
    return ledger.post(session, account, -amount, key, now, case_no=receivable.case_no, memo="缴回")


def find(session: Session, number: str) -> Receivable | None:
    """The receivable of this number."""
    return session.scalar(select(Receivable).where(Receivable.number == number))


def receivables(session: Session, *, state: str | None = None) -> list[tuple[Receivable, Decimal]]:
    """Receivables with what is still owed, the one due first on top."""
    query = select(Receivable).order_by(Receivable.due_at, Receivable.id)
    if state is not None:
        query = query.where(Receivable.state == state)
    left = ledger.balances(session, "receivable:")
    return [(row, left.get(account_of(row), ledger.ZERO)) for row in session.scalars(query)]


def receivables_of(session: Session, org_ids: Sequence[int]) -> list[tuple[Receivable, Decimal]]:
    """What organisations still have to pay back, with the balance."""
    return [(row, left) for row, left in receivables(session) if row.org_id in org_ids]


def request_instalments(context: Context, number: str, proposal: Mapping[str, Any]) -> Receivable:
    """The debtor asks for instalments (MSG-INSTALMENT-REQUEST, key: the case's number). Raises NotFound."""
    receivable = find(context.session, number)
    if receivable is None or receivable.state != "open":
        raise NotFound
    payload = plain({"receivable_no": number, **proposal})
    send_message(context, "MSG-INSTALMENT-REQUEST", receivable.case_no, payload)
    return receivable


def account_of(receivable: Receivable) -> str:
    """The ledger account of a receivable."""
    return f"receivable:{receivable.number}"


def totals(session: Session, rows: Sequence[tuple[Receivable, Decimal]]) -> dict[str, Decimal]:
    """ST-13: receivable, received and outstanding; what was written off was neither due nor received."""
    references = [f"{row.number}:{WRITTEN_OFF}" for row, _ in rows]
    query = select(LedgerEntry.amount).where(LedgerEntry.reference.in_(references))
    written_off = sum(session.scalars(query), ledger.ZERO)  # negative
    due = sum((row.principal + row.interest for row, _ in rows), ledger.ZERO) + written_off
    outstanding = sum((left for _, left in rows), ledger.ZERO)
    return {"receivable": due, "received": due - outstanding, "outstanding": outstanding}
