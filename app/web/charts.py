"""Pictures of figures as SVG made by the server: classes only, with title and description; a table stands beside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import east_asian_width

from markupsafe import Markup, escape

WIDTH, LEFT, RIGHT, ROW, TOP = 640, 190, 60, 30, 8
LONGEST = 24  # of a name that fits beside its bar; a Chinese sign is as wide as two letters


@dataclass(frozen=True)
class Bar:
    """One line: its name, the lengths of its parts with their classes, and the words at its end."""

    name: str
    parts: Sequence[tuple[float, str]]
    words: str


def bar_chart(title: str, description: str, bars: Sequence[Bar]) -> Markup:
    """Lying bars, longest value to the full width."""
    height = TOP * 2 + ROW * len(bars)
    longest = max((sum(length for length, _ in bar.parts) for bar in bars), default=0) or 1
    scale = (WIDTH - LEFT - RIGHT) / longest
    body = Markup("").join(_bar(bar, TOP + ROW * n, scale) for n, bar in enumerate(bars))
    return Markup(
        '<svg class="bars" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img">'
        "<title>{title}</title><desc>{desc}</desc>{body}</svg>"
    ).format(w=WIDTH, h=height, title=title, desc=description, body=body)


def _cut(name: str) -> str:
    if sum(map(_width, name)) <= LONGEST:
        return name
    taken = 1
    for place, sign in enumerate(name):
        taken += _width(sign)
        if taken > LONGEST:
            return f"{name[:place].rstrip()}…"
    return name


def _width(sign: str) -> int:
    return 2 if east_asian_width(sign) in "WF" else 1


def _bar(bar: Bar, top: float, scale: float) -> Markup:
    x, middle = float(LEFT), top + ROW / 2
    name = _cut(bar.name)
    parts = [
        Markup('<text class="name" x="{x}" y="{y:.1f}">{name}</text>').format(
            x=LEFT - 8, y=middle + 4, name=escape(name)
        )
    ]
    for length, css in bar.parts:
        width = length * scale
        if width > 0:
            parts.append(
                Markup('<rect class="{css}" x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h}"/>').format(
                    css=css, x=x, y=top + 5, w=width, h=ROW - 10
                )
            )
        x += width
    parts.append(
        Markup('<text x="{x:.1f}" y="{y:.1f}">{words}</text>').format(x=x + 6, y=middle + 4, words=bar.words)
    )
    return Markup("<g>{}</g>").format(Markup("").join(parts))
