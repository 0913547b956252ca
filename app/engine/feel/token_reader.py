"""Walks over the tokens of a text; reads names and types."""

from __future__ import annotations

from app.engine.feel import nodes as n
from app.engine.feel.errors import FeelSyntaxError
from app.engine.feel.lexer import KEYWORDS, Token, fail, read_tokens
from app.engine.feel.names import KnownNames, merge_words, read_declared

MAX_NESTING = 60
_TYPE_WORDS = (("years", "and", "months", "duration"), ("days", "and", "time", "duration"),
               ("date", "and", "time"))  # fmt: skip


class TokenReader:
    """The tokens of one text and the place reached."""

    def __init__(self, text: str, known: KnownNames) -> None:
        self.text = text
        self.tokens = read_tokens(text)
        self.index = 0
        self.known = known
        self.nesting = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.index]

    def at(self, *texts: str) -> bool:
        """Whether the next token is one of these symbols or keywords."""
        token = self.tokens[self.index]
        return token.text in texts and token.kind in ("op", "word")

    def error(self, message: str, token: Token | None = None) -> FeelSyntaxError:
        """The error for the next token."""
        return fail(self.text, (token or self.token).start, message)

    def expect(self, text: str) -> Token:
        """Step over the symbol or keyword that must come next."""
        if not self.at(text):
            found = repr(self.token.text) if self.token.text else "the end"
            raise self.error(f"{text!r} expected, found {found}")
        return self.advance()

    def advance(self) -> Token:
        """Step over one token."""
        token = self.tokens[self.index]
        if token.kind != "end":
            self.index += 1
        return token

    def finish(self) -> None:
        """Nothing may be left."""
        if self.token.kind != "end":
            raise self.error(f"unexpected {self.token.text!r}")

    def _take(self, found: tuple[str, int]) -> str:
        self.index += found[1]
        return found[0]

    def _declared(self, stops: frozenset[str], message: str) -> str:
        name, size = read_declared(self.tokens, self.index, stops)
        if not name:
            raise self.error(message)
        self.index += size
        return name

    # -- keywords ---------------------------------------------------------------------------------


class TypeReader(TokenReader):
    """Reads types (grammar rules 53 to 56)."""

    def type(self) -> n.TypeNode:
        """Grammar rule 53; unknown names are item definitions."""
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise self.error("type is nested too deeply")
        node = self._type()
        self.nesting -= 1
        return node

    def _type(self) -> n.TypeNode:
        start = self.token.start
        name = self._type_name()
        if name in ("list", "range") and self.at("<"):
            self.advance()
            part = self.type()
            self.expect(">")
            return n.TypeNode(start, name, (part,))
        if name == "context" and self.at("<"):
            return n.TypeNode(start, name, (), self._type_entries())
        if name == "function" and self.at("<"):
            parts = self._type_parts()
            self.expect("->")
            return n.TypeNode(start, name, (*parts, self.type()))
        return n.TypeNode(start, name)

    def _type_name(self) -> str:
        for words in _TYPE_WORDS:
            if tuple(token.text for token in self.tokens[self.index : self.index + len(words)]) == words:
                self.index += len(words)
                return " ".join(words)
        token = self.token
        if token.kind != "word" or (token.text in KEYWORDS and token.text not in ("function", "null")):
            raise self.error("a type is expected")
        if token.text in KEYWORDS:
            return self.advance().text
        name = self._take(self.known.match(self.tokens, self.index) or merge_words(self.tokens, self.index))
        while self.at(".") and self.tokens[self.index + 1].kind == "word":
            self.advance()
            name += "." + self._take(merge_words(self.tokens, self.index))
        return name

    def _type_entries(self) -> tuple[tuple[str, n.TypeNode], ...]:
        self.expect("<")
        entries: list[tuple[str, n.TypeNode]] = []
        while not self.at(">"):
            name = self._declared(frozenset(), "the name of a context entry is expected")
            self.expect(":")
            entries.append((name, self.type()))
            if not self.at(">"):
                self.expect(",")
        self.expect(">")
        return tuple(entries)

    def _type_parts(self) -> tuple[n.TypeNode, ...]:
        self.expect("<")
        parts: list[n.TypeNode] = []
        while not self.at(">"):
            parts.append(self.type())
            if not self.at(">"):
                self.expect(",")
        self.expect(">")
        return tuple(parts)
