"""BPMN diagrams for readers: diagram interchange to accessible SVG, with the state of a case on top."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from app.engine.diagram.lettering import attribute, centred, pill_width
from app.engine.diagram.lines import draw_edge, edge_label_rect, markers
from app.engine.diagram.reading import DrawnEdge, Picture, call_in_english, has_diagram, read_picture
from app.engine.diagram.shapes import Drawn, draw_body, draw_closed_pool, draw_label, label_rect, open_group
from app.engine.diagram.style import DIAGRAM_CSS, STANDALONE_CSS
from app.engine.diagram.symbols import STATE_SIGNS
from app.engine.diagram.words import Language, describe, name_state
from app.engine.graph import ACTIVITIES, EVENTS, GATEWAYS, SUB_PROCESSES
from app.engine.layout import layout
from app.engine.layout.scene import Rect
from app.engine.xml import parse_xml

__all__ = ["DIAGRAM_CSS", "ElementState", "render_svg"]

Status = Literal["done", "active", "waiting", "failed", "cancelled", "added", "removed", "changed"]
MARGIN = 16.0
NO_STATES: Mapping[str, ElementState] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ElementState:
    """What a case did at an element: its state, how often, and a short line such as who and how long."""

    status: Status | None = None
    count: int = 0
    caption: str = ""
    heat: int = 0  # how warm a host colours it, from 1; 0 is not at all


def render_svg(
    xml: bytes,
    states: Mapping[str, ElementState] = NO_STATES,
    *,
    process_id: str | None = None,
    title: str = "",
    language: Language = "zh",
    embed_css: bool = False,
    with_markers: bool = True,
) -> str:
    """The diagram of a BPMN file as one `<svg>` element.

    It carries classes only, so the page needs DIAGRAM_CSS; with `embed_css` the rules are inside, for a file
    that stands alone; of several on one page only the first has markers, the others use its. Every element
    is a group with `data-element-id` and a `<title>`; states show as class, badge and words. A file without a
    diagram is laid out first. In English elements are called as `zr:nameEn` says, else by their names.
    Raises XmlRefused.
    """
    root = parse_xml(xml)
    if not has_diagram(root):
        root = parse_xml(layout(xml))
    if language == "en":
        call_in_english(root)
    picture = read_picture(root, process_id)
    view = _view(picture, states)
    name = title or picture.name or ("process diagram" if language == "en" else "流程图")
    body = "".join(_body(picture, states, language))
    size = f'viewBox="{view.x:g} {view.y:g} {view.width:g} {view.height:g}"'
    size += f' width="{view.width:g}" height="{view.height:g}"'
    arrows = markers() if with_markers else ""
    style = f"<style>{STANDALONE_CSS}</style>" if embed_css else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="bpmn-diagram" {size} role="img" '
        f"aria-label={attribute(name)}><title>{attribute(name)[1:-1]}</title>"
        f"<desc>{attribute(_summary(picture, states, language))[1:-1]}</desc>{style}{arrows}{body}</svg>"
    )


def _summary(picture: Picture, states: Mapping[str, ElementState], language: Language) -> str:
    """The diagram in words: how many steps, and which are in which state."""
    steps = [shape for shape in picture.shapes if shape.kind in ACTIVITIES]
    english = language == "en"
    parts = [f"{len(steps)} steps" if english else f"共 {len(steps)} 个环节"]
    by_status: dict[str, list[str]] = {}
    for shape in picture.shapes:
        state = states.get(shape.id)
        if state is not None and state.status and (shape.kind in ACTIVITIES or shape.kind in EVENTS):
            by_status.setdefault(state.status, []).append(shape.name or shape.id)
    for status, names in by_status.items():
        joined = (", " if english else "、").join(names)
        parts.append(f"{name_state(status, language)}{': ' if english else '：'}{joined}")
    return ("; " if english else "；").join(parts)


def _view(picture: Picture, states: Mapping[str, ElementState]) -> Rect:
    """The part of the plane that is used, labels and captions included."""
    rects = [shape.rect for shape in picture.shapes]
    for shape in picture.shapes:
        if draw_label(shape):
            rects.append(shape.label or label_rect(shape.name, shape.rect))
        if shape.id in states:
            rects.append(
                Rect(shape.rect.x - 10, shape.rect.y - 12, shape.rect.width + 26, shape.rect.height + 28)
            )
    rects += [edge_label_rect(edge) for edge in picture.edges if edge.name]
    xs = (
        [x for edge in picture.edges for x, _y in edge.points]
        + [r.x for r in rects]
        + [r.right for r in rects]
    )
    ys = (
        [y for edge in picture.edges for _x, y in edge.points]
        + [r.y for r in rects]
        + [r.bottom for r in rects]
    )
    left, top = min(xs, default=0.0) - MARGIN, min(ys, default=0.0) - MARGIN
    return Rect(left, top, max(xs, default=100.0) + MARGIN - left, max(ys, default=60.0) + MARGIN - top)


def _body(picture: Picture, states: Mapping[str, ElementState], language: Language) -> Iterator[str]:
    """Back to front: frames, expanded sub-processes, lines, shapes, boundary events, then badges."""
    layers: dict[int, list[Drawn]] = {level: [] for level in range(4)}
    for shape in picture.shapes:
        layers[_layer(shape)].append(shape)
    for shape in layers[0]:
        yield _shape(picture, shape, states, language)
    for shape in sorted(layers[1], key=lambda item: -item.rect.width * item.rect.height):
        yield _shape(picture, shape, states, language)
    for edge in picture.edges:
        yield _edge(edge, states, language)
    for shape in (*layers[2], *layers[3]):
        yield _shape(picture, shape, states, language)
    hosts = {shape.node.attached_to for shape in picture.shapes if shape.node is not None}
    for shape in picture.shapes:
        yield _badges(shape, states.get(shape.id), shape.id in hosts)


def _layer(shape: Drawn) -> int:
    if shape.kind in ("participant", "lane"):
        return 0
    if shape.kind == "group" or (shape.kind in SUB_PROCESSES and shape.expanded):
        return 1
    return 3 if shape.kind == "boundaryEvent" else 2


def _shape(picture: Picture, shape: Drawn, states: Mapping[str, ElementState], language: Language) -> str:
    state = states.get(shape.id, ElementState())
    words = describe(shape.kind, shape.name, state.status, state.count, state.caption, language)
    body = draw_closed_pool(shape) if shape.id in picture.closed_pools else draw_body(shape)
    classes = f"bpmn-{shape.kind}" + (f" is-{state.status}" if state.status else "")
    classes += f" heat-{state.heat}" if state.heat else ""
    return f"{open_group(shape.id, classes, words)}{body}{draw_label(shape)}</g>"


def _edge(edge: DrawnEdge, states: Mapping[str, ElementState], language: Language) -> str:
    state = states.get(edge.id, ElementState())
    words = describe(edge.kind, edge.name, state.status, state.count, "", language)
    classes = f"bpmn-{edge.kind}" + (f" is-{state.status}" if state.status else "")
    return f"{open_group(edge.id, classes, words)}{draw_edge(edge)}</g>"


def _badges(shape: Drawn, state: ElementState | None, is_host: bool) -> str:
    """State sign at the upper left corner, count at the upper right, caption below or, over events, above."""
    if state is None or shape.kind in ("participant", "lane"):
        return ""
    rect, parts = shape.rect, []
    inset = 4.0 if shape.kind in GATEWAYS or shape.kind in EVENTS else 0.0
    if state.status:
        x, y = rect.x + inset, rect.y + inset
        parts.append(
            f'<circle class="badge badge-{state.status}" cx="{x:g}" cy="{y:g}" r="9.5"/>'
            f'<path class="badge-mark" transform="translate({x:g} {y:g})" d="{STATE_SIGNS[state.status]}"/>'
        )
    if state.count > 1:
        text = f"×{state.count}"
        width = pill_width(text)
        x, y = rect.right - inset - width / 2 + 6, rect.y + inset
        parts.append(
            f'<rect class="badge badge-{state.status or "none"}" x="{x - width / 2:g}" y="{y - 10:g}" '
            f'width="{width:g}" height="20" rx="10"/>' + centred([text], x, y, 11.0, "badge-text")
        )
    if state.caption:
        y = rect.y - 9 if is_host else rect.bottom + 9
        parts.append(centred([state.caption], rect.center[0], y, 10.5, "caption halo"))
    return f'<g class="bpmn-state" aria-hidden="true">{"".join(parts)}</g>'
