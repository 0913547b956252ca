"""What an arrangement of rows costs: bends, distances, boxes in the way, crossings, rows used."""

from __future__ import annotations

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
    """A link between two boxes, by their numbers, always from left to right."""

    left: int
    right: int
    forward: bool
    from_slot: bool


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
        self.cells: dict[tuple[int, int, int], int] = {}
        self.ties = [self._tie(link, True) for link in forward] + [self._tie(link, False) for link in back]
        self.touching: list[list[int]] = [[] for _ in self.band]
        for index, tie in enumerate(self.ties):
            self.touching[tie.left].append(index)
            if tie.right != tie.left:
                self.touching[tie.right].append(index)
        self.rivals = [self._rivals(index) for index in range(len(self.ties))]
        self.long = [i for i, tie in enumerate(self.ties) if self._span(tie) != 1]

    def _tie(self, link: Link, forward: bool) -> _Tie:
        source, target = self.number[link.source], self.number[link.target]
        if self.column[source] > self.column[target]:
            source, target = target, source
        return _Tie(source, target, forward, link.slot is not None)

    def _span(self, tie: _Tie) -> int:
        return self.column[tie.right] - self._end(tie.left)

    def _end(self, box: int) -> int:
        return self.column[box] + self.span[box] - 1

    def _rivals(self, index: int) -> list[int]:
        """The ties that go over a common gap between columns and share no box on one side of it."""
        one = self.ties[index]
        return [
            other
            for other, two in enumerate(self.ties)
            if other != index
            and max(self._end(one.left), self._end(two.left))
            < min(self.column[one.right], self.column[two.right])
        ]

    def put(self, box: int, row: int) -> None:
        self.row[box] = row
        for cell in self.cells_of(box, row):
            self.cells[cell] = box

    def cells_of(self, box: int, row: int) -> list[tuple[int, int, int]]:
        """The cells that a box takes when it stands in `row`."""
        first = self.column[box]
        return [(self.band[box], row, column) for column in range(first, first + self.span[box])]

    def can_move(self, rows: Mapping[int, int]) -> bool:
        """True when all new cells are free or left by another of the boxes that move."""
        return all(
            self.cells.get(cell, box) in rows for box, row in rows.items() for cell in self.cells_of(box, row)
        )

    def move(self, rows: Mapping[int, int]) -> None:
        """Give several boxes new rows at once."""
        for box in rows:
            for cell in self.cells_of(box, self.row[box]):
                del self.cells[cell]
        for box, row in rows.items():
            self.put(box, row)

    def height(self, box: int) -> int:
        """A number that orders boxes from top to bottom over all bands."""
        return self.band[box] * BAND_STEP + self.row[box]

    def local(self, moved: Iterable[int]) -> float:
        """The part of the cost that moving these boxes can change."""
        boxes = set(moved)
        own = {index for box in boxes for index in self.touching[box]}
        low = min(self.column[box] for box in boxes)
        high = max(self._end(box) for box in boxes)
        near = [
            index
            for index in self.long
            if index not in own
            and self.column[self.ties[index].left] <= high
            and self.column[self.ties[index].right] >= low
        ]
        cost = sum(self._tie_cost(self.ties[index]) for index in (*own, *near))
        cost += self.weights.crossing * self._crossings(own) + self.weights.off_main * sum(
            abs(self.row[box]) for box in boxes
        )
        return cost + self.weights.new_row * len({(band, row) for band, row, _column in self.cells})

    def _tie_cost(self, tie: _Tie) -> float:
        left, right = tie.left, tie.right
        heights = self.height(left), self.height(right)
        cost = self.weights.per_row * abs(heights[0] - heights[1])
        if not tie.forward or left == right:
            return cost
        span = self._span(tie)
        if self.column[left] == self.column[right]:
            return cost + self.weights.blocked * self._between(tie, heights)
        if heights[0] == heights[1] and not tie.from_slot:
            return cost + self.weights.blocked * self._along(left, tie)
        cost += self.weights.bend + (self.weights.bend if tie.from_slot and heights[0] >= heights[1] else 0.0)
        if span <= 1:
            return cost
        return cost + self.weights.blocked * self.weights.passing * min(
            self._along(left, tie), self._along(right, tie)
        )

    def _along(self, box: int, tie: _Tie) -> int:
        """Boxes in the row of `box` strictly between the two columns."""
        band, row, cells = self.band[box], self.row[box], self.cells
        columns = range(self.column[tie.left] + self.span[tie.left], self.column[tie.right])
        return sum(1 for column in columns if (band, row, column) in cells)

    def _between(self, tie: _Tie, heights: tuple[int, int]) -> int:
        """Boxes that stand between two boxes of one column."""
        low, high = min(heights), max(heights)
        column = self.column[tie.left]
        return sum(
            1 for box, own in enumerate(self.column) if own == column and low < self.height(box) < high
        )

    def _crossings(self, own: set[int]) -> int:
        """Pairs of ties whose ends stand in opposite order; a pair of two own ties counts once."""
        ties, row, band, count = self.ties, self.row, self.band, 0
        for index in own:
            one = ties[index]
            left = band[one.left] * BAND_STEP + row[one.left]
            right = band[one.right] * BAND_STEP + row[one.right]
            for other in self.rivals[index]:
                if other in own and other < index:
                    continue
                two = ties[other]
                above = left - band[two.left] * BAND_STEP - row[two.left]
                below = right - band[two.right] * BAND_STEP - row[two.right]
                if above * below < 0:
                    count += 1
        return count
