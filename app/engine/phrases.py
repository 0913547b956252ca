"""Messages in English and what they are in Chinese: for parts that speak of positions, not to people."""

from __future__ import annotations

import re


class Phrasebook:
    """Pairs of an English pattern and the Chinese for it, `{0}` being the pattern's first group."""

    def __init__(self, otherwise: str, *entries: tuple[str, str]) -> None:
        self._otherwise = otherwise
        self._entries = tuple((re.compile(pattern, re.DOTALL), chinese) for pattern, chinese in entries)

    def translate(self, message: str) -> str:
        """The message in Chinese; one that no pattern fits stands behind the words for such cases."""
        for pattern, chinese in self._entries:
            if found := pattern.fullmatch(message):
                return chinese.format(*found.groups())
        return f"{self._otherwise}：{message}"
