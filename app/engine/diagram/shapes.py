"""SVG for every kind of BPMN shape (BPMN 2.0.2 §12.3, notation)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.engine.diagram.lettering import SIZE, attribute, centred, fitted, title
from app.engine.diagram.symbols import ACTIVITY_SIGNS, EVENT_SIGNS, GATEWAY_SIGNS, TASK_SIGNS, draw_sign
from app.engine.graph import DATA, EVENTS, GATEWAYS, SUB_PROCESSES, Artifact, Node
from app.engine.layout.scene import LABEL_WIDTH, Rect
from app.engine.layout.text import balance, wrap

THROWING = frozenset({"endEvent", "intermediateThrowEvent"})
INTERMEDIATE = frozenset({"intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"})


@dataclass(frozen=True, slots=True)
class Drawn:
    """One shape of the diagram with what the model says about it."""

    id: str
    kind: str
    name: str
    rect: Rect
    label: Rect | None = None
    node: Node | None = None
    artifact: Artifact | None = None
    expanded: bool = False
    horizontal: bool = True


def draw_body(shape: Drawn) -> str:
    """The inside of the group element that stands for a shape, without its external label."""
    if shape.kind in EVENTS:
        return _event(shape)
    if shape.kind in GATEWAYS:
        return _gateway(shape)
    return OTHERS.get(shape.kind, _activity)(shape)


def draw_label(shape: Drawn) -> str:
    """The name that stands outside of events, gateways and data; empty for other shapes."""
    if not shape.name or (shape.kind not in EVENTS and shape.kind not in GATEWAYS and shape.kind not in DATA):
        return ""
    return external_label(shape.name, shape.label, shape.rect)


def external_label(text: str, label: Rect | None, near: Rect) -> str:
    """A name at its label's place, or centred below `near` when the file names no place."""
    if label is None:
        lines = balance(text, LABEL_WIDTH, SIZE)
        height = len(lines) * SIZE * 1.25
        return centred(lines, near.center[0], near.bottom + 4 + height / 2, SIZE, "halo")
    return beside(text, label)


def beside(text: str, label: Rect) -> str:
    """A name within its label's rectangle; when it needs more room it grows downwards."""
    lines = label_lines(text, label)
    height = max(len(lines) * SIZE * 1.25, label.height)
    return centred(lines, label.center[0], label.y + height / 2, SIZE, "halo")


def label_lines(text: str, label: Rect) -> list[str]:
    """The lines for a label: as the file measured it, unless its text would not fit in that height."""
    lines = balance(text, label.width + 1, SIZE)
    if len(lines) * SIZE * 1.25 > label.height + 6:
        return balance(text, max(label.width + 1, LABEL_WIDTH), SIZE)
    return lines


def label_rect(text: str, near: Rect) -> Rect:
    """The room that a label without a place of its own takes."""
    lines = balance(text, LABEL_WIDTH, SIZE)
    return Rect(near.center[0] - LABEL_WIDTH / 2, near.bottom + 4, LABEL_WIDTH, len(lines) * SIZE * 1.25)


def _event(shape: Drawn) -> str:
    node, rect = shape.node, shape.rect
    x, y = rect.center
    radius = min(rect.width, rect.height) / 2
    gapped = " gapped" if node is not None and not node.interrupting else ""
    thick = " thick" if shape.kind == "endEvent" else ""
    parts = [f'<circle class="shape{thick}{gapped}" cx="{x:g}" cy="{y:g}" r="{radius:g}"/>']
    if shape.kind in INTERMEDIATE:
        parts.append(f'<circle class="shape{gapped}" cx="{x:g}" cy="{y:g}" r="{max(radius - 3.5, 1):g}"/>')
    kinds = node.event_kinds if node is not None else ()
    kind = kinds[0] if len(kinds) == 1 else "multiple" if kinds else ""
    if kind in EVENT_SIGNS:
        parts.append(draw_sign(EVENT_SIGNS[kind], x, y, filled=shape.kind in THROWING))
    return "".join(parts)


def _gateway(shape: Drawn) -> str:
    rect = shape.rect
    x, y = rect.center
    points = f"M{x:g} {rect.y:g}L{rect.right:g} {y:g}L{x:g} {rect.bottom:g}L{rect.x:g} {y:g}z"
    return f'<path class="shape" d="{points}"/>' + draw_sign(GATEWAY_SIGNS.get(shape.kind, ()), x, y)


def _activity(shape: Drawn) -> str:
    rect, node = shape.rect, shape.node
    bold = " bold" if shape.kind in ("callActivity", "callChoreography") else ""
    gapped = " gapped" if node is not None and node.triggered_by_event else ""
    parts = [_box(rect, f"shape{bold}{gapped}", 10)]
    if shape.kind == "transaction":
        parts.append(_box(rect.grown(-3), "mark", 7))
    if shape.kind in TASK_SIGNS:
        parts.append(draw_sign(TASK_SIGNS[shape.kind], rect.x + 14, rect.y + 14))
    markers = _markers(shape)
    first = rect.center[0] - (len(markers) - 1) * 9
    for index, marker in enumerate(markers):
        parts.append(draw_sign(ACTIVITY_SIGNS[marker], first + index * 18, rect.bottom - 11))
    if shape.expanded:
        lines = wrap(shape.name, rect.width - 20, SIZE)[:1]
        parts.append(centred(lines, rect.center[0], rect.y + 16, SIZE, "frame-title"))
    else:
        top = 18 if shape.kind in TASK_SIGNS and rect.height < 95 else 8
        room = rect.height - top - (20 if markers else 6)
        is_long = len(balance(shape.name, rect.width - 12, SIZE)) > 2
        middle = rect.y + top + room / 2 if markers or is_long else rect.center[1]
        parts.append(fitted(shape.name, rect.center[0], middle, rect.width - 12, max(room, 12)))
    return "".join(parts)


