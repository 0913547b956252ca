"""Credit: what outside registries and our own books say, and what was imposed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base
from app.models.identity import Organisation


class RegistryReply(Base):
    """An extract of an outside registry as imported: evidence, so a newer one is added, none edited."""

    __tablename__ = "registry_reply"
    __table_args__ = (
        CheckConstraint(
            "verdict IN ('clear', 'court_dishonest', 'serious_illegal', 'hit', 'penalty_3y', 'abnormal_list',"
            " 'undecided')",
            name="verdict",
        ),
        UniqueConstraint("source", "uscc", "replied_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(40))
    uscc: Mapped[str] = mapped_column(String(18))
    verdict: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(Text, default="")
    detail: Mapped[dict[str, Any]]
    sha256: Mapped[str] = mapped_column(String(64))
    replied_at: Mapped[datetime]
    imported_at: Mapped[datetime]


class CreditRecord(Base):
    """An entry about an organisation's conduct, with its period, its report and its repair."""

    __tablename__ = "credit_record"
    __table_args__ = (
        UniqueConstraint("instance_id", "uscc"),
        CheckConstraint("state IN ('active', 'repaired', 'annulled', 'expired')", name="state"),
        CheckConstraint("(state = 'active') = (ended_at IS NULL)", name="ended_at"),
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="period"),
        Index("ix_credit_record_uscc", "uscc", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"))
    case_no: Mapped[str] = mapped_column(String(40), index=True)
    org_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    org_name: Mapped[str] = mapped_column(String(120))
    uscc: Mapped[str] = mapped_column(String(18))
    facts: Mapped[str] = mapped_column(Text)
    basis: Mapped[str] = mapped_column(String(200))
    degree: Mapped[str] = mapped_column(String(40), default="")
    decision_no: Mapped[str] = mapped_column(String(40), default="")
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    state: Mapped[str] = mapped_column(String(20), default="active")
    registered_at: Mapped[datetime]
    reported_at: Mapped[datetime | None]
    report_sha256: Mapped[str] = mapped_column(String(64), default="")
    acknowledged_at: Mapped[datetime | None]
    acknowledgement: Mapped[str] = mapped_column(String(80), default="")
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str] = mapped_column(Text, default="")

    org: Mapped[Organisation | None] = relationship()


class Sanction(Base):
    """A measure imposed by a decision, with its clause and its period."""

    __tablename__ = "sanction"
    __table_args__ = (
        UniqueConstraint("instance_id", "measure"),
        CheckConstraint("state IN ('in_force', 'annulled')", name="state"),
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="period"),
        Index("ix_sanction_uscc", "uscc", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"))
    case_no: Mapped[str] = mapped_column(String(40), index=True)
    decision_no: Mapped[str] = mapped_column(String(40), default="")
    org_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    org_name: Mapped[str] = mapped_column(String(120))
    uscc: Mapped[str] = mapped_column(String(18))
    measure: Mapped[str] = mapped_column(String(40))
    clause: Mapped[str] = mapped_column(String(60), default="")
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    state: Mapped[str] = mapped_column(String(20), default="in_force")
    imposed_at: Mapped[datetime]


class Freeze(Base):
    """A hold on a case: nothing more is paid and nothing in its file changes until it is released."""

    __tablename__ = "freeze"
    __table_args__ = (
        CheckConstraint("released_at IS NULL OR released_at >= frozen_at", name="order"),
        Index(
            "uq_freeze_active",
            "case_no",
            "by_instance_id",
            unique=True,
            sqlite_where=text("released_at IS NULL"),
            postgresql_where=text("released_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_no: Mapped[str] = mapped_column(String(40), index=True)
    by_instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"))
    reason: Mapped[str] = mapped_column(Text, default="")
    frozen_at: Mapped[datetime]
    released_at: Mapped[datetime | None]
