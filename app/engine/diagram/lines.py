"""SVG for sequence flows, message flows and associations."""

from __future__ import annotations

from app.engine.diagram.lettering import SIZE
from app.engine.diagram.reading import DrawnEdge
from app.engine.diagram.shapes import beside
from app.engine.layout.scene import LABEL_WIDTH, Point, Rect
from app.engine.layout.text import text_size

CORNER = 6.0


def markers() -> str:
    """Arrow heads and the signs at the beginning of flows; one definition for all lines."""
    common = 'markerUnits="userSpaceOnUse" orient="auto"'
    return (
        f'<defs><marker id="bpmn-arrow" viewBox="0 0 10 10" refX="9.5" refY="5" markerWidth="11" '
        f'markerHeight="11" {common}><path class="solid" d="M0 1L10 5L0 9z"/></marker>'
        f'<marker id="bpmn-message-end" viewBox="0 0 12 12" refX="11" refY="6" markerWidth="13" '
        f'markerHeight="13" {common}><path class="open" d="M1 1.5L11 6L1 10.5z"/></marker>'
        f'<marker id="bpmn-message-start" viewBox="0 0 10 10" refX="5" refY="5" markerWidth="9" '
        f'markerHeight="9" {common}><circle class="open" cx="5" cy="5" r="3.8"/></marker>'
        f'<marker id="bpmn-default" viewBox="0 0 20 12" refX="-2" refY="6" markerWidth="20" '
        f'markerHeight="12" {common}><path class="mark" d="M5 1L10 11"/></marker>'
        f'<marker id="bpmn-condition" viewBox="0 0 18 12" refX="0" refY="6" markerWidth="16" '
        f'markerHeight="11" {common}><path class="open" d="M1 6L9 1.5L17 6L9 10.5z"/></marker>'
        f'<marker id="bpmn-open-arrow" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="10" '
        f'markerHeight="10" {common}><path class="mark" d="M1 1L9 5L1 9"/></marker></defs>'
    )


def draw_edge(edge: DrawnEdge) -> str:
    """The line with its ends and its name."""
    if edge.kind == "sequenceFlow":
        start = "bpmn-default" if edge.is_default else "bpmn-condition" if edge.is_conditional else ""
        style, ends = "flow", _ends(start, "bpmn-arrow")
    elif edge.kind == "messageFlow":
        style, ends = "flow dashed", _ends("bpmn-message-start", "bpmn-message-end")
    else:
        style, ends = "flow dotted", _ends("", "bpmn-open-arrow" if edge.directed else "")
    line = f'<path class="{style}" d="{_path(edge.points)}"{ends}/>'
    if not edge.name:
        return line
    return line + beside(edge.name, edge_label_rect(edge))


def edge_label_rect(edge: DrawnEdge) -> Rect:
    """Where the name stands: its own place, or above the middle of the line."""
    if edge.label is not None:
        return edge.label
    width, height = text_size(edge.name, LABEL_WIDTH, SIZE)
    middle = len(edge.points) // 2
    (x1, y1), (x2, y2) = edge.points[middle - 1], edge.points[middle]
    return Rect((x1 + x2) / 2 - width / 2, (y1 + y2) / 2 - height - 3, width, height)


def _ends(start: str, end: str) -> str:
    text = f' marker-start="url(#{start})"' if start else ""
    return text + (f' marker-end="url(#{end})"' if end else "")


def _path(points: tuple[Point, ...]) -> str:
    """A polyline with rounded corners."""
    parts = [f"M{points[0][0]:g} {points[0][1]:g}"]
    for before, here, after in zip(points, points[1:], points[2:], strict=False):
        first, second = _towards(here, before), _towards(here, after)
        parts.append(f"L{first[0]:g} {first[1]:g}Q{here[0]:g} {here[1]:g} {second[0]:g} {second[1]:g}")
    parts.append(f"L{points[-1][0]:g} {points[-1][1]:g}")
    return "".join(parts)


def _towards(start: Point, end: Point) -> Point:
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = (dx * dx + dy * dy) ** 0.5
    share = min(CORNER, length / 2) / length if length else 0.0
    return (round(start[0] + dx * share, 2), round(start[1] + dy * share, 2))
