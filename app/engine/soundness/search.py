"""Breadth-first search over all markings of a net."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.engine.soundness.net import END, Net, Place, Step

Marking = frozenset[Place]
Tokens = frozenset[tuple[Place, int]]
_NOTHING: Marking = frozenset()
# Tokens moved in one search: bounds the time where each of few markings holds thousands of tokens.
MAX_MOVES = 10_000_000


@dataclass(slots=True)
class Exploration:
    """What the search saw; `came` remembers for each marking the step and marking before it.

    `acted` tells for each element where it acted first.
    """

    came: dict[Marking, tuple[Marking | None, Step]] = field(default_factory=dict)
    before: dict[Marking, list[Marking]] = field(default_factory=lambda: defaultdict(list))
    final: set[Marking] = field(default_factory=set)
    stuck: list[Marking] = field(default_factory=list)
    clashes: list[tuple[Marking | None, Step, Place]] = field(default_factory=list)
    repeated: list[tuple[Marking, Step]] = field(default_factory=list)
    acted: dict[str, tuple[Marking | None, Step]] = field(default_factory=dict)
    outcomes: set[str] = field(default_factory=set)
    is_complete: bool = True


def explore(net: Net, limit: int) -> Exploration:
    """All markings reachable from the beginnings, shortest runs first; stops at `limit` markings."""
    seen = Exploration()
    by_place = _by_place(net)
    todo: deque[Marking] = deque()
    moves = 0
    for step in net.first:
        _advance(seen, todo, None, step, _NOTHING)
    while todo:
        marking = todo.popleft()
        if len(seen.came) > limit or moves > MAX_MOVES:
            seen.is_complete = False
            break
        if is_over(marking):
            seen.final.add(marking)
            continue
        enabled = _enabled(by_place, marking)
        moves += (len(enabled) + 1) * (len(marking) + 1)
        for step in enabled:
            _advance(seen, todo, marking, step, marking - step.take)
        if not enabled:
            seen.stuck.append(marking)
    return seen


def is_over(marking: Marking) -> bool:
    """Whether only the traces of end events are left."""
    return all(place.startswith(END) for place in marking)


def _by_place(net: Net) -> Mapping[Place, list[Step]]:
    found: dict[Place, list[Step]] = defaultdict(list)
    for step in net.steps:
        for place in step.take:
            found[place].append(step)
    return found


def _enabled(by_place: Mapping[Place, list[Step]], marking: Marking) -> list[Step]:
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
    for node_id in (step.node_id, *step.also):
        seen.acted.setdefault(node_id, (marking, step))
    if step.outcome:
        seen.outcomes.add(step.outcome)
    after = _NOTHING if step.clears else rest.union(step.put)
    if not step.clears:
        doubled = [place for place in step.put if place in rest or step.put.count(place) > 1]
        tokens = [place for place in doubled if not place.startswith(END)]
        if tokens:
            seen.clashes.append((marking, step, tokens[0]))
            return
        if doubled and marking is not None:
            seen.repeated.append((marking, step))
    if is_over(after) and not step.outcome.startswith(("error", "cancel")):
        seen.outcomes.add("completed")
    if marking is not None:
        seen.before[after].append(marking)
    if after not in seen.came:
        seen.came[after] = (marking, step)
        todo.append(after)


Run = list[tuple[Step, Tokens]]


@dataclass(slots=True)
class Crowd:
    """What several tokens on one place lead to: a run of growth, and the shortest runs that end stuck."""

    growth: Run | None = None
    stuck: list[Run] = field(default_factory=list)


def play_on(net: Net, limit: int) -> Crowd:
    """All runs with any number of tokens on a place, until `limit` markings.

    Growth is a run in which the tokens return to where they lay, with more beside them: the covering test of
    Karp and Miller (1969) along the shortest runs. It is not applied across inclusive joins, whose waiting
    breaks it.
    """
    crowd = Crowd()
    by_place = _by_place(net)
    came: dict[Tokens, tuple[Tokens | None, Step]] = {}
    todo: deque[Tokens] = deque()
    moves = 0
    for step in net.first:
        todo += _reach(came, None, step, Counter())
    while todo and len(came) <= limit and moves < MAX_MOVES / 10:
        tokens = todo.popleft()
        if _covers_an_ancestor(came, tokens):
            return Crowd(_path(came, tokens))
        held = Counter(dict(tokens))
        enabled = _enabled(by_place, frozenset(held))
        moves += (len(enabled) + 1) * (len(held) + 1)
        if held and not enabled:
            crowd.stuck.append(_path(came, tokens))
        for step in enabled:
            rest = Counter() if step.clears else held - Counter(step.take)
            todo += _reach(came, tokens, step, rest)
    return crowd


def _reach(
    came: dict[Tokens, tuple[Tokens | None, Step]], before: Tokens | None, step: Step, rest: Counter[Place]
) -> list[Tokens]:
    put = () if step.clears else (place for place in step.put if not place.startswith(END))
    after = frozenset((rest + Counter(put)).items())
    if after in came:
        return []
    came[after] = (before, step)
    return [after]


def _covers_an_ancestor(came: Mapping[Tokens, tuple[Tokens | None, Step]], tokens: Tokens) -> bool:
    held = dict(tokens)
    before, step = came[tokens]
    while before is not None and not step.waits:
        if before and all(held.get(place, 0) >= count for place, count in before):
            return True
        before, step = came[before]
    return False


def _path(came: Mapping[Tokens, tuple[Tokens | None, Step]], tokens: Tokens) -> Run:
    steps: Run = []
    current: Tokens | None = tokens
    while current is not None:
        before, step = came[current]
        steps.append((step, current))
        current = before
    return steps[::-1]
