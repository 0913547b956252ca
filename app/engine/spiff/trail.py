"""The way a case came: the steps that somebody may return to, and what happened outside on the way.

A point is the marking just before a user task was completed: where every token was, without the variables.
Points and outside events are numbered together. A token remembers in `way` the numbers that it passed since the
last split or join, so that two tokens never share a number. Nothing is kept where no task lets people go back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import orjson

from app.engine.spiff.values import plain

if TYPE_CHECKING:
    from app.engine.spiff.token import Token

_ID = re.compile(r"\b[0-9a-f]{32}\b")
# Kinds of records that reach beyond the case.
OUTSIDE = frozenset({"service_done", "message_sent", "message_received"})


@dataclass(frozen=True)
class Point:
    """The marking before a user task was completed.

    `path` are the ids of the tokens that ran the levels around it, outer first; `levels` are rows as in the state.
    With `alone` only the tokens that came from here may be led back: what stood beside it then is outdated.
    """

    number: int
    task_id: str
    spec: str
    element: str
    path: list[str]
    levels: list[list[Any]]
    state: str | None
    alone: bool = False


@dataclass(frozen=True)
class Outside:
    """Something that happened outside of the case and cannot be undone by it."""

    number: int
    kind: str
    spec: str
    element: str
    path: list[str]


@dataclass
class Trail:
    """All points and outside events of a case, in the order of their numbers."""

    is_kept: bool
    last: int = 0
    points: list[Point] = field(default_factory=list)
    outside: list[Outside] = field(default_factory=list)

    def note(self, kind: str, token: Token) -> None:
        """Remember what the token did outside; other records are no concern."""
        node = token.task_spec
        if kind == "element_completed" and node.for_delegates:
            kind = "service_done"
        if not self.is_kept or kind not in OUTSIDE:
            return
        self.last += 1
        found = Outside(self.last, kind, node._wf_spec.key, node.bpmn_id, path_of(token))
        self.outside = [each for each in self.outside if not self._is_replaced(each, found, token)]
        self.outside.append(found)
        if not node.listens(token):
            came_by(token, self.last)

    def add(self, point: Point, token: Token) -> None:
        """Remember a point, which takes the place of an earlier one at the same element."""
        self.last = point.number
        self.points = [each for each in self.points if not self._is_replaced(each, point, token)]
        self.points.append(point)

    def _is_replaced(self, old: Point | Outside, new: Point | Outside, token: Token) -> bool:
        """Keeps a trail short: of the rounds of a loop only the last one counts."""
        if (old.spec, old.element) != (new.spec, new.element):
            return False
        case = token.workflow.top_workflow
        return old.path == new.path or any(host not in case.subprocesses for host in old.path)

    def forget(self, numbers: frozenset[int]) -> None:
        """These have been undone."""
        self.points = [point for point in self.points if point.number not in numbers]
        self.outside = [event for event in self.outside if event.number not in numbers]

    def forget_inside(self, hosts: set[str]) -> None:
        """Nobody can return into what these tokens ran."""
        self.points = [point for point in self.points if not hosts & set(point.path)]

    def take_back(
        self, points: list[dict[str, Any]], outside: list[dict[str, Any]], last: int
    ) -> dict[int, int]:
        """What was undone for a while counts again; old numbers with their new ones.

        If anything was numbered since `last`, what comes back is newer than that, and what it remembers of the
        tokens beside it is outdated.
        """
        back: list[Point | Outside] = [Point(**each) for each in points]
        back += [Outside(**each) for each in outside]
        numbers: dict[int, int] = {}
        if self.last > last:
            for each in sorted(back, key=lambda one: one.number):
                self.last += 1
                numbers[each.number] = self.last
        for each in back:
            number = numbers.get(each.number, each.number)
            if isinstance(each, Point):
                self.points.append(replace(each, number=number, alone=each.alone or bool(numbers)))
            else:
                self.outside.append(replace(each, number=number))
        self.points.sort(key=lambda point: point.number)
        self.outside.sort(key=lambda event: event.number)
        return numbers

    def leave_alone(self, after: int) -> None:
        """What was remembered after this number can only lead its own tokens back."""
        self.points = [replace(point, alone=True) if point.number > after else point for point in self.points]

    def rename(self, ids: Mapping[str, str]) -> None:
        """Tokens that were put back have new ids: what is remembered of them is remembered of the new ones."""
        self.read(renamed(self.write(), ids))

    @property
    def all(self) -> list[Point | Outside]:
        """Points and outside events."""
        return [*self.points, *self.outside]

    def write(self) -> list[Any]:
        """As plain values for the state."""
        return [self.last, [asdict(point) for point in self.points], [asdict(each) for each in self.outside]]

    def read(self, stored: list[Any]) -> None:
        """Take over what `write` gave."""
        self.last, points, outside = stored
        self.points = [Point(**point) for point in points]
        self.outside = [Outside(**each) for each in outside]


def renamed(value: Any, ids: Mapping[str, str]) -> Any:
    """A copy of plain values in which tokens have other ids; no other text is as long and as random as an id."""
    text = orjson.dumps(value, default=plain).decode()
    return orjson.loads(_ID.sub(lambda found: ids.get(found[0], found[0]), text))


def path_of(token: Token) -> list[str]:
    """The tokens that run the levels around this one, outer first."""
    found: list[str] = []
    host = token.workflow.host
    while host is not None:
        found.append(host.id)
        host = host.workflow.host
    return found[::-1]


def came_by(token: Token, number: int) -> None:
    """The token passed this number; what is not remembered any more need not be known of it either."""
    trail = token.workflow.top_workflow.trail
    known = {each.number for each in trail.all}
    token.internal_data["way"] = [*(n for n in token.internal_data.get("way", ()) if n in known), number]


def renumber(token: Token | None, numbers: Mapping[int, int]) -> None:
    """The token passed the same under other numbers."""
    if token is not None and "way" in token.internal_data:
        token.internal_data["way"] = sorted(numbers.get(n, n) for n in token.internal_data["way"])


def hand_on(token: Token, child: Token) -> None:
    """The child goes the way of the token."""
    if "way" in token.internal_data:
        child.internal_data["way"] = token.internal_data["way"]


def take_way(item: Token, body: Token) -> None:
    """What a run of a repeated activity passed, all its runs together passed."""
    if "way" in item.internal_data:
        body.internal_data["way"] = sorted({*body.internal_data.get("way", ()), *item.internal_data["way"]})


def forget_way(token: Token) -> None:
    """What follows a split or a join has a way of its own."""
    token.internal_data.pop("way", None)


def pass_through(host: Token) -> None:
    """The level that the token ran has ended: what was passed inside was passed by the token."""
    trail = host.workflow.top_workflow.trail
    inside = [each.number for each in trail.all if host.id in each.path]
    if inside:
        host.internal_data["way"] = sorted({*host.internal_data.get("way", ()), *inside})
