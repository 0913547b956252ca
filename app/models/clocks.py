"""Legal clocks with the stretches that run and are suspended, and the passes of steps that statistics count."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base


class LegalClock(Base):
    """A legal time limit of a case: begun once, suspended and resumed, ended for good."""

    __tablename__ = "legal_clock"
    __table_args__ = (
        CheckConstraint("limit_days > 0", name="limit"),
        CheckConstraint("ended_at IS NULL OR ended_at >= started_at", name="order"),
        Index(
            "uq_legal_clock_open",
            "case_no",
            "clock",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_no: Mapped[str] = mapped_column(String(40), index=True)
    clock: Mapped[str] = mapped_column(String(40))
    label: Mapped[str] = mapped_column(String(80), default="")
    label_en: Mapped[str] = mapped_column(String(80), default="")
    limit_days: Mapped[int | None]
    started_at: Mapped[datetime]
    started_on: Mapped[date]  # the day in the office's zone: days are counted after it
    ended_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]  # unknown while it is suspended

    segments: Mapped[list[ClockSegment]] = relationship(
        order_by="ClockSegment.id", back_populates="legal_clock"
    )


class ClockSegment(Base):
    """A stretch of a legal clock, running or suspended; working days are fixed when the stretch ends."""

    __tablename__ = "clock_segment"
    __table_args__ = (
        CheckConstraint("kind IN ('running', 'suspended')", name="kind"),
        CheckConstraint("ended_at IS NULL OR ended_at >= started_at", name="order"),
        CheckConstraint("(ended_at IS NULL) = (working_days IS NULL)", name="closed"),
        Index(
            "uq_clock_segment_open",
            "clock_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    clock_id: Mapped[int] = mapped_column(ForeignKey("legal_clock.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    started_at: Mapped[datetime]
    started_on: Mapped[date]
    ended_at: Mapped[datetime | None]
    working_days: Mapped[int | None]
    reason: Mapped[str] = mapped_column(Text, default="")
    reason_en: Mapped[str] = mapped_column(Text, default="", server_default="")
    # The instance whose token suspends the clock, and where it stands; empty when an operation did it.
    instance_id: Mapped[int | None] = mapped_column(ForeignKey("process_instance.id"))
    element_id: Mapped[str] = mapped_column(String(100), default="", server_default="")

    legal_clock: Mapped[LegalClock] = relationship(back_populates="segments")


class StepPass(Base):
    """One pass of a case through a user task, as statistics count it; closed once and never changed afterwards.

    What it took is fixed when it ends, so that a report of the past gives the same figures for ever.
    """

    __tablename__ = "step_pass"
    __table_args__ = (
        CheckConstraint("how IN ('open', 'completed', 'returned', 'cancelled')", name="how"),
        CheckConstraint("(ended_at IS NULL) = (how = 'open')", name="closed"),
        Index("ix_step_pass_ended", "ended_at", "process_key", "element_id"),
        Index(
            "ix_step_pass_figures",  # all that a dashboard counts, in the order in which it is grouped
            "process_key",
            "element_id",
            "org_type",
            "actor_id",
            "how",
            "working_days",
            "ended_at",
            "suspended_days",
            "task_id",
        ),
    )

    task_id: Mapped[int] = mapped_column(ForeignKey("user_task.id"), primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"), index=True)
    process_key: Mapped[str] = mapped_column(String(100))
    element_id: Mapped[str] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200), default="")
    org_type: Mapped[str] = mapped_column(String(20), default="")
    started_at: Mapped[datetime]
    started_on: Mapped[date]  # in the office's zone
    ended_at: Mapped[datetime | None]
    how: Mapped[str] = mapped_column(String(20), default="open")
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    working_days: Mapped[int | None]  # without suspensions
    suspended_days: Mapped[int | None]
