"""Changes of a year's working days: proposed by one person, published by another, kept with what they changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base
from app.models.identity import User


class CalendarChange(Base):
    """All exceptions of a year as somebody proposes them; `base` is the hash of those that they stand against."""

    __tablename__ = "calendar_change"
    __table_args__ = (
        CheckConstraint("state IN ('proposed', 'published', 'refused', 'withdrawn')", name="state"),
        CheckConstraint("state <> 'published' OR decided_by_id <> proposed_by_id", name="two_people"),
        Index("uq_calendar_change_open", "year", unique=True, sqlite_where=text("state = 'proposed'"),
              postgresql_where=text("state = 'proposed'")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(String(10), default="proposed")
    days: Mapped[list[Any]]
    difference: Mapped[list[Any]]
    publishes: Mapped[bool]  # whether the year counts as published from then on
    source: Mapped[str] = mapped_column(String(100))
    base: Mapped[str] = mapped_column(String(64))
    proposed_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    proposed_at: Mapped[datetime]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    decided_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(300), default="")
    cases: Mapped[int | None]  # for how many cases limits were computed again

    proposed_by: Mapped[User] = relationship(foreign_keys=[proposed_by_id])
    decided_by: Mapped[User | None] = relationship(foreign_keys=[decided_by_id])
