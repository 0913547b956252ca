"""Expert review: who was drawn from which pool with which seed, and what each gave."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base


class ExpertDraw(Base):
    """A draw that anybody can repeat: the same pool, seed and size give the same names."""

    __tablename__ = "expert_draw"
    __table_args__ = (CheckConstraint("size > 0", name="size"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_no: Mapped[str] = mapped_column(String(40), index=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"), index=True)
    seed: Mapped[str] = mapped_column(String(64))
    algorithm: Mapped[str] = mapped_column(String(20), default="sha256-rank")
    pool: Mapped[list[str]]
    size: Mapped[int]
    drawn: Mapped[list[str]]
    drawn_at: Mapped[datetime]


class ScoreSheet(Base):
    """The sheet of one expert in one round; a changed score in consensus is a sheet of the next round."""

    __tablename__ = "score_sheet"
    __table_args__ = (
        UniqueConstraint("instance_id", "round", "expert"),
        CheckConstraint("round > 0", name="round"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_no: Mapped[str] = mapped_column(String(40), index=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"))
    round: Mapped[int] = mapped_column(default=1)
    expert: Mapped[str] = mapped_column(String(60))  # principal
    scores: Mapped[list[Any]]
    name: Mapped[str] = mapped_column(String(120), default="", server_default="")
    total: Mapped[Decimal]
    first_total: Mapped[Decimal | None]  # before the consensus, where the sheet comes from one
    change_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    comment: Mapped[str] = mapped_column(Text, default="")
    sha256: Mapped[str] = mapped_column(String(64))
    recorded_at: Mapped[datetime]
