"""What proves that a sealed sheet was not changed between its submission and its opening."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base
from app.models.runtime import UserTask


class SheetSeal(Base):
    """The commitment of one completed sheet. `nonce` keeps the few possible scores from being guessed from the hash.

    A sheet that was handed in again after a return has a newer seal; the older one is never opened.
    """

    __tablename__ = "sheet_seal"
    __table_args__ = (
        CheckConstraint("opened_at IS NULL OR opened_at >= sealed_at", name="opened_at"),
        Index("ix_sheet_seal_case", "instance_id", "expert", "task_id"),
    )

    task_id: Mapped[int] = mapped_column(ForeignKey("user_task.id"), primary_key=True, autoincrement=False)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"))
    expert: Mapped[str] = mapped_column(String(60))  # principal
    nonce: Mapped[str] = mapped_column(String(64))
    sha256: Mapped[str] = mapped_column(String(64))
    sealed_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]

    task: Mapped[UserTask] = relationship()
