"""Ballots of a board on a task: what was put to the vote, the members' papers, the result."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base
from app.models.identity import User
from app.models.runtime import UserTask


class Ballot(Base):
    """One vote of a board; a task may see several, one after the other."""

    __tablename__ = "ballot"
    __table_args__ = (
        UniqueConstraint("task_id", "round"),
        CheckConstraint("(closed_at IS NULL) = (result IS NULL)", name="result"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("user_task.id"))
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"), index=True)
    round: Mapped[int]
    terms: Mapped[dict[str, Any]]  # what the diagram said when the vote was opened
    members: Mapped[list[Any]]  # principal, name, aside
    subject: Mapped[dict[str, Any]]  # the fields of the form that were put to the vote
    opened_at: Mapped[datetime]
    opened_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    result: Mapped[dict[str, Any] | None]

    task: Mapped[UserTask] = relationship()
    opened_by: Mapped[User] = relationship(foreign_keys=[opened_by_id])
    closed_by: Mapped[User | None] = relationship(foreign_keys=[closed_by_id])
    papers: Mapped[list[BallotPaper]] = relationship(back_populates="ballot", order_by="BallotPaper.cast_at")


class BallotPaper(Base):
    """The votes of one member; `recorded_by` took them from paper, and says why.

    `sha256` over the secret nonce and the votes stands in the history from the first moment.
    """

    __tablename__ = "ballot_paper"
    __table_args__ = (
        UniqueConstraint("ballot_id", "user_id"),
        CheckConstraint("(recorded_by_id IS NULL) = (why = '')", name="why"),
        CheckConstraint("recorded_by_id IS NULL OR recorded_by_id <> user_id", name="other"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ballot_id: Mapped[int] = mapped_column(ForeignKey("ballot.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    votes: Mapped[dict[str, Any]]  # motion → choice and reason
    nonce: Mapped[str] = mapped_column(String(64))
    sha256: Mapped[str] = mapped_column(String(64))
    cast_at: Mapped[datetime]
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    why: Mapped[str] = mapped_column(Text, default="")

    ballot: Mapped[Ballot] = relationship(back_populates="papers")
    user: Mapped[User] = relationship(foreign_keys=[user_id])
    recorded_by: Mapped[User | None] = relationship(foreign_keys=[recorded_by_id])
