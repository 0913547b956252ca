"""The routing grid: lines through the middle of every column and row and through every gap between them.

Boxes stand where middle lines meet and block them. Gaps are always free and can hold any number of tracks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.engine.layout.scene import Band, Box, Placement

COLUMN_GAP, ROW_GAP = 50.0, 40.0


@dataclass(frozen=True, slots=True)
class Line:
    """One grid line: a gap before column or row `index`, its middle, or a boundary event's drop line."""

    kind: str
    index: int
    box_id: str = ""
    slot_id: str = ""
    offset: float = 0.0

    @property
    def is_gap(self) -> bool:
        return self.kind == "gap"


@dataclass(slots=True)
class Grid:
    """Lines with estimated coordinates, and what stands where."""

    boxes: Mapping[str, Box]
    placement: Placement
    bands: tuple[Band, ...]
    x_lines: list[Line] = field(default_factory=list)
    y_lines: list[Line] = field(default_factory=list)
    x_at: list[float] = field(default_factory=list)
    y_at: list[float] = field(default_factory=list)
    cells: dict[tuple[int, int], str] = field(default_factory=dict)
    column_widths: list[float] = field(default_factory=list)
    row_heights: list[float] = field(default_factory=list)
    middle_x: list[int] = field(default_factory=list)
    gap_x: list[int] = field(default_factory=list)
    middle_y: list[int] = field(default_factory=list)
    slot_x: dict[str, int] = field(default_factory=dict)

    def box_x(self, box_id: str) -> int:
        """The index of the x line through the middle of a box, or of the middle one of its columns."""
        return self.middle_x[self.placement.columns[box_id] + self.boxes[box_id].span // 2]

    def sides_x(self, box_id: str) -> tuple[int, int]:
        """The indexes of the gap lines left and right of a box."""
        first = self.placement.columns[box_id]
        return self.gap_x[first], self.gap_x[first + self.boxes[box_id].span]

    def box_y(self, box_id: str) -> int:
        """The index of the y line through the middle of a box."""
        return self.middle_y[self.placement.rows[box_id]]

    def is_opaque(self, row: int) -> bool:
        return self.bands[self.placement.row_bands[row]].opaque_id is not None

    def can_go_right(self, x: int, y: int) -> bool:
        """May a line run along y line `y` from x line `x` to the next one?"""
        line = self.y_lines[y]
        if line.is_gap:
            return True
        if self.is_opaque(line.index):
            return False
        column = self.x_lines[x].index if not self.x_lines[x].is_gap else self.x_lines[x + 1].index
        return (column, line.index) not in self.cells

    def can_go_down(self, x: int, y: int, slot_id: str | None) -> bool:
        """May a line run along x line `x` from y line `y` to the next one?"""
        line = self.x_lines[x]
        if self.y_lines[y].is_gap and self.y_lines[y + 1].is_gap:
            return line.kind != "slot" or line.slot_id == slot_id
        row = self.y_lines[y + 1].index if self.y_lines[y].is_gap else self.y_lines[y].index
        box_id = self.cells.get((line.index, row))
        if line.is_gap:
            return box_id is None or self.cells.get((line.index - 1, row)) != box_id
        if line.kind == "slot" and line.slot_id != slot_id:
            return False
        return box_id is None


def build_grid(
    boxes: Mapping[str, Box], placement: Placement, bands: tuple[Band, ...], labels: float
) -> Grid:
    """The grid for boxes that have a place; `labels` is the widest external label a column makes room for."""
    grid = Grid(boxes, placement, bands)
    columns = max((column + boxes[key].span for key, column in placement.columns.items()), default=0)
    grid.column_widths = [0.0] * columns
    grid.row_heights = [0.0] * len(placement.row_bands)
    for box_id, column in placement.columns.items():
        row, box = placement.rows[box_id], boxes[box_id]
        share = (box.width - (box.span - 1) * COLUMN_GAP) / box.span
        for step in range(box.span):
            grid.cells[column + step, row] = box_id
            width = max(grid.column_widths[column + step], share, labels if box.label else 0.0)
            grid.column_widths[column + step] = width
        grid.row_heights[row] = max(grid.row_heights[row], box.height)
    for row, band in enumerate(placement.row_bands):
        grid.row_heights[row] = max(grid.row_heights[row], 36.0)
        if bands[band].opaque_id is not None:
            grid.row_heights[row] = max(bands[band].min_height, 60.0)
    _add_x_lines(grid)
    _add_y_lines(grid)
    return grid


def _add_x_lines(grid: Grid) -> None:
    slots: dict[int, list[Line]] = {}
    for box_id, column in grid.placement.columns.items():
        box = grid.boxes[box_id]
        for slot in box.slots:
            place = column + max(box.span - 1 - slot.from_end, 0)
            slots.setdefault(place, []).append(Line("slot", place, box_id, slot.id, slot.offset))
    x = 0.0
    for column, width in enumerate(grid.column_widths):
        grid.gap_x.append(len(grid.x_lines))
        _append(grid.x_lines, grid.x_at, Line("gap", column), x + COLUMN_GAP / 2)
        center = x + COLUMN_GAP + width / 2
        inner = [*slots.get(column, []), Line("mid", column)]
        for line in sorted(inner, key=lambda line: (line.offset, line.slot_id)):
            if line.kind == "mid":
                grid.middle_x.append(len(grid.x_lines))
            else:
                grid.slot_x[line.slot_id] = len(grid.x_lines)
            _append(grid.x_lines, grid.x_at, line, center + line.offset)
        x += COLUMN_GAP + width
    grid.gap_x.append(len(grid.x_lines))
    _append(grid.x_lines, grid.x_at, Line("gap", len(grid.column_widths)), x + COLUMN_GAP / 2)


def _add_y_lines(grid: Grid) -> None:
    y, bands = 0.0, grid.placement.row_bands
    for row, height in enumerate(grid.row_heights):
        if row == 0 or bands[row] != bands[row - 1]:
            y += grid.bands[bands[row]].gap_above
            _append(grid.y_lines, grid.y_at, Line("gap", row), y + ROW_GAP / 4)
            y += ROW_GAP / 2
        grid.middle_y.append(len(grid.y_lines))
        _append(grid.y_lines, grid.y_at, Line("mid", row), y + height / 2)
        last = row + 1 == len(bands) or bands[row + 1] != bands[row]
        gap = ROW_GAP / 2 if last else ROW_GAP
        _append(grid.y_lines, grid.y_at, Line("gap", row + 1), y + height + gap / 2)
        y += height + gap


def _append(lines: list[Line], at: list[float], line: Line, position: float) -> None:
    lines.append(line)
    at.append(position)
