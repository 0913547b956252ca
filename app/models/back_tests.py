"""Back-tests: the changed decisions and parameters of a draft, taken again on the facts of every past case."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base
from app.models.history import DecisionRecord
from app.models.identity import User


class BackTest(Base):
    """One run: which tables it compared, how far it is, and what it found; citable by its hash."""

    __tablename__ = "back_test"
    __table_args__ = (CheckConstraint("state IN ('running', 'done')", name="state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    draft_id: Mapped[int] = mapped_column(ForeignKey("draft.id"), index=True)
    state: Mapped[str] = mapped_column(String(10), default="running")
    tables: Mapped[dict[str, Any]]  # path → {"before": sha256, "after": sha256}
    decisions: Mapped[dict[str, Any]]  # decision id → path
    # {"changed": key → {"before", "after"}, "facts": decision id → fact → path below params}
    parameters: Mapped[dict[str, Any]] = mapped_column(default=dict)
    total: Mapped[int]
    done: Mapped[int] = mapped_column(default=0)
    last_record_id: Mapped[int] = mapped_column(default=0)
    started_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    sha256: Mapped[str] = mapped_column(String(64), default="")

    started_by: Mapped[User | None] = relationship()


class BackTestLine(Base):
    """One decision that comes out otherwise, or that could not be taken again (`error`)."""

    __tablename__ = "back_test_line"
    __table_args__ = (Index("ix_back_test_line_test", "test_id", "is_turned", "record_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    test_id: Mapped[int] = mapped_column(ForeignKey("back_test.id"))
    record_id: Mapped[int] = mapped_column(ForeignKey("decision_record.id"))
    org_type: Mapped[str] = mapped_column(String(20), default="")
    call_no: Mapped[str] = mapped_column(String(40), default="")
    before: Mapped[dict[str, Any]]  # {"value": …, "rows": […], "outcome": …}
    after: Mapped[dict[str, Any]]
    error: Mapped[str] = mapped_column(String(500), default="")
    is_turned: Mapped[bool]  # another outcome or number, not only other words; also where it failed

    record: Mapped[DecisionRecord] = relationship()
