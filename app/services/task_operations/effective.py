"""Naming the day on which an act takes effect (生效日期), beside the time of its record, which nobody can change.

A day before today is possible, but never unseen: it needs a reason, and the history, the page, the result of the step
and its letter show both times.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from app.engine.operations.policy import EFFECTIVE_DATE
from app.models.runtime import UserTask
from app.services.context import Context
from app.services.errors import Invalid
from app.services.numbering import OFFICE_ZONE
from app.services.task_operations import acting

VARIABLE = "effective_on"  # in the result of the step
FURTHEST = timedelta(days=366)


def earliest(task: UserTask) -> date:
    """The first day that can be named: the one on which the case began."""
    return task.instance.started_at.astimezone(OFFICE_ZONE).date()


def name_day(context: Context, task_id: int, day: date | None, reason: str) -> UserTask:
    """Name the day on which the open task takes effect; None takes the name back, and the day of the record counts.

    Raises NotPermitted, TaskTaken, Invalid for a day before the case began or more than a year ahead.
    """
    act = acting.begin_held(context, task_id, EFFECTIVE_DATE)
    today = context.now.astimezone(OFFICE_ZONE).date()
    first, last = earliest(act.task), today + FURTHEST
    if day is not None and not first <= day <= last:
        raise Invalid(
            f"生效日期须在 {first:%Y-%m-%d}（案件启动）与 {last:%Y-%m-%d} 之间。",
            f"The day must lie between {first:%Y-%m-%d}, when the case began, and {last:%Y-%m-%d}.",
        )
    text = acting.require_reason(reason)
    before, act.task.effective_on = act.task.effective_on, day
    acting.record(act, "task_effective_day", reason=text, before=_iso(before), effective_on=_iso(day))
    return act.task


def result_of(task: UserTask) -> dict[str, Any]:
    """What a named day adds to the result of the step, for conditions and letters."""
    return {} if task.effective_on is None else {VARIABLE: task.effective_on.isoformat()}


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None
