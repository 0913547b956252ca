"""How a case went through its diagram: every pass of every step with its time and its people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.engine.diagram import ElementState
from app.models.history import HistoryEvent
from app.models.runtime import ProcessInstance, UserTask

KINDS = ("element_started", "element_completed", "element_cancelled")


@dataclass(frozen=True)
class Pass:
    """One pass through a step: `state` is active, done or cancelled; `who` did it or has it."""

    process_key: str
    element_id: str
    name: str
    started_at: datetime
    ended_at: datetime | None
    state: str
    who: tuple[str, ...] = ()

    def lasted(self, now: datetime) -> float:
        """Seconds from its start to its end, or until now."""
        return ((self.ended_at or now) - self.started_at).total_seconds()


def passes_of(session: Session, instance: ProcessInstance, *, named: bool) -> list[Pass]:
    """The passes of all user tasks, in the order in which they began; without names for outsiders."""
    query = (
        select(UserTask)
        .where(UserTask.instance_id == instance.id)
        .options(
            joinedload(UserTask.completed_by),
            joinedload(UserTask.assignee),
            joinedload(UserTask.on_behalf_of),
        )
        .order_by(UserTask.created_at, UserTask.id)
    )
    cancelled = _cancelled_at(session, instance)
    return [_pass(task, cancelled, named) for task in session.scalars(query)]


def element_states(session: Session, instance: ProcessInstance) -> dict[str, dict[str, ElementState]]:
    """For each diagram of the case, what happened at its elements: state and how often."""
    query = select(HistoryEvent.kind, HistoryEvent.process_key, HistoryEvent.element_id).where(
        HistoryEvent.instance_id == instance.id, HistoryEvent.kind.in_(KINDS)
    )
    seen: dict[tuple[str, str], Counter[str]] = {}
    for kind, process_key, element_id in session.execute(query):
        seen.setdefault((process_key, element_id), Counter())[kind.removeprefix("element_")] += 1
    states: dict[str, dict[str, ElementState]] = {}
    for (process_key, element_id), counts in seen.items():
        states.setdefault(process_key, {})[element_id] = _state_of(counts)
    return states


def with_captions(
    states: dict[str, dict[str, ElementState]], captions: dict[tuple[str, str], str]
) -> dict[str, dict[str, ElementState]]:
    """The states with a short line at the elements that have one."""
    return {
        key: {
            element: replace(state, caption=captions.get((key, element), ""))
            for element, state in found.items()
        }
        for key, found in states.items()
    }


def last_passes(passes: Sequence[Pass]) -> dict[tuple[str, str], Pass]:
    """The latest pass of each step."""
    return {(found.process_key, found.element_id): found for found in passes}


def _state_of(counts: Counter[str]) -> ElementState:
    if counts["started"] > counts["completed"] + counts["cancelled"]:
        return ElementState("active", counts["started"])
    if counts["completed"]:
        return ElementState("done", counts["completed"])
    return ElementState("cancelled", counts["cancelled"])


def _cancelled_at(session: Session, instance: ProcessInstance) -> dict[tuple[str, str], list[datetime]]:
    query = (
        select(HistoryEvent.process_key, HistoryEvent.element_id, HistoryEvent.recorded_at)
        .where(HistoryEvent.instance_id == instance.id, HistoryEvent.kind == "element_cancelled")
        .order_by(HistoryEvent.seq)
    )
    found: dict[tuple[str, str], list[datetime]] = {}
    for process_key, element_id, at in session.execute(query):
        found.setdefault((process_key, element_id), []).append(at)
    return found


def _pass(task: UserTask, cancelled: dict[tuple[str, str], list[datetime]], named: bool) -> Pass:
    state = {"open": "active", "completed": "done"}.get(task.status, "cancelled")
    ended = task.completed_at
    if state == "cancelled":
        later = [at for at in cancelled.get((task.process_key, task.element_id), ()) if at >= task.created_at]
        ended = later[0] if later else task.created_at
    return Pass(
        task.process_key,
        task.element_id,
        task.name,
        task.created_at,
        ended,
        state,
        _who(task) if named else (),
    )


def _who(task: UserTask) -> tuple[str, ...]:
    person = task.completed_by or (task.assignee if task.status == "open" else None)
    if person is None:
        return ()
    behalf = task.on_behalf_of
    return (f"{person.name}（代{behalf.name}）",) if behalf is not None else (person.name,)
