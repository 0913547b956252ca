"""From grid to pixels: widths of columns, rows and gaps, then the exact bends of every route."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from app.engine.layout.grid import COLUMN_GAP, ROW_GAP, Grid
from app.engine.layout.labels import NARROW
from app.engine.layout.routing import EAST, NORTH, SOUTH, Route, direction
from app.engine.layout.scene import LABEL_SIZE, LABEL_WIDTH, Point, Rect
from app.engine.layout.text import text_size
from app.engine.layout.tracks import Tracks, assign_tracks

TRACK, X_MARGIN, Y_MARGIN = 14.0, 24.0, 16.0
BOUNDARY_RADIUS = 18.0


@dataclass(slots=True)
class Measure:
    """Exact coordinates of everything on the grid."""

    x: dict[int, float] = field(default_factory=dict)
    y: dict[int, float] = field(default_factory=dict)
    x_tracks: dict[int, float] = field(default_factory=dict)
    y_tracks: dict[int, float] = field(default_factory=dict)
    bands: list[tuple[float, float]] = field(default_factory=list)
    columns: list[tuple[float, float]] = field(default_factory=list)
    width: float = 0.0
    height: float = 0.0


@dataclass(slots=True)
class Reserve:
    """Room that labels need: right of a column, and below and above a row."""

    right: dict[int, float] = field(default_factory=lambda: defaultdict(float))
    below: dict[int, float] = field(default_factory=lambda: defaultdict(float))
    above: dict[int, float] = field(default_factory=lambda: defaultdict(float))


def measure(grid: Grid, routes: Mapping[str, Route], above: frozenset[str]) -> tuple[Measure, Tracks]:
    """Coordinates and tracks; boxes named in `above` carry their label above instead of below."""
    reserve = _reserve(grid, routes, above)
    tracks = assign_tracks(grid, routes, {}, {})
    measured = _measure(grid, tracks, reserve)
    for _ in range(2):
        x_of, y_of = _positions(grid, routes, measured, tracks)
        tracks = assign_tracks(grid, routes, x_of, y_of)
        measured = _measure(grid, tracks, reserve)
    return measured, tracks


def _reserve(grid: Grid, routes: Mapping[str, Route], above: frozenset[str]) -> Reserve:
    reserve = Reserve()
    for box_id, column in grid.placement.columns.items():
        box, row = grid.boxes[box_id], grid.placement.rows[box_id]
        spare = (grid.row_heights[row] - box.height) / 2
        if box.label:
            need = text_size(box.label, LABEL_WIDTH, LABEL_SIZE)[1] + 6 - spare
            side = reserve.above if box_id in above else reserve.below
            side[row] = max(side[row], need)
        for slot in box.slots:
            crowded = len(box.slots) > 1
            height = text_size(slot.label, NARROW if crowded else LABEL_WIDTH, LABEL_SIZE)[1]
            need = BOUNDARY_RADIUS + 4 + (height if crowded else max(height - BOUNDARY_RADIUS, 0.0)) - spare
            reserve.below[row] = max(reserve.below[row], need)
        if box.slots and box.span == 1:
            width = text_size(box.slots[-1].label, NARROW, LABEL_SIZE)[0] + 8 - box.width / 2
            need = width + box.slots[-1].offset - (grid.column_widths[column] - box.width) / 2
            reserve.right[column] = max(reserve.right[column], need)
    for route in routes.values():
        if route.link.label and len(route.points) > 1 and direction(*route.points[:2]) == EAST:
            if route.link.source not in grid.boxes or route.link.slot:
                continue
            if grid.boxes[route.link.source].span > 1:
                continue
            column = grid.placement.columns[route.link.source]
            slack = (grid.column_widths[column] - grid.boxes[route.link.source].width) / 2
            need = text_size(route.link.label, LABEL_WIDTH, LABEL_SIZE)[0] + 8 - slack
            reserve.right[column] = max(reserve.right[column], need)
    return reserve


def _measure(grid: Grid, tracks: Tracks, reserve: Reserve) -> Measure:
    measured = Measure()
    _measure_columns(grid, tracks, reserve, measured)
    _measure_rows(grid, tracks, reserve, measured)
    return measured


def _measure_columns(grid: Grid, tracks: Tracks, reserve: Reserve, measured: Measure) -> None:
    x, last = 0.0, len(grid.column_widths)
    for index, line in enumerate(grid.x_lines):
        if line.is_gap:
            count = tracks.x_counts.get(index, 0)
            outer = line.index in (0, last)
            lead = max(reserve.right.get(line.index - 1, 0.0), 0.0)
            need = max(X_MARGIN, lead) + X_MARGIN + max(count - 1, 0) * TRACK if count else lead + X_MARGIN
            width = max(need, COLUMN_GAP * (0.8 if outer else 1.0))
            first = max(lead, (width - max(count - 1, 0) * TRACK) / 2) if lead <= X_MARGIN else lead + 4
            measured.x[index] = x + first
            measured.x_tracks[index] = x + first
            x += width
        else:
            middle = x + grid.column_widths[line.index] / 2
            measured.x[index] = middle + line.offset
            if grid.x_lines[index + 1].is_gap:
                measured.columns.append((x, x + grid.column_widths[line.index]))
                x += grid.column_widths[line.index]
    measured.width = x


def _measure_rows(grid: Grid, tracks: Tracks, reserve: Reserve, measured: Measure) -> None:
    y, bands = 0.0, grid.placement.row_bands
    top = 0.0
    for index, line in enumerate(grid.y_lines):
        if not line.is_gap:
            measured.y[index] = y + grid.row_heights[line.index] / 2
            y += grid.row_heights[line.index]
            continue
        opens = index == 0 or grid.y_lines[index - 1].is_gap
        closes = index + 1 == len(grid.y_lines) or grid.y_lines[index + 1].is_gap
        if opens:
            y += grid.bands[bands[line.index]].gap_above
            top = y
        lead = 0.0 if opens else max(reserve.below.get(line.index - 1, 0.0), 0.0)
        tail = 0.0 if closes else max(reserve.above.get(line.index, 0.0), 0.0)
        count = tracks.y_counts.get(index, 0)
        need = lead + tail + (Y_MARGIN * 2 + (count - 1) * TRACK if count else 8.0)
        base = ROW_GAP / 2 if opens or closes else ROW_GAP
        height = max(need, base)
        spare = height - lead - tail - max(count - 1, 0) * TRACK
        measured.y[index] = measured.y_tracks[index] = y + lead + spare / 2
        y += height
        if closes:
            y = _close_band(grid, measured, bands[line.index - 1], top, y)
    measured.height = y


def _close_band(grid: Grid, measured: Measure, band: int, top: float, bottom: float) -> float:
    """Stretch a band to its least height; the extra room goes below its rows."""
    bottom = max(bottom, top + grid.bands[band].min_height)
    measured.bands.append((top, bottom))
    return bottom


def _positions(
    grid: Grid, routes: Mapping[str, Route], measured: Measure, tracks: Tracks
) -> tuple[dict[tuple[str, int], float], dict[tuple[str, int], float]]:
    """Where each straight piece runs: x for upright ones, y for flat ones."""
    x_of: dict[tuple[str, int], float] = {}
    y_of: dict[tuple[str, int], float] = {}
    for route in routes.values():
        for index, (start, end) in enumerate(pairwise(route.points)):
            key = (route.link.id, index)
            offset = tracks.of_piece.get(key, 0) * TRACK
            if start[0] == end[0]:
                x_of[key] = measured.x[start[0]] + (offset if grid.x_lines[start[0]].is_gap else 0.0)
            else:
                y_of[key] = measured.y[start[1]] + (offset if grid.y_lines[start[1]].is_gap else 0.0)
    return x_of, y_of


def trace_paths(
    grid: Grid, routes: Mapping[str, Route], measured: Measure, tracks: Tracks, rects: Mapping[str, Rect]
) -> dict[str, tuple[Point, ...]]:
    """The bends of every link in pixels, cut off at the borders of its two boxes."""
    x_of, y_of = _positions(grid, routes, measured, tracks)
    paths: dict[str, tuple[Point, ...]] = {}
    for route in routes.values():
        link, count = route.link, len(route.points)
        points: list[Point] = []
        for index, cell in enumerate(route.points):
            x, y = measured.x[cell[0]], measured.y[cell[1]]
            for piece in (index - 1, index):
                if 0 <= piece < count - 1:
                    x = x_of.get((link.id, piece), x)
                    y = y_of.get((link.id, piece), y)
            points.append((x, y))
        if count > 1:
            start = direction(route.points[0], route.points[1])
            end = direction(route.points[-1], route.points[-2])
            points[0] = _border(points[0], rects[link.source], start)
            if link.slot is not None:
                points[0] = (points[0][0], rects[link.source].bottom + BOUNDARY_RADIUS)
            points[-1] = _border(points[-1], rects[link.target], end)
        paths[link.id] = tuple(points)
    return paths


def _border(point: Point, rect: Rect, side: int) -> Point:
    if side in (NORTH, SOUTH):
        return (point[0], rect.y if side == NORTH else rect.bottom)
    return (rect.right if side == EAST else rect.x, point[1])
