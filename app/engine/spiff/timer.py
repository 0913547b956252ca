"""Timers: the value is computed once, on arrival; due instants lie in the state, in UTC.

Corrects: all timers of an event gateway share one value; values must be quoted text; a bad value is found
at run time only and blocks the task for ever; cycles drift by the delay of each check.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.engine.errors import StepFailed
from app.engine.spiff.formula import Formula
from app.engine.spiff.instants import EVER, Cycle, Span, instant_of, parse_cycle, read_instant, write_instant
from app.engine.spiff.triggers import Trigger
from app.engine.spiff.variables import evaluate

if TYPE_CHECKING:
    from app.engine.spiff.token import Token


WORKING_DAYS = frozenset({"wd", "working days between"})


def counts_working_days(formula: Formula) -> bool:
    """Whether the value depends on the calendar of working days."""
    return formula.expression is not None and bool(formula.expression.calls & WORKING_DAYS)


@dataclass(frozen=True)
class TimerTrigger(Trigger):
    """A point in time, a span from now, or a cycle."""

    value: Formula | None = None
    is_cycle: bool = False

    def arm(self, token: Token) -> None:
        env = token.workflow.top_workflow.environment
        value = evaluate(self.value, token) if self.value is not None else None
        if self.is_cycle:
            cycle = parse_cycle(value, env)
            if cycle is None or cycle.count == 0:
                raise self._bad(token, value)
            token.internal_data["timer"] = {
                "due": write_instant(cycle.at(0, env.tz)),
                "base": write_instant(cycle.base),
                "first": cycle.first,
                "count": cycle.count,
                "fired": 0,
                "months": cycle.span.months,
                "seconds": cycle.span.seconds,
            }
            return
        due = instant_of(value, env)
        if due is None:
            raise self._bad(token, value)
        timer = {"due": write_instant(due)}
        if self.value is not None and counts_working_days(self.value):
            timer["at"] = write_instant(env.now)
        token.internal_data["timer"] = timer

    def _bad(self, token: Token, value: Any) -> StepFailed:
        text = self.value.text if self.value is not None else ""
        return StepFailed(token.task_spec.bpmn_id, f"{text} gives no point in time: {value}", "timer")

    def spent(self, token: Token) -> bool:
        timer = token.internal_data["timer"]
        if "count" not in timer:
            return True
        env = token.workflow.top_workflow.environment
        span = Span(timer["months"], timer["seconds"])
        cycle = Cycle(timer["count"], span, read_instant(timer["base"]), timer["first"])
        timer["fired"] += 1
        due = cycle.at(timer["fired"], env.tz)
        # An endless cycle does not make up for the times that were missed while nobody looked.
        while cycle.count == EVER and due <= env.now:
            timer["fired"] += _missed(due, env.now, span)
            due = cycle.at(timer["fired"], env.tz)
        timer["due"] = write_instant(due)
        return bool(timer["fired"] == cycle.count)


def _missed(due: datetime, now: datetime, span: Span) -> int:
    """How many occurrences can safely be skipped at once; at least one."""
    longest = span.months * 31 * 86400 + span.seconds
    return max(1, int((now - due).total_seconds() / longest) if longest > 0 else 1)


def due_of(token: Token) -> datetime | None:
    """When the timer of a waiting token is due, None if it waits for no timer."""
    timer = token.internal_data.get("timer")
    return read_instant(timer["due"]) if timer is not None and token.waiting else None
