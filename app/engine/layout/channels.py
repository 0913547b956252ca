"""Plain routes: out into the gap right of a box, along the gap beside the target's row, in from its left.

Gaps between rows hold any number of lines and no boxes, so such a route needs no search; a gap between columns
is left where a box over several columns stands in it.
"""

from __future__ import annotations

from app.engine.layout.grid import Grid
from app.engine.layout.scene import Link

Cell = tuple[int, int]


class Channels:
    """Makes the plain routes of one grid."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        # Boxes over several columns: their row, and the gaps between columns they stand in.
        self.walls = [
            (grid.box_y(key), *grid.sides_x(key))
            for key in grid.placement.columns
            if grid.boxes[key].span > 1
        ]

    def route(self, link: Link, from_row: int | None, to_row: int | None) -> list[Cell]:
        """The bends of a link; a row instead of a box for an end that is a pool without content."""
        grid = self.grid
        end = grid.middle_y[to_row] if to_row is not None else grid.box_y(link.target)
        if from_row is not None:
            x = grid.gap_x[0] if to_row is not None else grid.sides_x(link.target)[0]
            first = [(x, grid.middle_y[from_row])]
        else:
            first = self._leave(link)
        if to_row is not None:
            return [*first, *self._along(first[-1], end, end)]
        entry = grid.sides_x(link.target)[0]
        if first[-1][0] == entry and self._is_free(entry, first[-1][1], end):
            return [*first, (entry, end), (grid.box_x(link.target), end)]
        start = first[-1][1]
        beside = end + 1 if start > end else end - 1
        way = self._along(first[-1], beside, end)
        return [*first, *way, (entry, beside), (entry, end), (grid.box_x(link.target), end)]

    def _leave(self, link: Link) -> list[Cell]:
        """Out of a box into the gap on its right, out of a boundary event into the gap below."""
        y = self.grid.box_y(link.source)
        if link.slot is None:
            return [(self.grid.box_x(link.source), y), (self.grid.sides_x(link.source)[1], y)]
        x = self.grid.slot_x[link.slot]
        return [(x, y), (x, y + 1), (self.grid.sides_x(link.source)[1], y + 1)]

    def _along(self, start: Cell, end: int, beyond: int) -> list[Cell]:
        """Up or down to a y line, in the nearest gap between columns that no box stands in."""
        x, y = start
        if self._is_free(x, y, beyond):
            return [(x, end)]
        near = sorted(self.grid.gap_x, key=lambda other: abs(other - x))
        gap = next(other for other in near if self._is_free(other, y, beyond))
        turn = y if self.grid.y_lines[y].is_gap else y + 1 if beyond > y else y - 1
        return [(x, turn), (gap, turn), (gap, end)]

    def _is_free(self, gap: int, start: int, end: int) -> bool:
        low, high = min(start, end), max(start, end)
        return not any(low <= y <= high and left < gap < right for y, left, right in self.walls)
