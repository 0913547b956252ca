"""Which row of its band a box stands in: straight main lines, few crossings, few rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import count

from app.engine.layout.columns import topological
from app.engine.layout.patience import Patience
from app.engine.layout.row_cost import RowCost, Weights
from app.engine.layout.scene import Box, Link

ROUNDS, FAR = 5, 2


def assign_rows(
    boxes: Sequence[Box],
    columns: Mapping[str, int],
    forward: Sequence[Link],
    links: Sequence[Link],
    weights: Weights,
    patience: Patience,
) -> dict[str, int]:
    """A row within its band for every box that has a column."""
    kept = {link.id for link in forward}
    placed = {box.id: box for box in boxes if box.id in columns}
    back = [link for link in links if link.id not in kept and {link.source, link.target} <= placed.keys()]
    cost = RowCost(placed, columns, forward, back, weights)
    _place_greedily(placed, columns, forward, cost)
    if not patience.is_over:
        patience.spend(cost.find_rivals())
    for _ in range(ROUNDS):
        if patience.is_over or not _improve(cost, patience):
            break
    return {box_id: cost.row[number] for box_id, number in cost.number.items()}


def _place_greedily(
    boxes: Mapping[str, Box], columns: Mapping[str, int], forward: Sequence[Link], cost: RowCost
) -> None:
    """Column by column, the main line first: each box behind its predecessor if there is room."""
    order = topological(list(boxes), [(link.source, link.target, 1) for link in forward])
    reach = _reach(order, forward)
    heirs = _heirs(boxes, forward, reach)
    entering: dict[str, list[Link]] = defaultdict(list)
    for link in forward:
        entering[link.target].append(link)
    position = {box_id: index for index, box_id in enumerate(order)}
    rows: dict[str, int] = {}
    # Cells are never freed here: what was taken once need not be tried again.
    tried: dict[tuple[int, ...], Iterator[int]] = {}
    for box_id in sorted(order, key=lambda key: (columns[key], -reach[key], position[key])):
        same = [
            link.source
            for link in entering[box_id]
            if boxes[link.source].band == boxes[box_id].band and link.source in rows
        ]
        straight = [rows[source] for source in same if heirs.get(source) == box_id]
        wished = min(straight, key=abs) if straight else rows[same[0]] + 1 if same else 0
        number = cost.number[box_id]
        place = (boxes[box_id].band, columns[box_id], boxes[box_id].span, wished)
        rows[box_id] = next(
            row
            for row in tried.setdefault(place, _outward(wished))
            if not any(cell in cost.cells for cell in cost.cells_of(number, row))
        )
        cost.put(number, rows[box_id])


def _outward(start: int) -> Iterator[int]:
    yield start
    for distance in count(1):
        yield start + distance
        yield start - distance


def _reach(order: Sequence[str], forward: Sequence[Link]) -> dict[str, int]:
    """The number of steps that can still follow a box: the longest way is the main line."""
    reach = dict.fromkeys(order, 0)
    leaving: dict[str, list[str]] = defaultdict(list)
    for link in forward:
        leaving[link.source].append(link.target)
    for box_id in reversed(order):
        reach[box_id] = max((reach[target] + 1 for target in leaving[box_id]), default=0)
    return reach


def _heirs(boxes: Mapping[str, Box], forward: Sequence[Link], reach: Mapping[str, int]) -> dict[str, str]:
    """For each box the successor in its own band that should stand straight behind it."""
    heirs: dict[str, str] = {}
    for link in forward:
        if link.slot is not None or boxes[link.source].band != boxes[link.target].band:
            continue
        known = heirs.get(link.source)
        if known is None or reach[link.target] > reach[known]:
            heirs[link.source] = link.target
    return heirs


def _improve(cost: RowCost, patience: Patience) -> bool:
    """Try every exchange of a stretch of two rows once; True when something got better."""
    better = False
    for band, first, last in _stretches(cost):
        if patience.is_over:
            break
        rows = sorted({row for other, row, _column in cost.cells if other == band})
        own = sorted(
            {
                cost.row[box]
                for box, at in enumerate(cost.column)
                if cost.band[box] == band and first <= at <= last
            }
        )
        for row in own:
            low, high = max(rows[0] - 1, row - FAR), min(rows[-1] + 1, row + FAR)
            others = (other for other in range(low, high + 1) if other != row)
            if any(_try_exchange(cost, band, (row, other), first, last, patience) for other in others):
                better = True
    return better


def _stretches(cost: RowCost) -> list[tuple[int, int, int]]:
    """Column intervals worth moving: each box, each row, each link within a band and what follows it."""
    found: dict[tuple[int, int, int], None] = {}
    rows: dict[tuple[int, int], list[int]] = defaultdict(list)
    for band, row, column in sorted(cost.cells):
        rows[band, row].append(column)
        found[band, column, column] = None
    for (band, _row), columns in rows.items():
        found[band, columns[0], columns[-1]] = None
    for tie in cost.ties:
        first, last, band = cost.column[tie.left], cost.column[tie.right], cost.band[tie.left]
        if tie.forward and cost.band[tie.right] == band and first < last:
            found[band, first, last] = None
            end = rows[band, cost.row[tie.right]][-1]
            if last <= end:
                found[band, last, end] = None
    return list(found)


def _try_exchange(
    cost: RowCost, band: int, rows: tuple[int, int], first: int, last: int, patience: Patience
) -> bool:
    moved: dict[int, int] = {}
    for column in range(first, last + 1):
        for row, other in (rows, rows[::-1]):
            box = cost.cells.get((band, row, column))
            if box is not None:
                moved[box] = other
    if not moved or not cost.can_move(moved):
        return False
    backup = {box: cost.row[box] for box in moved}
    part = cost.affected(moved)
    patience.spend(cost.work_of(part))
    before = cost.local(part)
    cost.move(moved)
    if cost.local(part) < before - 1e-9:
        return True
    cost.move(backup)
    return False
