"""Studio: drafts of policies, each a set of changes on top of a deployment, with everything ever saved."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base
from app.models.identity import User
from app.models.repository import Deployment
from app.models.runtime import ProcessInstance


class Draft(Base):
    """A bundle in the making. Only one that is being edited may be written."""

    __tablename__ = "draft"
    __table_args__ = (
        CheckConstraint("state IN ('editing', 'in_review', 'released', 'discarded')", name="state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    base_deployment_id: Mapped[int] = mapped_column(ForeignKey("deployment.id"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    state: Mapped[str] = mapped_column(String(20), default="editing", index=True)
    note: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    released_deployment_id: Mapped[int | None] = mapped_column(ForeignKey("deployment.id"))

    base: Mapped[Deployment] = relationship(foreign_keys=[base_deployment_id])
    released: Mapped[Deployment | None] = relationship(foreign_keys=[released_deployment_id])
    owner: Mapped[User | None] = relationship()


class DraftFile(Base):
    """The newest state of a file that the draft changes; without a hash the draft removes it."""

    __tablename__ = "draft_file"

    draft_id: Mapped[int] = mapped_column(ForeignKey("draft.id"), primary_key=True)
    path: Mapped[str] = mapped_column(String(200), primary_key=True)
    revision: Mapped[int]
    sha256: Mapped[str | None] = mapped_column(ForeignKey("content.sha256"))
    saved_at: Mapped[datetime]
    saved_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    saved_by: Mapped[User | None] = relationship()


class DraftRevision(Base):
    """One save of one file; never changed and never deleted."""

    __tablename__ = "draft_revision"

    draft_id: Mapped[int] = mapped_column(ForeignKey("draft.id"), primary_key=True)
    path: Mapped[str] = mapped_column(String(200), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str | None] = mapped_column(ForeignKey("content.sha256"))
    saved_at: Mapped[datetime]
    saved_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    saved_by: Mapped[User | None] = relationship()


class DraftPresence(Base):
    """Who had a file open last when."""

    __tablename__ = "draft_presence"

    draft_id: Mapped[int] = mapped_column(ForeignKey("draft.id"), primary_key=True)
    path: Mapped[str] = mapped_column(String(200), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True)
    seen_at: Mapped[datetime]

    user: Mapped[User] = relationship()


class DraftSubmission(Base):
    """One submission of a draft for release: the case that decides on it, and the hash of what it decides on."""

    __tablename__ = "draft_submission"

    id: Mapped[int] = mapped_column(primary_key=True)
    draft_id: Mapped[int] = mapped_column(ForeignKey("draft.id"), index=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(Text)
    submitted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    submitted_at: Mapped[datetime]

    draft: Mapped[Draft] = relationship()
    instance: Mapped[ProcessInstance] = relationship()
    submitted_by: Mapped[User | None] = relationship()
