"""What an arrangement of rows costs: bends, distances, boxes in the way, crossings, rows used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.engine.layout.scene import Box, Link

BAND_STEP = 4


@dataclass(frozen=True, slots=True)
class Weights:
    """The prices of what an arrangement of rows may cost."""

    bend: float = 1.0
    per_row: float = 0.1
    blocked: float = 2.5
    passing: float = 0.1
    crossing: float = 1.2
    new_row: float = 2.5
    off_main: float = 0.2


@dataclass(frozen=True, slots=True)
class _Tie:
    """A link between two boxes, by their numbers, from left to right; `inner` are the columns between."""

    left: int
    right: int
    forward: bool
    from_slot: bool
    upright: bool
    inner: range


@dataclass(frozen=True, slots=True)
class Affected:
    """What moving some boxes can change: the boxes, the ties at them, the ties that pass their cells."""

    boxes: tuple[int, ...]
    own: frozenset[int]
    near: tuple[int, ...]


class RowCost:
    """Rows of boxes as plain lists, so that thousands of arrangements can be compared."""

    def __init__(
        self,
        boxes: Mapping[str, Box],
        columns: Mapping[str, int],
        forward: Sequence[Link],
        back: Sequence[Link],
        weights: Weights,
    ) -> None:
        self.weights = weights
        self.number = {box_id: index for index, box_id in enumerate(boxes)}
        self.band = [box.band for box in boxes.values()]
        self.column = [columns[box_id] for box_id in boxes]
        self.span = [box.span for box in boxes.values()]
        self.row = [0] * len(self.band)
        # Orders boxes from top to bottom over all bands.
        self.height = [0] * len(self.band)
        self.cells: dict[tuple[int, int, int], int] = {}
        self.used: Counter[tuple[int, int]] = Counter()
        self.ties = [self._tie(link, True) for link in forward] + [self._tie(link, False) for link in back]
        self.touching: list[list[int]] = [[] for _ in self.band]
        for index, tie in enumerate(self.ties):
            self.touching[tie.left].append(index)
            if tie.right != tie.left:
                self.touching[tie.right].append(index)
        self.rivals: list[list[int]] = []
        self.long = [
            index for index, tie in enumerate(self.ties) if tie.forward and (tie.inner or tie.upright)
        ]

    def find_rivals(self) -> float:
        """Note which ties can cross, before costs are asked for. Returns the work it took (Patience)."""
        self.rivals = [self._rivals(index) for index in range(len(self.ties))]
        return len(self.ties) ** 2 * 0.06

    def work_of(self, part: Affected) -> float:
        """About how much work it is to move these boxes and to compare (Patience)."""
        crossings = sum([len(self.rivals[index]) for index in part.own])
        return 0.6 * len(part.boxes) + 0.25 * (len(part.own) + len(part.near)) + 0.03 * crossings

    def _tie(self, link: Link, forward: bool) -> _Tie:
        left, right = self.number[link.source], self.number[link.target]
        if self.column[left] > self.column[right]:
            left, right = right, left
        inner = range(self.end(left) + 1, self.column[right])
        upright = self.column[left] == self.column[right]
        return _Tie(left, right, forward and left != right, link.slot is not None, upright, inner)

    def end(self, box: int) -> int:
        """The last column that a box takes."""
        return self.column[box] + self.span[box] - 1

    def _rivals(self, index: int) -> list[int]:
        """The ties that go over a common gap between columns."""
        one = self.ties[index]
        return [
            other
            for other, two in enumerate(self.ties)
            if other != index
            and max(self.end(one.left), self.end(two.left))
            < min(self.column[one.right], self.column[two.right])
        ]

    def put(self, box: int, row: int) -> None:
        """Place a box that has no place yet."""
        self.row[box] = row
        self.height[box] = self.band[box] * BAND_STEP + row
        self.used[self.band[box], row] += 1
        for cell in self.cells_of(box, row):
            self.cells[cell] = box

    def cells_of(self, box: int, row: int) -> list[tuple[int, int, int]]:
        """The cells that a box takes when it stands in `row`."""
        band, first = self.band[box], self.column[box]
        if self.span[box] == 1:
            return [(band, row, first)]
        return [(band, row, column) for column in range(first, first + self.span[box])]

    def can_move(self, rows: Mapping[int, int]) -> bool:
        """True when all new cells are free or left by another of the boxes that move."""
        return all(
            self.cells.get(cell, box) in rows for box, row in rows.items() for cell in self.cells_of(box, row)
        )

    def move(self, rows: Mapping[int, int]) -> None:
        """Give several boxes new rows at once."""
        for box in rows:
            row = (self.band[box], self.row[box])
            self.used[row] -= 1
            if not self.used[row]:
                del self.used[row]
            for cell in self.cells_of(box, self.row[box]):
                del self.cells[cell]
        for box, row_number in rows.items():
            self.put(box, row_number)

    def affected(self, moved: Iterable[int]) -> Affected:
        """What moving these boxes, all of one band, can change."""
        boxes = tuple(moved)
        own = frozenset(index for box in boxes for index in self.touching[box])
        low = min(self.column[box] for box in boxes)
        high = max(self.end(box) for box in boxes)
        band = self.band[boxes[0]]
        near = tuple(
            index
            for index in self.long
            if index not in own and self._passes(self.ties[index], band, low, high)
        )
        return Affected(boxes, own, near)

    def _passes(self, tie: _Tie, band: int, low: int, high: int) -> bool:
        if self.column[tie.left] > high or self.column[tie.right] < low:
            return False
        return tie.upright or self.band[tie.left] == band or self.band[tie.right] == band

    def local(self, part: Affected) -> float:
        """That part of the cost in the present arrangement."""
        weights, ties = self.weights, self.ties
        cost = sum([self._tie_cost(ties[index]) for index in (*part.own, *part.near)])
        cost += weights.crossing * self._crossings(part.own)
        cost += weights.off_main * sum([abs(self.row[box]) for box in part.boxes])
        return cost + weights.new_row * len(self.used)

    def _tie_cost(self, tie: _Tie) -> float:
        weights = self.weights
        one, two = self.height[tie.left], self.height[tie.right]
        cost = weights.per_row * abs(one - two)
        if not tie.forward:
            return cost
        if tie.upright:
            return cost + weights.blocked * self._between(tie, min(one, two), max(one, two))
        if one == two and not tie.from_slot:
            return cost + weights.blocked * self._along(tie.left, tie)
        cost += weights.bend * (2 if tie.from_slot and one >= two else 1)
        if not tie.inner:
            return cost
        passed = min(self._along(tie.left, tie), self._along(tie.right, tie))
        return cost + weights.blocked * weights.passing * passed

    def _along(self, box: int, tie: _Tie) -> int:
        """Boxes in the row of `box` between the two columns of a tie."""
        band, row, cells = self.band[box], self.row[box], self.cells
        return sum([(band, row, column) in cells for column in tie.inner])

    def _between(self, tie: _Tie, low: int, high: int) -> int:
        """Boxes that stand between two boxes of one column."""
        column = self.column[tie.left]
        return sum(
            1 for box, own in enumerate(self.column) if own == column and low < self.height[box] < high
        )

    def _crossings(self, own: frozenset[int]) -> int:
        """Pairs of ties whose ends stand in opposite order; a pair of two own ties counts once."""
        ties, height, count = self.ties, self.height, 0
        for index in own:
            one = ties[index]
            left, right = height[one.left], height[one.right]
            for other in self.rivals[index]:
                if other < index and other in own:
                    continue
                two = ties[other]
                if (left - height[two.left]) * (right - height[two.right]) < 0:
                    count += 1
        return count
