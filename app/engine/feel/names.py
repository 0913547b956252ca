"""Which names hold blanks or symbols: longest match over the names in scope (DMN 1.5, 10.3.1.4)."""

from __future__ import annotations

from collections.abc import Iterable

from app.engine.feel.errors import FeelSyntaxError
from app.engine.feel.lexer import KEYWORDS, Token, read_tokens

_SYMBOLS = frozenset({".", "/", "-", "’", "'", "+", "*"})


def is_plain(name: str) -> bool:
    """Whether the lexer sees the name as one word without help."""
    return name.isidentifier() and name not in KEYWORDS


class KnownNames:
    """Names of several tokens, found by their first token."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._by_first: dict[str, list[tuple[str, ...]]] = {}
        self._spelling: dict[tuple[str, ...], str] = {}
        for name in names:
            self.add(name)

    def copy(self) -> KnownNames:
        """An independent copy that may grow."""
        other = KnownNames()
        other._by_first = {first: list(found) for first, found in self._by_first.items()}
        other._spelling = dict(self._spelling)
        return other

    def add(self, name: str) -> None:
        """Make a name known; one that can be no FEEL name is left out."""
        if is_plain(name):
            return
        try:
            words = tuple(token.text for token in read_tokens(name)[:-1])
        except FeelSyntaxError:
            return
        if not words or words in self._spelling or (len(words) == 1 and words[0] in KEYWORDS):
            return
        self._spelling[words] = name
        found = self._by_first.setdefault(words[0], [])
        found.append(words)
        found.sort(key=len, reverse=True)

    def match(self, tokens: list[Token], index: int) -> tuple[str, int] | None:
        """The longest known name at the index and how many tokens it takes."""
        for words in self._by_first.get(tokens[index].text, ()):
            if all(
                token.text == word and token.kind != "str"
                for token, word in zip(tokens[index : index + len(words)], words, strict=False)
            ):
                return self._spelling[words], len(words)
        return None


def merge_words(tokens: list[Token], index: int) -> tuple[str, int]:
    """An unknown name: its first word and every word or number directly after it, up to a keyword."""
    words, position = [tokens[index].text], index + 1
    while True:
        token = tokens[position]
        if (
            (token.kind == "word" and token.text not in KEYWORDS)
            or token.kind == "digits"
            or (token.kind == "num" and token.text.isdigit())
        ):
            words.append(token.text)
        else:
            return " ".join(words), position - index
        position += 1


def read_declared(tokens: list[Token], index: int, stops: frozenset[str]) -> tuple[str, int]:
    """A name being declared: every token up to one of the stops; an empty name when it is none."""
    position = index
    while tokens[position].kind in ("word", "digits", "num") or tokens[position].text in _SYMBOLS:
        if tokens[position].text in stops:
            break
        position += 1
    if position == index or tokens[index].kind != "word":
        return "", 0
    parts = [tokens[index].text]
    for left, right in zip(tokens[index:position], tokens[index + 1 : position], strict=False):
        parts.append(right.text if left.end == right.start else " " + right.text)
    return "".join(parts), position - index
