"""Operations on tasks: seats with votes, substitutes, copies, questions, urges, and who watches a case."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base
from app.models.identity import User
from app.models.runtime import ProcessInstance, UserTask


class TaskSeat(Base):
    """One person's part in a task that more than one person acts on; a removed one stays as a record."""

    __tablename__ = "task_seat"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'acted', 'removed')", name="state"),
        CheckConstraint("vote IS NULL OR vote IN ('agree', 'refuse', 'abstain')", name="vote"),
        Index("ix_task_seat_task", "task_id", "position"),
        Index("ix_task_seat_user", "user_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("user_task.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(String(10))
    anchor_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    weight: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(String(10), default="open")
    vote: Mapped[str | None] = mapped_column(String(10))
    opinion: Mapped[str] = mapped_column(Text, default="")
    acted_at: Mapped[datetime | None]
    acted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))  # a substitute, or the person
    created_at: Mapped[datetime]

    task: Mapped[UserTask] = relationship()
    user: Mapped[User] = relationship(foreign_keys=[user_id])
    acted_by: Mapped[User | None] = relationship(foreign_keys=[acted_by_id])


class Substitution(Base):
    """Somebody stands in for somebody else between two instants, for some processes or for all."""

    __tablename__ = "substitution"
    __table_args__ = (
        CheckConstraint("person_id <> substitute_id", name="other"),
        CheckConstraint("starts_at < ends_at", name="span"),
        Index("ix_substitution_substitute", "substitute_id", "ends_at"),
        Index("ix_substitution_person", "person_id", "ends_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    substitute_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    process_keys: Mapped[list[str]]  # empty: all
    reason: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))

    person: Mapped[User] = relationship(foreign_keys=[person_id])
    substitute: Mapped[User] = relationship(foreign_keys=[substitute_id])


class TaskCopy(Base):
    """A task shown to somebody for information (抄送), once; `read_at` when the reader said so (已阅)."""

    __tablename__ = "task_copy"
    __table_args__ = (
        UniqueConstraint("task_id", "user_id"),
        Index("ix_task_copy_user", "user_id", "sent_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("user_task.id"))
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    sent_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    note: Mapped[str] = mapped_column(String(500), default="")
    sent_at: Mapped[datetime]
    read_at: Mapped[datetime | None]

    task: Mapped[UserTask] = relationship()
    instance: Mapped[ProcessInstance] = relationship()
    user: Mapped[User] = relationship(foreign_keys=[user_id])
    sent_by: Mapped[User | None] = relationship(foreign_keys=[sent_by_id])


class TaskQuestion(Base):
    """A question about a task to somebody, and the answer (沟通); the task does not move."""

    __tablename__ = "task_question"
    __table_args__ = (Index("ix_task_question_of", "asked_of_id", "answered_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("user_task.id"), index=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"), index=True)
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    asked_of_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    question: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime]
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_at: Mapped[datetime | None]

    task: Mapped[UserTask] = relationship()
    instance: Mapped[ProcessInstance] = relationship()
    asked_by: Mapped[User] = relationship(foreign_keys=[asked_by_id])
    asked_of: Mapped[User] = relationship(foreign_keys=[asked_of_id])


class TaskUrge(Base):
    """Somebody asked for a task to be done (催办)."""

    __tablename__ = "task_urge"
    __table_args__ = (Index("ix_task_urge_task", "task_id", "urged_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("user_task.id"))
    urged_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    note: Mapped[str] = mapped_column(String(200), default="")
    urged_at: Mapped[datetime]

    urged_by: Mapped[User] = relationship()


class CaseWatch(Base):
    """Somebody follows a case (关注)."""

    __tablename__ = "case_watch"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"), primary_key=True, index=True)
    since: Mapped[datetime]

    instance: Mapped[ProcessInstance] = relationship()
