"""What is to be drawn on one level of a diagram, and the finished drawing. Pure geometry, no BPMN."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import pairwise

LABEL_SIZE = 12.0
LABEL_WIDTH = 96.0

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Rect:
    """An upright rectangle; `x`, `y` is its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def center(self) -> Point:
        return (self.x + self.width / 2, self.y + self.height / 2)

    def moved(self, dx: float, dy: float) -> Rect:
        return Rect(self.x + dx, self.y + dy, self.width, self.height)

    def grown(self, by: float) -> Rect:
        return Rect(self.x - by, self.y - by, self.width + 2 * by, self.height + 2 * by)

    def overlaps(self, other: Rect) -> bool:
        return (
            self.x < other.right and other.x < self.right and self.y < other.bottom and other.y < self.bottom
        )

    def contains(self, other: Rect) -> bool:
        return (
            self.x <= other.x
            and self.y <= other.y
            and other.right <= self.right
            and other.bottom <= self.bottom
        )

    def crosses(self, start: Point, end: Point) -> bool:
        """True when the straight line enters the inside of the rectangle (Liang-Barsky clipping)."""
        low, high = 0.0, 1.0
        dx, dy = end[0] - start[0], end[1] - start[1]
        for delta, near, far in (
            (dx, self.x - start[0], self.right - start[0]),
            (dy, self.y - start[1], self.bottom - start[1]),
        ):
            if delta == 0:
                if near >= 0 or far <= 0:
                    return False
                continue
            first, second = sorted((near / delta, far / delta))
            low, high = max(low, first), min(high, second)
        return low < high


class Kind(Enum):
    """The three sorts of lines."""

    SEQUENCE = "sequence"
    MESSAGE = "message"
    ASSOCIATION = "association"


@dataclass(frozen=True, slots=True)
class Slot:
    """A boundary event on the lower border of its host, `offset` right of the middle of a column.

    The column is the `from_end`-th of those that the host spans, counted from its right end.
    """

    id: str
    offset: float
    label: str = ""
    from_end: int = 0


@dataclass(frozen=True, slots=True)
class Box:
    """Something with an area over `span` columns. `near` puts it close to another box, out of the flow."""

    id: str
    width: float
    height: float
    band: int = 0
    label: str = ""
    slots: tuple[Slot, ...] = ()
    near: str | None = None
    first: bool = False
    span: int = 1


@dataclass(frozen=True, slots=True)
class Link:
    """A line between two boxes; `slot` names the boundary event it leaves from."""

    id: str
    source: str
    target: str
    kind: Kind = Kind.SEQUENCE
    label: str = ""
    slot: str | None = None


@dataclass(frozen=True, slots=True)
class Band:
    """A horizontal strip of rows: a lane, a pool without lanes, or an opaque pool without content."""

    min_height: float = 0.0
    gap_above: float = 0.0
    opaque_id: str | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """One level to draw: boxes in bands, linked."""

    boxes: tuple[Box, ...]
    links: tuple[Link, ...]
    bands: tuple[Band, ...] = (Band(),)


@dataclass(slots=True)
class Drawing:
    """Where everything is, from (0, 0) to (width, height)."""

    width: float = 0.0
    height: float = 0.0
    rects: dict[str, Rect] = field(default_factory=dict)
    labels: dict[str, Rect] = field(default_factory=dict)
    paths: dict[str, tuple[Point, ...]] = field(default_factory=dict)
    bands: tuple[tuple[float, float], ...] = ()

    def place(self, inner: Drawing, dx: float, dy: float) -> None:
        """Copy a drawing of a lower level into this one."""
        for mine, other in ((self.rects, inner.rects), (self.labels, inner.labels)):
            mine.update({key: rect.moved(dx, dy) for key, rect in other.items()})
        for key, path in inner.paths.items():
            self.paths[key] = tuple((x + dx, y + dy) for x, y in path)


@dataclass(frozen=True, slots=True)
class Placement:
    """Column and row of every box; `row_bands` tells the band of each row, from top to bottom."""

    columns: Mapping[str, int]
    rows: Mapping[str, int]
    row_bands: tuple[int, ...]


def count_crossings(one: Sequence[Point], two: Sequence[Point]) -> int:
    """How often two lines cross at right angles; touching ends and shared pieces do not count."""
    count = 0
    for a, b in pairwise(one):
        for c, d in pairwise(two):
            flat, upright = ((a, b), (c, d)) if a[1] == b[1] else ((c, d), (a, b))
            if flat[0][1] != flat[1][1] or upright[0][0] != upright[1][0]:
                continue
            left, right = min(flat[0][0], flat[1][0]), max(flat[0][0], flat[1][0])
            top, bottom = min(upright[0][1], upright[1][1]), max(upright[0][1], upright[1][1])
            count += left + 1 < upright[0][0] < right - 1 and top + 1 < flat[0][1] < bottom - 1
    return count
