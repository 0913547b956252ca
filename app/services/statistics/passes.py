"""Passes of steps: one row for each user task, closed once with what it took."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from app.models.clocks import ClockSegment, LegalClock, StepPass
from app.models.history import HistoryEvent
from app.models.runtime import ProcessInstance, UserTask
from app.services.calendar import Calendar, calendar_of
from app.services.context import Context
from app.services.numbering import OFFICE_ZONE

Span = tuple[date, date]
Passing = Sequence[tuple[UserTask, StepPass | None]]
_UNSETTLED = (
    select(UserTask, StepPass)
    .outerjoin(StepPass, StepPass.task_id == UserTask.id)
    .where(
        UserTask.instance_id == bindparam("instance"),
        or_(UserTask.status == "open", StepPass.how == "open", StepPass.task_id.is_(None)),
    )
    .order_by(UserTask.id)
)
_SUSPENDED = (
    select(LegalClock.case_no, ClockSegment.started_on, ClockSegment.ended_at)
    .join(LegalClock, LegalClock.id == ClockSegment.clock_id)
    .where(
        LegalClock.case_no.in_([bindparam("number"), bindparam("subject")]), ClockSegment.kind == "suspended"
    )
    .order_by(ClockSegment.started_on)
)


def unsettled(session: Session, row: ProcessInstance) -> Passing:
    """The tasks of a locked case that are open, or ended and not yet closed here, in their order."""
    return [(task, known) for task, known in session.execute(_UNSETTLED, {"instance": row.id})]


def note(context: Context, row: ProcessInstance, passing: Passing) -> None:
    """Open a pass for each new task of a locked case and close those whose tasks have ended."""
    found = [(task, known or _open(context.session, row, task)) for task, known in passing]
    ended = [(task, known) for task, known in found if task.status != "open"]
    if ended:
        _close(context, row, ended)


def _open(session: Session, row: ProcessInstance, task: UserTask) -> StepPass:
    known = StepPass(
        task_id=task.id,
        instance_id=row.id,
        process_key=task.process_key,
        element_id=task.element_id,
        name=task.name,
        name_en=task.name_en,
        org_type=row.org.org_type if row.org is not None else "",
        started_at=task.created_at,
        started_on=task.created_at.astimezone(OFFICE_ZONE).date(),
        how="open",
    )
    session.add(known)
    return known


def _close(context: Context, row: ProcessInstance, ended: Sequence[tuple[UserTask, StepPass]]) -> None:
    session, calendar = context.session, calendar_of(context.session)
    suspended = _suspended(session, row, min(known.started_on for _task, known in ended))
    returned = _returned(context, row) if any(task.status == "cancelled" for task, _ in ended) else {}
    for task, known in ended:
        known.ended_at = task.completed_at or context.now
        known.actor_id = returned.get(task.id, task.completed_by_id)
        known.how = "returned" if task.id in returned else task.status
        last = known.ended_at.astimezone(OFFICE_ZONE).date()
        known.suspended_days = overlap(suspended, (known.started_on, last), calendar)
        known.working_days = calendar.working_days_between(known.started_on, last) - known.suspended_days


def _suspended(session: Session, row: ProcessInstance, since: date) -> list[tuple[date, date | None]]:
    """When clocks of the instance itself or of its case stood still, from `since`."""
    found = session.execute(_SUSPENDED, {"number": row.number, "subject": row.subject}).all()
    own = [segment for segment in found if segment.case_no == row.number]
    spans = [
        (start, at.astimezone(OFFICE_ZONE).date() if at else None) for _number, start, at in own or found
    ]
    return [span for span in spans if span[1] is None or span[1] >= since]


def overlap(suspended: Sequence[tuple[date, date | None]], span: Span, calendar: Calendar) -> int:
    """Working days of a span on which something was suspended; each day once. The suspensions are in order."""
    days, reached = 0, span[0]
    for start, end in suspended:
        first, last = max(start, reached), min(end or span[1], span[1])
        if last > first:
            days += calendar.working_days_between(first, last)
            reached = last
    return days


def _returned(context: Context, row: ProcessInstance) -> dict[int, int | None]:
    """The tasks that somebody sent back in this step, and who."""
    query = select(HistoryEvent.detail, HistoryEvent.actor_id).where(
        HistoryEvent.instance_id == row.id,
        HistoryEvent.kind == "task_returned",
        HistoryEvent.recorded_at == context.now,
    )
    found = context.session.execute(query)
    return {int(detail["task"]): actor_id for detail, actor_id in found if "task" in detail}
