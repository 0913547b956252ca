"""What a return means before it is done: what ends, what opens again, what has to be done again, what bars it.

An earlier marking of a level was reached once, so that it can be reached again: leading the level back to it
leaves the case sound. Where only one token has come from the step, that token alone is led back and all that
stands beside it goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.engine.bundle import process_file
from app.engine.errors import Problem
from app.engine.spiff.case import Case, Level
from app.engine.spiff.flow_node import FlowNode
from app.engine.spiff.inclusive import InclusiveGateway
from app.engine.spiff.process import ProcessSpec
from app.engine.spiff.returning.units import (
    ELEMENT,
    ID,
    PARENT,
    REMEMBERED,
    Unit,
    ids_of,
    inside,
    live_inside,
    live_rows,
    stored_units,
)
from app.engine.spiff.timer import due_of
from app.engine.spiff.trail import Outside, Point
from app.engine.spiff.user_task import UserTask

OUTDATED = "outdated"
BARS = {
    "service_done": ("已经执行，不能撤销", "has been carried out and cannot be undone"),
    "message_sent": ("消息已经发出", "the message has been sent"),
    "message_received": ("消息已经收到，不会再来", "the message has come and will not come again"),
}


@dataclass(frozen=True)
class Place:
    """An element in a preview; `task_id` where it is an open task, `due_at` where it is a running timer."""

    process_id: str
    element_id: str
    name: str
    task_id: str | None = None
    due_at: datetime | None = None
    name_en: str = ""


@dataclass(frozen=True)
class Undoing:
    """What acting has to do, in the terms of the engine."""

    level: Level
    depth: int
    entry: list[Any]
    cancelled: tuple[Unit, ...]
    restored: tuple[Unit, ...]
    numbers: frozenset[int]
    is_alone: bool
    is_run: bool


@dataclass(frozen=True)
class ReturnPlan:
    """The preview of a return; `reasons` say why it is refused.

    `completed_task` is the id of the task whose completion is undone: who completed it is to do it again.
    """

    number: int
    completed_task: str
    target: Place
    cancelled: tuple[Place, ...]
    reopened: tuple[Place, ...]
    repeated: tuple[Place, ...]
    stopped_timers: tuple[Place, ...]
    rearmed_timers: tuple[Place, ...]
    kept: tuple[Place, ...]
    reasons: tuple[Problem, ...]
    undoing: Undoing | None = field(repr=False, default=None)

    @property
    def possible(self) -> bool:
        """Whether nothing speaks against the return."""
        return not self.reasons

    @property
    def may_come_straight(self) -> bool:
        """Whether the case can go on where it stands now as soon as the step is done again.

        Not where parallel steps or other runs of the step are led back as well: they would lose what was done
        meanwhile.
        """
        return self.undoing is not None and len(self.undoing.restored) == 1 and not self.undoing.is_run


def plan_return(case: Case, point: Point, harmless: frozenset[str] = frozenset()) -> ReturnPlan:
    """What leading the case back to a point would mean; changes nothing.

    `harmless` are the delegates that may be run again. A service task, a message sent or received on the way
    bars the return unless its element says `zr:repeatable="true"`.
    """
    found = undoing_of(case, point)
    target = _place(case.subprocess_specs[point.spec].node(point.element), point.spec)
    completed = point.task_id
    if found is None:
        outdated = Problem(
            OUTDATED, point.element, process_file(target.process_id),
            f"“{target.name}”之后的并行环节已经变动，不能退回到该环节",
            f"what ran beside {target.name_en} has changed since: nobody can return there",
        )  # fmt: skip
        return ReturnPlan(point.number, completed, target, (), (), (), (), (), (), (outdated,))
    live = live_rows(found.level)
    gone = set().union(*(ids_of(unit, live) for unit in found.cancelled))
    cancelled, stopped = _live_places(found.level, gone)
    ended = {place.task_id for place in cancelled}
    reopened, rearmed = _stored_places(case, found, point)
    return ReturnPlan(
        number=point.number,
        completed_task=completed,
        target=target,
        cancelled=cancelled,
        reopened=reopened,
        repeated=tuple(
            _place(case.subprocess_specs[each.spec].node(each.element), each.spec)
            for each in case.trail.points
            if each.number in found.numbers and each.number > point.number
        ),
        stopped_timers=stopped,
        rearmed_timers=rearmed,
        kept=tuple(
            _place(token.task_spec, token.workflow.spec.key, task_id=token.id)
            for token in case.all_tokens()
            if isinstance(token.task_spec, UserTask) and token.ready and token.id not in ended
        ),
        reasons=tuple(_bars(case, found, harmless)),
        undoing=found,
    )


def undoing_of(case: Case, point: Point) -> Undoing | None:
    """How to lead back to a point; None when what stood beside it is outdated."""
    depth = next((n for n, host in enumerate(point.path) if host not in case.subprocesses), len(point.path))
    level: Level = case.subprocesses[point.path[depth - 1]] if depth else case
    host = level.host.id if level.host is not None else None
    entry = next((each for each in point.levels if each[1] == host), None)
    if entry is None or (point.alone and depth < len(point.path)):
        return None
    rows = live_rows(level)
    units, before = stored_units(rows), stored_units(entry[4])
    alone = None if _has_inclusive_join(level.spec) else _came_from(level, units, rows, point.number)
    if alone is not None:
        chain = point.path[depth] if depth < len(point.path) else point.task_id
        restored = tuple(unit for unit in before if chain in ids_of(unit, entry[4]))
        cancelled: tuple[Unit, ...] = (alone,)
    elif point.alone:
        return None
    else:
        same, now = [unit.marks for unit in before], [unit.marks for unit in units]
        cancelled = tuple(unit for unit in units if unit.marks not in same)
        restored = tuple(unit for unit in before if unit.marks not in now)
    back = {entry[4][index][ID] for unit in restored for index in unit.rows}
    if (point.path[depth] if depth < len(point.path) else point.task_id) not in back:
        return None  # somebody has returned there already
    kept = {row[ID] for row in rows} - set().union(*(ids_of(unit, rows) for unit in cancelled))
    numbers = _numbers(case, level, point, depth, kept)
    return Undoing(level, depth, entry, cancelled, restored, numbers, alone is not None, _is_run(point))


def _is_run(point: Point) -> bool:
    """Whether the step was one run of a repeated task."""
    return any(row[ID] == point.task_id and row[PARENT] >= 0 for entry in point.levels for row in entry[4])


def _has_inclusive_join(spec: ProcessSpec) -> bool:
    """Such a join looks at all tokens: leading one back alone could let it act twice."""
    return any(isinstance(node, InclusiveGateway) and len(node.incoming) > 1 for node in spec.nodes)


def _came_from(level: Level, units: Sequence[Unit], rows: list[list[Any]], number: int) -> Unit | None:
    """The only unit of the level that came by this number."""
    ways = {token.id: token.internal_data.get("way", ()) for token in level.tokens()}
    found = [unit for unit in units if any(number in ways[key] for key in ids_of(unit, rows))]
    return found[0] if len(found) == 1 else None


def _numbers(case: Case, level: Level, point: Point, depth: int, kept: set[str]) -> frozenset[int]:
    """The points and outside events that are undone: all since the point that no kept token answers for."""
    kept_levels = [level, *live_inside(level, kept)]
    hosts = {each.host.id for each in kept_levels[1:] if each.host is not None}
    answered: set[int] = set()
    for each in kept_levels:
        for token in each.tokens():
            if each is not level or token.id in kept:
                answered.update(token.internal_data.get("way", ()))
    prefix = point.path[:depth]
    return frozenset(
        each.number
        for each in case.trail.all
        if each.number >= point.number
        and each.path[:depth] == prefix
        and each.number not in answered
        and not hosts & set(each.path)
    )


def _bars(case: Case, found: Undoing, harmless: frozenset[str]) -> Iterable[Problem]:
    for event in case.trail.outside:
        node = case.subprocess_specs[event.spec].node(event.element)
        if event.number in found.numbers and node is not None and not _may_repeat(event, node, harmless):
            zh, en = BARS[event.kind]
            place = _place(node, event.spec)
            yield Problem(
                event.kind,
                event.element,
                process_file(node.process_id),
                f"“{place.name}”{zh}",
                f"{place.name_en} {en}",
            )


def _may_repeat(event: Outside, node: FlowNode, harmless: frozenset[str]) -> bool:
    said = node.settings.text("repeatable")
    if said is not None:
        return said == "true"
    return event.kind == "service_done" and node.settings.text("delegate") in harmless


def _live_places(level: Level, ids: set[str]) -> tuple[tuple[Place, ...], tuple[Place, ...]]:
    """Open tasks and running timers of these tokens and of what runs inside of them."""
    tasks: list[Place] = []
    timers: list[Place] = []
    inner = live_inside(level, ids)
    for each in (level, *inner):
        for token in each.tokens():
            if each is level and token.id not in ids:
                continue
            node = token.task_spec
            if isinstance(node, UserTask) and token.ready:
                tasks.append(_place(node, each.spec.key, task_id=token.id))
            elif (due := due_of(token)) is not None:
                timers.append(_place(node, each.spec.key, due_at=due))
    return tuple(tasks), tuple(timers)


def _stored_places(case: Case, found: Undoing, point: Point) -> tuple[tuple[Place, ...], tuple[Place, ...]]:
    """Tasks that open again beside the target, and timers that start again."""
    rows = [found.entry[4][index] for unit in found.restored for index in unit.rows]
    tasks: list[Place] = []
    timers: list[Place] = []
    entries = [(found.entry[0], rows)]
    entries += [(each[0], each[4]) for each in inside(point.levels, {row[ID] for row in rows})]
    for key, stored in entries:
        for row in stored:
            node = case.subprocess_specs[key].node(row[ELEMENT])
            remembered = row[REMEMBERED] if len(row) > REMEMBERED else {}
            if isinstance(node, UserTask) and "task" in remembered and row[ID] != point.task_id:
                tasks.append(_place(node, key))
            elif "timer" in remembered:
                timers.append(_place(node, key))
    return tuple(tasks), tuple(timers)


def _place(
    node: FlowNode | None, key: str, *, task_id: str | None = None, due_at: datetime | None = None
) -> Place:
    if node is None:
        return Place(key, key, key, name_en=key)
    name = node.bpmn_name or node.bpmn_id
    name_en = node.settings.text("nameEn") or name
    return Place(node.process_id, node.bpmn_id, name, task_id, due_at, name_en)
