"""What people write to each other on a case, beside its forms: inside the office, or with the applicant."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base
from app.models.identity import User
from app.models.runtime import ProcessInstance


class CaseComment(Base):
    """One remark: `office` is an internal note that no applicant ever sees, `parties` is read by both sides.

    A remark is never changed; its author may take an internal note back, and that it was there stays visible.
    """

    __tablename__ = "case_comment"
    __table_args__ = (
        CheckConstraint("audience IN ('office', 'parties')", name="audience"),
        CheckConstraint("withdrawn_at IS NULL OR audience = 'office'", name="withdrawn"),
        Index("ix_case_comment_case", "instance_id", "audience", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    audience: Mapped[str] = mapped_column(String(10))
    from_office: Mapped[bool]
    text: Mapped[str] = mapped_column(Text)
    mentions: Mapped[list[Any]]  # ids of accounts
    written_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]

    instance: Mapped[ProcessInstance] = relationship()
    author: Mapped[User] = relationship()
