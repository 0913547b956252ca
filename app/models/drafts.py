"""The history of drafts: what each save changed, so that every earlier state of a form can be had again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base
from app.models.identity import User


class FormDraftRevision(Base):
    """One save of a draft, appended and never changed.

    `before` holds what stood under each changed top-level key (a list of one value, empty when there was nothing):
    undoing it leads from this revision to the one before. `typed` holds, for keys where the merge gave something
    else, what the page had sent.
    """

    __tablename__ = "form_draft_revision"

    task_id: Mapped[int] = mapped_column(ForeignKey("user_task.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    base: Mapped[int]  # the revision that whoever saved had on the page
    kind: Mapped[str] = mapped_column(String(20))  # saved, restored
    writer: Mapped[str] = mapped_column(String(40), default="")  # the page that sent it
    turn: Mapped[int] = mapped_column(BigInteger, default=0)  # grows with the saves of a page
    before: Mapped[dict[str, Any]]
    typed: Mapped[dict[str, Any]]
    saved_at: Mapped[datetime]
    saved_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    saved_by: Mapped[User | None] = relationship()
