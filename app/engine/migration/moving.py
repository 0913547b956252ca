"""Puts the tokens of a case on the elements of another version and lets them go on there."""

from __future__ import annotations

from copy import deepcopy

from app.engine.definition import Definition
from app.engine.errors import EngineError
from app.engine.migration.plan import Transfer
from app.engine.spiff.boundary import BoundaryEvent
from app.engine.spiff.case import Case, Level
from app.engine.spiff.catching import Catcher
from app.engine.spiff.event_sub_process import EventSubProcess
from app.engine.spiff.parallel import ParallelGateway
from app.engine.spiff.sub_process import SubProcess
from app.engine.spiff.token import Token


def carry_over(case: Case, new: Definition, transfer: Transfer) -> Case:
    """A case of the new version with copies of the tokens, ids and order kept."""
    moved = Case(new.specs[case.spec.key], new.specs)
    moved.case_state = case.case_state
    # What was passed in the old version cannot be led back to; its numbers are not given again.
    moved.trail.last = case.trail.last
    for level in case.levels():
        _fill(level, moved if level is case else _open(moved, level, new), transfer)
    return moved


def _open(moved: Case, level: Level, new: Definition) -> Level:
    host = _find(moved, level.host.id if level.host is not None else "")
    node = host.task_spec
    if not isinstance(node, (SubProcess, EventSubProcess)):
        raise EngineError(f"{node.bpmn_id} runs no process")
    return moved.open(host, new.specs[node.spec_key])


def _fill(level: Level, moved: Level, transfer: Transfer) -> None:
    # Values are never changed in place, so the two cases may share them.
    moved.data, moved.outcome = dict(level.data), level.outcome
    for token in level.tokens():
        if token.id in transfer.dropped:
            continue
        node = moved.spec.node(transfer.names[token.id])
        if node is None:
            raise EngineError(f"no element for token {token.id}")
        parent = moved.tasks.get(token._parent, moved.task_tree)
        copy = Token(moved, node, parent, token._state, token.id)
        copy.internal_data, copy.data = deepcopy(token.internal_data), dict(token.data)
        copy.internal_data.pop("back", None)
        if token.id in transfer.flows:
            copy.internal_data["via"] = transfer.flows[token.id]


def take_up(case: Case, transfer: Transfer) -> None:
    """Arm what the new version lets listen, and complete joins that wait for nothing any more."""
    for token_id in transfer.rearmed:
        _rearm(_find(case, token_id))
    for token_id, name in transfer.attached:
        host = _find(case, token_id)
        boundary = host.workflow.spec.node(name)
        if isinstance(boundary, BoundaryEvent):
            boundary.attach(host)
    for host_id, name in transfer.listening:
        level: Level = case if host_id is None else case.subprocesses[host_id]
        event = level.spec.node(name)
        if isinstance(event, EventSubProcess):
            event.listen(level)
    for token_id, name in transfer.racing:
        _enter_race(_find(case, token_id), name)
    for token in list(case.all_tokens()):
        if (
            isinstance(token.task_spec, ParallelGateway)
            and token.waiting
            and token.id in token.workflow.tasks
        ):
            token.task_spec.resume(token)


def _rearm(token: Token) -> None:
    node = token.task_spec
    if isinstance(node, Catcher):
        for key in ("timer", "message", "held"):
            token.internal_data.pop(key, None)
        node.trigger.arm(token)


def _enter_race(racer: Token, name: str) -> None:
    node = racer.workflow.spec.node(name)
    if node is None:
        raise EngineError(f"no element {name}")
    token = racer.parent._add_child(node)
    token.internal_data["race"] = racer.internal_data["race"]
    node._update(token)


def _find(case: Case, token_id: str) -> Token:
    token = case.find(token_id)
    if token is None:
        raise EngineError(f"no token {token_id}")
    return token
