"""Remembering where a case stood, so that somebody can return there."""

from __future__ import annotations

from typing import Any

import orjson

from app.engine.spiff.activity import body_of
from app.engine.spiff.case import Case
from app.engine.spiff.token import Token
from app.engine.spiff.trail import Point, came_by, path_of
from app.engine.spiff.values import plain
from app.engine.state import write_level


def remember(case: Case, token: Token) -> None:
    """Remember the marking before this user task is completed; nothing where no task lets people go back.

    Of the runs of a repeated task the first one stands for all: returning opens all of them again.
    """
    trail = case.trail
    if not trail.is_kept or "back" in token.internal_data:
        return
    node, body = token.task_spec, body_of(token)
    spec, path = token.workflow.spec.key, path_of(token)
    passed = body.internal_data.get("way", ())
    if body is not token and any(
        (each.spec, each.element, each.path) == (spec, node.bpmn_id, path) and each.number in passed
        for each in trail.points
    ):
        return
    point = Point(trail.last + 1, token.id, spec, node.bpmn_id, path, marking(case), case.case_state)
    trail.add(point, token)
    came_by(body, point.number)


def marking(case: Case) -> list[list[Any]]:
    """All levels as they are stored, without variables that stay: those of the case and of shared scopes."""
    levels = []
    for level in case.levels():
        key, host, data, outcome, rows = write_level(level, case)
        levels.append([key, host, data if level is not case and level.spec.own_scope else {}, outcome, rows])
    copy: list[list[Any]] = orjson.loads(orjson.dumps(levels, default=plain))
    return copy
