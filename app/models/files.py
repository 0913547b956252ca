"""Files on their way in: what the virus scanner said, and uploads that are not finished yet."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base


class FileScan(Base):
    """What the scanner said about some bytes; a file without a row came when no scanner was set up."""

    __tablename__ = "file_scan"
    __table_args__ = (CheckConstraint("state IN ('pending', 'clean', 'quarantined')", name="state"),)

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    state: Mapped[str] = mapped_column(String(20), default="pending", index=True)
    signature: Mapped[str] = mapped_column(String(200), default="")
    requested_at: Mapped[datetime]
    checked_at: Mapped[datetime | None]


class Upload(Base):
    """A file that arrives in pieces; `received` bytes are kept so far."""

    __tablename__ = "upload"
    __table_args__ = (
        CheckConstraint("size > 0", name="size"),
        CheckConstraint("received >= 0 AND received <= size", name="received"),
        Index("ix_upload_task", "task_id", "owner"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    owner: Mapped[str] = mapped_column(String(60))  # principal
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    task_id: Mapped[int] = mapped_column(ForeignKey("user_task.id"))
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"))
    component_id: Mapped[str] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(255))
    size: Mapped[int] = mapped_column(BigInteger)
    received: Mapped[int] = mapped_column(BigInteger, default=0)
    fingerprint: Mapped[str] = mapped_column(String(64), default="")  # how the browser knows the file again
    attachment_id: Mapped[int | None] = mapped_column(ForeignKey("attachment.id"))
    created_at: Mapped[datetime]
    touched_at: Mapped[datetime] = mapped_column(index=True)
