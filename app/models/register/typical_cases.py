"""The pool of typical cases (典型案例) that undertakers report and the division accepts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base
from app.models.identity import Organisation
from app.models.runtime import ProcessInstance


class TypicalCase(Base):
    """One case of an accepted report; `is_recommended` marks those that the division holds up as models."""

    __tablename__ = "typical_case"
    __table_args__ = (
        UniqueConstraint("instance_id", "position"),
        Index("ix_typical_case_recommended", "is_recommended", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"))  # of the report
    position: Mapped[int]
    case_no: Mapped[str] = mapped_column(String(40), index=True)
    agreement_no: Mapped[str] = mapped_column(String(40))
    org_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    org_name: Mapped[str] = mapped_column(String(120))
    period: Mapped[str] = mapped_column(String(120), default="")
    title: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    files: Mapped[list[Any]] = mapped_column(default=list)  # {id, name, size, sha256}
    document_no: Mapped[str] = mapped_column(String(40), default="")  # the record in which it stands
    is_recommended: Mapped[bool] = mapped_column(default=False)
    added_at: Mapped[datetime]

    org: Mapped[Organisation | None] = relationship()
    instance: Mapped[ProcessInstance] = relationship()
