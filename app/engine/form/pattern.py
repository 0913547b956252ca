"""Regular expressions of forms, matched in linear time: no pattern can make a server think for minutes.

The dialect is what JavaScript and Python share: literals, classes, groups, alternatives, repetitions
(`* + ? {m,n}`), `^ $`, the ASCII classes d, w, s and their opposites. Look-around and back-references are
refused. A pattern is compiled to a small program and run as a set of states (Thompson 1968), so there is
no backtracking.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

MAX_PROGRAM = 3_000
_MAX_REPEAT = 1_000
_MAX_DEPTH = 50

Test = Callable[[str], bool]
Node = tuple[object, ...]
Instruction = tuple[str, object, int]


class PatternRefused(ValueError):
    """The text is no regular expression of our dialect; the message says why."""


def _is_word(sign: str) -> bool:
    return sign.isascii() and (sign.isalnum() or sign == "_")


def _is_digit(sign: str) -> bool:
    return "0" <= sign <= "9"


_CLASSES: dict[str, Test] = {
    "d": _is_digit,
    "D": lambda sign: not _is_digit(sign),
    "w": _is_word,
    "W": lambda sign: not _is_word(sign),
    "s": str.isspace,
    "S": lambda sign: not sign.isspace(),
}
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v"}


@dataclass
class _Parser:
    text: str
    at: int = 0
    depth: int = 0

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def take(self) -> str:
        sign = self.peek()
        if not sign:
            raise PatternRefused("pattern ends too early")
        self.at += 1
        return sign

    def parse_choice(self) -> Node:
        branches = [self.parse_sequence()]
        while self.peek() == "|":
            self.at += 1
            branches.append(self.parse_sequence())
        return branches[0] if len(branches) == 1 else ("choice", tuple(branches))

    def parse_sequence(self) -> Node:
        parts: list[Node] = []
        while self.peek() and self.peek() not in "|)":
            parts.append(self.parse_repeat(self.parse_atom()))
        return ("sequence", tuple(parts))

    def parse_atom(self) -> Node:
        sign = self.take()
        if sign == "(":
            return self.parse_group()
        if sign == "[":
            return ("sign", self.parse_class())
        if sign == "\\":
            return self.parse_escape()
        if sign in "^$":
            return ("anchor", sign)
        if sign == ".":
            return ("sign", lambda found: found != "\n")
        if sign in "*+?{":
            raise PatternRefused(f"nothing to repeat before {sign!r}")
        return ("sign", _equals(sign))

    def parse_group(self) -> Node:
        if self.peek() == "?":
            if self.text[self.at : self.at + 2] != "?:":
                raise PatternRefused("look-around, named groups and flags are not supported")
            self.at += 2
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise PatternRefused("groups are nested too deeply")
        inner = self.parse_choice()
        self.depth -= 1
        if self.take() != ")":
            raise PatternRefused("a group is not closed")
        return inner

    def parse_escape(self) -> Node:
        if self.peek() in ("b", "B", "k") or self.peek().isdigit():
            raise PatternRefused(f"\\{self.peek()} is not supported")
        if self.peek() in _CLASSES:
            return ("sign", _CLASSES[self.take()])
        return ("sign", _equals(self.parse_literal_escape()))

    def parse_literal_escape(self) -> str:
        sign = self.take()
        if sign == "u" or sign == "x":
            width = 4 if sign == "u" else 2
            digits = self.text[self.at : self.at + width]
            self.at += width
            if len(digits) < width or not all(digit in "0123456789abcdefABCDEF" for digit in digits):
                raise PatternRefused(f"\\{sign} needs {width} hexadecimal digits")
            return chr(int(digits, 16))
        if sign in _CONTROLS:
            return _CONTROLS[sign]
        if _is_word(sign):
            raise PatternRefused(f"\\{sign} is not supported")
        return sign

    def parse_class(self) -> Test:
        negated = self.peek() == "^"
        self.at += negated
        tests: list[Test] = []
        while self.peek() != "]":
            tests.append(self.parse_class_item())
        self.at += 1
        found = tuple(tests)
        return lambda sign: any(test(sign) for test in found) is not negated

    def parse_class_item(self) -> Test:
        first = self.take()
        if first == "\\":
            if self.peek() in _CLASSES:
                return _CLASSES[self.take()]
            first = self.parse_literal_escape()
        if self.peek() != "-" or self.text[self.at + 1 : self.at + 2] in ("]", ""):
            return _equals(first)
        self.at += 1
        last = self.take()
        if last == "\\":
            last = self.parse_literal_escape()
        if last < first:
            raise PatternRefused(f"range {first}-{last} is the wrong way round")
        return lambda sign: first <= sign <= last

    def parse_repeat(self, atom: Node) -> Node:
        sign = self.peek()
        if sign not in ("*", "+", "?", "{"):
            return atom
        self.at += 1
        low, high = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(sign) or self.parse_counts()
        if self.peek() == "?":
            self.at += 1
        if self.peek() and self.peek() in "*+?{":
            raise PatternRefused("two repetitions stand one after the other")
        return ("repeat", atom, low, high)

    def parse_counts(self) -> tuple[int, int | None]:
        body, closed, _ = self.text[self.at :].partition("}")
        low, comma, high = body.partition(",")
        if not closed or not low.isdecimal() or (high and not high.isdecimal()) or len(body) > 9:
            raise PatternRefused("a repetition must be {m}, {m,} or {m,n}")
        self.at += len(body) + 1
        least, most = int(low), int(high) if high else (None if comma else int(low))
        if max(least, most or 0) > _MAX_REPEAT or (most is not None and most < least):
            raise PatternRefused(f"repetition {{{body}}} is out of bounds")
        return least, most


def _equals(expected: str) -> Test:
    return lambda sign: sign == expected


def _emit(node: Node, program: list[Instruction]) -> None:
    """Append the instructions of `node`: `sign`, `anchor`, `fork` (this and another place) and `jump`."""
    if len(program) > MAX_PROGRAM:
        raise PatternRefused("the pattern is too large")
    match node:
        case ("sequence", tuple() as parts):
            for part in parts:
                _emit(part, program)
        case ("choice", tuple() as branches):
            _emit_choice(branches, program)
        case ("repeat", tuple() as atom, int() as low, high):
            _emit_repeat(atom, low, high if isinstance(high, int) else None, program)
        case (str() as kind, payload):
            program.append((kind, payload, 0))


def _emit_choice(branches: tuple[Node, ...], program: list[Instruction]) -> None:
    ends: list[int] = []
    for branch in branches[:-1]:
        fork = len(program)
        program.append(("fork", None, 0))
        _emit(branch, program)
        ends.append(len(program))
        program.append(("jump", None, 0))
        program[fork] = ("fork", None, len(program))
    _emit(branches[-1], program)
    for end in ends:
        program[end] = ("jump", None, len(program))


def _emit_repeat(atom: Node, low: int, high: int | None, program: list[Instruction]) -> None:
    for _ in range(low):
        _emit(atom, program)
    if high is None:
        fork = len(program)
        program.append(("fork", None, 0))
        _emit(atom, program)
        program.append(("jump", None, fork))
        program[fork] = ("fork", None, len(program))
        return
    forks: list[int] = []
    for _ in range(high - low):
        forks.append(len(program))
        program.append(("fork", None, 0))
        _emit(atom, program)
    for fork in forks:
        program[fork] = ("fork", None, len(program))


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern; `source` is what the author wrote."""

    source: str
    program: tuple[Instruction, ...]

    def is_found_in(self, text: str) -> bool:
        """Whether the pattern matches anywhere in `text`, like JavaScript's `RegExp.test`."""
        states: set[int] = set()
        for at in range(len(text) + 1):
            states = self._follow({*states, 0}, at, len(text))
            if len(self.program) in states:
                return True
            if at < len(text):
                states = self._step(states, text[at])
        return False

    def _step(self, states: set[int], sign: str) -> set[int]:
        after: set[int] = set()
        for state in states:
            kind, payload, _ = self.program[state]
            if kind == "sign" and callable(payload) and payload(sign):
                after.add(state + 1)
        return after

    def _follow(self, states: set[int], at: int, end: int) -> set[int]:
        """All states reachable from `states` without reading a sign."""
        found: set[int] = set()
        waiting = list(states)
        while waiting:
            state = waiting.pop()
            if state in found:
                continue
            found.add(state)
            if state == len(self.program):
                continue
            kind, payload, target = self.program[state]
            if kind in ("fork", "jump"):
                waiting.append(target)
            if kind == "fork" or (kind == "anchor" and at == (0 if payload == "^" else end)):
                waiting.append(state + 1)
        return found


def compile_pattern(source: str) -> Pattern:
    """`source` as a pattern that is matched in time proportional to the text.

    Raises PatternRefused for what is no regular expression of the dialect or too large.
    """
    if len(source) > 500:
        raise PatternRefused("the pattern is longer than 500 characters")
    parser = _Parser(source)
    tree = parser.parse_choice()
    if parser.at < len(source):
        raise PatternRefused("a bracket is closed that was never opened")
    program: list[Instruction] = []
    _emit(tree, program)
    if len(program) > MAX_PROGRAM:
        raise PatternRefused("the pattern is too large")
    return Pattern(source, tuple(program))
