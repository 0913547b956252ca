"""History: what happened. Rows are only ever added; each carries the hash of the one before it in its instance."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base
from app.models.identity import User


class HistoryEvent(Base):
    """One thing that happened to one instance."""

    __tablename__ = "history_event"
    __table_args__ = (UniqueConstraint("instance_id", "seq"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"))
    seq: Mapped[int]
    recorded_at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(40))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    actor_name: Mapped[str] = mapped_column(String(60), default="")
    process_key: Mapped[str] = mapped_column(String(100), default="")
    element_id: Mapped[str] = mapped_column(String(100), default="")
    element_name: Mapped[str] = mapped_column(String(200), default="")
    detail: Mapped[dict[str, Any]]
    algorithm: Mapped[str] = mapped_column(String(20), default="sha256")
    prev_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64), insert_sentinel=True)  # a step's rows in one statement

    actor: Mapped[User | None] = relationship()


class DecisionRecord(Base):
    """One evaluation of a decision with its trace: inputs, rows that hit, outputs."""

    __tablename__ = "decision_record"
    __table_args__ = (Index("ix_decision_record_subject", "subject", "decided_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"), index=True)
    subject: Mapped[str] = mapped_column(String(40))
    process_key: Mapped[str] = mapped_column(String(100))
    element_id: Mapped[str] = mapped_column(String(100))
    decision_id: Mapped[str] = mapped_column(String(100), index=True)
    decision_name: Mapped[str] = mapped_column(String(200))
    trace: Mapped[dict[str, Any]]
    decided_at: Mapped[datetime]


class Checkpoint(Base):
    """A signed RFC 6962 root over all history rows up to one, and over the checkpoint before."""

    __tablename__ = "checkpoint"

    id: Mapped[int] = mapped_column(primary_key=True)
    last_event_id: Mapped[int]
    event_count: Mapped[int]
    root: Mapped[str] = mapped_column(String(64))
    previous: Mapped[str] = mapped_column(String(64), default="")
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
