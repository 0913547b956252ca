"""Due times that count working days, computed again as of the moment when they were set."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.engine.effects import Rescheduled
from app.engine.spiff.catching import Catcher
from app.engine.spiff.formula import Formula
from app.engine.spiff.instants import instant_of, read_instant, write_instant
from app.engine.spiff.timer import TimerTrigger, counts_working_days
from app.engine.spiff.user_task import UserTask
from app.engine.spiff.variables import evaluate

if TYPE_CHECKING:
    from app.engine.environment import Environment
    from app.engine.spiff.case import Case
    from app.engine.spiff.token import Token


def reschedule(case: Case, env: Environment) -> tuple[Rescheduled, ...]:
    """Move every due time of the case that is another one with the calendar of `env`; raises StepFailed."""
    moved = []
    for token in case.all_tokens():
        for formula, remembered in _dated(token):
            before = read_instant(remembered["due"])
            case.env = replace(env, now=read_instant(remembered["at"]))
            after = instant_of(evaluate(formula, token), case.env)
            case.env = None
            if after is not None and after != before:
                remembered["due"] = write_instant(after)
                moved.append(_moved(token, before, after))
    return tuple(moved)


def _dated(token: Token) -> Iterator[tuple[Formula, dict[str, Any]]]:
    """Formula and memory of the token's due times that depend on the calendar and whose beginning is known."""
    node = token.task_spec
    task, timer = token.internal_data.get("task") or {}, token.internal_data.get("timer")
    due = node.settings.formula("due")
    is_open = isinstance(node, UserTask) and token.ready and "due" in task
    if is_open and due is not None and counts_working_days(due):
        yield due, task
    trigger = node.trigger if isinstance(node, Catcher) and token.waiting else None
    if isinstance(trigger, TimerTrigger) and trigger.value is not None and timer and "at" in timer:
        yield trigger.value, timer


def _moved(token: Token, before: datetime, after: datetime) -> Rescheduled:
    node = token.task_spec
    return Rescheduled(node.process_id, node.bpmn_id, token.id, isinstance(node, UserTask), before, after)
