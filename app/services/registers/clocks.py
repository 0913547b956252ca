"""Legal clocks: stretches that run and stretches that are suspended, counted in working days.

Days are counted after the day on which a clock starts. Stretches follow each other without a gap, so their sum is
always the working days between the clock's start and its end, or today.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app.engine.environment import Calendar
from app.models.clocks import ClockSegment, LegalClock
from app.models.runtime import ProcessInstance
from app.services.calendar import calendar_of
from app.services.numbering import OFFICE_ZONE

END_OF_DAY = time(23, 59, 59)
RUNNING, SUSPENDED = "running", "suspended"


@dataclass(frozen=True)
class Place:
    """The element at which a token of an instance suspends a clock."""

    instance_id: int
    element_id: str
    name: str
    name_en: str


@dataclass(frozen=True)
class Stretch:
    """A stretch as the ledger shows it; an open one counts up to today."""

    kind: str
    started_on: date
    ended_on: date | None
    working_days: int
    reason: str
    reason_en: str


@dataclass(frozen=True)
class Ledger:
    """One clock of a case on one day: what ran, what was suspended, what is left; the same for both sides."""

    clock: LegalClock
    stretches: Sequence[Stretch]
    state: str  # running, suspended or ended
    elapsed: int  # all working days since it began

    @property
    def used(self) -> int:
        """Working days that count."""
        return sum(found.working_days for found in self.stretches if found.kind == RUNNING)

    @property
    def suspended(self) -> int:
        """Working days that do not count."""
        return sum(found.working_days for found in self.stretches if found.kind == SUSPENDED)

    @property
    def left(self) -> int | None:
        """Working days still to run, negative when the limit has passed; None without a limit."""
        return None if self.clock.limit_days is None else self.clock.limit_days - self.used


def start(
    session: Session,
    case_no: str,
    clock: str,
    now: datetime,
    *,
    limit: int | None = None,
    label: str = "",
    label_en: str = "",
    since: datetime | None = None,
) -> LegalClock:
    """Start a clock with a limit in working days; one that runs already goes on and learns what it did not know.

    `since` is an earlier instant at which it began, as when a paper is entered days after it came.
    """
    found = open_clock(session, case_no, clock)
    if found is None:
        begun = min(since or now, now)
        found = LegalClock(
            case_no=case_no, clock=clock, label="", label_en="", started_at=begun, started_on=_day(begun)
        )
        session.add(found)
        found.segments.append(_segment(RUNNING, begun))
    found.limit_days = found.limit_days or limit
    found.label, found.label_en = found.label or label[:80], found.label_en or label_en[:80]
    _date(found, now, calendar_of(session))
    session.flush()
    return found


def switch(
    session: Session,
    case_no: str,
    clock: str,
    kind: str,
    now: datetime,
    calendar: Calendar,
    reason: str = "",
    place: Place | None = None,
) -> bool:
    """End the open stretch and begin one of this kind; false when it is of this kind already.

    A clock that has not started begins with this stretch.
    """
    found = open_clock(session, case_no, clock)
    if found is None:
        found = LegalClock(
            case_no=case_no, clock=clock, label="", label_en="", started_at=now, started_on=_day(now)
        )
        session.add(found)
    else:
        current = found.segments[-1]
        if current.kind == kind:
            _note_place(current, place)
            return False
        _end(current, now, calendar)
        session.flush()
    segment = _segment(kind, now, reason)
    _note_place(segment, place)
    found.segments.append(segment)
    _date(found, now, calendar)
    session.flush()
    return True


def stop(session: Session, case_no: str, clock: str, now: datetime, calendar: Calendar) -> None:
    """End a clock for good."""
    found = open_clock(session, case_no, clock)
    if found is not None:
        _stop(found, now, calendar)
        session.flush()


def stop_all(session: Session, case_no: str, now: datetime, calendar: Calendar) -> None:
    """End every clock of a case: it is over."""
    for found in clocks_of(session, [case_no]):
        if found.ended_at is None:
            _stop(found, now, calendar)
    session.flush()


def used(session: Session, case_no: str, clock: str, now: datetime, calendar: Calendar) -> int:
    """Working days that count: all running stretches of the latest clock, the open one up to today."""
    found = [each for each in clocks_of(session, [case_no]) if each.clock == clock]
    return ledger_of(found[-1], now, calendar).used if found else 0


def segments_of(session: Session, case_no: str, clock: str | None = None) -> list[ClockSegment]:
    """The stretches of a case's clocks in order."""
    found = (each for each in clocks_of(session, [case_no]) if clock in (None, each.clock))
    segments = (segment for each in found for segment in each.segments)
    return sorted(segments, key=lambda segment: (segment.started_at, segment.id))


