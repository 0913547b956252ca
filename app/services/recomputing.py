"""When the working days of a year change, everything that was counted with them is counted again, with a trace.

Every case is done in a job of its own: one instance, one lock.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, or_, select
from sqlalchemy.orm import Session

from app.models.clocks import LegalClock
from app.models.runtime import Job, ProcessInstance, UserTask
from app.services import clock_binding, jobs, runtime
from app.services.calendar import calendar_of, on_change
from app.services.context import Context
from app.services.history import record_event
from app.services.numbering import OFFICE_ZONE
from app.services.registers import clocks

JOB = "recompute"


def recompute(context: Context, year: int, source: str = "") -> int:
    """Have every due time, timer and legal clock that a year may move computed again; gives how many cases.

    Each case records what moved as `limits_recomputed`, with the year and the source.
    """
    return request(context.session, year, source, context.now)


@on_change
def request(session: Session, year: int, source: str, now: datetime) -> int:
    """The same for those who have no context.

    A job that waits already may be reading the old calendar right now, so each change makes jobs of its own.
    """
    rows = [
        {"kind": JOB, "args": {"instance_id": number, "year": year, "source": source}, "due_at": now,
         "created_at": now, "instance_id": number, "retries": jobs.RETRIES}
        for number in _touched(session, year)
    ]  # fmt: skip
    if rows:
        session.execute(insert(Job), rows)
    return len(rows)


def _touched(session: Session, year: int) -> list[int]:
    """Cases that run and began before the year was over, and ended ones with a clock that ran in it."""
    start, end = (datetime(y, 1, 1, tzinfo=OFFICE_ZONE) for y in (year, year + 1))
    timed = select(Job.instance_id).where(Job.kind == "timer")
    due = select(UserTask.instance_id).where(UserTask.status == "open", UserTask.due_at >= start)
    clocked = select(LegalClock.case_no).where(
        LegalClock.started_on <= date(year, 12, 31),
        or_(LegalClock.ended_at.is_(None), LegalClock.ended_at >= start),
    )
    query = select(ProcessInstance.id).where(
        ProcessInstance.started_at < end,
        or_(ProcessInstance.id.in_(timed), ProcessInstance.id.in_(due), ProcessInstance.number.in_(clocked)),
    )
    return list(session.scalars(query.order_by(ProcessInstance.id)))


@jobs.job_handler(JOB)
def _recompute_case(context: Context, args: dict[str, Any]) -> None:
    row = runtime.lock_instance(context, args["instance_id"])
    moved = _recount(context, row)
    if row.status == "active":
        moved += _reschedule(context, row)
        clock_binding.follow_due(context.session, row)
    if moved:
        detail = {"year": args["year"], "source": args["source"], "moved": moved}
        record_event(context.session, row, "limits_recomputed", now=context.now, detail=detail)


def _recount(context: Context, row: ProcessInstance) -> list[dict[str, Any]]:
    calendar, moved = calendar_of(context.session), []
    for clock in clocks.clocks_of(context.session, [row.number]):
        before = clock.due_at
        if clocks.recount(clock, calendar):
            moved.append(
                {"what": "clock", "name": clock.label or clock.clock, **_change(before, clock.due_at)}
            )
    return moved


def _reschedule(context: Context, row: ProcessInstance) -> list[dict[str, Any]]:
    session, step = context.session, runtime.begin_step(context, row, even_suspended=True)
    found = step.instance.reschedule(context.environment())
    if not found:
        return []
    row.state = step.instance.dump()
    if step.due != (due := step.instance.next_due()):
        jobs.schedule_timer(session, row.id, due, context.now, is_new=step.due is None)
    query = select(UserTask).where(UserTask.instance_id == row.id, UserTask.status == "open")
    tasks = {task.engine_id: task for task in session.scalars(query)}
    moved = []
    for item in found:
        element = step.definition.element(item.process_id, item.element_id)
        if item.is_task and item.task_id in tasks:
            clock_binding.move_due(session, tasks[item.task_id], item.after)
        moved.append({"what": "task" if item.is_task else "timer", "element": item.element_id,
                      "name": element.name if element else item.element_id,
                      **_change(item.before, item.after)})  # fmt: skip
    return moved


def _change(before: datetime | None, after: datetime | None) -> dict[str, str | None]:
    return {
        "before": before.isoformat() if before else None,
        "after": after.isoformat() if after else None,
    }
