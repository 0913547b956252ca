"""The ground of every decision: clauses of the policies, and which days are working days."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base


class Clause(Base):
    """One clause of a policy with its literal text; diagrams, tables, forms and letters cite its code."""

    __tablename__ = "clause"

    code: Mapped[str] = mapped_column(String(20), primary_key=True)  # e.g. S2-3.1
    policy: Mapped[str] = mapped_column(String(50), index=True)
    position: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    title_en: Mapped[str] = mapped_column(String(200), default="")
    text: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text, default="")  # slips are corrected here, not in the text


class CalendarYear(Base):
    """A year of the calendar. Provisional: make-up days are not published, due dates may still move."""

    __tablename__ = "calendar_year"
    __table_args__ = (CheckConstraint("state IN ('published', 'provisional')", name="state"),)

    year: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(20))
    source: Mapped[str] = mapped_column(String(100))
    updated_at: Mapped[datetime]

    days: Mapped[list[CalendarDay]] = relationship(
        order_by="CalendarDay.day", cascade="all, delete-orphan", back_populates="calendar_year"
    )


class CalendarDay(Base):
    """A day that differs from its weekday: a holiday on a weekday, a make-up working day on a weekend."""

    __tablename__ = "calendar_day"
    __table_args__ = (CheckConstraint("kind IN ('working', 'off')", name="kind"),)

    day: Mapped[date] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(ForeignKey("calendar_year.year"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(60), default="")
    source: Mapped[str] = mapped_column(String(100))

    calendar_year: Mapped[CalendarYear] = relationship(back_populates="days")
