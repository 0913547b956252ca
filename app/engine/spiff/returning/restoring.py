"""Puts tokens where they stood before, with timers, messages and people worked out anew."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from typing import Any
from uuid import uuid4

from app.engine.errors import EngineError
from app.engine.spiff.case import Case, Level
from app.engine.spiff.catching import Catcher
from app.engine.spiff.parallel import Join, ParallelGateway
from app.engine.spiff.returning.units import ID, Unit, inside
from app.engine.spiff.token import Token
from app.engine.spiff.trail import renamed
from app.engine.spiff.user_task import UserTask
from app.engine.spiff.variables import SHARED


def restore(
    case: Case, level: Level, rows: list[list[Any]], units: Iterable[Unit], levels: list[list[Any]]
) -> dict[str, str]:
    """Put the tokens of these units on the level, with all that ran inside of them; the new id of each."""
    wanted = sorted(index for unit in units for index in unit.rows)
    ids: dict[str, str] = {}
    made = _put(level, rows, wanted, ids)
    for key, host_id, data, outcome, inner in inside(levels, {rows[index][ID] for index in wanted}):
        host = case.find(ids[host_id])
        if host is None:
            raise EngineError(f"no token {host_id}")
        opened = case.open(host, case.subprocess_specs[key])
        opened.data, opened.outcome = deepcopy(data), outcome
        if opened.spec.own_scope:
            opened.data.update({n: case.data[n] for n in SHARED if n in case.data and n not in opened.data})
        made += _put(opened, inner, range(len(inner)), ids)
    for token in made:
        token.internal_data = renamed(token.internal_data, ids)
    for token in made:
        _take_up(case, token)
    for token in made:
        # The tokens that it waited for may have come while it was away.
        if (
            isinstance(token.task_spec, ParallelGateway)
            and token.waiting
            and token.id in token.workflow.tasks
        ):
            token.task_spec.resume(token)
    return ids


def _put(level: Level, rows: list[list[Any]], wanted: Iterable[int], ids: dict[str, str]) -> list[Token]:
    tokens: dict[int, Token] = {}
    for index in wanted:
        token_id, name, state, parent, *rest = rows[index]
        node = level.spec.node(name)
        if node is None:
            raise EngineError(f"no element {name}")
        ids[token_id] = uuid4().hex
        around = tokens[parent] if parent >= 0 else level.task_tree
        token = Token(level, node, around, state, ids[token_id])
        token.internal_data = rest[0] if rest else {}
        token.data = deepcopy(rest[1]) if len(rest) > 1 else {}
        tokens[index] = token
    return list(tokens.values())


def _take_up(case: Case, token: Token) -> None:
    """Say that the token is here again, and work out what depends on the time and on the variables."""
    node = token.task_spec
    is_aside = "host" in token.internal_data or node.listens(token)
    if not is_aside and not (isinstance(node, Join) and token.waiting):
        case.record("element_started", token)
    if isinstance(node, UserTask) and token.ready:
        node.begin(token)
    elif isinstance(node, Catcher) and token.waiting:
        for key in ("timer", "message", "held"):
            token.internal_data.pop(key, None)
        node.trigger.arm(token)
