"""Moving many cases to another version, and interventions in single ones: what was asked, what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base
from app.models.identity import User
from app.models.repository import ProcessDefinition
from app.models.runtime import ProcessInstance


class MigrationBatch(Base):
    """Cases of one process that are to move to one version. `checking` tries every case out, nothing moves yet."""

    __tablename__ = "migration_batch"
    __table_args__ = (
        CheckConstraint("state IN ('checking', 'checked', 'moving', 'paused', 'undoing')", name="state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    process_key: Mapped[str] = mapped_column(String(100), index=True)
    target_id: Mapped[int] = mapped_column(ForeignKey("process_definition.id"))
    mapping: Mapped[dict[str, Any]]
    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(10), default="checking")
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime]

    target: Mapped[ProcessDefinition] = relationship()
    created_by: Mapped[User | None] = relationship()


class MigrationItem(Base):
    """One case of a batch: what trying said, what moving did, and how it was before."""

    __tablename__ = "migration_item"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'ready', 'refused', 'moved', 'undone', 'kept')", name="state"),
        Index("ix_migration_item_state", "batch_id", "state"),
    )

    batch_id: Mapped[int] = mapped_column(ForeignKey("migration_batch.id"), primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"), primary_key=True, index=True)
    from_id: Mapped[int] = mapped_column(ForeignKey("process_definition.id"))
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    reasons: Mapped[list[Any]] = mapped_column(default=list)  # {"code", "process", "element", "zh", "en"}
    plan: Mapped[dict[str, Any]] = mapped_column(default=dict)  # what goes on, what becomes different
    before: Mapped[dict[str, Any] | None] = mapped_column(deferred=True)  # rows, to be put back
    after: Mapped[str] = mapped_column(String(64), default="")  # the digest of the rows right after the move
    done_at: Mapped[datetime | None]

    instance: Mapped[ProcessInstance] = relationship()


class Intervention(Base):
    """What an operator did to one case by hand, with its reason; a proposal until somebody else confirms it."""

    __tablename__ = "intervention"
    __table_args__ = (
        CheckConstraint("state IN ('proposed', 'done', 'refused', 'undone')", name="state"),
        CheckConstraint("confirmed_by_id IS NULL OR confirmed_by_id <> proposed_by_id", name="two_people"),
        Index("ix_intervention_case", "instance_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"))
    kind: Mapped[str] = mapped_column(String(20))
    args: Mapped[dict[str, Any]]
    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(10))
    seen: Mapped[str] = mapped_column(String(64))  # the digest of the rows that the preview was made from
    difference: Mapped[list[Any]] = mapped_column(default=list)  # {"what", "before", "after"}
    before: Mapped[dict[str, Any] | None] = mapped_column(deferred=True)
    after: Mapped[str] = mapped_column(String(64), default="")
    proposed_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    proposed_at: Mapped[datetime]
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    done_at: Mapped[datetime | None]

    instance: Mapped[ProcessInstance] = relationship()
    proposed_by: Mapped[User] = relationship(foreign_keys=[proposed_by_id])
    confirmed_by: Mapped[User | None] = relationship(foreign_keys=[confirmed_by_id])