def clocks_of(session: Session, case_nos: Iterable[str]) -> list[LegalClock]:
    """The clocks of some cases in the order in which they began, with their stretches."""
    query = select(LegalClock).where(LegalClock.case_no.in_(list(case_nos)))
    query = query.options(selectinload(LegalClock.segments)).order_by(LegalClock.started_at, LegalClock.id)
    return list(session.scalars(query))


def open_clock(session: Session, case_no: str, clock: str) -> LegalClock | None:
    """The clock of this name that has not ended."""
    return session.scalar(
        select(LegalClock).where(
            LegalClock.case_no == case_no, LegalClock.clock == clock, LegalClock.ended_at.is_(None)
        )
    )


def open_clocks(session: Session, instance: ProcessInstance) -> dict[str, LegalClock]:
    """The clocks by name that have not ended: those of the case that an instance is about, and before them its own."""
    found = [
        clock for clock in clocks_of(session, {instance.number, instance.subject}) if clock.ended_at is None
    ]
    return {clock.clock: clock for clock in sorted(found, key=lambda clock: clock.case_no == instance.number)}


def ledgers(session: Session, instance: ProcessInstance, now: datetime) -> list[Ledger]:
    """The clocks of an instance as they stand now: its own where it has some, else those of its case."""
    calendar = calendar_of(session)
    found = clocks_of(session, {instance.number, instance.subject})
    own = [clock for clock in found if clock.case_no == instance.number]
    return [ledger_of(clock, now, calendar) for clock in own or found]


def ledger_of(clock: LegalClock, now: datetime, calendar: Calendar) -> Ledger:
    """A clock as it stands at this time."""
    today = _day(now)
    stretches = [
        Stretch(
            kind=found.kind,
            started_on=found.started_on,
            ended_on=_day(found.ended_at) if found.ended_at else None,
            working_days=calendar.working_days_between(found.started_on, today)
            if found.working_days is None
            else found.working_days,
            reason=found.reason,
            reason_en=found.reason_en or found.reason,
        )
        for found in clock.segments
    ]
    state = "ended" if clock.ended_at else clock.segments[-1].kind
    end = _day(clock.ended_at) if clock.ended_at else today
    return Ledger(clock, stretches, state, calendar.working_days_between(clock.started_on, end))


def recount(clock: LegalClock, calendar: Calendar) -> bool:
    """Count the ended stretches and the due time again with a changed calendar; whether anything is different."""
    before = (clock.due_at, [segment.working_days for segment in clock.segments])
    for segment in clock.segments:
        if segment.ended_at is not None:
            segment.working_days = calendar.working_days_between(segment.started_on, _day(segment.ended_at))
    if clock.ended_at is None and clock.segments[-1].kind == RUNNING:
        _date(clock, clock.segments[-1].started_at, calendar)
    return before != (clock.due_at, [segment.working_days for segment in clock.segments])


def _date(clock: LegalClock, now: datetime, calendar: Calendar) -> None:
    """The end of the day on which the last counted day falls; unknown while suspended."""
    ledger = ledger_of(clock, now, calendar)
    if ledger.left is None or ledger.state != RUNNING:
        clock.due_at = None
        return
    last = calendar.add_working_days(_day(now), ledger.left)
    clock.due_at = datetime.combine(last, END_OF_DAY, OFFICE_ZONE)


def _stop(clock: LegalClock, now: datetime, calendar: Calendar) -> None:
    _end(clock.segments[-1], now, calendar)
    clock.ended_at = now


def _segment(kind: str, now: datetime, reason: str = "") -> ClockSegment:
    return ClockSegment(
        kind=kind, started_at=now, started_on=_day(now), reason=reason, reason_en="", element_id=""
    )


def _note_place(segment: ClockSegment, place: Place | None) -> None:
    """An element that suspends takes over from an operation, and from the element before it."""
    if place is None or segment.kind != SUSPENDED:
        return
    segment.instance_id, segment.element_id = place.instance_id, place.element_id
    if not segment.reason:
        segment.reason, segment.reason_en = place.name, place.name_en


def _end(segment: ClockSegment, now: datetime, calendar: Calendar) -> None:
    segment.working_days = calendar.working_days_between(segment.started_on, _day(now))
    segment.ended_at = now


def _day(now: datetime) -> date:
    return now.astimezone(OFFICE_ZONE).date()
