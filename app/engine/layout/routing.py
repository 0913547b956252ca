"""Orthogonal routes over the grid: a cheapest-path search that knows bends, crossings and occupied ports."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from app.engine.layout.channels import Channels
from app.engine.layout.grid import Grid
from app.engine.layout.patience import Patience
from app.engine.layout.scene import Kind, Link

BEND, CROSSING, OVERLAP, CROWD = 45.0, 80.0, 900.0, 4.0
EAST, SOUTH, WEST, NORTH = range(4)
STEP = ((1, 0), (0, 1), (-1, 0), (0, -1))
OPPOSITE = (WEST, NORTH, EAST, SOUTH)
LEAVE_COST = {
    Kind.SEQUENCE: {EAST: 0.0, SOUTH: 30.0, NORTH: 30.0, WEST: 140.0},
    Kind.MESSAGE: {EAST: 90.0, SOUTH: 0.0, NORTH: 0.0, WEST: 90.0},
    Kind.ASSOCIATION: {EAST: 20.0, SOUTH: 0.0, NORTH: 0.0, WEST: 20.0},
}
# Keyed by the direction of the last step: a line that goes east enters on the left side.
ENTER_COST = {
    Kind.SEQUENCE: {EAST: 0.0, SOUTH: 30.0, NORTH: 30.0, WEST: 110.0},
    Kind.MESSAGE: {EAST: 90.0, SOUTH: 0.0, NORTH: 0.0, WEST: 90.0},
    Kind.ASSOCIATION: {EAST: 20.0, SOUTH: 0.0, NORTH: 0.0, WEST: 20.0},
}
TAKEN_SIDE, SHARED_EXIT, CROWDED_BOTTOM = 90.0, 130.0, 200.0
# A boundary event nearer than this to the middle of the lower side leaves no room for a line there.
EVENT_ROOM = 20.0

Cell = tuple[int, int]
Unit = tuple[int, int, bool]
Port = tuple[str, int, int]
"""A box, one of its sides, and on the upper and lower side the x line."""


@dataclass(frozen=True, slots=True)
class Route:
    """The bends of one link as grid points, from the middle of its source to the middle of its target."""

    link: Link
    points: tuple[Cell, ...]


@dataclass(slots=True)
class Traffic:
    """What the routes found so far occupy."""

    units: dict[Unit, list[Link]] = field(default_factory=lambda: defaultdict(list))
    straight: Counter[Unit] = field(default_factory=Counter)
    sides: dict[Port, list[tuple[Link, bool]]] = field(default_factory=lambda: defaultdict(list))


class _Frontier:
    """The open states of one cheapest-path search; a state is a cell and the direction it was entered in."""

    def __init__(self, grid: Grid, goals: Sequence[Cell]) -> None:
        self.grid = grid
        self.wide = len(grid.x_lines)
        # With many goals (any place along a pool) the estimate would cost more than it saves.
        near = goals if len(goals) <= 12 else ()
        self.targets = [(grid.x_at[x], grid.y_at[y]) for x, y in near]
        self.best: dict[int, float] = {}
        self.came: dict[int, int] = {}
        self.heap: list[tuple[float, float, int]] = []

    def push(self, cost: float, cell: Cell, heading: int, before: int) -> None:
        state = ((cell[1] * self.wide + cell[0]) << 2) | heading
        if cost < self.best.get(state, 1e18):
            self.best[state], self.came[state] = cost, before
            x, y = self.grid.x_at[cell[0]], self.grid.y_at[cell[1]]
            rest = min((abs(x - gx) + abs(y - gy) for gx, gy in self.targets), default=0.0)
            heapq.heappush(self.heap, (cost + rest, cost, state))

    def cell(self, state: int) -> Cell:
        return ((state >> 2) % self.wide, (state >> 2) // self.wide)

    def trace(self, state: int) -> list[Cell]:
        """The cells from a start to `state`."""
        cells: list[Cell] = []
        while state != -1:
            cells.append(self.cell(state))
            state = self.came[state]
        return cells[::-1]


@dataclass(slots=True)
class Router:
    """Finds one route after another on a grid."""

    grid: Grid
    patience: Patience
    traffic: Traffic = field(default_factory=Traffic)
    opaque: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for row, band in enumerate(self.grid.placement.row_bands):
            opaque_id = self.grid.bands[band].opaque_id
            if opaque_id is not None:
                self.opaque.setdefault(opaque_id, row)

    def route_all(self, links: Sequence[Link]) -> dict[str, Route]:
        """A route for every link whose ends have a place; each is tried again once all others are known."""
        ordered = sorted(links, key=lambda link: self._difficulty(link))
        routes: dict[str, Route] = {}
        for attempt in range(3):
            for link in ordered:
                if self.patience.is_over:
                    break
                if attempt:
                    self._record(routes[link.id], -1)
                routes[link.id] = self._find(link)
                self._record(routes[link.id], 1)
        if len(routes) < len(links):
            channels = Channels(self.grid)
            routes |= {link.id: self._plain(link, channels) for link in links if link.id not in routes}
        return {link.id: routes[link.id] for link in links}

    def _difficulty(self, link: Link) -> tuple[int, float]:
        rank = {Kind.SEQUENCE: 0, Kind.MESSAGE: 2, Kind.ASSOCIATION: 3}[link.kind]
        columns = self.grid.placement.columns
        if link.source not in columns or link.target not in columns:
            return (rank, 0.0)
        span = columns[link.target] - columns[link.source]
        rows = self.grid.placement.rows
        backward = rank == 0 and span <= 0 and rows[link.target] == rows[link.source]
        return (rank + backward, abs(span) * 3.0 + abs(rows[link.target] - rows[link.source]))

    def _plain(self, link: Link, channels: Channels) -> Route:
        points = channels.route(link, self._opaque_row(link.source), self._opaque_row(link.target))
        return Route(link, tuple(_corners(points)))

    def _find(self, link: Link) -> Route:
        starts = dict(self._starts(link))
        goals = self._goals(link)
        found = self._search(link, starts, goals)
        points = [self._origin(link, found[0]), *found, self._end(link, found[-1])]
        return Route(link, tuple(_corners(points)))

    def _origin(self, link: Link, first: Cell) -> Cell:
        row = self._opaque_row(link.source)
        if row is not None:
            return (first[0], self.grid.middle_y[row])
        if link.slot is not None:
            return (self.grid.slot_x[link.slot], self.grid.box_y(link.source))
        return self._inside(link.source, first)

    def _inside(self, box_id: str, port: Cell) -> Cell:
        """The point within a box that a line through this port aims at."""
        y = self.grid.box_y(box_id)
        return (self.grid.box_x(box_id) if port[1] == y else port[0], y)

    def _end(self, link: Link, last: Cell) -> Cell:
        row = self._opaque_row(link.target)
        if row is not None:
            return (last[0], self.grid.middle_y[row])
        return self._inside(link.target, last)

    def _opaque_row(self, box_id: str) -> int | None:
        return self.opaque.get(box_id)

    def _ports(self, box_id: str) -> Iterator[tuple[int, Cell]]:
        """The side (as the direction in which a line leaves there) and the grid point before it.

        A box over several columns can be entered from above and below in each of them.
        """
        box, y = self.grid.boxes[box_id], self.grid.box_y(box_id)
        left, right = self.grid.sides_x(box_id)
        yield EAST, (right, y)
        yield WEST, (left, y)
        drops = [self.grid.x_lines[self.grid.slot_x[slot.id]] for slot in box.slots]
        first = self.grid.placement.columns[box_id]
        for column in range(first, first + box.span):
            x = self.grid.middle_x[column]
            yield NORTH, (x, y - 1)
            if not any(line.index == column and abs(line.offset) < EVENT_ROOM for line in drops):
                yield SOUTH, (x, y + 1)

    def _pool_ports(self, row: int) -> Iterator[tuple[int, Cell]]:
        y = self.grid.middle_y[row]
        for x, line in enumerate(self.grid.x_lines):
            if line.kind != "slot":
                yield SOUTH, (x, y + 1)
                yield NORTH, (x, y - 1)

    def _starts(self, link: Link) -> Iterator[tuple[tuple[Cell, int], float]]:
        row = self._opaque_row(link.source)
        if row is not None:
            for side, point in self._pool_ports(row):
                yield (point, side), 0.0
        elif link.slot is not None:
            yield ((self.grid.slot_x[link.slot], self.grid.box_y(link.source) + 1), SOUTH), 0.0
        else:
            for side, point in self._ports(link.source):
                yield (
                    (point, side),
                    LEAVE_COST[link.kind][side] + self._side_cost(link.source, side, point[0], False),
                )

    def _goals(self, link: Link) -> dict[Cell, list[tuple[int, float]]]:
        goals: dict[Cell, list[tuple[int, float]]] = defaultdict(list)
        row = self._opaque_row(link.target)
        if row is not None:
            for side, point in self._pool_ports(row):
                goals[point].append((OPPOSITE[side], 0.0))
            return goals
        for side, point in self._ports(link.target):
            cost = ENTER_COST[link.kind][OPPOSITE[side]] + self._side_cost(link.target, side, point[0], True)
            goals[point].append((OPPOSITE[side], cost))
        return goals

    def _side_cost(self, box_id: str, side: int, x: int, enters: bool) -> float:
        """The price of sharing a port: cheap for lines that join, dear for those that part or meet head-on."""
        cost = 0.0
        for _other, other_enters in self.traffic.sides[box_id, side, x if side in (NORTH, SOUTH) else -1]:
            if enters != other_enters:
                cost += TAKEN_SIDE * 1.5
            elif not enters:
                cost += SHARED_EXIT
        if side == SOUTH and self.grid.boxes[box_id].slots:
            cost += CROWDED_BOTTOM if len(self.grid.boxes[box_id].slots) > 1 else TAKEN_SIDE
        return cost

    def _search(
        self,
        link: Link,
        starts: Mapping[tuple[Cell, int], float],
        goals: Mapping[Cell, list[tuple[int, float]]],
    ) -> list[Cell]:
        frontier = _Frontier(self.grid, list(goals))
        for (cell, heading), cost in starts.items():
            frontier.push(cost, cell, heading, -1)
        done: tuple[float, int] = (1e18, -1)
        visited = 0
        while frontier.heap and frontier.heap[0][0] < done[0]:
            _estimate, cost, state = heapq.heappop(frontier.heap)
            if cost > frontier.best[state]:
                continue
            cell, heading = frontier.cell(state), state & 3
            for side, extra in goals.get(cell, ()):
                total = cost + extra + (BEND if side != heading else self._pass_cost(cell, heading))
                if side != OPPOSITE[heading] and total < done[0]:
                    done = (total, state)
            for turn in range(4):
                step = self._step_cost(link, cell, heading, turn)
                if step is not None:
                    after = (cell[0] + STEP[turn][0], cell[1] + STEP[turn][1])
                    frontier.push(cost + step, after, turn, state)
            visited += 1
        self.patience.spend(visited)
        return frontier.trace(done[1])

    def _step_cost(self, link: Link, cell: Cell, heading: int, turn: int) -> float | None:
        """The price of leaving `cell` in the direction `turn`; None when the way is blocked."""
        if turn == OPPOSITE[heading]:
            return None
        grid, (x, y) = self.grid, cell
        nx, ny = x + STEP[turn][0], y + STEP[turn][1]
        if not (0 <= nx < len(grid.x_lines) and 0 <= ny < len(grid.y_lines)):
            return None
        flat = turn in (EAST, WEST)
        low = (min(x, nx), min(y, ny))
        free = grid.can_go_right(*low) if flat else grid.can_go_down(*low, link.slot)
        if not free:
            return None
        length = abs(grid.x_at[nx] - grid.x_at[x]) + abs(grid.y_at[ny] - grid.y_at[y])
        cost = length + (BEND if turn != heading else self._pass_cost(cell, heading))
        return cost + self._share_cost(link, (*low, flat))

    def _pass_cost(self, cell: Cell, heading: int) -> float:
        across = heading in (SOUTH, NORTH)
        return CROSSING * self.traffic.straight[*cell, across]

    def _share_cost(self, link: Link, unit: Unit) -> float:
        others = self.traffic.units.get(unit)
        if not others:
            return 0.0
        line = self.grid.y_lines[unit[1]] if unit[2] else self.grid.x_lines[unit[0]]
        strangers = sum(1 for other in others if not may_merge(link, other))
        return (CROWD if line.is_gap else OVERLAP) * strangers

    def _record(self, route: Route, sign: int) -> None:
        """Add a route to the traffic, or take it away again."""
        link, points = route.link, route.points
        for start, end in pairwise(points):
            flat = start[1] == end[1]
            for unit in _units(start, end):
                if sign > 0:
                    self.traffic.units[unit].append(link)
                else:
                    self.traffic.units[unit].remove(link)
            axis = 0 if flat else 1
            low, high = sorted((start[axis], end[axis]))
            for inner in range(low + 1, high):
                cell = (inner, start[1]) if flat else (start[0], inner)
                self.traffic.straight[*cell, flat] += sign
        for port, enters in _sides(route):
            if sign > 0:
                self.traffic.sides[port].append((link, enters))
            else:
                self.traffic.sides[port].remove((link, enters))


def may_merge(one: Link, two: Link) -> bool:
    """Lines may run into each other when both end in the same box; never when they connect the same pair."""
    return one.target == two.target and one.source != two.source and one.kind is two.kind is Kind.SEQUENCE


def direction(start: Cell, end: Cell) -> int:
    """The heading of a straight grid step."""
    if start[1] == end[1]:
        return EAST if end[0] > start[0] else WEST
    return SOUTH if end[1] > start[1] else NORTH


def _sides(route: Route) -> list[tuple[Port, bool]]:
    """The ports a route uses, and whether it enters there."""
    points, link = route.points, route.link
    if len(points) < 2:
        return []
    entered = (_port(link.target, points[-1], points[-2]), True)
    if link.slot is not None:
        return [entered]
    return [(_port(link.source, points[0], points[1]), False), entered]


def _port(box_id: str, inside: Cell, outside: Cell) -> Port:
    side = direction(inside, outside)
    return (box_id, side, inside[0] if side in (NORTH, SOUTH) else -1)


def _units(start: Cell, end: Cell) -> Iterator[Unit]:
    if start[1] == end[1]:
        low, high = sorted((start[0], end[0]))
        for x in range(low, high):
            yield (x, start[1], True)
    else:
        low, high = sorted((start[1], end[1]))
        for y in range(low, high):
            yield (start[0], y, False)


def _corners(points: Sequence[Cell]) -> list[Cell]:
    """The points without those in the middle of a straight piece."""
    kept: list[Cell] = []
    for point in points:
        if kept and kept[-1] == point:
            continue
        if len(kept) > 1 and _straight(kept[-2], kept[-1], point):
            kept.pop()
        kept.append(point)
    return kept


def _straight(a: Cell, b: Cell, c: Cell) -> bool:
    return (a[0] == b[0] == c[0]) or (a[1] == b[1] == c[1])
