"""How much room a text takes and where it breaks, for Chinese and Latin text in one line."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

LINE_HEIGHT = 1.25
# Chinese typesetting: closing punctuation never begins a line, opening punctuation never ends one.
NO_LINE_START = frozenset("，。、；：？！）》〉」』】〕”’％%…—·,.;:?!)]}")
NO_LINE_END = frozenset("（《〈「『【〔“‘([{")


def is_wide(char: str) -> bool:
    """True for characters as wide as they are high."""
    return unicodedata.east_asian_width(char) in "WF" or char in "“”‘’…—·"


def text_width(text: str, size: float) -> float:
    """The width of one line in pixels, a little generous for Latin letters."""
    return sum(size if is_wide(char) else size * 0.58 for char in text)


def wrap(text: str, width: float, size: float) -> list[str]:
    """The lines of `text`, none wider than `width` unless one piece alone is."""
    lines: list[str] = []
    for paragraph in text.splitlines() or [""]:
        line = ""
        for piece in _pieces(paragraph):
            if line and text_width(line + piece.rstrip(), size) > width:
                lines.append(line.rstrip())
                line = piece.lstrip()
            else:
                line += piece
        lines.append(line.rstrip())
    return [line for line in lines if line]


def balance(text: str, width: float, size: float) -> list[str]:
    """Like wrap, with the same number of lines but as even in length as possible."""
    lines = wrap(text, width, size)
    if len(lines) < 2 or "\n" in text:
        return lines
    best, low, high = lines, 0.0, width
    for _ in range(8):
        middle = (low + high) / 2
        tried = wrap(text, middle, size)
        if len(tried) > len(lines) or max(text_width(line, size) for line in tried) > width:
            low = middle
        else:
            best, high = tried, middle
    return best


def text_size(text: str, width: float, size: float) -> tuple[float, float]:
    """Width and height of the balanced text."""
    lines = balance(text, width, size)
    if not lines:
        return (0.0, 0.0)
    return (max(text_width(line, size) for line in lines), len(lines) * size * LINE_HEIGHT)


def _pieces(text: str) -> Iterator[str]:
    """Unbreakable pieces: a Chinese character with its punctuation, a Latin word with its blanks."""
    piece = ""
    for char in text:
        if piece and _breaks_between(piece[-1], char):
            yield piece
            piece = ""
        piece += char
    if piece:
        yield piece


def _breaks_between(left: str, right: str) -> bool:
    if right in NO_LINE_START or left in NO_LINE_END or right.isspace():
        return False
    return left.isspace() or is_wide(left) or is_wide(right) or left in "-/_"
