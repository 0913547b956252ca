"""Notices that the public reads, frozen when they are published, and the objections to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base
from app.models.runtime import ProcessInstance


class Notice(Base):
    """A public notice (公示、公告). `snapshot` is the canonical JSON that `sha256` was taken over."""

    __tablename__ = "notice"
    __table_args__ = (
        CheckConstraint("kind IN ('publicity', 'announcement', 'adjustment')", name="kind"),
        CheckConstraint("state IN ('published', 'closed', 'archived', 'terminated')", name="state"),
        CheckConstraint("ends_at IS NULL OR ends_at > starts_at", name="period"),
        CheckConstraint("kind <> 'publicity' OR ends_at IS NOT NULL", name="publicity_ends"),
        Index("ix_notice_state", "state", "starts_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True)  # GS-2026-0001
    kind: Mapped[str] = mapped_column(String(20), default="publicity")
    subject: Mapped[str] = mapped_column(String(40), index=True)  # the call or case it is about
    instance_id: Mapped[int | None] = mapped_column(ForeignKey("process_instance.id"), index=True)
    amends_id: Mapped[int | None] = mapped_column(ForeignKey("notice.id"))
    title: Mapped[str] = mapped_column(String(200))
    snapshot: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    algorithm: Mapped[str] = mapped_column(String(20), default="sha256")
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(String(20), default="published")
    outcome: Mapped[str | None] = mapped_column(String(40))  # clear | changed | terminated
    closed_at: Mapped[datetime | None]
    verify_code: Mapped[str] = mapped_column(String(20))

    items: Mapped[list[NoticeItem]] = relationship(back_populates="notice", order_by="NoticeItem.position")
    objections: Mapped[list[Objection]] = relationship(
        back_populates="notice", order_by="Objection.receipt_no"
    )
    amends: Mapped[Notice | None] = relationship(remote_side=[id])
    instance: Mapped[ProcessInstance | None] = relationship()


class NoticeItem(Base):
    """One line of a notice: mostly an organisation and its case."""

    __tablename__ = "notice_item"
    __table_args__ = (
        CheckConstraint("state IN ('listed', 'disputed', 'removed')", name="state"),
        UniqueConstraint("notice_id", "key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"))
    position: Mapped[int]
    key: Mapped[str] = mapped_column(String(60))
    label: Mapped[str] = mapped_column(String(200))
    data: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(20), default="listed")

    notice: Mapped[Notice] = relationship(back_populates="items")

    @property
    def item_no(self) -> str:
        """The item's number as printed."""
        return self.key

    @property
    def org_name(self) -> str:
        return str(self.data.get("org_name") or "")

    @property
    def text(self) -> str:
        return str(self.data.get("text") or "")


class Objection(Base):
    """One objection. Who objects is sealed (Fernet); everybody but the officer sees the masked form."""

    __tablename__ = "objection"
    __table_args__ = (
        CheckConstraint("kind IN ('organisation', 'person', 'anonymous')", name="kind"),
        CheckConstraint("state IN ('received', 'registered', 'decided', 'closed')", name="state"),
        CheckConstraint(
            "outcome IS NULL OR outcome IN ('upheld', 'rejected', 'not_accepted', 'withdrawn')",
            name="outcome",
        ),
        CheckConstraint(
            "state <> 'closed' OR (outcome IS NOT NULL AND closed_at IS NOT NULL)", name="closed_with_outcome"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    receipt_no: Mapped[str] = mapped_column(String(40), unique=True)  # what the objector holds, with a code
    number: Mapped[str | None] = mapped_column(String(40), unique=True)  # YY-2026-0001, once it is registered
    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"), index=True)
    item_id: Mapped[int | None] = mapped_column(ForeignKey("notice_item.id"))
    instance_id: Mapped[int | None] = mapped_column(ForeignKey("process_instance.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    identity_sealed: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    identity_masked: Mapped[dict[str, Any]]
    facts: Mapped[str] = mapped_column(Text)
    evidence: Mapped[list[Any]]
    form: Mapped[dict[str, Any]]  # the plain facts that decide on acceptance: sealed, signed, phone, evidence
    code_hash: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[datetime]
    is_in_period: Mapped[bool]
    state: Mapped[str] = mapped_column(String(20), default="received")
    outcome: Mapped[str | None] = mapped_column(String(20))
    reply: Mapped[str] = mapped_column(Text, default="")
    decided_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]

    notice: Mapped[Notice] = relationship(back_populates="objections")
    item: Mapped[NoticeItem | None] = relationship()
    instance: Mapped[ProcessInstance | None] = relationship()

    @property
    def principal(self) -> str | None:
        """Who the objector is to the inbox: known by number and code, not by account."""
        return f"ticket:{self.number}" if self.number else None
