"""Which row of its band a box stands in: straight main lines, few crossings, few rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from app.engine.layout.columns import topological
from app.engine.layout.scene import Box, Link

BEND, PER_ROW, BLOCKED, CROSSING, NEW_ROW = 1.0, 0.35, 2.5, 1.2, 0.8
ROUNDS = 6
BAND_STEP = 4


@dataclass(slots=True)
class RowPlan:
    """Rows while they are being searched for; numbers may be negative and have holes."""

    boxes: dict[str, Box]
    columns: dict[str, int]
    forward: Sequence[Link]
    back: Sequence[Link]
    row: dict[str, int] = field(default_factory=dict)
    cells: dict[tuple[int, int, int], str] = field(default_factory=dict)
    touching: dict[str, list[Link]] = field(default_factory=lambda: defaultdict(list))

    def put(self, box_id: str, row: int) -> None:
        self.row[box_id] = row
        self.cells[self.boxes[box_id].band, row, self.columns[box_id]] = box_id

    def height(self, box_id: str) -> int:
        """A number that orders boxes from top to bottom over all bands."""
        return self.boxes[box_id].band * BAND_STEP + self.row[box_id]


def assign_rows(
    boxes: Sequence[Box], columns: dict[str, int], forward: Sequence[Link], links: Sequence[Link]
) -> dict[str, int]:
    """A row within its band for every box that has a column."""
    kept = {link.id for link in forward}
    placed = {box.id: box for box in boxes if box.id in columns}
    back = [
        link
        for link in links
        if link.id not in kept and link.source in placed and link.target in placed
    ]
    plan = RowPlan(placed, columns, forward, back)
    for link in (*forward, *back):
        plan.touching[link.source].append(link)
        if link.target != link.source:
            plan.touching[link.target].append(link)
    _place_greedily(plan)
    for _ in range(ROUNDS):
        if not _improve(plan):
            break
    return plan.row


def _place_greedily(plan: RowPlan) -> None:
    reach = _reach(plan)
    heirs = _heirs(plan, reach)
    entering: dict[str, list[Link]] = defaultdict(list)
    for link in plan.forward:
        entering[link.target].append(link)
    order = topological(list(plan.boxes), [(link.source, link.target, 1) for link in plan.forward])
    position = {box_id: index for index, box_id in enumerate(order)}
    for box_id in sorted(order, key=lambda i: (plan.columns[i], -reach[i], position[i])):
        wished = _wished_row(plan, box_id, entering[box_id], heirs)
        band, column = plan.boxes[box_id].band, plan.columns[box_id]
        row = next(row for row in _outward(wished) if (band, row, column) not in plan.cells)
        plan.put(box_id, row)


def _outward(start: int) -> Iterator[int]:
    yield start
    for distance in range(1, 1000):
        yield start + distance
        yield start - distance


def _reach(plan: RowPlan) -> dict[str, int]:
    """The number of steps that can still follow a box: the longest way is the main line."""
    reach = dict.fromkeys(plan.boxes, 0)
    order = topological(list(plan.boxes), [(link.source, link.target, 1) for link in plan.forward])
    leaving: dict[str, list[str]] = defaultdict(list)
    for link in plan.forward:
        leaving[link.source].append(link.target)
    for box_id in reversed(order):
        reach[box_id] = max((reach[target] + 1 for target in leaving[box_id]), default=0)
    return reach


def _heirs(plan: RowPlan, reach: dict[str, int]) -> dict[str, str]:
    """For each box the successor in its own band that should stand straight behind it."""
    heirs: dict[str, str] = {}
    for link in plan.forward:
        if link.slot is not None or plan.boxes[link.source].band != plan.boxes[link.target].band:
            continue
        known = heirs.get(link.source)
        if known is None or reach[link.target] > reach[known]:
            heirs[link.source] = link.target
    return heirs


def _wished_row(plan: RowPlan, box_id: str, entering: Sequence[Link], heirs: dict[str, str]) -> int:
    band = plan.boxes[box_id].band
    same = [link.source for link in entering if plan.boxes[link.source].band == band and link.source in plan.row]
    straight = [source for source in same if heirs.get(source) == box_id]
    if straight:
        return min((plan.row[source] for source in straight), key=abs)
    return plan.row[same[0]] + 1 if same else 0


def _improve(plan: RowPlan) -> bool:
    """Try every exchange of a stretch of two rows once; True when something got better."""
    better = False
    for band, first, last in _stretches(plan):
        rows = sorted({row for b, row, _column in plan.cells if b == band})
        own = {plan.row[i] for i in _between(plan, band, first, last)}
        for row in sorted(own):
            for other in range(rows[0] - 1, rows[-1] + 2):
                if other != row and _try_exchange(plan, band, (row, other), first, last):
                    better = True
                    break
    return better


def _between(plan: RowPlan, band: int, first: int, last: int) -> list[str]:
    return [
        box_id
        for box_id, box in plan.boxes.items()
        if box.band == band and first <= plan.columns[box_id] <= last
    ]


def _stretches(plan: RowPlan) -> list[tuple[int, int, int]]:
    """Column intervals worth moving: each box, each straight run, each run's tail and head."""
    found: dict[tuple[int, int, int], None] = {}
    runs: dict[tuple[int, int], list[int]] = defaultdict(list)
    for (band, row, column), _box in sorted(plan.cells.items()):
        runs[band, row].append(column)
        found[band, column, column] = None
    for (band, _row), columns in runs.items():
        found[band, columns[0], columns[-1]] = None
        for link in plan.forward:
            source, target = plan.columns[link.source], plan.columns[link.target]
            if plan.boxes[link.source].band == plan.boxes[link.target].band == band and source < target:
                found[band, source, target] = None
                found[band, target, columns[-1]] = None
    return [key for key in found if key[1] <= key[2]]


