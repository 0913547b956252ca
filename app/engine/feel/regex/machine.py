"""Runs a pattern's program: first match in the order of Perl's choices, each state at most once.

Remembering the states already tried makes the work grow with text times pattern, never exponentially;
only back references need more, and every bit of work is paid from the evaluation's budget.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from app.engine.feel.regex.charsets import case_variants
from app.engine.feel.regex.program import Program, compile_program

Pay = Callable[[int], None]
Saves = tuple[int, ...]
Thread = tuple[int, int, Saves]
_PAY_EVERY = 1024
_MOVES_A_STEP = 4
_REPLACEMENT = re.compile(r"\\(.?)|\$([0-9]*)", re.S)


class Pattern:
    """A compiled pattern."""

    def __init__(self, program: Program, literal_replacement: bool) -> None:
        self._code = program.code
        self._remember_saves = program.has_back_references
        self._literal_replacement = literal_replacement
        self.groups = program.groups

    def search(self, text: str, start: int, pay: Pay) -> Saves | None:
        """Where the first match and its groups start and end (-1 for none), None without a match."""
        tried: set[Any] = set()
        for position in range(start, len(text) + 1):
            found = self._match(text, position, tried, pay)
            if found is not None:
                return found
        return None

    def _match(self, text: str, start: int, tried: set[Any], pay: Pay) -> Saves | None:
        stack: list[Thread] = [(0, start, (-1,) * (2 * self.groups + 2))]
        count = 0
        while stack:
            thread: Thread | None = stack.pop()
            while thread is not None:
                count += 1
                if count % _PAY_EVERY == 0:
                    pay(_PAY_EVERY // _MOVES_A_STEP)
                kind, first, second = self._code[thread[0]]
                if kind == "split":
                    thread = self._split(thread, (first, second), tried, stack)
                elif kind == "match":
                    pay(1 + count % _PAY_EVERY // _MOVES_A_STEP)
                    return thread[2]
                else:
                    thread = _MOVES[kind](text, thread, first)
        pay(1 + count % _PAY_EVERY // _MOVES_A_STEP)
        return None

    def _split(
        self, thread: Thread, ways: tuple[int, int], tried: set[Any], stack: list[Thread]
    ) -> Thread | None:
        """Go the first way and keep the second for later; nothing when that was all tried before."""
        at, position, saves = thread
        state = thread if self._remember_saves else (at, position)
        if state in tried:
            return None
        tried.add(state)
        stack.append((at + ways[1], position, saves))
        return at + ways[0], position, saves

    def _matches(self, text: str, pay: Pay) -> list[Saves]:
        found: list[Saves] = []
        position = 0
        while (match := self.search(text, position, pay)) is not None:
            if match[0] == match[1]:
                raise ValueError("the pattern matches the empty text")
            found.append(match)
            position = match[1]
        return found

    def _refuse_empty(self, pay: Pay) -> None:
        if self.search("", 0, pay) is not None:
            raise ValueError("the pattern matches the empty text")

    def replace(self, text: str, replacement: str, pay: Pay, grow: Pay) -> str:
        """The text with every match replaced; raises ValueError (XPath's errors FORX0003 and 0004).

        `grow` hears of the characters before they are put together.
        """
        self._refuse_empty(pay)
        parts = [replacement] if self._literal_replacement else self._replacement_parts(replacement)
        pieces: list[str] = []
        position = 0
        for match in self._matches(text, pay):
            pieces.append(text[position : match[0]])
            for part in parts:
                pieces.append(part if isinstance(part, str) else text[match[2 * part] : match[2 * part + 1]])
                grow(len(pieces[-1]))
            pay(len(parts))
            position = match[1]
        grow(len(text))
        return "".join((*pieces, text[position:]))

    def _replacement_parts(self, replacement: str) -> list[str | int]:
        parts: list[str | int] = []
        position = 0
        for found in _REPLACEMENT.finditer(replacement):
            parts.append(replacement[position : found.start()])
            position = found.end()
            if found.group(2) is None:
                if found.group(1) not in ("\\", "$"):
                    raise ValueError("'\\' in a replacement must be followed by '\\' or '$'")
                parts.append(found.group(1))
            else:
                parts += self._group_parts(found.group(2))
        return [*parts, replacement[position:]]

    def _group_parts(self, digits: str) -> list[str | int]:
        if not digits:
            raise ValueError("'$' in a replacement must be followed by a digit")
        # As many digits as there are groups: $12 is group 1 and a 2 when there are nine groups or fewer.
        size = max(
            (n for n in range(1, min(len(digits), 6) + 1) if int(digits[:n]) <= self.groups), default=1
        )
        number = int(digits[:size])
        return [number if number <= self.groups else "", digits[size:]]

    def split(self, text: str, pay: Pay) -> list[str]:
        """The pieces between the matches; raises ValueError when the pattern matches the empty text."""
        self._refuse_empty(pay)
        pieces: list[str] = []
        position = 0
        for match in self._matches(text, pay):
            pieces.append(text[position : match[0]])
            position = match[1]
        return [*pieces, text[position:]]


def _char(text: str, thread: Thread, test: Any) -> Thread | None:
    at, position, saves = thread
    return (at + 1, position + 1, saves) if position < len(text) and test(text[position]) else None


def _jump(_: str, thread: Thread, distance: Any) -> Thread | None:
    return thread[0] + distance, thread[1], thread[2]


def _save(_: str, thread: Thread, slot: Any) -> Thread | None:
    at, position, saves = thread
    return at + 1, position, (*saves[:slot], position, *saves[slot + 1 :])


def _back(text: str, thread: Thread, group: Any) -> Thread | None:
    at, position, saves = thread
    wanted = text[saves[2 * group] : saves[2 * group + 1]] if saves[2 * group + 1] >= 0 else ""
    return (at + 1, position + len(wanted), saves) if text.startswith(wanted, position) else None


def _back_any_case(text: str, thread: Thread, group: Any) -> Thread | None:
    at, position, saves = thread
    wanted = text[saves[2 * group] : saves[2 * group + 1]] if saves[2 * group + 1] >= 0 else ""
    found = text[position : position + len(wanted)]
    same = len(found) == len(wanted) and all(
        b in case_variants(a) for a, b in zip(wanted, found, strict=True)
    )
    return (at + 1, position + len(wanted), saves) if same else None


def _anchor(holds: Callable[[str, int], bool]) -> Callable[[str, Thread, Any], Thread | None]:
    def move(text: str, thread: Thread, _: Any) -> Thread | None:
        return (thread[0] + 1, thread[1], thread[2]) if holds(text, thread[1]) else None

    return move


_MOVES: dict[str, Callable[[str, Thread, Any], Thread | None]] = {
    "char": _char,
    "jump": _jump,
    "save": _save,
    "back": _back,
    "back any case": _back_any_case,
    "start": _anchor(lambda text, position: position == 0),
    "end": _anchor(lambda text, position: position == len(text)),
    "line start": _anchor(lambda text, at: at == 0 or (text[at - 1] == "\n" and at < len(text))),
    "line end": _anchor(lambda text, position: position == len(text) or text[position] == "\n"),
}


def make_pattern(pattern: str, flags: str) -> Pattern:
    """Compile a pattern; raises ValueError for a wrong pattern or an unknown flag."""
    if set(flags) - set("smixq"):
        raise ValueError(f"{flags!r} are no flags")
    return Pattern(compile_program(pattern, flags), "q" in flags)
