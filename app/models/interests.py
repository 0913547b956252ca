"""What officers and experts declare about their ties to organisations, and what the division made of it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base
from app.models.identity import User


class InterestDeclaration(Base):
    """One tie of a person to an organisation, or to one case only; never deleted, only ended.

    `ruling` is asked for where the decision table does not say by itself that the person has to stand aside.
    """

    __tablename__ = "interest_declaration"
    __table_args__ = (
        CheckConstraint("ruling IS NULL OR ruling IN ('allow', 'block')", name="ruling"),
        CheckConstraint("(ruling IS NULL) = (ruled_at IS NULL)", name="ruled"),
        CheckConstraint("org_uscc <> '' OR case_no <> ''", name="about"),
        Index("ix_interest_declaration_user", "user_id", "org_uscc"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    kind: Mapped[str] = mapped_column(String(20))
    org_uscc: Mapped[str] = mapped_column(String(18), default="")
    org_name: Mapped[str] = mapped_column(String(120), default="")
    case_no: Mapped[str] = mapped_column(String(40), default="")
    ended_on: Mapped[date | None]
    note: Mapped[str] = mapped_column(String(500), default="")
    declared_at: Mapped[datetime]
    ruling: Mapped[str | None] = mapped_column(String(10))
    ruling_reason: Mapped[str] = mapped_column(String(300), default="")
    ruled_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    ruled_at: Mapped[datetime | None]

    user: Mapped[User] = relationship(foreign_keys=[user_id])
    ruled_by: Mapped[User | None] = relationship(foreign_keys=[ruled_by_id])
