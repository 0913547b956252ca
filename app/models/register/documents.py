"""Documents we issue, files we are given, case files we seal, and what people were told."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    event,
    false,
    inspect,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base
from app.models.identity import User
from app.models.runtime import ProcessInstance


class Document(Base):
    """A numbered letter as PDF/A by content hash, with the data it was made from and how it was served."""

    __tablename__ = "document"
    __table_args__ = (
        CheckConstraint(
            "served_how IS NULL OR served_how IN ('opened', 'deemed', 'manual', 'public')", name="served_how"
        ),
        CheckConstraint("(served_at IS NULL) = (served_how IS NULL)", name="served"),
        Index("ix_document_principal", "to_principal", "sent_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True)  # WS-2026-0001
    letter: Mapped[str] = mapped_column(String(60))
    case_no: Mapped[str] = mapped_column(String(40), index=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"), index=True)
    element_id: Mapped[str] = mapped_column(String(100), default="")
    title: Mapped[str] = mapped_column(String(200))
    title_en: Mapped[str] = mapped_column(String(200), default="", server_default="")
    data: Mapped[dict[str, Any]]
    data_sha256: Mapped[str] = mapped_column(String(64))
    pdf_sha256: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int]
    algorithm: Mapped[str] = mapped_column(String(20), default="sha256")
    verify_code: Mapped[str] = mapped_column(String(20))
    issued_at: Mapped[datetime]
    to_principal: Mapped[str | None] = mapped_column(String(60))
    channel: Mapped[str] = mapped_column(String(20), default="")
    sent_at: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]
    opened_by: Mapped[str] = mapped_column(String(60), default="")
    served_at: Mapped[datetime | None]
    served_how: Mapped[str | None] = mapped_column(String(20))
    # What the decisions drafted where the officer wrote something else: {key of the form, drafted, issued}
    automatic: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    annulled_at: Mapped[datetime | None]
    annulled_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    annulled_reason: Mapped[str] = mapped_column(String(300), default="", server_default="")
    replaced_by_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"))

    instance: Mapped[ProcessInstance] = relationship()
    annulled_by: Mapped[User | None] = relationship()
    replaced_by: Mapped[Document | None] = relationship(remote_side=[id])
    signatures: Mapped[list[DocumentSignature]] = relationship(order_by="DocumentSignature.id")

    @property
    def is_internal(self) -> bool:
        """Whether it is addressed to a post of the office, such as minutes."""
        return (self.to_principal or "").startswith("group:")


class LetterDraft(Base):
    """What the decisions drafted for a letter when the task to issue it arrived, by the keys of the task's form."""

    __tablename__ = "letter_draft"

    task_id: Mapped[int] = mapped_column(ForeignKey("user_task.id"), primary_key=True, autoincrement=False)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"), index=True)
    letter: Mapped[str] = mapped_column(String(60))
    data: Mapped[dict[str, Any]]
    drafted_at: Mapped[datetime]


class DocumentSignature(Base):
    """A signature that was accepted on a document: whose, by which certificate, and the file that carries it."""

    __tablename__ = "document_signature"
    __table_args__ = (
        CheckConstraint("side IN ('undertaker', 'bureau')", name="side"),
        UniqueConstraint("document_id", "side", "pdf_sha256"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"))
    side: Mapped[str] = mapped_column(String(20))
    signer: Mapped[str] = mapped_column(String(120))
    subject: Mapped[str] = mapped_column(String(300))
    issuer: Mapped[str] = mapped_column(String(300))
    certificate_sha256: Mapped[str] = mapped_column(String(64))
    is_demo: Mapped[bool] = mapped_column(default=False)
    signed_at: Mapped[datetime]
    timestamped_at: Mapped[datetime | None]
    pdf_sha256: Mapped[str] = mapped_column(String(64), index=True)
    accepted_at: Mapped[datetime]
    # Whether lists or answers said that the certificate was not revoked; false: nobody could be asked.
    is_checked: Mapped[bool] = mapped_column(default=False, server_default=false())
    # Why the office accepts a certificate that names another organisation than the party; empty: it names the party.
    other_holder_reason: Mapped[str] = mapped_column(String(300), default="", server_default="")


FROZEN = (
    "number",
    "letter",
    "case_no",
    "title",
    "title_en",
    "data",
    "data_sha256",
    "pdf_sha256",
    "verify_code",
    "issued_at",
    "automatic",
)


@event.listens_for(Document, "before_update")
def _refuse_changes(_mapper: object, _connection: object, document: Document) -> None:
    """An issued letter is frozen: only its service and its end are booked. Raises ValueError."""
    state = inspect(document)
    changed = [name for name in FROZEN if state.attrs[name].history.has_changes()]
    if changed:
        raise ValueError(f"{document.number} is issued: {', '.join(changed)} cannot change")


class Attachment(Base):
    """A file that somebody handed in; its bytes lie in the file store under their hash."""

    __tablename__ = "attachment"
    __table_args__ = (CheckConstraint("size > 0", name="size"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(String(60), index=True)  # principal
    instance_id: Mapped[int | None] = mapped_column(ForeignKey("process_instance.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    uploaded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    uploaded_at: Mapped[datetime]
    # the file that the scanner put away after it was handed in, and that this one came instead of
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("attachment.id"), index=True)

    instance: Mapped[ProcessInstance | None] = relationship()
    uploaded_by: Mapped[User | None] = relationship()


class Archive(Base):
    """A case file (案卷). Its index lists every document and file with its hash; once sealed it stays so."""

    __tablename__ = "archive"
    __table_args__ = (
        CheckConstraint("state IN ('built', 'sealed')", name="state"),
        CheckConstraint("(state = 'sealed') = (sealed_at IS NOT NULL)", name="sealed_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    case_no: Mapped[str] = mapped_column(String(40), index=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    index: Mapped[str] = mapped_column(Text)  # canonical JSON
    sha256: Mapped[str] = mapped_column(String(64))
    algorithm: Mapped[str] = mapped_column(String(20), default="sha256")
    built_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(20), default="built")
    retention: Mapped[str] = mapped_column(String(40), default="")
    keep_until: Mapped[date | None]
    sealed_at: Mapped[datetime | None]

    instance: Mapped[ProcessInstance] = relationship()


class Notification(Base):
    """A line in somebody's mailbox inside the system."""

    __tablename__ = "notification"
    __table_args__ = (
        Index("ix_notification_principal", "principal", "at"),
        Index("ix_notification_unread", "principal", sqlite_where=text("read_at IS NULL"),
              postgresql_where=text("read_at IS NULL")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    principal: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(30), default="notice", server_default="notice")
    subject: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text, default="")
    subject_en: Mapped[str] = mapped_column(String(200), default="", server_default="")  # "": as in Chinese
    text_en: Mapped[str] = mapped_column(Text, default="", server_default="")
    case_no: Mapped[str] = mapped_column(String(40), default="", index=True)
    document_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"))
    dedup: Mapped[str | None] = mapped_column(String(160), unique=True)
    at: Mapped[datetime]
    read_at: Mapped[datetime | None]

    document: Mapped[Document | None] = relationship()
