"""The cases behind a figure: a filter that is the figure's definition, and the passes that it counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from app.models.clocks import StepPass
from app.models.identity import User
from app.models.runtime import ProcessInstance
from app.services import access, conflicts
from app.services.context import Context
from app.services.statistics.figures import AGES, Period, is_ended, is_open

FIGURES = ("open", "done", "returned")
PAGE, MOST = 100, 5_000


@dataclass(frozen=True)
class Filter:
    """Which passes a figure counts; empty parts do not narrow it."""

    figure: str
    period: Period
    step: str = ""
    age: int | None = None
    reviewer: int | None = None
    org_type: str | None = None


@dataclass(frozen=True)
class Listed:
    """Rows of a figure; `count` is the figure itself, `barred` are those that the reader has to stand aside from."""

    rows: Sequence[tuple[StepPass, ProcessInstance, str]]
    count: int
    barred: int
    next_id: int | None


def list_passes(context: Context, user: User, wanted: Filter, *, after: int = 0, most: int = PAGE) -> Listed:
    """The passes that a figure counts, in the order of arrival, without cases that the reader must not open."""
    session = context.session
    count = session.scalar(_where(select(func.count()).select_from(StepPass), wanted)) or 0
    query = (
        select(StepPass, ProcessInstance, User.name)
        .join(ProcessInstance, ProcessInstance.id == StepPass.instance_id)
        .outerjoin(User, User.id == StepPass.actor_id)
        .options(joinedload(ProcessInstance.org))
        .where(StepPass.task_id > after)
        .order_by(StepPass.task_id)
        .limit(most + 1)
    )
    rows = [(one, case, name or "") for one, case, name in session.execute(_where(query, wanted))]
    shown = rows[:most]
    tied = conflicts.tied_organisations(session, user)
    open_to = [
        row
        for row in shown
        if row[1].org_id not in tied
        or access.is_party(user, row[1])
        or not conflicts.bars(session, user, row[1])
    ]
    following = shown[-1][0].task_id if len(rows) > most else None
    return Listed(open_to, count, len(shown) - len(open_to), following)


def _where(query: Any, wanted: Filter) -> Any:
    period = wanted.period
    if wanted.figure == "open":
        query = query.where(is_open(period.at))
    else:
        how = "returned" if wanted.figure == "returned" else "completed"
        query = query.where(is_ended(period), StepPass.how == how)
    if period.process:
        query = query.where(StepPass.process_key == period.process)
    if wanted.step:
        query = query.where(StepPass.element_id == wanted.step)
    if wanted.age is not None:
        low, high = AGES[wanted.age]
        query = query.where(StepPass.started_on <= period.day - timedelta(days=low))
        if high is not None:
            query = query.where(StepPass.started_on >= period.day - timedelta(days=high))
    if wanted.reviewer is not None:
        query = query.where(StepPass.actor_id == wanted.reviewer)
    if wanted.org_type is not None:
        query = query.where(StepPass.org_type == wanted.org_type)
    return query
