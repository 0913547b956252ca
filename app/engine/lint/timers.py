"""Timers whose value is written down: that it is a point in time or a cycle."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from app.engine.environment import Environment
from app.engine.feel import FeelError
from app.engine.lint.finder import Finder
from app.engine.spiff.catching import Catcher
from app.engine.spiff.formula import Formula
from app.engine.spiff.instants import Span, instant_of, parse_cycle, parse_span
from app.engine.spiff.timer import TimerTrigger

_CLOCK = ("now(", "today(")


class _NoCalendar:
    """Constant timers ask for no working days."""

    def add_working_days(self, start: date, days: int) -> date:
        return start

    def working_days_between(self, start: date, end: date) -> int:
        return 0


SOME_DAY = Environment(datetime(2026, 1, 5, tzinfo=UTC), _NoCalendar())


def check_timers(finder: Finder) -> None:
    """Look at every timer."""
    for node in finder.nodes():
        trigger = node.trigger if isinstance(node, Catcher) else None
        if not isinstance(trigger, TimerTrigger) or trigger.value is None or not _is_constant(trigger.value):
            continue
        value = _value(trigger.value)
        text = " ".join(trigger.value.text.split())
        if trigger.is_cycle:
            cycle = parse_cycle(value, SOME_DAY)
            if cycle is None or cycle.count == 0:
                zh, en = f"不是循环时间：{text}（应如 R3/P1D）", f"no cycle: {text} (write R3/P1D)"
                finder.error(node.bpmn_id, "bad_time", zh, en)
            continue
        if instant_of(value, SOME_DAY) is None:
            zh, en = f"不是时间：{text}", f"no point in time: {text}"
            finder.error(node.bpmn_id, "bad_time", zh, en)
        elif _is_over(parse_span(value)):
            zh, en = f"时长不大于零，立即到期：{text}", f"not more than nothing, due at once: {text}"
            finder.warn(node.bpmn_id, "no_wait", zh, en)


def _is_constant(formula: Formula) -> bool:
    expression = formula.expression
    if expression is None:
        return True
    uses = expression.names or expression.entry_names or expression.calls
    return not uses and not any(word in formula.text for word in _CLOCK)


def _value(formula: Formula) -> Any:
    try:
        return formula.evaluate({}, SOME_DAY.scope)
    except FeelError:
        return None


def _is_over(span: Span | None) -> bool:
    return span is not None and span.months <= 0 and span.seconds <= 0
