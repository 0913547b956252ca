"""Identity: who. A principal is text: `user:7`, `group:clerk`, `org:12`, `org:12:signer`, `ticket:YY-2026-0001`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base


class Organisation(Base):
    """A bank, insurer, guarantor or other unit, known by its unified social credit code."""

    __tablename__ = "organisation"
    __table_args__ = (
        CheckConstraint(
            "org_type IN ('bank', 'insurer', 'guarantor', 'enterprise', 'other')", name="org_type"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uscc: Mapped[str] = mapped_column(String(18), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    org_type: Mapped[str] = mapped_column(String(20))
    group_uscc: Mapped[str | None] = mapped_column(
        String(18)
    )  # parent of the group, for conflicts of interest
    created_at: Mapped[datetime]

    @property
    def principal(self) -> str:
        return f"org:{self.id}"


class User(Base):
    """A person who signs in."""

    __tablename__ = "user"

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(60))  # role name or name as shown
    email: Mapped[str] = mapped_column(String(120), default="")
    password_hash: Mapped[str] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(5), default="zh")
    is_active: Mapped[bool] = mapped_column(default=True)
    employer_uscc: Mapped[str | None] = mapped_column(String(18))  # of experts and officers: S9, D19
    created_at: Mapped[datetime]
    session_epoch: Mapped[int] = mapped_column(
        default=0, server_default="0"
    )  # sessions of an earlier one have ended
    second_factor_at: Mapped[datetime | None]

    groups: Mapped[list[Group]] = relationship(secondary="group_member", order_by="Group.key")
    memberships: Mapped[list[Membership]] = relationship(back_populates="user")

    # What a session library asks of an account; nobody anonymous is stored.
    is_authenticated = True
    is_anonymous = False

    def get_id(self) -> str:
        return f"{self.id}.{self.session_epoch}"

    @property
    def principal(self) -> str:
        return f"user:{self.id}"


class Group(Base):
    """A role of the office: candidate group of lanes and holder of permissions."""

    __tablename__ = "group"

    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    name_en: Mapped[str] = mapped_column(String(60))


class GroupMember(Base):
    __tablename__ = "group_member"

    group_key: Mapped[str] = mapped_column(ForeignKey("group.key"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True, index=True)
    is_head: Mapped[bool] = mapped_column(
        default=False, server_default=false()
    )  # sees the workload of the others


class Membership(Base):
    """A person acts for an organisation, as editor or as signer."""

    __tablename__ = "membership"
    __table_args__ = (CheckConstraint("role IN ('editor', 'signer')", name="role"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True)
    org_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), primary_key=True, index=True)
    role: Mapped[str] = mapped_column(String(10), primary_key=True)

    user: Mapped[User] = relationship(back_populates="memberships")
    org: Mapped[Organisation] = relationship()


class PublicAttempt(Base):
    """What visitors without an account tried, counted in the database like sign-ins.

    `key` is a keyed hash of the address: who objects is not to be found out from here.
    """

    __tablename__ = "public_attempt"
    __table_args__ = (
        Index("ix_public_attempt_key", "action", "key", "at"),
        Index("ix_public_attempt_at", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    action: Mapped[str] = mapped_column(String(20))  # a key of app.services.throttle.LIMITS
    key: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]


class LoginAttempt(Base):
    """Counted in the database, so that a limit holds over all processes and restarts."""

    __tablename__ = "login_attempt"
    __table_args__ = (
        Index("ix_login_attempt_username", "username", "at"),
        Index("ix_login_attempt_address", "address", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(60))
    address: Mapped[str] = mapped_column(String(45))
    at: Mapped[datetime]
    succeeded: Mapped[bool]
