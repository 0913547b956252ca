"""Columns, rows and satellites together: the cell of every box of a scene."""

from __future__ import annotations

from collections import defaultdict

from app.engine.layout.columns import assign_columns, forward_links
from app.engine.layout.patience import Patience
from app.engine.layout.row_cost import Weights
from app.engine.layout.rows import assign_rows
from app.engine.layout.scene import Box, Placement, Scene


def place(scene: Scene, level: frozenset[str], weights: Weights, patience: Patience) -> Placement:
    """A cell for every box; the links named in `level` may stay within one column."""
    flow = [box for box in scene.boxes if box.near is None]
    forward = forward_links(scene.boxes, scene.links)
    columns = assign_columns(scene.boxes, scene.links, forward, level)
    rows = assign_rows(flow, columns, forward, scene.links, weights, patience)
    _place_satellites(scene, columns, rows)
    return _close_up(scene, columns, rows)


def _place_satellites(scene: Scene, columns: dict[str, int], rows: dict[str, int]) -> None:
    """Annotations and data objects go to a free cell close to what they belong to, above before below."""
    boxes = {box.id: box for box in scene.boxes}
    cells = {
        (boxes[key].band, row, columns[key] + step)
        for key, row in rows.items()
        for step in range(boxes[key].span)
    }
    for box in scene.boxes:
        if box.id in rows:
            continue
        host = box.near if box.near in rows else None
        column, row = (columns[host], rows[host]) if host else (max(columns.values(), default=0), 0)
        spots = sorted(
            (abs(dx) * 2.5 + abs(dy) + (0.2 if dy > 0 else 0) + (1 if dy == 0 else 0), dx, dy)
            for dx in range(-3, 4)
            for dy in range(-6, 7)
        )
        dx, dy = next(
            (
                (dx, dy)
                for _c, dx, dy in spots
                if column + dx >= 0 and _is_free(cells, box, row + dy, column + dx)
            ),
            (0, 100 + len(rows)),
        )
        columns[box.id], rows[box.id] = column + dx, row + dy
        cells.add((box.band, row + dy, column + dx))


def _is_free(cells: set[tuple[int, int, int]], box: Box, row: int, column: int) -> bool:
    return (box.band, row, column) not in cells


def _close_up(scene: Scene, columns: dict[str, int], rows: dict[str, int]) -> Placement:
    """Number columns and rows from zero without holes; every band has at least one row."""
    boxes = {box.id: box for box in scene.boxes}
    used: dict[int, set[int]] = defaultdict(set)
    for box_id, row in rows.items():
        used[boxes[box_id].band].add(row)
    numbers: dict[tuple[int, int], int] = {}
    row_bands: list[int] = []
    for band in range(len(scene.bands)):
        for row in sorted(used[band]) or [0]:
            numbers[band, row] = len(row_bands)
            row_bands.append(band)
    taken = {column + step for key, column in columns.items() for step in range(boxes[key].span)}
    dense = {column: index for index, column in enumerate(sorted(taken))}
    return Placement(
        {box_id: dense[column] for box_id, column in columns.items()},
        {box_id: numbers[boxes[box_id].band, row] for box_id, row in rows.items()},
        tuple(row_bands),
    )
