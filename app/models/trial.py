"""Trials of drafts: nothing of them is in the tables of what really runs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base
from app.models.identity import User
from app.models.studio import Draft


class TrialRun(Base):
    """One trial of one person. Its script is its state: the page plays it again, on the draft as it is now."""

    __tablename__ = "trial_run"
    __table_args__ = (Index("ix_trial_run_own", "draft_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    draft_id: Mapped[int] = mapped_column(ForeignKey("draft.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    process_key: Mapped[str] = mapped_column(String(100))
    script: Mapped[dict[str, Any]]
    revision: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    draft: Mapped[Draft] = relationship()
    user: Mapped[User] = relationship()
