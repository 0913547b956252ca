"""Numbers that evidence rows are known by, so that the same deal is found wherever it is handed in again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base


class EvidenceKey(Base):
    """One number of one row that was handed in; `value` is normalised, so equal numbers are equal texts."""

    __tablename__ = "evidence_key"
    __table_args__ = (
        Index("ix_evidence_key_value", "kind", "value"),
        Index("ix_evidence_key_list", "instance_id", "place"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    value: Mapped[str] = mapped_column(String(120))
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"))
    place: Mapped[str] = mapped_column(String(200))  # key of the list in the case, such as deals
    row: Mapped[int]  # from 1, as on the page
    typed: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
