"""One scene from boxes and links to a finished drawing."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

from app.engine.layout.columns import forward_links
from app.engine.layout.grid import Grid, build_grid
from app.engine.layout.labels import labels_above, place_labels
from app.engine.layout.measuring import BOUNDARY_RADIUS, Measure, measure, trace_paths
from app.engine.layout.patience import Patience
from app.engine.layout.placing import place
from app.engine.layout.routing import Route, Router
from app.engine.layout.row_cost import Weights
from app.engine.layout.scene import LABEL_SIZE, LABEL_WIDTH, Drawing, Rect, Scene, count_crossings
from app.engine.layout.text import text_size

ATTEMPTS = 4
# Arrangements differ a lot with small changes of these prices, so several are drawn and the best one is kept.
VARIANTS = (
    Weights(),
    Weights(bend=0.6, per_row=0.2, passing=0.4, new_row=0.8, off_main=0.3),
    Weights(per_row=0.2, passing=0.2, new_row=1.5, off_main=0.1),
)


def draw(scene: Scene, patience: Patience) -> Drawing:
    """The drawing of a scene; the same scene and patience always give the same drawing."""
    if not scene.boxes and all(band.opaque_id is None for band in scene.bands):
        return Drawing(width=60.0, height=sum(max(band.min_height, 40.0) for band in scene.bands))
    patience = patience.for_scene(len(scene.boxes) + len(scene.links))
    level = _level_candidates(scene)
    drawings: list[Drawing] = []
    for weights in VARIANTS:
        if drawings and patience.is_over:
            break
        level, drawing = _variant(scene, weights, level, patience)
        drawings.append(drawing)
    return drawings[0] if len(drawings) == 1 else min(drawings, key=_badness)


def _variant(
    scene: Scene, weights: Weights, level: frozenset[str], patience: Patience
) -> tuple[frozenset[str], Drawing]:
    """One arrangement, and those links of `level` that really came out upright in it."""
    grid, routes = _route(scene, level, weights, patience)
    for _ in range(ATTEMPTS):
        straight = frozenset(link_id for link_id in level if _is_upright(routes[link_id]))
        if straight == level:
            break
        level = straight
        grid, routes = _route(scene, level, weights, patience)
    return level, _finish(scene, grid, routes, patience)


def _badness(drawing: Drawing) -> float:
    """What a reader pays: crossings most, then bends, then paper."""
    crossings = sum(count_crossings(one, two) for one, two in combinations(drawing.paths.values(), 2))
    bends = sum(len(path) - 2 for path in drawing.paths.values())
    return 3.0 * crossings + bends + drawing.width * drawing.height / 100_000


def _route(
    scene: Scene, level: frozenset[str], weights: Weights, patience: Patience
) -> tuple[Grid, dict[str, Route]]:
    placement = place(scene, level, weights, patience)
    boxes = {box.id: box for box in scene.boxes}
    widest = max((text_size(box.label, LABEL_WIDTH, LABEL_SIZE)[0] for box in scene.boxes), default=0.0)
    grid = build_grid(boxes, placement, scene.bands, min(widest, 76.0))
    return grid, Router(grid, patience).route_all(scene.links)


def _is_upright(route: Route) -> bool:
    return len(route.points) == 2 and route.points[0][0] == route.points[1][0]


def _level_candidates(scene: Scene) -> frozenset[str]:
    """Links to another band that may go straight down or up: their target has no other way in.

    A box takes part in one of them only, so that a column never becomes a zigzag.
    """
    boxes = {box.id: box for box in scene.boxes}
    forward = forward_links(scene.boxes, scene.links)
    entered: dict[str, int] = {}
    for link in forward:
        entered[link.target] = entered.get(link.target, 0) + 1
    used: set[str] = set()
    chosen: set[str] = set()
    for link in forward:
        pair = {link.source, link.target}
        source, target = boxes[link.source], boxes[link.target]
        if source.band == target.band or source.span + target.span > 2:
            continue
        upper = source if source.band < target.band else target
        if len(upper.slots) > 1 or link.slot is not None or entered[link.target] != 1:
            continue
        if not pair & used:
            chosen.add(link.id)
            used |= pair
    return frozenset(chosen)


def _finish(scene: Scene, grid: Grid, routes: Mapping[str, Route], patience: Patience) -> Drawing:
    above = labels_above(scene.boxes, routes)
    measured, tracks = measure(grid, routes, above)
    rects = _rects(scene, grid, measured)
    paths = trace_paths(grid, routes, measured, tracks, rects)
    labels = place_labels(scene.boxes, scene.links, rects, paths, above, measured.width, patience)
    return Drawing(measured.width, measured.height, rects, labels, paths, tuple(measured.bands))


def _rects(scene: Scene, grid: Grid, measured: Measure) -> dict[str, Rect]:
    rects: dict[str, Rect] = {}
    for box in scene.boxes:
        x, y = measured.x[grid.box_x(box.id)], measured.y[grid.box_y(box.id)]
        rects[box.id] = Rect(x - box.width / 2, y - box.height / 2, box.width, box.height)
        if box.span > 1:
            first = grid.placement.columns[box.id]
            left, right = measured.columns[first][0], measured.columns[first + box.span - 1][1]
            rects[box.id] = Rect(left, y - box.height / 2, right - left, box.height)
        for slot in box.slots:
            left = measured.x[grid.slot_x[slot.id]] - BOUNDARY_RADIUS
            size = BOUNDARY_RADIUS * 2
            rects[slot.id] = Rect(left, rects[box.id].bottom - BOUNDARY_RADIUS, size, size)
    for (top, bottom), band in zip(measured.bands, scene.bands, strict=True):
        if band.opaque_id is not None:
            rects[band.opaque_id] = Rect(0.0, top, measured.width, bottom - top)
    return rects
