"""Repository: what can run. Rows are never changed, except which version of a process is current."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base
from app.models.identity import User


class Content(Base):
    """The bytes of one diagram, table, form or letter, stored once by hash."""

    __tablename__ = "content"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class Deployment(Base):
    """An immutable bundle of processes, decisions, forms, letters and policy data.

    It is in force from `activated_at`; until then it waits for `effective_at`, unless it was withdrawn.
    """

    __tablename__ = "deployment"

    id: Mapped[int] = mapped_column(primary_key=True)
    origin: Mapped[str] = mapped_column(String(20))  # folder | upload | bundle | studio
    digest: Mapped[str] = mapped_column(String(64), index=True)
    note: Mapped[str] = mapped_column(Text, default="")
    author_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    approver_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime]
    effective_at: Mapped[datetime]
    activated_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]

    author: Mapped[User | None] = relationship(foreign_keys=[author_id])
    approver: Mapped[User | None] = relationship(foreign_keys=[approver_id])
    files: Mapped[list[DeploymentFile]] = relationship(
        back_populates="deployment", order_by="DeploymentFile.path"
    )


class DeploymentFile(Base):
    """One file of a bundle by its path in the repository, e.g. `bpmn/acceptance.bpmn`."""

    __tablename__ = "deployment_file"

    deployment_id: Mapped[int] = mapped_column(ForeignKey("deployment.id"), primary_key=True)
    path: Mapped[str] = mapped_column(String(200), primary_key=True)
    sha256: Mapped[str] = mapped_column(ForeignKey("content.sha256"))

    deployment: Mapped[Deployment] = relationship(back_populates="files")
    content: Mapped[Content] = relationship()


class ProcessDefinition(Base):
    """One version of one process. New instances start on the current version, running ones keep theirs."""

    __tablename__ = "process_definition"
    __table_args__ = (
        UniqueConstraint("key", "version"),
        Index(
            "uq_process_definition_current",
            "key",
            unique=True,
            sqlite_where=text("is_current"),
            postgresql_where=text("is_current"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(100))
    version: Mapped[int]
    name: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200), default="")
    deployment_id: Mapped[int] = mapped_column(ForeignKey("deployment.id"), index=True)
    is_current: Mapped[bool] = mapped_column(default=True)
    is_suspended: Mapped[bool] = mapped_column(default=False)
    start_messages: Mapped[list[str]]
    startable_by: Mapped[list[str]]
    created_at: Mapped[datetime]

    deployment: Mapped[Deployment] = relationship()
