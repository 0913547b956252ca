"""Calls for applications, the cases of each, what was handed in and when."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base
from app.models.identity import Organisation
from app.models.runtime import ProcessInstance


class Call(Base):
    """One round in which organisations may declare (批次). Its parameters are frozen when it opens."""

    __tablename__ = "call"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'closed', 'completed', 'cancelled')", name="state"),
        CheckConstraint("opened_at < deadline_at", name="opens_before_deadline"),
        CheckConstraint("(state = 'open') = (closed_at IS NULL)", name="closed_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[dict[str, Any]]  # the text of the notice as approved
    case_process: Mapped[str] = mapped_column(String(100))  # which process a case of this call runs
    quota: Mapped[int | None]
    parameters: Mapped[dict[str, Any]]
    parameters_sha256: Mapped[str] = mapped_column(String(64))
    opened_at: Mapped[datetime]
    deadline_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(String(20), default="open")

    cases: Mapped[list[CallCase]] = relationship(back_populates="call", order_by="CallCase.case_no")
    instance: Mapped[ProcessInstance] = relationship()


class CallCase(Base):
    """A case that takes part in a call, and how far it is: the call waits until none is in between."""

    __tablename__ = "call_case"
    __table_args__ = (
        CheckConstraint("state IN ('preparing', 'submitted', 'reviewed', 'ended')", name="state"),
        CheckConstraint("(state = 'ended') = (ended_at IS NOT NULL)", name="ended_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"), index=True)
    case_no: Mapped[str] = mapped_column(String(40), unique=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"), unique=True)
    org_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    org_name: Mapped[str] = mapped_column(String(120))
    org_type: Mapped[str] = mapped_column(String(20), default="")
    state: Mapped[str] = mapped_column(String(20), default="preparing")
    submitted_at: Mapped[datetime | None]
    reviewed_at: Mapped[datetime | None]
    score: Mapped[Decimal | None]
    review: Mapped[dict[str, Any] | None]  # what the case told the call: the input of the ranking
    deliberation: Mapped[str | None] = mapped_column(String(40))
    outcome: Mapped[str | None] = mapped_column(String(100))
    ended_at: Mapped[datetime | None]

    call: Mapped[Call] = relationship(back_populates="cases")
    org: Mapped[Organisation | None] = relationship()
    instance: Mapped[ProcessInstance] = relationship()


class Receipt(Base):
    """Proof that a submission came in at a trusted time with exactly these contents."""

    __tablename__ = "receipt"
    __table_args__ = (UniqueConstraint("case_no", "sha256"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    case_no: Mapped[str] = mapped_column(String(40), index=True)
    call_no: Mapped[str | None] = mapped_column(String(40))
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"), index=True)
    org_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    org_name: Mapped[str] = mapped_column(String(120), default="")
    parts: Mapped[dict[str, Any]]  # name of the part → SHA-256 of its canonical JSON
    files: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")  # {name, size, sha256}
    sha256: Mapped[str] = mapped_column(String(64))  # over the canonical JSON of the whole
    algorithm: Mapped[str] = mapped_column(String(20), default="sha256")
    received_at: Mapped[datetime]
    deadline_at: Mapped[datetime | None]
    is_late: Mapped[bool] = mapped_column(default=False)
    source: Mapped[str] = mapped_column(String(20), default="web")
    verify_code: Mapped[str] = mapped_column(String(20))


class Acceptance(Base):
    """The acceptance ticket (受理单) of a case; its limit counts working days without the suspensions."""

    __tablename__ = "acceptance"
    __table_args__ = (
        UniqueConstraint("case_no", "instance_id", "opening"),
        CheckConstraint("limit_days > 0", name="limit_days"),
        CheckConstraint("(limit_days IS NULL) = (due_at IS NULL)", name="limit"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    case_no: Mapped[str] = mapped_column(String(40), index=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"))
    opening: Mapped[str] = mapped_column(String(100))  # the element that opened it: a retry finds its ticket
    limit_days: Mapped[int | None]
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
