"""FEEL text to tokens. Names are put together by the parser, which knows the names in scope."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.engine.feel.errors import FeelSyntaxError

MAX_LENGTH = 50_000
KEYWORDS = frozenset(
    {
        "and", "between", "else", "every", "false", "for", "function", "if", "in", "instance",
        "null", "or", "return", "satisfies", "some", "then", "true",
    }
)  # fmt: skip
_START = (
    "A-Za-z_\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u167f\u1681-\u180d\u180f-\u1fff"
    "\u200c-\u200d\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufefe\uff00-\ufffd"
    "\U00010000-\U000effff"
)
_PART = _START + "0-9\u00b7\u0300-\u036f\u203f-\u2040"
_BLANK = "\\s\u0085\u00a0\u1680\u180e\u2000-\u200b\u2028\u2029\u202f\u205f\u3000\ufeff"
_SKIP = re.compile(rf"(?:[{_BLANK}]+|//[^\n]*|/\*(?s:.*?)\*/)+")
_TOKEN = re.compile(
    rf"(?P<num>(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?![{_PART}]))"
    r'|(?P<str>"(?:\\.|[^"\\\r\n])*")'
    rf"|(?P<word>[{_START}][{_PART}]*)"
    rf"|(?P<digits>[0-9][{_PART}]*)"
    r"|(?P<op>\*\*|\.\.\.(?![.0-9])|\.\.|<=|>=|!=|->|.)",
    re.S,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{6}|.)", re.S)
_SIMPLE = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "'": "'", "\\": "\\"}


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text: `kind` is num, str, word, digits, op or end."""

    kind: str
    text: str
    start: int
    end: int


def place_of(text: str, position: int) -> tuple[int, int]:
    """Line and column (from 1) of a position in the text."""
    line = text.count("\n", 0, position) + 1
    return line, position - (text.rfind("\n", 0, position) + 1) + 1


def fail(text: str, position: int, message: str) -> FeelSyntaxError:
    """The syntax error for a position."""
    return FeelSyntaxError(message, *place_of(text, position))


def read_tokens(text: str) -> list[Token]:
    """All tokens of the text, the last one of kind `end`; raises FeelSyntaxError."""
    if len(text) > MAX_LENGTH:
        raise FeelSyntaxError(f"expression is longer than {MAX_LENGTH} characters")
    tokens: list[Token] = []
    position, length = 0, len(text)
    while True:
        blank = _SKIP.match(text, position)
        if blank:
            position = blank.end()
        if position >= length:
            break
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise fail(text, position, f"unexpected character {text[position]!r}")
        if match.group() == '"':
            raise fail(text, position, "text literal is not closed")
        tokens.append(Token(match.lastgroup, match.group(), position, match.end()))
        position = match.end()
    tokens.append(Token("end", "", length, length))
    return tokens


def _unescape(match: re.Match[str]) -> str:
    code = match.group(1)
    if len(code) > 1:
        number = int(code[1:], 16)
        return chr(number) if number <= 0x10FFFF else match.group()
    return _SIMPLE.get(code, match.group())


def text_value(literal: str) -> str:
    """The string a quoted literal stands for (escapes of DMN 1.5, grammar rule 35)."""
    body = literal[1:-1]
    if "\\" not in body:
        return body
    value = _ESCAPE.sub(_unescape, body)
    # Two \u escapes may form one character outside the basic plane, as in Java and JSON.
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
