"""Running cases of a process: where they stand, how long they have waited there, and a list to search.

Nothing of a case's content is told: whoever looks after processes need not know whose case it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, joinedload, undefer

from app.models.repository import ProcessDefinition
from app.models.runtime import ProcessInstance, UserTask
from app.services import repository, runtime
from app.services.calendar import calendar_of
from app.services.context import Context
from app.services.numbering import OFFICE_ZONE

PAGE = 50
DRAWN = 2000  # cases whose places are counted on the diagram: the newest
STATUSES = ("active", "suspended", "completed", "cancelled")


@dataclass(frozen=True)
class Filter:
    """Which cases of a process; empty parts do not filter."""

    key: str
    version: int | None = None
    status: str = "active"
    step: str = ""
    text: str = ""


@dataclass(frozen=True)
class StepAge:
    """Open tasks of one step: how many, how long the oldest has waited in working days, how many are late."""

    element_id: str
    name: str
    name_en: str
    count: int
    longest: int
    average: float
    late: int


@dataclass(frozen=True)
class CaseRow:
    """A case with its open tasks and the working days that the oldest of them has waited."""

    case: ProcessInstance
    tasks: Sequence[UserTask]
    waited: int | None


@dataclass(frozen=True)
class CasePage:
    rows: Sequence[CaseRow]
    next_id: int | None


def conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    """The filter as conditions on `ProcessInstance`."""
    found: list[ColumnElement[bool]] = [ProcessInstance.process_key == wanted.key]
    if wanted.version is not None:
        version = select(ProcessDefinition.id).where(
            ProcessDefinition.key == wanted.key, ProcessDefinition.version == wanted.version
        )
        found.append(ProcessInstance.definition_id.in_(version))
    if wanted.status == "suspended":
        found += [ProcessInstance.status == "active", ProcessInstance.is_suspended.is_(True)]
    elif wanted.status:
        found.append(ProcessInstance.status == wanted.status)
    if wanted.step:
        at = select(UserTask.instance_id).where(UserTask.element_id == wanted.step, UserTask.status == "open")
        found.append(ProcessInstance.id.in_(at))
    if wanted.text:
        found.append(ProcessInstance.number.contains(wanted.text, autoescape=True))
    return found


def list_cases(context: Context, wanted: Filter, before: int | None = None) -> CasePage:
    """One page, newest first; `before` is the id that the page before ended with."""
    query = select(ProcessInstance).where(*conditions(wanted)).options(joinedload(ProcessInstance.definition))
    if before is not None:
        query = query.where(ProcessInstance.id < before)
    session = context.session
    cases = session.scalars(query.order_by(ProcessInstance.id.desc()).limit(PAGE + 1)).all()
    shown = cases[:PAGE]
    open_tasks: dict[int, list[UserTask]] = {}
    ids = [case.id for case in shown]
    found = select(UserTask).where(UserTask.instance_id.in_(ids), UserTask.status == "open")
    for task in session.scalars(found.order_by(UserTask.id)):
        open_tasks.setdefault(task.instance_id, []).append(task)
    rows = [_row(context, case, open_tasks.get(case.id, [])) for case in shown]
    return CasePage(rows, shown[-1].id if len(cases) > PAGE else None)


def count_cases(session: Session, wanted: Filter) -> int:
    """How many cases the filter lets through."""
    return session.scalar(select(func.count()).select_from(ProcessInstance).where(*conditions(wanted))) or 0


def count_by_status(session: Session, wanted: Filter) -> Mapping[str, int]:
    """Cases of the process and version by status; the suspended count as active too."""
    whole = conditions(Filter(wanted.key, wanted.version, status=""))
    query = select(ProcessInstance.status, ProcessInstance.is_suspended, func.count()).where(*whole)
    found: Counter[str] = Counter()
    for status, is_suspended, count in session.execute(
        query.group_by(ProcessInstance.status, ProcessInstance.is_suspended)
    ):
        found[status] += count
        if is_suspended and status == "active":
            found["suspended"] += count
    return found


def ages(context: Context, wanted: Filter) -> Sequence[StepAge]:
    """The steps at which running cases wait for people, the most crowded first."""
    running = conditions(Filter(wanted.key, wanted.version))
    query = (
        select(UserTask.element_id, UserTask.name, UserTask.name_en, UserTask.created_at, UserTask.due_at)
        .join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
        .where(UserTask.status == "open", *running)
        .order_by(UserTask.id)
    )
    steps: dict[str, list[Any]] = {}
    for task in context.session.execute(query):
        steps.setdefault(task.element_id, []).append(task)
    found = [_age(context, element_id, tasks) for element_id, tasks in steps.items()]
    return sorted(found, key=lambda age: (-age.count, age.element_id))


def places(context: Context, definition: ProcessDefinition) -> Mapping[str, int]:
    """How many running cases of a version stand at each element, by `process_id:element_id`."""
    query = (
        select(ProcessInstance)
        .where(ProcessInstance.definition_id == definition.id, ProcessInstance.status == "active")
        .options(undefer(ProcessInstance.state))
    )
    found: Counter[str] = Counter()
    for row in context.session.scalars(query.order_by(ProcessInstance.id.desc()).limit(DRAWN)):
        found.update(runtime.load_instance(context, row).positions().keys())
    return found


def processes(session: Session) -> Sequence[tuple[ProcessDefinition, int]]:
    """Every process that is in force or still runs, with its running cases."""
    query = (
        select(ProcessInstance.process_key, func.count())
        .where(ProcessInstance.status == "active")
        .group_by(ProcessInstance.process_key)
    )
    running = {key: count for key, count in session.execute(query)}
    return [(row, running.get(row.key, 0)) for row in repository.list_current(session)]


def _row(context: Context, case: ProcessInstance, tasks: Sequence[UserTask]) -> CaseRow:
    waited = max((_waited(context, task.created_at) for task in tasks), default=None)
    return CaseRow(case, tasks, waited)


def _age(context: Context, element_id: str, tasks: Sequence[Any]) -> StepAge:
    days = [_waited(context, task.created_at) for task in tasks]
    late = sum(1 for task in tasks if task.due_at is not None and task.due_at < context.now)
    name, name_en = tasks[-1].name, tasks[-1].name_en
    return StepAge(element_id, name, name_en, len(tasks), max(days), sum(days) / len(days), late)


def _waited(context: Context, since: datetime) -> int:
    start, today = since.astimezone(OFFICE_ZONE).date(), context.now.astimezone(OFFICE_ZONE).date()
    return calendar_of(context.session).working_days_between(start, today)
