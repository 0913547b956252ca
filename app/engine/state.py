"""The stored state of an instance: a format of our own, compact and versioned.

Corrects: SpiffWorkflow's serializer takes any dictionary with a key `typename` for an object of its own, so
that a form field of that name makes an instance unreadable for ever; it stores the specs with every
instance and migrates old states with code that does not run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from app.engine.errors import StateUnreadable
from app.engine.spiff.case import Case, Level, SubCase
from app.engine.spiff.process import ProcessSpec
from app.engine.spiff.token import Token
from app.engine.spiff.values import plain
from app.engine.spiff.variables import SHARED

FORMAT = 1
# For each older format the step to the next one. A format is never read by two codes.
MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}


def write_state(case: Case) -> bytes:
    """The bytes of an instance at rest.

    `trail` is there once somebody could go back to an earlier step. Tokens are rows [id, element, state, index of
    the parent row or -1, remembered, local variables], the empty ones at the end cut off; levels are [spec, id of
    the token that runs it, variables, outcome, rows].
    """
    state = {
        "format": FORMAT,
        "process": case.spec.key,
        "completed": bool(case.completed),
        "state": case.case_state,
        "levels": [write_level(level, case) for level in case.levels()],
    }
    if case.trail.last and not case.completed:
        state["trail"] = case.trail.write()
    return orjson.dumps(state, default=plain)


def write_level(level: Level, case: Case) -> list[Any]:
    """One level as it is stored."""
    data = level.data
    if level is not case:
        # What a called process got by reference is stored once.
        data = {n: v for n, v in data.items() if n not in SHARED or v is not case.data.get(n, level)}
    index: dict[str, int] = {}
    rows: list[list[Any]] = []
    for token in level.tokens():
        index[token.id] = len(rows)
        rows.append(_row(token, index.get(token._parent, -1)))
    host = level.host.id if level.host is not None else None
    return [level.spec.key, host, data, level.outcome, rows]


def _row(token: Token, parent: int) -> list[Any]:
    row: list[Any] = [token.id, token.task_spec.name, token._state, parent, token.internal_data, token.data]
    while len(row) > 4 and not row[-1]:
        row.pop()
    return row


def read_state(process_id: str, specs: Mapping[str, ProcessSpec], data: bytes) -> Case:
    """The instance of a state; raises StateUnreadable when format, process or elements are unknown."""
    try:
        state = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise StateUnreadable(f"not JSON: {error}") from error
    if not isinstance(state, dict):
        raise StateUnreadable("not a state")
    state = migrate(state)
    if state.get("process") != process_id:
        raise StateUnreadable(f"state of process {state.get('process')}, not of {process_id}")
    try:
        return _read(state, specs)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise StateUnreadable(f"state does not fit the definition: {error!r}") from error


def migrate(state: dict[str, Any]) -> dict[str, Any]:
    """A state brought to today's format, one step after the other; raises StateUnreadable."""
    version = state.get("format")
    while version != FORMAT:
        step = MIGRATIONS.get(version) if isinstance(version, int) else None
        if step is None:
            raise StateUnreadable(f"unknown format {version}")
        state = step(state)
        version = state.get("format")
    return state


def _read(state: dict[str, Any], specs: Mapping[str, ProcessSpec]) -> Case:
    first, *inner = state["levels"]
    case = Case(specs[first[0]], specs)
    case.completed = state["completed"]
    case.case_state = state["state"]
    if "trail" in state:
        case.trail.read(state["trail"])
    _fill(case, first)
    for entry in inner:
        host = case.find(entry[1])
        if host is None:
            raise KeyError(entry[1])
        level = case.open(host, specs[entry[0]])
        _fill(level, entry)
        if level.spec.own_scope:
            level.data.update({n: case.data[n] for n in SHARED if n in case.data and n not in level.data})
    return case


def _fill(level: Case | SubCase, entry: list[Any]) -> None:
    _, _, level.data, level.outcome, rows = entry
    tokens: list[Token] = []
    for token_id, name, state, parent, *rest in rows:
        node = level.spec.node(name)
        if node is None:
            raise KeyError(name)
        token = Token(level, node, tokens[parent] if parent >= 0 else level.task_tree, state, token_id)
        token.internal_data = rest[0] if rest else {}
        token.data = rest[1] if len(rest) > 1 else {}
        tokens.append(token)
