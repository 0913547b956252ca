"""Whether an instance that stands where its tokens stand can still end: the proof of soundness, begun there.

A version that is sound from its start event need not be sound for an instance that passed a split before a
branch was added to it: the join would wait for that branch for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from app.engine.definition import Definition
from app.engine.errors import Problem
from app.engine.graph import ACTIVITIES, Process, read_collaboration
from app.engine.migration.wording import reason
from app.engine.soundness.net import Net, Place, Step, TooManyBranches
from app.engine.soundness.reduction import fuse
from app.engine.soundness.search import Exploration, Marking, explore
from app.engine.soundness.translation import Level, translate
from app.engine.spiff.process import ProcessSpec

EXACT_MARKINGS = 2_000
MAX_MARKINGS = 20_000


@dataclass(frozen=True)
class Mark:
    """A token on an element; `flow` is the one by which it came to a join; `is_aside` leaves the main flow."""

    element: str
    flow: str | None = None
    is_aside: bool = False


@dataclass(frozen=True)
class Marks:
    """The tokens of one running level."""

    spec: ProcessSpec
    marks: tuple[Mark, ...]


def check_outlook(new: Definition, levels: Iterable[Marks]) -> list[Problem]:
    """A reason for each element at which the instance would wait for ever; none where it is too large to tell."""
    processes: dict[str, Process | None] = {}
    found: dict[tuple[str, str], Problem] = {}
    for level in levels:
        process_id = level.spec.process_id
        if process_id not in processes:
            model = read_collaboration(new.diagram_xml(process_id))
            processes[process_id] = model.process(process_id)
        process = processes[process_id]
        for element_id in _stuck(process, level) if process is not None else ():
            element = new.element(process_id, element_id)
            if element is not None:
                found[(process_id, element_id)] = reason("stuck", process_id, element_id, element.name)
    return list(found.values())


def _stuck(process: Process, marks: Marks) -> Iterable[str]:
    scope_id = None if marks.spec.own_scope else marks.spec.key.partition("/")[2]
    level = Level(process, scope_id, {})
    try:
        nets = list(translate(level))
    except TooManyBranches:
        return
    for net in nets:
        nodes = {step.node_id for step in net.steps}
        places = [_place(level, mark) for mark in marks.marks if mark.element in nodes and not mark.is_aside]
        for marking in _hopeless(_explore_from(net, places)):
            yield from (net.waits_at.get(place, place.strip("@!")) for place in marking)


def _place(level: Level, mark: Mark) -> Place | None:
    """The place of the net that holds the token, None when the net has none for it."""
    if level.nodes[mark.element].type in ACTIVITIES:
        return f"@{mark.element}"
    ins = level.ins(mark.element)
    if mark.flow is not None:
        return mark.flow if mark.flow in ins else None
    return ins[0] if ins else None


def _explore_from(net: Net, places: Sequence[Place | None]) -> Exploration:
    """All that can follow; nothing when the tokens do not fit a net that holds one a place."""
    known = tuple(place for place in places if place is not None)
    if not known or len(set(known)) < len(places):
        return Exploration()
    begun = replace(net, first=(Step(net.process_id, frozenset(), known),))
    found = explore(begun, EXACT_MARKINGS)
    return found if found.is_complete else explore(fuse(begun), MAX_MARKINGS)


def _hopeless(seen: Exploration) -> list[Marking]:
    """Where nothing can happen any more, or where what can happen never ends; nothing is known of too much."""
    if not seen.is_complete:
        return []
    good = seen.final | set(seen.stuck) | {marking for marking, _, _ in seen.clashes if marking is not None}
    todo = list(good)
    while todo:
        for marking in seen.before.get(todo.pop(), ()):
            if marking not in good:
                good.add(marking)
                todo.append(marking)
    return [*seen.stuck, *(marking for marking in seen.came if marking not in good)]
