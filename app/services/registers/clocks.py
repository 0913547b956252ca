"""Legal clocks: stretches that run and stretches that are suspended, counted in working days."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.engine.environment import Calendar
from app.models.register import ClockSegment
from app.services.numbering import OFFICE_ZONE


def start(session: Session, case_no: str, clock: str, now: datetime) -> None:
    """Start a clock; one that runs already goes on."""
    if _open(session, case_no, clock) is None:
        _begin(session, case_no, clock, "running", now)


def switch(
    session: Session, case_no: str, clock: str, kind: str, now: datetime, calendar: Calendar, reason: str = ""
) -> None:
    """End the open stretch and begin one of this kind, unless it is of this kind already."""
    segment = _open(session, case_no, clock)
    if segment is not None and segment.kind == kind:
        return
    if segment is not None:
        _end(session, segment, now, calendar)
    _begin(session, case_no, clock, kind, now, reason)


def stop(session: Session, case_no: str, clock: str, now: datetime, calendar: Calendar) -> None:
    """End a clock for good."""
    segment = _open(session, case_no, clock)
    if segment is not None:
        _end(session, segment, now, calendar)


def stop_all(session: Session, case_no: str, now: datetime, calendar: Calendar) -> None:
    """End every clock of a case: it is over."""
    query = select(ClockSegment).where(ClockSegment.case_no == case_no, ClockSegment.ended_at.is_(None))
    for segment in session.scalars(query):
        _end(session, segment, now, calendar)


def used(session: Session, case_no: str, clock: str, now: datetime, calendar: Calendar) -> int:
    """Working days that count: all running stretches, the open one up to today."""
    today = _day(now)
    return sum(
        calendar.working_days_between(s.started_on, today) if s.working_days is None else s.working_days
        for s in segments_of(session, case_no, clock)
        if s.kind == "running"
    )


def segments_of(session: Session, case_no: str, clock: str | None = None) -> list[ClockSegment]:
    """The stretches of a case's clocks in order."""
    query = select(ClockSegment).where(ClockSegment.case_no == case_no)
    if clock is not None:
        query = query.where(ClockSegment.clock == clock)
    return list(session.scalars(query.order_by(ClockSegment.started_at, ClockSegment.id)))


def _open(session: Session, case_no: str, clock: str) -> ClockSegment | None:
    return session.scalar(
        select(ClockSegment).where(
            ClockSegment.case_no == case_no, ClockSegment.clock == clock, ClockSegment.ended_at.is_(None)
        )
    )


def _begin(session: Session, case_no: str, clock: str, kind: str, now: datetime, reason: str = "") -> None:
    session.add(
        ClockSegment(
            case_no=case_no, clock=clock, kind=kind, started_at=now, started_on=_day(now), reason=reason
        )
    )
    session.flush()


def _end(session: Session, segment: ClockSegment, now: datetime, calendar: Calendar) -> None:
    segment.working_days = calendar.working_days_between(segment.started_on, _day(now))
    segment.ended_at = now
    session.flush()


def _day(now: datetime) -> date:
    return now.astimezone(OFFICE_ZONE).date()
