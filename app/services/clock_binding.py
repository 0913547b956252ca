"""Legal clocks follow the tokens of a case, and due times of tasks follow their clocks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.engine.definition import Definition
from app.engine.effects import Event
from app.engine.instance import Instance
from app.engine.spiff.clock import INSTANCE, STARTED, STOPPED
from app.models.clocks import LegalClock
from app.models.runtime import NO_DUE_DATE, Inbox, ProcessInstance, UserTask
from app.services.calendar import calendar_of
from app.services.context import Context
from app.services.history import record_event
from app.services.registers import clocks
from app.services.registers.clocks import RUNNING, SUSPENDED, Place


def follow(
    context: Context,
    row: ProcessInstance,
    definition: Definition,
    instance: Instance,
    events: Iterable[Event],
) -> None:
    """Start, suspend, resume and end the clocks of a locked case as its tokens moved. Processes that bind no clock
    cost nothing."""
    if not definition.binds_clocks:
        return
    _started_and_stopped(context, row, events)
    if instance.completed:
        clocks.stop_all(context.session, row.number, context.now, calendar_of(context.session))
    else:
        _suspended_and_resumed(context, row, definition, instance)
    follow_due(context.session, row)


def _started_and_stopped(context: Context, row: ProcessInstance, events: Iterable[Event]) -> None:
    session = context.session
    for event in events:
        found = event.detail
        if event.kind == STARTED:
            since = datetime.fromisoformat(found["since"]) if found["since"] else None
            number = row.number if found["of"] == INSTANCE else row.subject
            clocks.start(session, number, found["clock"], context.now, limit=found["limit"],
                         label=found["label"], label_en=found["label_en"], since=since)  # fmt: skip
        elif event.kind == STOPPED:
            running = clocks.open_clocks(session, row).get(found["clock"])
            if running is not None:
                clocks.stop(session, running.case_no, running.clock, context.now, calendar_of(session))


def _suspended_and_resumed(
    context: Context, row: ProcessInstance, definition: Definition, instance: Instance
) -> None:
    """A clock stands still while a token is at an element that suspends it, and runs on when the last has left.

    What an operation or another process suspended is not resumed here.
    """
    session, places = context.session, instance.suspensions()
    calendar = calendar_of(session)
    for clock in clocks.open_clocks(session, row).values():
        current, found = clock.segments[-1], places.get(clock.clock)
        if found is not None:
            element = definition.element(found.process_id, found.element_id)
            name = element.name if element else found.element_id
            name_en = (element.name_en if element else "") or name
            place = Place(row.id, found.element_id, name, name_en)
            if clocks.switch(
                session, clock.case_no, clock.clock, SUSPENDED, context.now, calendar, place=place
            ):
                _record(context, row, "clock_suspended", clock, found.process_id, found.element_id, name)
        elif current.kind == SUSPENDED and current.element_id and current.instance_id == row.id:
            clocks.switch(session, clock.case_no, clock.clock, RUNNING, context.now, calendar)
            _record(context, row, "clock_resumed", clock)


def _record(
    context: Context,
    row: ProcessInstance,
    kind: str,
    clock: LegalClock,
    process_key: str = "",
    element_id: str = "",
    name: str = "",
) -> None:
    detail = {"clock": clock.clock, "label": clock.label, "label_en": clock.label_en}
    record_event(context.session, row, kind, now=context.now, process_key=process_key or row.process_key,
                 element_id=element_id, element_name=name, detail=detail)  # fmt: skip


def follow_due(session: Session, row: ProcessInstance) -> None:
    """The open tasks whose diagram says so are due when their clock is."""
    query = select(UserTask).where(UserTask.instance_id == row.id, UserTask.status == "open")
    tasks = [task for task in session.scalars(query) if (task.policy or {}).get("dueClock")]
    if not tasks:
        return
    running = clocks.open_clocks(session, row)
    for task in tasks:
        clock = running.get(task.policy["dueClock"])
        move_due(session, task, clock.due_at if clock is not None else None)


def move_due(session: Session, task: UserTask, due_at: datetime | None) -> bool:
    """Give an open task another due time, in the inbox too; false when it has it already."""
    if task.due_at == due_at:
        return False
    task.due_at = due_at
    session.flush()
    session.execute(
        update(Inbox)
        .where(Inbox.task_id == task.id)
        .values(due_at=due_at or NO_DUE_DATE)
        .execution_options(synchronize_session=False)
    )
    return True
