"""Leading a case back to an earlier step, and straight forward again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from SpiffWorkflow.util.task import TaskState

from app.engine.errors import EngineError, ReturnRefused
from app.engine.spiff.case import Case, Level
from app.engine.spiff.returning.plan import plan_return
from app.engine.spiff.returning.points import marking
from app.engine.spiff.returning.restoring import restore
from app.engine.spiff.returning.units import ids_of, live_rows, stored_units
from app.engine.spiff.token import Token
from app.engine.spiff.trail import Point, renamed, renumber
from app.engine.spiff.user_task import UserTask


def lead_back(case: Case, point: Point, harmless: frozenset[str], *, straight: bool) -> str:
    """Lead the case back to a point; the id of the task that is open there again.

    With `straight`, completing that task leads forward to where the case stands now. Raises ReturnRefused.
    """
    plan = plan_return(case, point, harmless)
    found, trail = plan.undoing, case.trail
    if found is None or not plan.possible or (straight and not plan.may_come_straight):
        raise ReturnRefused(plan.reasons)
    rows = live_rows(found.level)
    gone = sorted(set().union(*(ids_of(unit, rows) for unit in found.cancelled)))
    back = {
        "level": found.entry[1],
        "gone": gone,
        "last": trail.last,
        "state": case.case_state,
        "levels": marking(case) if straight else [],
        "points": [asdict(each) for each in trail.points if each.number in found.numbers],
        "outside": [asdict(each) for each in trail.outside if each.number in found.numbers],
    }
    _cancel(found.level, set(gone))
    ids = restore(case, found.level, found.entry[4], found.restored, point.levels)
    _enter_state(case, point.state)
    trail.forget(found.numbers)
    trail.rename(ids)
    trail.leave_alone(point.number)
    target = case.find(ids.get(point.task_id, ""))
    if target is None:
        raise EngineError(f"point {point.number} holds no task")
    if straight:
        target.internal_data["back"] = renamed(back, ids)
    return target.id


def is_sent_back(token: Token) -> bool:
    """Whether completing the task leads straight to where it was returned from."""
    return "back" in token.internal_data


def go_straight_back(case: Case, token: Token, values: Mapping[str, Any]) -> None:
    """Take what was submitted and lead the case to where it stood when somebody returned to this task."""
    node, back = token.task_spec, token.internal_data.pop("back")
    if not isinstance(node, UserTask):
        raise EngineError(f"{node.bpmn_id} is no user task")
    node.take(token, values)
    level: Level = case if back["level"] is None else case.subprocesses[back["level"]]
    entry = next(each for each in back["levels"] if each[1] == back["level"])
    chain = _chain(token, level)
    case.record("element_completed", token)
    node.detach(token)
    token._set_state(TaskState.COMPLETED)
    token.retire()
    rows = live_rows(level)
    cancelled = set().union(
        *(ids_of(each, rows) for each in stored_units(rows) if chain & ids_of(each, rows))
    )
    restored = [each for each in stored_units(entry[4]) if set(back["gone"]) & ids_of(each, entry[4])]
    _cancel(level, cancelled)
    ids = restore(case, level, entry[4], restored, back["levels"])
    _enter_state(case, back["state"])
    case.trail.forget_inside(cancelled)
    numbers = case.trail.take_back(back["points"], back["outside"], back["last"])
    case.trail.rename(ids)
    for key in ids.values():
        renumber(case.find(key), numbers)
    level.end_if_empty()


def _chain(token: Token, level: Level) -> set[str]:
    """The tokens of the level that the task stands at or in: its own, that of its runs, that around it."""
    current: Token | None = token
    while current is not None and current.workflow is not level:
        current = current.workflow.host
    found = set()
    while current is not None and current is not level.task_tree:
        found.add(current.id)
        current = current.parent
    return found


def _cancel(level: Level, ids: Iterable[str]) -> None:
    wanted = set(ids)
    for token in reversed(list(level.tokens())):
        if token.id in wanted:
            token.cancel()


def _enter_state(case: Case, state: str | None) -> None:
    if state != case.case_state:
        case.case_state = state
        if state is not None:
            case.record_plain("case_state", {"state": state})
