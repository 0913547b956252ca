"""SVG text: wrapped, centred, upright for Chinese titles."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from app.engine.layout.text import LINE_HEIGHT, balance, text_width, wrap

SIZE = 12.0

# Signs that stand differently in upright Chinese text.
UPRIGHT_FORMS = str.maketrans("（）《》“”‘’—…《》", "︵︶︽︾﹃﹄﹁﹂︱︙︽︾")


def attribute(value: str) -> str:
    """A quoted, escaped attribute value without characters XML does not allow."""
    return quoteattr(clean(value))


def clean(text: str) -> str:
    """The text without control characters, which no XML file may hold."""
    return "".join(char for char in text if char >= " " or char in "\n\t")


def centred(lines: list[str], x: float, y: float, size: float = SIZE, style: str = "") -> str:
    """Lines of text around the point (x, y)."""
    if not lines:
        return ""
    step = size * LINE_HEIGHT
    top = y - (len(lines) - 1) * step / 2
    spans = "".join(
        f'<tspan x="{x:g}" y="{round(top + index * step + size * 0.36, 1):g}">{escape(clean(line))}</tspan>'
        for index, line in enumerate(lines)
    )
    classes = f' class="{style}"' if style else ""
    return f'<text{classes} text-anchor="middle" font-size="{size:g}">{spans}</text>'


def fitted(text: str, x: float, y: float, width: float, height: float) -> str:
    """A name inside a box: balanced lines, smaller type before anything is cut off."""
    for size in (SIZE, 11.0, 10.0, 9.0):
        lines = balance(text, width, size)
        if len(lines) * size * LINE_HEIGHT <= height:
            return centred(lines, x, y, size)
    lines = wrap(text, width, 9.0)
    shown = max(int(height // (9.0 * LINE_HEIGHT)), 1)
    if len(lines) > shown:
        lines = [*lines[: shown - 1], lines[shown - 1][:-1] + "…"]
    return centred(lines, x, y, 9.0)


def title(text: str, x: float, y: float, height: float) -> str:
    """The title of a pool or lane: Chinese stands upright, other scripts are turned."""
    flat = " ".join(text.split())
    upright = [char.translate(UPRIGHT_FORMS) for char in flat]
    if (
        flat
        and not any(char.isascii() and (char.isalnum() or char == " ") for char in flat)
        and len(upright) * 14.0 <= height - 8
    ):
        return _upright(upright, x, y)
    lines = wrap(flat, height - 10, SIZE)[:2]
    if not lines:
        return ""
    inner = centred(lines, x, y, SIZE if len(lines) == 1 else 10.0, "frame-title")
    return f'<g transform="rotate(-90 {x:g} {y:g})">{inner}</g>'


def _upright(chars: list[str], x: float, y: float) -> str:
    step = 14.0
    top = y - (len(chars) - 1) * step / 2
    spans = "".join(
        f'<tspan x="{x:g}" y="{round(top + index * step + SIZE * 0.36, 1):g}">{escape(char)}</tspan>'
        for index, char in enumerate(chars)
    )
    return f'<text class="frame-title" text-anchor="middle" font-size="{SIZE:g}">{spans}</text>'


def pill_width(text: str) -> float:
    """The width of a badge with this text."""
    return max(22.0, text_width(text, 11.0) + 12)