def _markers(shape: Drawn) -> list[str]:
    node = shape.node
    if node is None:
        return []
    markers = ["loop"] if node.loop else []
    if node.multi_instance:
        markers.append(node.multi_instance)
    if node.for_compensation:
        markers.append("compensate")
    if shape.kind == "adHocSubProcess":
        markers.append("adHoc")
    if shape.kind == "callActivity" or (shape.kind in SUB_PROCESSES and not shape.expanded):
        markers.append("collapsed")
    return markers


def _box(rect: Rect, style: str, radius: float) -> str:
    return (
        f'<rect class="{style}" x="{rect.x:g}" y="{rect.y:g}" width="{max(rect.width, 1):g}" '
        f'height="{max(rect.height, 1):g}" rx="{radius:g}"/>'
    )


def _frame(shape: Drawn) -> str:
    rect = shape.rect
    if not shape.horizontal:
        head = Rect(rect.x, rect.y, rect.width, min(30.0, rect.height))
        name = centred(wrap(shape.name, rect.width - 8, SIZE)[:2], *head.center, SIZE, "frame-title")
        return _box(rect, "frame", 0) + _box(head, "frame-head", 0) + name
    head = Rect(rect.x, rect.y, min(30.0, rect.width), rect.height)
    name = title(shape.name, *head.center, rect.height)
    return _box(rect, "frame", 0) + _box(head, "frame-head", 0) + name


def draw_closed_pool(shape: Drawn) -> str:
    """A pool without content: its name stands in the middle."""
    rect = shape.rect
    return _box(rect, "frame-head", 0) + centred(
        wrap(shape.name, rect.width - 20, SIZE), *rect.center, SIZE, "frame-title"
    )


def _annotation(shape: Drawn) -> str:
    rect = shape.rect
    bracket = f"M{rect.x + 10:g} {rect.y:g}h-10v{rect.height:g}h10"
    lines = balance(shape.name, max(rect.width - 12, 40), SIZE)
    text = centred(lines, rect.center[0] + 3, rect.center[1], SIZE)
    return f'<path class="mark" d="{bracket}"/>{text}'


def _group(shape: Drawn) -> str:
    rect = shape.rect
    name = centred([shape.name], rect.center[0], rect.y + 12, SIZE) if shape.name else ""
    return _box(rect, "group", 10) + name


def _data_object(shape: Drawn) -> str:
    r = shape.rect
    fold = min(r.width, r.height) * 0.3
    outline = f"M{r.x:g} {r.y:g}h{r.width - fold:g}l{fold:g} {fold:g}v{r.height - fold:g}h{-r.width:g}z"
    crease = f"M{r.right - fold:g} {r.y:g}v{fold:g}h{fold:g}"
    arrow = ""
    if shape.kind in ("dataInput", "dataOutput"):
        style = "mark" if shape.kind == "dataInput" else "solid"
        arrow = f'<path class="{style}" d="M{r.x + 4:g} {r.y + 8:g}h6v-3l5 5-5 5v-3h-6z"/>'
    return f'<path class="shape" d="{outline}"/><path class="mark" d="{crease}"/>{arrow}'


def _data_store(shape: Drawn) -> str:
    r = shape.rect
    bend = r.height * 0.14
    half = r.width / 2
    outline = (
        f"M{r.x:g} {r.y + bend:g}a{half:g} {bend:g} 0 0 1 {r.width:g} 0v{r.height - 2 * bend:g}"
        f"a{half:g} {bend:g} 0 0 1 {-r.width:g} 0z"
    )
    rings = "".join(
        f"M{r.x:g} {r.y + bend * (1 + step * 0.8):g}a{half:g} {bend:g} 0 0 0 {r.width:g} 0"
        for step in range(3)
    )
    return f'<path class="shape" d="{outline}"/><path class="mark" d="{rings}"/>'


OTHERS: Mapping[str, Callable[[Drawn], str]] = {
    "participant": _frame,
    "lane": _frame,
    "textAnnotation": _annotation,
    "group": _group,
    "dataObjectReference": _data_object,
    "dataInput": _data_object,
    "dataOutput": _data_object,
    "dataStoreReference": _data_store,
}


def open_group(shape_id: str, classes: str, description: str) -> str:
    """The start of the group of one element, with what a screen reader or a tooltip says."""
    named = f'<g class="{classes}" data-element-id={attribute(shape_id)}>'
    return f"{named}<title>{attribute(description)[1:-1]}</title>"
