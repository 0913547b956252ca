"""Pools and lanes: which bands a file has, and the frames drawn around them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from app.engine.graph import Lane, Model, Pool, Process
from app.engine.layout.scene import LABEL_SIZE, Band, Rect
from app.engine.layout.text import text_width

HEADER, POOL_GAP, TITLE_ROOM = 30.0, 40.0, 28.0


@dataclass(slots=True)
class Frame:
    """A pool with its lanes, or a process without a pool."""

    pool: Pool | None
    process_id: str | None
    bands: tuple[Band, ...]
    lane_bands: dict[str, int] = field(default_factory=dict)
    lanes: tuple[Lane, ...] = ()


def bands_of(model: Model) -> list[Frame]:
    """The frames of a file from top to bottom: its pools, then the processes that no pool shows."""
    frames: list[Frame] = []
    for pool in model.pools:
        process = model.process(pool.process_id) if pool.process_id else None
        shown = process is not None and all(frame.process_id != process.id for frame in frames)
        gap = POOL_GAP if frames else 0.0
        if process is None or not shown:
            frames.append(Frame(pool, None, (Band(max(60.0, _title(pool.name)), gap, pool.id),)))
        else:
            frames.append(_frame(pool, process, gap))
    shown_ids = {frame.process_id for frame in frames}
    for process in model.processes:
        if process.id not in shown_ids:
            frames.append(_frame(None, process, POOL_GAP if frames else 0.0))
    return frames or [Frame(None, None, (Band(),))]


def _frame(pool: Pool | None, process: Process, gap: float) -> Frame:
    leaves = _leaves(process.lanes) if pool is not None else []
    title = _title(pool.name) if pool is not None else 0.0
    if not leaves:
        return Frame(pool, process.id, (Band(max(title, 100.0 if pool else 0.0), gap),))
    heights = [max(_title(lane.name), 100.0) for lane in leaves]
    missing = max(0.0, title - sum(heights)) / len(heights)
    bands = tuple(Band(height + missing, gap if index == 0 else 0.0) for index, height in enumerate(heights))
    lane_bands = {lane.id: index for index, lane in enumerate(leaves)}
    for lane in process.lanes:
        if lane.id not in lane_bands:
            lane_bands[lane.id] = min(
                lane_bands[leaf.id] for leaf in leaves if _is_within(leaf, lane, process)
            )
    return Frame(pool, process.id, bands, lane_bands, process.lanes)


def _title(name: str) -> float:
    return text_width(name, LABEL_SIZE) + TITLE_ROOM


def _leaves(lanes: Sequence[Lane]) -> list[Lane]:
    parents = {lane.parent_id for lane in lanes}
    return [lane for lane in lanes if lane.id not in parents]


def _is_within(lane: Lane, outer: Lane, process: Process) -> bool:
    by_id = {item.id: item for item in process.lanes}
    current: Lane | None = lane
    while current is not None:
        if current.id == outer.id:
            return True
        current = by_id.get(current.parent_id) if current.parent_id else None
    return False


def _depth(lane: Lane, lanes: Sequence[Lane]) -> int:
    by_id = {item.id: item for item in lanes}
    depth, parent = 1, lane.parent_id
    while parent is not None and parent in by_id:
        depth, parent = depth + 1, by_id[parent].parent_id
    return depth


def left_margin(frames: Sequence[Frame]) -> float:
    """The room that pool and lane titles take at the left."""
    depths = [
        1 + max((_depth(lane, frame.lanes) for lane in frame.lanes), default=0)
        for frame in frames
        if frame.pool is not None
    ]
    return HEADER * max(depths, default=0)


def frame_shapes(
    frames: Sequence[Frame], bands: Sequence[tuple[float, float]], x: float, width: float
) -> Iterator[tuple[str, Rect, int]]:
    """Id, rectangle and depth of every pool and lane, outermost first."""
    start = 0
    for frame in frames:
        own = bands[start : start + len(frame.bands)]
        start += len(frame.bands)
        if frame.pool is None:
            continue
        top, bottom = own[0][0], own[-1][1]
        yield frame.pool.id, Rect(x, top, width, bottom - top), 0
        yield from _lane_shapes(frame, own, x, width)


def _lane_shapes(
    frame: Frame, own: Sequence[tuple[float, float]], x: float, width: float
) -> Iterator[tuple[str, Rect, int]]:
    for lane in frame.lanes:
        depth = _depth(lane, frame.lanes)
        inside = [
            frame.lane_bands[leaf.id]
            for leaf in _leaves(frame.lanes)
            if leaf.id == lane.id or _has_ancestor(leaf, lane.id, frame.lanes)
        ]
        top, bottom = own[min(inside)][0], own[max(inside)][1]
        yield lane.id, Rect(x + HEADER * depth, top, width - HEADER * depth, bottom - top), depth


def _has_ancestor(lane: Lane, ancestor_id: str, lanes: Sequence[Lane]) -> bool:
    by_id = {item.id: item for item in lanes}
    parent = lane.parent_id
    while parent is not None:
        if parent == ancestor_id:
            return True
        parent = by_id[parent].parent_id if parent in by_id else None
    return False
