"""What people set up for their inbox: saved filters, columns, labels of a group on cases."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base
from app.models.identity import User


class InboxView(Base):
    """A saved filter over one list; its owner's alone, or shared with one of the owner's groups."""

    __tablename__ = "inbox_view"
    __table_args__ = (
        UniqueConstraint("owner_id", "name"),
        Index("ix_inbox_view_group", "group_key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    group_key: Mapped[str | None] = mapped_column(ForeignKey("group.key"))
    name: Mapped[str] = mapped_column(String(40))
    list_name: Mapped[str] = mapped_column(String(20))
    criteria: Mapped[dict[str, Any]]  # as texts of the page's address
    created_at: Mapped[datetime]

    owner: Mapped[User] = relationship()


class InboxSetting(Base):
    """How one person wants the lists: which columns, rows or a table, keys of one letter or not."""

    __tablename__ = "inbox_setting"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True)
    columns: Mapped[list[str]]
    layout: Mapped[str] = mapped_column(String(10), default="split")
    has_keys: Mapped[bool] = mapped_column(default=True)


class Label(Base):
    """A word that a group puts on cases for itself (组内标签); nobody outside of the group sees it."""

    __tablename__ = "label"
    __table_args__ = (UniqueConstraint("group_key", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    group_key: Mapped[str] = mapped_column(ForeignKey("group.key"))
    name: Mapped[str] = mapped_column(String(20))
    tone: Mapped[str] = mapped_column(String(10), default="info")


class CaseLabel(Base):
    """One label on one case."""

    __tablename__ = "case_label"

    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"), primary_key=True)
    label_id: Mapped[int] = mapped_column(ForeignKey("label.id"), primary_key=True, index=True)
    added_at: Mapped[datetime]
    added_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))

    label: Mapped[Label] = relationship()
