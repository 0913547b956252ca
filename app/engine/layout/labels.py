"""Places for the labels outside of boxes: close to what they name, on nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from app.engine.layout.patience import Patience
from app.engine.layout.routing import NORTH, SOUTH, Route, direction
from app.engine.layout.scene import LABEL_SIZE, LABEL_WIDTH, Box, Link, Point, Rect, Slot
from app.engine.layout.text import text_size

# A label of four characters a line fits between the lines of two neighbouring boundary events.
NARROW = 50.0
BOX_HIT, LINE_HIT, LABEL_HIT, OUTSIDE, ORDER = 1000.0, 60.0, 400.0, 300.0, 1.0


def labels_above(boxes: Iterable[Box], routes: Mapping[str, Route]) -> frozenset[str]:
    """Boxes whose label goes above because a line leaves or enters below and none does above."""
    below: set[str] = set()
    above: set[str] = set()
    for route in routes.values():
        if len(route.points) < 2:
            continue
        first = direction(route.points[0], route.points[1])
        last = direction(route.points[-1], route.points[-2])
        for box_id, side in ((route.link.source, first), (route.link.target, last)):
            if side == SOUTH:
                below.add(box_id)
            elif side == NORTH:
                above.add(box_id)
    return frozenset(box.id for box in boxes if box.label and box.id in below and box.id not in above)


@dataclass(slots=True)
class LabelPlan:
    """Finds free places, one label after another."""

    boxes: list[Rect]
    segments: list[tuple[Point, Point]]
    width: float
    patience: Patience
    taken: dict[str, Rect] = field(default_factory=dict)

    def put(self, key: str, candidates: Iterable[Rect]) -> None:
        """Take the candidate with the fewest hits; earlier candidates win a draw."""
        best, price = None, 1e18
        for order, rect in enumerate(candidates):
            if self.patience.is_over:
                best = best or rect
                break
            cost = self._hits(rect) + order * ORDER
            if cost < price:
                best, price = rect, cost
        if best is not None:
            self.taken[key] = best

    def _hits(self, rect: Rect) -> float:
        self.patience.spend(0.03 * (len(self.boxes) + len(self.taken) + len(self.segments)))
        tight = rect.grown(1.0)
        cost = OUTSIDE if rect.x < 0 or rect.right > self.width else 0.0
        cost += BOX_HIT * sum(1 for box in self.boxes if tight.overlaps(box))
        cost += LABEL_HIT * sum(1 for other in self.taken.values() if tight.overlaps(other))
        return cost + LINE_HIT * sum(1 for start, end in self.segments if tight.crosses(start, end))


def place_labels(
    boxes: Iterable[Box],
    links: Iterable[Link],
    rects: Mapping[str, Rect],
    paths: Mapping[str, tuple[Point, ...]],
    above: frozenset[str],
    width: float,
    patience: Patience,
) -> dict[str, Rect]:
    """A rectangle for every label outside of a box, between 0 and `width` where that is possible."""
    boxes = list(boxes)
    segments = [pair for path in paths.values() for pair in pairwise(path)]
    solid = [rects[box.id] for box in boxes] + [rects[slot.id] for box in boxes for slot in box.slots]
    plan = LabelPlan(solid, segments, width, patience)
    for box in boxes:
        if box.label:
            plan.put(box.id, _around(rects[box.id], _size(box.label), box.id in above))
    for box in boxes:
        for slot in box.slots:
            if slot.label:
                plan.put(slot.id, _beside_slot(slot, rects[slot.id], len(box.slots) > 1))
    for link in links:
        if link.label and link.id in paths:
            plan.put(link.id, _along(paths[link.id], _size(link.label)))
    return plan.taken


def _size(text: str, room: float = LABEL_WIDTH) -> tuple[float, float]:
    width, height = text_size(text, room, LABEL_SIZE)
    return (width + 2, height)


def _around(rect: Rect, size: tuple[float, float], above: bool) -> Iterator[Rect]:
    width, height = size
    x, y = rect.center
    below_spot = Rect(x - width / 2, rect.bottom + 4, width, height)
    above_spot = Rect(x - width / 2, rect.y - 4 - height, width, height)
    yield from (above_spot, below_spot) if above else (below_spot, above_spot)
    for top in (rect.y - 2 - height, rect.bottom + 2, y - height - 3, y + 3):
        yield Rect(rect.right - 10, top, width, height)
        yield Rect(rect.x + 10 - width, top, width, height)
    for distance in (8, 16, 28):
        yield Rect(x - width / 2, rect.bottom + 4 + distance, width, height)
        yield Rect(x - width / 2, rect.y - 4 - distance - height, width, height)


def _beside_slot(slot: Slot, rect: Rect, crowded: bool) -> Iterator[Rect]:
    """Beside the lower half of a boundary event, or below it next to the line that leaves it."""
    middle, low = rect.center[0], rect.bottom + 1
    if not crowded:
        width, height = _size(slot.label)
        for top in (rect.y + 20, rect.y + 26):
            yield Rect(rect.x - width - 1, top, width, height)
            yield Rect(rect.right + 1, top, width, height)
    for room in (NARROW, LABEL_WIDTH):
        width, height = _size(slot.label, room)
        for top in (low, low + 8):
            yield Rect(middle + 5, top, width, height)
            yield Rect(middle - 5 - width, top, width, height)


def _along(path: tuple[Point, ...], size: tuple[float, float]) -> Iterator[Rect]:
    """Near the beginning first: there the reader chooses the branch."""
    width, height = size
    for start, end in pairwise(path):
        length = abs(end[0] - start[0]) + abs(end[1] - start[1])
        if start[1] == end[1]:
            forward = end[0] >= start[0]
            for share in (0.0, 0.5, 0.8) if length > width + 10 else (0.0,):
                offset = 4 + share * max(length - width - 12, 0)
                left = start[0] + offset if forward else start[0] - offset - width
                yield Rect(left, start[1] - 3 - height, width, height)
                yield Rect(left, start[1] + 3, width, height)
        else:
            down = end[1] >= start[1]
            for share in (0.0, 0.5) if length > height + 10 else (0.0,):
                offset = 8 + share * max(length - height - 16, 0)
                top = start[1] + offset if down else start[1] - offset - height
                yield Rect(start[0] + 7, top, width, height)
                yield Rect(start[0] - 7 - width, top, width, height)
