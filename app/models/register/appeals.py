"""Remedies against what the office decided: appeals to the office, reconsideration and litigation elsewhere."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base
from app.models.register.documents import Document
from app.models.runtime import ProcessInstance


class Appeal(Base):
    """One remedy against one letter. `draft`: the form is open and nothing was filed yet; `open`: it is pending."""

    __tablename__ = "appeal"
    __table_args__ = (
        CheckConstraint("kind IN ('review', 'reconsideration', 'litigation')", name="kind"),
        CheckConstraint("state IN ('draft', 'open', 'closed')", name="state"),
        CheckConstraint(
            "outcome IS NULL OR outcome IN ('uphold', 'change', 'revoke', 'refused', 'withdrawn', 'lapsed')",
            name="outcome",
        ),
        CheckConstraint(
            "(state = 'closed') = (closed_at IS NOT NULL) AND (closed_at IS NULL) = (outcome IS NULL)",
            name="closed",
        ),
        Index("ix_appeal_case", "case_no", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"), unique=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"), index=True)
    case_no: Mapped[str] = mapped_column(String(40))  # the case whose letter it is
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20))
    received_at: Mapped[datetime | None]
    body: Mapped[str] = mapped_column(String(120), default="")  # elsewhere: before whom
    reference: Mapped[str] = mapped_column(String(80), default="")  # elsewhere: under which number
    filed_on: Mapped[date | None]
    outcome: Mapped[str | None] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(Text, default="")
    reply_no: Mapped[str] = mapped_column(String(40), default="")  # our letter that answers
    result_no: Mapped[str] = mapped_column(String(80), default="")  # elsewhere: number of the ruling
    result_on: Mapped[date | None]
    closed_at: Mapped[datetime | None]

    instance: Mapped[ProcessInstance] = relationship()
    document: Mapped[Document] = relationship()
