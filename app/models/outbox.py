"""What leaves the building: every mail and text message with its fate, and how each person wants to be told."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base
from app.models.identity import User
from app.models.register import Document

CHANNELS = ("mail", "sms", "wecom")


class Delivery(Base):
    """One message to one person by one channel.

    `collected` waits for the daily digest, `kept` stays here because the channel is not configured, `merged` went out
    as part of a digest, `bounced` was refused for good by the receiving side.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        CheckConstraint("channel IN ('mail', 'sms', 'wecom')", name="channel"),
        CheckConstraint(
            "state IN ('queued', 'collected', 'merged', 'kept', 'sent', 'bounced')", name="state"
        ),
        Index("ix_delivery_user", "user_id", "channel", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(10))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    address: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(30), default="notice")
    subject: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    case_no: Mapped[str] = mapped_column(String(40), default="", index=True)
    document_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"), index=True)
    dedup: Mapped[str | None] = mapped_column(String(200), unique=True)
    state: Mapped[str] = mapped_column(String(10), default="queued")
    error: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]

    user: Mapped[User | None] = relationship()
    document: Mapped[Document | None] = relationship()


class NotificationChoice(Base):
    """How a person wants to be told of one kind of event by one channel, where it differs from the default."""

    __tablename__ = "notification_choice"
    __table_args__ = (CheckConstraint("mode IN ('now', 'digest', 'off')", name="mode"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(30), primary_key=True)
    channel: Mapped[str] = mapped_column(String(10), primary_key=True)
    mode: Mapped[str] = mapped_column(String(10))


class ContactHours(Base):
    """When a person may be disturbed, and where besides by mail. Hours are those of the office's zone."""

    __tablename__ = "contact_hours"
    __table_args__ = (
        CheckConstraint("quiet_from BETWEEN 0 AND 23", name="quiet_from"),
        CheckConstraint("quiet_to BETWEEN 0 AND 23", name="quiet_to"),
        CheckConstraint("digest_at BETWEEN 0 AND 23", name="digest_at"),
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True)
    quiet_from: Mapped[int]  # equal to quiet_to: no quiet hours
    quiet_to: Mapped[int]
    digest_at: Mapped[int]
    mobile: Mapped[str] = mapped_column(String(20), default="")
    wecom: Mapped[str] = mapped_column(String(64), default="")