def _try_exchange(plan: RowPlan, band: int, rows: tuple[int, int], first: int, last: int) -> bool:
    moved: dict[str, int] = {}
    for column in range(first, last + 1):
        for row, other in (rows, rows[::-1]):
            box_id = plan.cells.get((band, row, column))
            if box_id is not None:
                moved[box_id] = other
    if not moved:
        return False
    before = _local_cost(plan, moved)
    backup = {box_id: plan.row[box_id] for box_id in moved}
    _move(plan, moved)
    if _local_cost(plan, moved) < before - 1e-9:
        return True
    _move(plan, backup)
    return False


def _move(plan: RowPlan, moved: dict[str, int]) -> None:
    for box_id in moved:
        del plan.cells[plan.boxes[box_id].band, plan.row[box_id], plan.columns[box_id]]
    for box_id, row in moved.items():
        plan.put(box_id, row)


def _local_cost(plan: RowPlan, moved: Iterable[str]) -> float:
    """The part of the cost that moving these boxes can change: their links, and links passing their cells."""
    ids = set(moved)
    low = min(plan.columns[i] for i in ids)
    high = max(plan.columns[i] for i in ids)
    own: dict[str, Link] = {}
    near: dict[str, Link] = {}
    for link in (*plan.forward, *plan.back):
        if link.source in ids or link.target in ids:
            own[link.id] = link
        else:
            left, right = sorted((plan.columns[link.source], plan.columns[link.target]))
            if left <= high and right >= low:
                near[link.id] = link
    cost = sum(_link_cost(plan, link) for link in (*own.values(), *near.values()))
    cost += CROSSING * _crossings(plan, list(own.values()), list(near.values()))
    return cost + NEW_ROW * len({(band, row) for band, row, _column in plan.cells})


def _link_cost(plan: RowPlan, link: Link) -> float:
    (left, right) = (plan.columns[link.source], plan.columns[link.target])
    source, target = plan.height(link.source), plan.height(link.target)
    distance = PER_ROW * abs(source - target)
    if left > right or (left == right and link.source == link.target):
        return distance
    if left == right:
        return distance + BLOCKED * _boxes_above(plan, link)
    same = plan.boxes[link.source].band == plan.boxes[link.target].band
    along_source = _boxes_along(plan, link.source, left + 1, right - (1 if source == target else 0))
    if source == target and same and link.slot is None:
        return distance + (BLOCKED * along_source if along_source else 0.0)
    along_source = _boxes_along(plan, link.source, left + 1, right - 1)
    along_target = _boxes_along(plan, link.target, left + 1, right - 1)
    bends = 2 * BEND if link.slot is not None and source >= target else BEND
    return distance + bends + BLOCKED * 0.4 * min(along_source, along_target)


def _boxes_along(plan: RowPlan, box_id: str, first: int, last: int) -> int:
    band, row = plan.boxes[box_id].band, plan.row[box_id]
    own = plan.columns[box_id]
    return sum(1 for c in range(first, last + 1) if c != own and (band, row, c) in plan.cells)


def _boxes_above(plan: RowPlan, link: Link) -> int:
    """Boxes standing between two boxes of one column."""
    low, high = sorted((plan.height(link.source), plan.height(link.target)))
    column = plan.columns[link.source]
    return sum(
        1 for box_id in plan.boxes if plan.columns[box_id] == column and low < plan.height(box_id) < high
    )


def _crossings(plan: RowPlan, own: Sequence[Link], near: Sequence[Link]) -> int:
    total = 0
    for index, link in enumerate(own):
        for other in (*own[index + 1 :], *near):
            total += _cross(plan, link, other)
    return total


def _cross(plan: RowPlan, one: Link, two: Link) -> bool:
    """Two links that go right over the same gap cross when their ends stand in opposite order."""
    if max(plan.columns[one.source], plan.columns[two.source]) >= min(
        plan.columns[one.target], plan.columns[two.target]
    ):
        return False
    sources = plan.height(one.source) - plan.height(two.source)
    targets = plan.height(one.target) - plan.height(two.target)
    return sources * targets < 0
