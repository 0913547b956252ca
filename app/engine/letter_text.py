"""Which parts of a typst template are certainly text: what stands there is shown and never computed.

This is no parser of typst. It follows the few ways of writing that letters need – text, comments, quoted texts, calls
such as `#plain(get("x"))`, statements of one line, `#if`, `#for` with their contents – and gives up at anything else,
so that nothing counts as text by mistake. Whoever forbids words in code forbids them in the whole of such a template.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

# Mathematics, raw text, comments within lines, links, odd line ends, script lines: never followed.
_NOT_FOLLOWED = re.compile(r"[$`\u000b\u000c\u0085\u2028\u2029]|/\*|\*/|://|\r(?!\n)|#!")
# Letters that end or belong to a name for certain; of others it depends on tables of Unicode.
_NAME = re.compile(r"[A-Za-z_\u4e00-\u9fff][\w\u4e00-\u9fff-]*", re.ASCII)
_SURE = re.compile(
    r"[\x00-\x7f\u3001-\u3003\u3008-\u3011\u4e00-\u9fff\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f“”‘’…—]|\Z"
)
_LINE_STATEMENTS = frozenset({"let", "set", "show", "import", "include"})
_BODY_STATEMENTS = frozenset({"if", "for", "while"})
_OTHER_KEYWORDS = frozenset(
    {"context", "return", "break", "continue", "not", "and", "or", "in", "as", "else"}
)
_KEYWORDS = _LINE_STATEMENTS | _BODY_STATEMENTS | _OTHER_KEYWORDS
_ELSE = re.compile(r"[ \t]+else(?:[ \t]+(?P<again>if)(?=[ \t(\"])|[ \t]*(?=[\[{]))")
_ANY_ELSE = re.compile(r"\s*else\b")
_MEMBER = re.compile(r"\.\w")
# A condition or range that is complete, with nothing in it that a content of its own may follow.
_COMPLETE = re.compile(r"[\w)\"](?<!\band)(?<!\bor)(?<!\bnot)(?<!\bin)[ \t]+\Z")
_NESTING = re.compile(rf"\b(?:{'|'.join(sorted(_KEYWORDS - {'and', 'or', 'not', 'in'}))})\b")
_QUOTED = re.compile(r'"[^"\\#\[\]]*"')
_OPEN, _CLOSE = {"(": ")", "{": "}"}, {")", "}"}


class _InDoubt(Exception):
    """A way of writing that is not followed."""


@dataclass
class _Reader:
    source: str
    position: int = 0
    parts: list[tuple[int, int]] = field(default_factory=list)

    def text(self, closing: str) -> None:
        """Markup up to the bracket that closes it, or to the end."""
        begin = self.position
        while self.position < len(self.source):
            sign = self.source[self.position]
            if sign == closing and closing:
                self.parts.append((begin, self.position))
                self.position += 1
                return
            if sign in "[]":
                raise _InDoubt
            if sign == "#":
                self.parts.append((begin, self.position))
                self.code_in_text(closing)
                begin = self.position
            elif sign == "\\":
                self.position += 2
            elif self.source.startswith("//", self.position):
                self.comment()
            else:
                self.position += 1
        if closing:
            raise _InDoubt
        self.parts.append((begin, len(self.source)))

    def comment(self) -> None:
        """To the end of the line."""
        end = self.source.find("\n", self.position)
        end = len(self.source) if end < 0 else end
        self.parts.append((self.position, end))
        self.position = end

    def code_in_text(self, closing: str) -> None:
        """What a hash begins."""
        self.position += 1
        name = _NAME.match(self.source, self.position)
        if name is None:
            if self.at() not in ("(", "{", "[", '"'):
                raise _InDoubt
            self.chain()
        elif name[0] in _LINE_STATEMENTS:
            self.position = name.end()
            self.line(closing)
        elif name[0] in _BODY_STATEMENTS:
            self.position = name.end()
            self.body_statement()
        elif name[0] in _OTHER_KEYWORDS:
            raise _InDoubt
        else:
            self.name(name)
            self.chain(begun=True)

    def name(self, found: re.Match[str]) -> None:
        self.position = found.end()
        if not _SURE.match(self.source, self.position):
            raise _InDoubt

    def chain(self, *, begun: bool = False) -> None:
        """A value and the calls and members that follow it without a space."""
        while True:
            sign = self.at()
            if sign in ("(", "[") or (sign == "{" and not begun):
                self.group()
            elif not begun and sign == '"':
                self.quoted()
            elif sign == "." and (name := _NAME.match(self.source, self.position + 1)):
                if name[0] in _KEYWORDS:
                    raise _InDoubt
                self.name(name)
            elif sign == "." and not _SURE.match(self.source, self.position + 1):
                raise _InDoubt
            else:
                return
            begun = True

    def line(self, closing: str) -> None:
        """A statement up to the end of its line, a semicolon or the end of the content it stands in."""
        while self.position < len(self.source) and self.at() not in ("\n", ";", closing or "\n"):
            self.step()

    def body_statement(self) -> None:
        """A condition or a range, then its content or block; then perhaps `else`."""
        begin = self.position
        while self.at() not in ("[", "{"):
            if self.at() in ("", "\n", ";"):
                raise _InDoubt
            self.step()
        before = self.source[begin : self.position]
        if not _COMPLETE.search(before) or _NESTING.search(before):
            raise _InDoubt
        self.group()
        found = _ELSE.match(self.source, self.position)
        if found is None:
            if _ANY_ELSE.match(self.source, self.position):
                raise _InDoubt
        elif found["again"]:
            self.position = found.end()
            self.body_statement()
        else:
            self.position = found.end()
            self.group()
        if self.at() in ("(", "[", "{") or _MEMBER.match(self.source, self.position):
            raise _InDoubt

    def group(self) -> None:
        """A bracket with all that it holds: code in round and curly ones, text in square ones."""
        opening = self.at()
        self.position += 1
        if opening == "[":
            self.text("]")
            return
        while self.at() != _OPEN[opening]:
            if not self.at():
                raise _InDoubt
            self.step()
        self.position += 1

    def step(self) -> None:
        """One sign of code, or the group, quoted text or comment that begins here."""
        sign = self.at()
        if sign in _OPEN or sign == "[":
            self.group()
        elif sign == '"':
            self.quoted()
        elif self.source.startswith("//", self.position):
            self.comment()
        elif sign in _CLOSE or sign in ("]", "#", "\\"):
            raise _InDoubt
        else:
            self.position += 1

    def quoted(self) -> None:
        found = _QUOTED.match(self.source, self.position)
        if found is None:
            raise _InDoubt
        self.parts.append((found.start() + 1, found.end() - 1))
        self.position = found.end()

    def at(self) -> str:
        return self.source[self.position : self.position + 1]


def text_parts(source: str) -> tuple[tuple[int, int], ...]:
    """From where to where a template is certainly text, in no order; nothing where that is in doubt."""
    if _NOT_FOLLOWED.search(source):
        return ()
    reader = _Reader(source)
    try:
        reader.text("")
    except (_InDoubt, RecursionError):
        return ()
    return tuple(reader.parts)


def code_matches(pattern: re.Pattern[str], source: str) -> Iterator[re.Match[str]]:
    """What a pattern finds outside of text."""
    parts: tuple[tuple[int, int], ...] | None = None
    for found in pattern.finditer(source):
        parts = text_parts(source) if parts is None else parts
        if not any(begin <= found.start() and found.end() <= end for begin, end in parts):
            yield found
