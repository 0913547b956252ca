"""Parallel tracks for the lines that share a gap, ordered so that they cross as little as possible."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.engine.layout.grid import Grid, Line
from app.engine.layout.routing import Route
from app.engine.layout.scene import Kind, Link

CROSSING, TOUCHING = 1.0, 60.0
# Improving an order takes the square of its length: beyond this many lines in one gap nobody sees it.
MOST_ARRANGED, ROUNDS = 150, 20
LEFT, RIGHT = -1, 1

Places = Mapping[tuple[str, int], float]
"""Link id and number of a straight piece of its route → where that piece lies."""


@dataclass(slots=True)
class Strand:
    """One or more merged pieces of routes that run along one gap line."""

    line: int
    low: float
    high: float
    ends: list[tuple[float, int, bool]] = field(default_factory=list)
    pieces: list[tuple[str, int]] = field(default_factory=list)
    merges: bool = False
    sources: set[str] = field(default_factory=set)
    track: int = 0

    def takes(self, link: Link) -> bool:
        """Whether a link to the same box may run into this strand (as `may_merge` says of two links)."""
        return self.merges and link.kind is Kind.SEQUENCE and link.source not in self.sources


@dataclass(slots=True)
class Tracks:
    """The track of every piece of a route that runs in a gap, and how many tracks each gap needs."""

    of_piece: dict[tuple[str, int], int] = field(default_factory=dict)
    x_counts: dict[int, int] = field(default_factory=dict)
    y_counts: dict[int, int] = field(default_factory=dict)


def assign_tracks(grid: Grid, routes: Mapping[str, Route], x_of: Places, y_of: Places) -> Tracks:
    """Tracks for all gaps; `x_of` and `y_of` say where pieces lie as far as that is known already."""
    tracks = Tracks()
    for upright in (True, False):
        known = y_of if upright else x_of
        at = grid.y_at if upright else grid.x_at
        lines: dict[int, list[Strand]] = defaultdict(list)
        for strand in _strands(grid, routes, upright, at, known):
            lines[strand.line].append(strand)
        counts = tracks.x_counts if upright else tracks.y_counts
        for line, strands in lines.items():
            counts[line] = _pack(_arranged(strands))
            for strand in strands:
                for piece in strand.pieces:
                    tracks.of_piece[piece] = strand.track
    return tracks


def _strands(
    grid: Grid, routes: Mapping[str, Route], upright: bool, at: Sequence[float], known: Places
) -> list[Strand]:
    axis = 0 if upright else 1
    gaps, across = (grid.x_lines, grid.y_lines) if upright else (grid.y_lines, grid.x_lines)
    merged: dict[tuple[object, ...], list[Strand]] = defaultdict(list)
    strands: list[Strand] = []
    for route in routes.values():
        points = route.points
        for index in range(len(points) - 1):
            start, end = points[index], points[index + 1]
            if start[axis] != end[axis] or start == end or not gaps[start[axis]].is_gap:
                continue
            strand = _strand(route, index, axis, at, known, across)
            group = merged[(start[axis], route.link.target, points[index + 1 :])]
            host = next((s for s in group if s.takes(route.link)), None)
            if host is None:
                group.append(strand)
                strands.append(strand)
            else:
                host.low, host.high = min(host.low, strand.low), max(host.high, strand.high)
                host.ends.append(strand.ends[0])
                host.pieces += strand.pieces
                host.sources.add(route.link.source)
    return strands


def _strand(
    route: Route,
    index: int,
    axis: int,
    at: Sequence[float],
    known: Places,
    across: Sequence[Line],
) -> Strand:
    """One piece; its ends lie where its neighbours run and turn to the side where those come from."""
    points = route.points
    start, end = points[index], points[index + 1]
    here = start[axis]
    ends: list[tuple[float, int, bool]] = []
    places: list[float] = []
    for cell, neighbour, piece in ((start, index - 1, index - 1), (end, index + 2, index + 1)):
        place = known.get((route.link.id, piece), at[cell[1 - axis]])
        places.append(place)
        if 0 <= neighbour < len(points):
            side = RIGHT if points[neighbour][axis] > here else LEFT
            ends.append((place, side, not across[cell[1 - axis]].is_gap))
    merges = route.link.kind is Kind.SEQUENCE
    return Strand(here, min(places), max(places), ends, [(route.link.id, index)], merges, {route.link.source})


def _arranged(strands: list[Strand]) -> list[Strand]:
    """The strands of one gap from left to right (from top to bottom), by repeated best insertion."""
    order = sorted(
        strands, key=lambda s: (sum(end[1] for end in s.ends) / max(len(s.ends), 1), s.low, s.high)
    )
    if len(order) > MOST_ARRANGED:
        return order
    cost = [[0.0 if a is b else _cost(a, b) for b in order] for a in order]
    places = list(range(len(order)))
    for _ in range(ROUNDS):
        moves = [_reinsert(places, strand, cost) for strand in tuple(places)]
        if not any(moves):
            break
    return [order[index] for index in places]


def _reinsert(places: list[int], strand: int, cost: Sequence[Sequence[float]]) -> bool:
    """Move one strand to where it costs least; True when that is better than where it was."""
    old = places.index(strand)
    rest = [*places[:old], *places[old + 1 :]]
    # What changes from one place to the next is only the order of the strand and the one it passes.
    value = sum(cost[strand][other] for other in rest)
    values = [value]
    for other in rest:
        value += cost[other][strand] - cost[strand][other]
        values.append(value)
    best = old
    for position, value in enumerate(values):
        if value < values[best] - 1e-9:
            best = position
    places[:] = [*rest[:best], strand, *rest[best:]]
    return best != old


def _cost(left: Strand, right: Strand) -> float:
    """What it costs to put one strand left of the other: crossings, and lines running into each other."""
    cost = 0.0
    for place, side, _fixed in left.ends:
        if side == RIGHT and right.low + 0.5 < place < right.high - 0.5:
            cost += CROSSING
    for place, side, _fixed in right.ends:
        if side == LEFT and left.low + 0.5 < place < left.high - 0.5:
            cost += CROSSING
    for place, side, fixed in left.ends:
        for other, other_side, other_fixed in right.ends:
            if side == RIGHT and other_side == LEFT and abs(place - other) < 0.5 and fixed and other_fixed:
                cost += TOUCHING
    return cost


def _pack(order: list[Strand]) -> int:
    """Tracks in the given order; strands that do not meet may share one. Returns how many are needed."""
    if len(order) > MOST_ARRANGED:
        return _pack_by_start(order)
    for index, strand in enumerate(order):
        strand.track = 1 + max((other.track for other in order[:index] if _meet(strand, other)), default=-1)
    return max((strand.track for strand in order), default=-1) + 1


def _pack_by_start(order: list[Strand]) -> int:
    """The fewest tracks, in no order that would avoid crossings."""
    ends: list[tuple[float, int]] = []
    for strand in sorted(order, key=lambda strand: strand.low):
        free = bool(ends) and ends[0][0] + 6 < strand.low
        strand.track = heapq.heappop(ends)[1] if free else len(ends)
        heapq.heappush(ends, (strand.high, strand.track))
    return len(ends)


def _meet(one: Strand, two: Strand) -> bool:
    return one.low <= two.high + 6 and two.low <= one.high + 6
