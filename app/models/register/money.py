"""Agreements and money: what was promised, paid, owed and paid back. Balances are sums of ledger entries."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, Text, UniqueConstraint, event
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base
from app.models.identity import Organisation
from app.models.register.documents import Document


class Agreement(Base):
    """A project agreement (项目推进协议书) as signed by both sides."""

    __tablename__ = "agreement"
    __table_args__ = (
        UniqueConstraint("case_no", "version"),
        CheckConstraint("state IN ('effective', 'completed', 'revoked')", name="state"),
        CheckConstraint("funds >= 0", name="funds"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    case_no: Mapped[str] = mapped_column(String(40))
    version: Mapped[int] = mapped_column(default=1)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"), index=True)
    org_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    org_name: Mapped[str] = mapped_column(String(120))
    terms: Mapped[dict[str, Any]]
    terms_sha256: Mapped[str] = mapped_column(String(64))
    targets: Mapped[list[Any]]
    funds: Mapped[Decimal]
    document_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"))
    signatures: Mapped[list[Any]]
    effective_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(20), default="effective")

    org: Mapped[Organisation | None] = relationship()
    document: Mapped[Document | None] = relationship()
    milestones: Mapped[list[Milestone]] = relationship(
        back_populates="agreement", order_by="Milestone.due_on"
    )


class Milestone(Base):
    """Something an agreement makes due: a review, a report, an instalment."""

    __tablename__ = "milestone"
    __table_args__ = (
        UniqueConstraint("agreement_id", "kind", "due_on"),
        CheckConstraint("state IN ('pending', 'started', 'done')", name="state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"))
    kind: Mapped[str] = mapped_column(String(40))  # mid_term | final | report …
    name: Mapped[str] = mapped_column(String(120), default="")
    due_on: Mapped[date]
    state: Mapped[str] = mapped_column(String(20), default="pending")

    agreement: Mapped[Agreement] = relationship(back_populates="milestones")


class Budget(Base):
    """A budget line and what was appropriated to it; what is left is computed from the ledger."""

    __tablename__ = "budget"
    __table_args__ = (CheckConstraint("appropriated >= 0", name="appropriated"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    line: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    year: Mapped[int]
    appropriated: Mapped[Decimal]


class Payment(Base):
    """A payment order. One instalment of one case is paid once, however often it is ordered."""

    __tablename__ = "payment"
    __table_args__ = (
        UniqueConstraint("case_no", "instalment"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("attempt > 0", name="attempt"),
        CheckConstraint("state IN ('ordered', 'paid', 'failed')", name="state"),
        CheckConstraint("(state = 'paid') = (paid_at IS NOT NULL)", name="paid_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    case_no: Mapped[str] = mapped_column(String(40))
    instalment: Mapped[int] = mapped_column(default=1)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"), index=True)
    org_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    payee: Mapped[str] = mapped_column(String(120))
    account_masked: Mapped[str] = mapped_column(String(60), default="")
    account_sealed: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    amount: Mapped[Decimal]
    budget_id: Mapped[int | None] = mapped_column(ForeignKey("budget.id"), index=True)
    attempt: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(String(20), default="ordered")
    ordered_at: Mapped[datetime]
    paid_at: Mapped[datetime | None]
    reference: Mapped[str] = mapped_column(String(80), default="")
    failure: Mapped[str] = mapped_column(Text, default="")

    budget: Mapped[Budget | None] = relationship()
    org: Mapped[Organisation | None] = relationship()


class Receivable(Base):
    """Money to be paid back. What is still owed is the sum of the ledger account `receivable:<number>`."""

    __tablename__ = "receivable"
    __table_args__ = (
        UniqueConstraint("instance_id", "case_no"),
        CheckConstraint("principal >= 0 AND interest >= 0 AND principal + interest > 0", name="amounts"),
        CheckConstraint("state IN ('open', 'settled')", name="state"),
        CheckConstraint("(state = 'settled') = (settled_at IS NOT NULL)", name="settled_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    case_no: Mapped[str] = mapped_column(String(40), index=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"))
    org_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    debtor: Mapped[str] = mapped_column(String(120))
    principal: Mapped[Decimal]
    interest: Mapped[Decimal]
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    plan: Mapped[list[Any]]
    reminders: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(String(20), default="open")
    settled_at: Mapped[datetime | None]

    org: Mapped[Organisation | None] = relationship()


class LedgerEntry(Base):
    """One posting: positive adds to the account, negative takes away. A mistake is reversed, not edited."""

    __tablename__ = "ledger_entry"
    __table_args__ = (CheckConstraint("amount <> 0", name="amount"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(120), unique=True)
    account: Mapped[str] = mapped_column(String(80), index=True)  # e.g. receivable:ZJ-2026-0001
    amount: Mapped[Decimal]
    case_no: Mapped[str] = mapped_column(String(40), index=True)
    memo: Mapped[str] = mapped_column(String(200), default="")
    instance_id: Mapped[int | None] = mapped_column(ForeignKey("process_instance.id"))
    posted_at: Mapped[datetime]


class LedgerImmutable(Exception):
    """Somebody tried to change or delete a posting."""


@event.listens_for(LedgerEntry, "before_update")
@event.listens_for(LedgerEntry, "before_delete")
def _refuse_change(_mapper: object, _connection: object, entry: LedgerEntry) -> None:
    raise LedgerImmutable(f"ledger entry {entry.reference} cannot be changed")
