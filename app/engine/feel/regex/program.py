"""Patterns of XPath's `fn:matches` to a small program for the machine (XPath Functions 3.1, 5.6.1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from app.engine.feel.regex import charsets
from app.engine.feel.regex.charsets import Test

MAX_PROGRAM = 20_000
MAX_NESTING = 50
_BLANKS = " \t\n\r"
# What to do and up to two operands; the targets of splits and jumps count from the instruction itself.
Instruction = tuple[str, Any, Any]


@dataclass
class Program:
    """What the machine runs; `groups` counts the capturing groups."""

    code: list[Instruction] = field(default_factory=list)
    groups: int = 0
    has_back_references: bool = False


class _Reader:
    def __init__(self, pattern: str, flags: str) -> None:
        self.pattern = pattern
        self.index = 0
        self.flags = flags
        self.program = Program()
        self.nesting = 0
        self.closed: set[int] = set()

    def peek(self) -> str:
        return self.pattern[self.index : self.index + 1]

    def next(self) -> str:
        char = self.peek()
        if not char:
            raise ValueError("the pattern ends too early")
        self.index += 1
        return char

    def expect(self, char: str) -> None:
        if self.next() != char:
            raise ValueError(f"{char!r} expected in the pattern")

    # -- structure --------------------------------------------------------------------------------
    def alternatives(self) -> list[Instruction]:
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise ValueError("the pattern is nested too deeply")
        code = self.branch()
        while self.peek() == "|":
            self.index += 1
            other = self.branch()
            code = [("split", 1, len(code) + 2), *code, ("jump", len(other) + 1, None), *other]
        self.nesting -= 1
        return code

    def branch(self) -> list[Instruction]:
        code: list[Instruction] = []
        while self.peek() not in ("", "|", ")"):
            code += self.piece()
            if len(code) > MAX_PROGRAM:
                raise ValueError("the pattern is too large")
        return code

    def piece(self) -> list[Instruction]:
        atom = self.atom()
        bounds = self.quantifier()
        if bounds is None:
            return atom
        low, high = bounds
        lazy = self.peek() == "?"
        self.index += lazy
        if self.peek() and self.peek() in "*+?{":
            raise ValueError("a quantifier follows a quantifier")
        return _repeat(atom, low, high, lazy)

    def quantifier(self) -> tuple[int, int | None] | None:
        char = self.peek()
        simple = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(char) if char else None
        if simple is not None:
            self.index += 1
            return simple
        if char != "{":
            return None
        end = self.pattern.find("}", self.index)
        low, comma, high = self.pattern[self.index + 1 : end].partition(",")
        if (
            end < 0
            or not (low.isascii() and low.isdigit())
            or (high and not (high.isascii() and high.isdigit()))
        ):
            raise ValueError("a quantifier is wrong")
        self.index = end + 1
        most = (int(high) if high else None) if comma else int(low)
        if len(low) > 6 or len(high) > 6 or (most is not None and most < int(low)):
            raise ValueError("a quantifier is wrong")
        return int(low), most

    # -- atoms ------------------------------------------------------------------------------------
    def atom(self) -> list[Instruction]:
        char = self.next()
        if char == "(":
            return self.group()
        if char == "[":
            return [("char", self.char_class(), None)]
        if char == "\\":
            return [self.escape()]
        if char in "^$":
            return [(self.anchor(char), None, None)]
        if char == ".":
            return [("char", (lambda _: True) if "s" in self.flags else (lambda c: c not in "\n\r"), None)]
        if char in "*+?{}]":
            raise ValueError(f"{char!r} is out of place in the pattern")
        return [("char", self.cased(charsets.exactly(char)), None)]

    def anchor(self, char: str) -> str:
        line = "line " if "m" in self.flags else ""
        return line + ("start" if char == "^" else "end")

    def cased(self, test: Test) -> Test:
        """The test for a written character or range: only these heed the flag, sets such as `\\p{Lu}` do not."""
        return charsets.ignore_case(test) if "i" in self.flags else test

    def group(self) -> list[Instruction]:
        if self.peek() == "?":
            self.index += 1
            self.expect(":")
            code = self.alternatives()
            self.expect(")")
            return code
        self.program.groups += 1
        number = self.program.groups
        code = self.alternatives()
        self.expect(")")
        self.closed.add(number)
        return [("save", 2 * number, None), *code, ("save", 2 * number + 1, None)]

    def escape(self) -> Instruction:
        char = self.next()
        if char.isascii() and char.isdigit() and char != "0":
            return self.back_reference(int(char))
        return ("char", self.escaped(char), None)

    def back_reference(self, number: int) -> Instruction:
        while (
            self.peek().isascii()
            and self.peek().isdigit()
            and number * 10 + int(self.peek()) <= len(self.closed)
        ):
            number = number * 10 + int(self.next())
        if number not in self.closed:
            raise ValueError(f"there is no group {number} to refer to")
        self.program.has_back_references = True
        return ("back any case" if "i" in self.flags else "back", number, None)

    def escaped(self, char: str) -> Test:
        if char in charsets.ESCAPED_SETS:
            return charsets.ESCAPED_SETS[char]
        if char in charsets.ESCAPED_CHARS:
            return charsets.exactly(charsets.ESCAPED_CHARS[char])
        if char not in "pP":
            raise ValueError(f"\\{char} is not known in patterns")
        self.expect("{")
        end = self.pattern.find("}", self.index)
        if end < 0:
            raise ValueError("a category is not closed")
        test = charsets.named_set(self.pattern[self.index : end])
        self.index = end + 1
        return charsets.invert(test) if char == "P" else test

    # -- character classes ------------------------------------------------------------------------
    def char_class(self) -> Test:
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise ValueError("the pattern is nested too deeply")
        negated = self.peek() == "^"
        self.index += negated
        tests: list[Test] = []
        taken: Test | None = None
        while True:
            char = self.next()
            if char == "]" and tests:
                break
            if char == "-" and self.peek() == "[" and tests:
                self.index += 1
                taken = self.char_class()
                self.expect("]")
                break
            tests.append(self.class_item(char, first=not tests))
        self.nesting -= 1
        test = charsets.any_of(tests)
        test = charsets.invert(test) if negated else test
        return charsets.without(test, taken) if taken else test

    def class_item(self, char: str, first: bool) -> Test:
        low = self.class_char(char, first)
        if not isinstance(low, str):
            return low
        if self.peek() != "-" or self.pattern[self.index + 1 : self.index + 2] in ("]", "["):
            return self.cased(charsets.exactly(low))
        self.index += 1
        high = self.class_char(self.next(), first=False)
        if not isinstance(high, str):
            raise ValueError("a range ends in no character")
        return self.cased(charsets.between(low, high))

    def class_char(self, char: str, first: bool) -> str | Test:
        if char in "[]":
            raise ValueError(f"{char!r} must be escaped in a class")
        if char == "-" and not first and self.peek() != "]":
            raise ValueError("'-' must be escaped in a class")
        if char != "\\":
            return char
        escaped = self.next()
        return charsets.ESCAPED_CHARS.get(escaped) or self.escaped(escaped)


def _repeat(atom: list[Instruction], low: int, high: int | None, lazy: bool) -> list[Instruction]:
    copies = (low + 1 if high is None else high) * (len(atom) + 2)
    if copies > MAX_PROGRAM:
        raise ValueError("the pattern repeats too often")
    code = atom * low
    size = len(atom)
    if high is None:
        into, out = (size + 2, 1) if lazy else (1, size + 2)
        return [*code, ("split", into, out), *atom, ("jump", -size - 1, None)]
    for left in range(high - low, 0, -1):
        end = left * (size + 1)
        code += [("split", end, 1) if lazy else ("split", 1, end), *atom]
    return code


def _without_blanks(pattern: str) -> str:
    """The pattern without blanks, but for those in character classes: even `\\ s` is `\\s`."""
    kept: list[str] = []
    depth = 0
    escaped = False
    for char in pattern:
        if depth == 0 and char in _BLANKS:
            continue
        kept.append(char)
        depth += 0 if escaped else (char == "[") - (char == "]" and depth > 0)
        escaped = char == "\\" and not escaped
    return "".join(kept)


def compile_program(pattern: str, flags: str) -> Program:
    """The program for a pattern; raises ValueError when the pattern is wrong."""
    literal = "q" in flags
    reader = _Reader(_without_blanks(pattern) if "x" in flags and not literal else pattern, flags)
    code: list[Instruction]
    if literal:
        code = [("char", reader.cased(charsets.exactly(char)), None) for char in reader.pattern]
    else:
        code = reader.alternatives()
        if reader.index < len(reader.pattern):
            raise ValueError("')' is out of place in the pattern")
    reader.program.code = [("save", 0, None), *code, ("save", 1, None), ("match", None, None)]
    if len(reader.program.code) > MAX_PROGRAM:
        raise ValueError("the pattern is too large")
    return reader.program
