"""Breadth-first search over all markings of a net."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field

from app.engine.soundness.net import Net, Place, Step

Marking = frozenset[Place]


@dataclass(slots=True)
class Exploration:
    """What the search saw; `came` remembers for each marking the step and marking before it."""

    came: dict[Marking, tuple[Marking | None, Step]] = field(default_factory=dict)
    before: dict[Marking, list[Marking]] = field(default_factory=lambda: defaultdict(list))
    final: set[Marking] = field(default_factory=set)
    stuck: list[Marking] = field(default_factory=list)
    clashes: list[tuple[Marking | None, Step, Place]] = field(default_factory=list)
    acted: set[str] = field(default_factory=set)
    outcomes: set[str] = field(default_factory=set)
    is_complete: bool = True


def explore(net: Net, limit: int) -> Exploration:
    """All markings reachable from the beginnings, shortest runs first; stops at `limit` markings."""
    seen = Exploration()
    by_place: dict[Place, list[Step]] = defaultdict(list)
    for step in net.steps:
        for place in step.take:
            by_place[place].append(step)
    todo: deque[Marking] = deque()
    for step in net.first:
        _advance(seen, todo, None, step, frozenset())
    while todo:
        if len(seen.came) > limit:
            seen.is_complete = False
            break
        marking = todo.popleft()
        if not marking:
            seen.final.add(marking)
            continue
        enabled = _enabled(by_place, marking)
        for step in enabled:
            _advance(seen, todo, marking, step, marking - step.take)
        if not enabled:
            seen.stuck.append(marking)
    return seen


def _enabled(by_place: dict[Place, list[Step]], marking: Marking) -> list[Step]:
    found: dict[int, Step] = {}
    for place in sorted(marking):
        for step in by_place.get(place, ()):
            if step.take <= marking and not step.waits & (marking - step.take):
                found[id(step)] = step
    return list(found.values())


def _advance(
    seen: Exploration, todo: deque[Marking], marking: Marking | None, step: Step, rest: Marking
) -> None:
    """Take a step; a second token on one place is a clash and is not followed further."""
    seen.acted.update((step.node_id, *step.also))
    if step.outcome:
        seen.outcomes.add(step.outcome)
    after: Marking = frozenset() if step.clears else rest.union(step.put)
    if not step.clears:
        doubled = next((place for place in step.put if place in rest or step.put.count(place) > 1), None)
        if doubled is not None:
            seen.clashes.append((marking, step, doubled))
            return
    if not after and step.outcome not in ("error", "cancel"):
        seen.outcomes.add("completed")
    if marking is not None:
        seen.before[after].append(marking)
    if after not in seen.came:
        seen.came[after] = (marking, step)
        todo.append(after)
