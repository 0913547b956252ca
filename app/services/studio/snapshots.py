"""The rows of a case as they were, so that an act of an administrator can be undone while nothing followed.

Kept are state, version, tasks, inboxes, subscriptions and the timer. History is not: it is only ever added to.
"""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import Date, delete, insert, select
from sqlalchemy.orm import Session

from app.db import Money, UtcDateTime
from app.models.history import HistoryEvent
from app.models.runtime import FormDraft, Inbox, Job, ProcessInstance, Subscription, UserTask
from app.services import jobs
from app.services.context import Context

Snapshot = dict[str, Any]
CASE = ("definition_id", "title", "title_en", "subject", "status", "ended_at", "outcome", "case_state", "call_no",
        "amount", "is_suspended")  # fmt: skip
LOOKED = frozenset({"opened_at"})  # to look is not to act
TASK = tuple(column.key for column in UserTask.__table__.columns if column.key not in LOOKED)
INBOX = tuple(column.key for column in Inbox.__table__.columns)
WAITS = tuple(column.key for column in Subscription.__table__.columns)


def take(context: Context, row: ProcessInstance) -> Snapshot:
    """The rows of a locked case as plain JSON."""
    session = context.session
    session.flush()
    tasks = session.scalars(
        select(UserTask).where(UserTask.instance_id == row.id).order_by(UserTask.id)
    ).all()
    ids = [task.id for task in tasks]
    waits = select(Subscription).where(Subscription.instance_id == row.id).order_by(Subscription.engine_id)
    inbox = select(Inbox).where(Inbox.task_id.in_(ids)).order_by(Inbox.task_id, Inbox.principal)
    drafts = select(FormDraft.task_id, FormDraft.revision).where(FormDraft.task_id.in_(ids))
    timer = session.scalar(select(Job.due_at).where(Job.dedup == f"timer:{row.id}"))
    taken = {
        "state": b64encode(row.state).decode(),
        "case": _values(row, CASE),
        "tasks": [_values(task, TASK) for task in tasks],
        "inbox": [_values(each, INBOX) for each in session.scalars(inbox)],
        "waits": [_values(each, WAITS) for each in session.scalars(waits)],
        "drafts": sorted([list(pair) for pair in session.execute(drafts)]),
        "timer": timer,
    }
    plain: Snapshot = orjson.loads(orjson.dumps(taken, default=str))
    return plain


def digest(taken: Snapshot) -> str:
    """What two equal snapshots have in common."""
    return hashlib.sha256(orjson.dumps(taken, option=orjson.OPT_SORT_KEYS)).hexdigest()


def put_back(context: Context, row: ProcessInstance, taken: Snapshot) -> None:
    """Make the rows of a locked case what they were, to the byte. Tasks that came since are ended."""
    session = context.session
    row.state = b64decode(taken["state"])
    _set(row, taken["case"])
    was = {values["id"]: values for values in taken["tasks"]}
    tasks = session.scalars(select(UserTask).where(UserTask.instance_id == row.id)).all()
    for task in tasks:
        if task.id in was:
            _set(task, was[task.id])
        elif task.status == "open":
            task.status = "cancelled"
    session.flush()
    ids = [task.id for task in tasks]
    session.execute(delete(Inbox).where(Inbox.task_id.in_(ids)))
    session.execute(delete(Subscription).where(Subscription.instance_id == row.id))
    for model, rows in ((Inbox, taken["inbox"]), (Subscription, taken["waits"])):
        if rows:
            session.execute(insert(model), [_typed(model, values) for values in rows])
    _put_timer_back(context, row, taken["timer"])
    session.expire(row, ["definition"])


def _put_timer_back(context: Context, row: ProcessInstance, due_at: str | None) -> None:
    session = context.session
    exists = session.scalar(select(Job.id).where(Job.dedup == f"timer:{row.id}")) is not None
    due = datetime.fromisoformat(due_at) if due_at else None
    if due is not None or exists:
        jobs.schedule_timer(session, row.id, due, context.now, is_new=not exists)


def _values(row: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _set(row: Any, values: dict[str, Any]) -> None:
    for name, value in _typed(type(row), values).items():
        if getattr(row, name) != value:
            setattr(row, name, value)


def _typed(model: Any, values: dict[str, Any]) -> dict[str, Any]:
    """The values as their columns want them: JSON knows neither times nor amounts."""
    columns = model.__table__.columns
    return {name: _of_type(columns[name].type, value) for name, value in values.items()}


def _of_type(kind: Any, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if isinstance(kind, UtcDateTime):
        return datetime.fromisoformat(value)
    if isinstance(kind, Money):
        return Decimal(value)
    return date.fromisoformat(value) if isinstance(kind, Date) else value


def stayed_inside(session: Session, row: ProcessInstance, seq: int, inward: frozenset[str]) -> bool:
    """Whether nothing but these kinds of events was recorded since: nothing has left the case."""
    query = select(HistoryEvent.kind).where(HistoryEvent.instance_id == row.id, HistoryEvent.seq > seq)
    return set(session.scalars(query)) <= inward
