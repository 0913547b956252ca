"""What an account needs to look after itself: links sent by mail, a second factor, sign-in elsewhere."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base
from app.models.identity import Organisation, User


class MailedLink(Base):
    """A link that was sent to an address: only its hash is kept, and it works once, for a while."""

    __tablename__ = "mailed_link"
    __table_args__ = (
        CheckConstraint("purpose IN ('register', 'invite', 'reset', 'email')", name="purpose"),
        Index("ix_mailed_link_org", "org_id", "purpose"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    purpose: Mapped[str] = mapped_column(String(10))
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    email: Mapped[str] = mapped_column(String(120))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))  # whose account, or who invited
    org_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    data: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    user: Mapped[User | None] = relationship()
    org: Mapped[Organisation | None] = relationship()


class SecondFactor(Base):
    """The sealed secret of somebody's authenticator; in force once it was confirmed with a code."""

    __tablename__ = "second_factor"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int] = mapped_column(default=0)  # of the last code taken: none is taken twice


class RecoveryCode(Base):
    """The hash of a code that opens the account once when the authenticator is lost."""

    __tablename__ = "recovery_code"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    used_at: Mapped[datetime | None]


class ExternalIdentity(Base):
    """Whom an OpenID provider means by a subject."""

    __tablename__ = "external_identity"

    issuer: Mapped[str] = mapped_column(String(200), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    linked_at: Mapped[datetime]

    user: Mapped[User] = relationship()
