"""Runtime: what is running. Everything here is written in the transaction of one step of one instance."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base
from app.models.identity import Organisation, User
from app.models.repository import ProcessDefinition

NO_DUE_DATE = datetime(9999, 12, 31, tzinfo=UTC)  # sorts last; a NULL could not be part of the inbox's key


class ProcessInstance(Base):
    """One running or ended process: to people, a case."""

    __tablename__ = "process_instance"
    __table_args__ = (
        CheckConstraint("status IN ('active', 'completed', 'cancelled')", name="status"),
        Index("ix_process_instance_org", "org_id", "started_at"),
        Index("ix_process_instance_started", "process_key", "started_at"),
        Index("ix_process_instance_starter", "started_by_id", "started_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True)  # business key, e.g. CX-2026-0007
    definition_id: Mapped[int] = mapped_column(ForeignKey("process_definition.id"), index=True)
    process_key: Mapped[str] = mapped_column(String(100))
    title: Mapped[str] = mapped_column(String(300))
    # as the process says it in English; empty: pages show the Chinese one as such
    title_en: Mapped[str] = mapped_column(String(300), default="", server_default="")
    subject: Mapped[str] = mapped_column(String(40), index=True)  # the case number this process is about
    org_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    started_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    status: Mapped[str] = mapped_column(String(20), default="active")
    outcome: Mapped[str | None] = mapped_column(String(100))
    case_state: Mapped[str | None] = mapped_column(String(40))
    call_no: Mapped[str | None] = mapped_column(String(40))  # what lists filter by, as the variables say
    amount: Mapped[Decimal | None]
    is_frozen: Mapped[bool] = mapped_column(default=False)
    # by an operator: nothing moves until it is resumed
    is_suspended: Mapped[bool] = mapped_column(default=False, server_default=false())
    state: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    revision: Mapped[int] = mapped_column(default=0)
    history_seq: Mapped[int] = mapped_column(default=0)
    history_hash: Mapped[str] = mapped_column(String(64), default="")

    definition: Mapped[ProcessDefinition] = relationship()
    org: Mapped[Organisation | None] = relationship()
    started_by: Mapped[User | None] = relationship()

    __mapper_args__ = {"version_id_col": revision}  # noqa: RUF012  a belt: the row lock already serialises writers


class UserTask(Base):
    """A user task, open or ended."""

    __tablename__ = "user_task"
    __table_args__ = (
        CheckConstraint("status IN ('open', 'completed', 'cancelled')", name="status"),
        UniqueConstraint("instance_id", "engine_id"),
        Index(
            "ix_user_task_done",
            "completed_by_id",
            "completed_at",
            "id",
            sqlite_where=text("status = 'completed'"),
            postgresql_where=text("status = 'completed'"),
        ),
        Index("ix_user_task_subject", "subject", "duty"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"))
    engine_id: Mapped[str] = mapped_column(String(64))
    process_key: Mapped[str] = mapped_column(String(100))  # of the diagram that holds the element
    element_id: Mapped[str] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200), default="")
    form_key: Mapped[str] = mapped_column(String(200))
    subject: Mapped[str] = mapped_column(String(40))
    duty: Mapped[str] = mapped_column(String(40), default="")
    separate_from: Mapped[list[str]]
    not_actor_of: Mapped[list[str]]
    candidates: Mapped[list[str]]
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    status: Mapped[str] = mapped_column(String(20), default="open")
    priority: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    claimed_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    completed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    data: Mapped[dict[str, Any] | None]  # what was submitted
    policy: Mapped[dict[str, Any]] = mapped_column(
        default=dict, server_default="{}"
    )  # of the diagram's author
    opened_at: Mapped[datetime | None]  # when somebody who may act on it first looked
    on_behalf_of_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))  # completed by a substitute
    effective_on: Mapped[date | None]  # the day the office names; completed_at is the clock's
    returned: Mapped[dict[str, Any] | None]  # by whom, why and from which step it came back

    instance: Mapped[ProcessInstance] = relationship()
    assignee: Mapped[User | None] = relationship(foreign_keys=[assignee_id])
    completed_by: Mapped[User | None] = relationship(foreign_keys=[completed_by_id])
    on_behalf_of: Mapped[User | None] = relationship(foreign_keys=[on_behalf_of_id])


class Inbox(Base):
    """Open tasks only, one row for each candidate or for the one assignee; read by principal, in order of a sort.

    Every sort has its index, so that a page is read and never sorted.
    """

    __tablename__ = "inbox"
    __table_args__ = (
        Index("ix_inbox_rank", "principal", "rank", "due_at", "task_id"),
        Index("ix_inbox_age", "principal", "created_at", "task_id"),
        {"sqlite_with_rowid": False},
    )

    principal: Mapped[str] = mapped_column(String(60), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("user_task.id"), primary_key=True, index=True)
    rank: Mapped[int] = mapped_column(
        default=0, server_default="0"
    )  # minus the priority: all parts of a key ascend
    created_at: Mapped[datetime] = mapped_column(server_default="1970-01-01 00:00:00.000000")  # of the task


class FormDraft(Base):
    """What somebody has typed into the form of an open task and not yet submitted."""

    __tablename__ = "form_draft"

    task_id: Mapped[int] = mapped_column(ForeignKey("user_task.id"), primary_key=True)
    data: Mapped[dict[str, Any]]
    revision: Mapped[int] = mapped_column(default=1)
    conflicts: Mapped[list[Any]] = mapped_column(default=list)  # values of the same field by two people
    saved_at: Mapped[datetime]
    saved_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))


class Job(Base):
    """Work that is due now or later: timers, mail, checkpoints. Deleted in the transaction that does it."""

    __tablename__ = "job"
    __table_args__ = (Index("ix_job_due", "due_at", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    args: Mapped[dict[str, Any]]
    due_at: Mapped[datetime]
    owner: Mapped[str | None] = mapped_column(String(80))
    retries: Mapped[int] = mapped_column(default=5)  # left; 0 = an incident
    dedup: Mapped[str | None] = mapped_column(String(120), unique=True)
    error: Mapped[str | None] = mapped_column(Text)
    instance_id: Mapped[int | None] = mapped_column(ForeignKey("process_instance.id"), index=True)
    created_at: Mapped[datetime]

    instance: Mapped[ProcessInstance | None] = relationship()


class Message(Base):
    """A message between instances or from outside, kept until a catcher waits for it."""

    __tablename__ = "message"
    __table_args__ = (Index("ix_message_open", "name", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    key: Mapped[str] = mapped_column(String(80), default="")
    payload: Mapped[dict[str, Any]]
    dedup: Mapped[str | None] = mapped_column(String(160), unique=True)
    sender_id: Mapped[int | None] = mapped_column(ForeignKey("process_instance.id"))
    received_at: Mapped[datetime]
    consumed_at: Mapped[datetime | None]
    consumed_by_id: Mapped[int | None] = mapped_column(ForeignKey("process_instance.id"))


class Subscription(Base):
    """An instance that waits for a message with this key now."""

    __tablename__ = "subscription"
    __table_args__ = (Index("ix_subscription_message", "message", "key"),)

    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"), primary_key=True)
    engine_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    message: Mapped[str] = mapped_column(String(60))
    key: Mapped[str] = mapped_column(String(80), default="")


class RequestKey(Base):
    """Idempotency: the key of a form that was already carried out, and where its result is."""

    __tablename__ = "request_key"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    result_url: Mapped[str] = mapped_column(String(300))
    created_at: Mapped[datetime]


class Sequence(Base):
    """The last number given out for a prefix in a year."""

    __tablename__ = "sequence"

    prefix: Mapped[str] = mapped_column(String(10), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]


class Clock(Base):
    """Demo mode only: how far the application's clock is moved ahead of the real one (one row)."""

    __tablename__ = "clock"

    id: Mapped[int] = mapped_column(primary_key=True)
    offset_seconds: Mapped[int] = mapped_column(default=0)
