"""Legal clocks as the diagram binds them to elements: `<zr:clock name="acceptance" act="start" limit="= …"/>`.

A clock begins when a token enters an element that says `start`, does not count while a token is at one that says
`suspend`, and ends when a token enters one that says `stop`. Everywhere else it runs. The host keeps the ledger.
A clock is the case's, which every process about the case shares, or with `of="instance"` that of this process alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.engine.errors import StepFailed
from app.engine.spiff.formula import Formula
from app.engine.spiff.variables import evaluate

if TYPE_CHECKING:
    from app.engine.spiff.token import Token

START, SUSPEND, STOP = "start", "suspend", "stop"
ACTS = (START, SUSPEND, STOP)
CASE, INSTANCE = "case", "instance"
STARTED, STOPPED = "clock_started", "clock_stopped"
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ClockBinding:
    """What an element does to one clock; all but name and act belong to its start.

    `limit` is in working days; `since` is when it began, where that was before the token came.
    """

    name: str
    act: str
    limit: Formula | None = None
    label: str = ""
    label_en: str = ""
    of: str = CASE
    since: Formula | None = None


def announce_clocks(token: Token) -> None:
    """Note the clocks that start or end because the token has entered its element. Raises StepFailed."""
    for binding in token.task_spec.settings.clocks:
        if binding.act == START:
            detail = {
                "clock": binding.name,
                "label": binding.label,
                "label_en": binding.label_en,
                "limit": _limit(binding, token),
                "of": binding.of,
                "since": _since(binding, token),
            }
            token.workflow.top_workflow.record(STARTED, token, detail)
        elif binding.act == STOP:
            token.workflow.top_workflow.record(STOPPED, token, {"clock": binding.name})


def _limit(binding: ClockBinding, token: Token) -> int | None:
    value: Any = evaluate(binding.limit, token) if binding.limit is not None else None
    if value is None:
        return None
    days = whole_days(value)
    if days is None:
        raise StepFailed(
            token.task_spec.bpmn_id,
            f"the limit of clock {binding.name} is no number of days: {value}",
            "clock",
        )
    return days


def _since(binding: ClockBinding, token: Token) -> str | None:
    value: Any = evaluate(binding.since, token) if binding.since is not None else None
    if value is None:
        return None
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise StepFailed(
            token.task_spec.bpmn_id,
            f"the beginning of clock {binding.name} is no instant: {value}",
            "clock",
        )
    return value.isoformat()


def whole_days(value: Any) -> int | None:
    """A positive whole number of days, written or computed; else None."""
    if isinstance(value, bool):
        return None
    try:
        days = int(value)
        return days if days > 0 and days == float(value) else None
    except (TypeError, ValueError, OverflowError):
        return None
