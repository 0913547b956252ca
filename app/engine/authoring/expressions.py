"""What is wrong with one text of a diagram, with its place, as the author types."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from app.engine.environment import HOST_FUNCTIONS
from app.engine.feel import FeelError, compile_expression, compile_unary_tests
from app.engine.spiff.instants import LITERAL
from app.engine.spiff.script_task import split_script
from app.engine.spiff.settings import translate_juel

# formal: a formal expression; value: literal or, after `=`, FEEL; time: ISO 8601 or FEEL; script: assignments;
# unary: a cell of a decision table.
Kind = Literal["formal", "value", "time", "script", "unary"]
KINDS: tuple[Kind, ...] = ("formal", "value", "time", "script", "unary")


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake; line and column count from 1 in the text as typed."""

    line: int
    column: int
    message_zh: str
    message_en: str


def find_mistakes(text: str, kind: Kind, names: Collection[str] = ()) -> tuple[Mistake, ...]:
    """The mistakes of a text; none when it is empty, since whether it may be empty is for the lint to say.

    `names` are what the text can name, where names have blanks in them or stand for functions (decision models).
    """
    known = HOST_FUNCTIONS | frozenset(names)
    if not text.strip():
        return ()
    if kind == "script":
        return _script(text, known)
    if kind == "unary":
        return _unary(text, known)
    stripped = text.lstrip()
    if kind == "value" and not stripped.startswith("="):
        return ()
    if kind == "time" and LITERAL.fullmatch(text.strip()):
        return ()
    if translate_juel(text) is not None:
        return ()
    body = stripped[1:] if stripped.startswith("=") else stripped
    return _formal(body, known, text[: len(text) - len(body)])


def _formal(text: str, known: frozenset[str], before: str = "") -> tuple[Mistake, ...]:
    """`before` is what stands in front of the expression in the author's text."""
    try:
        compiled = compile_expression(text, known)
    except FeelError as error:
        return (_mistake(error, before),)
    return tuple(_unknown(name, text, before) for name in sorted(compiled.calls - known))


def _unary(text: str, known: frozenset[str]) -> tuple[Mistake, ...]:
    try:
        compile_unary_tests(text, known)
    except FeelError as error:
        return (_mistake(error, ""),)
    return ()


def _script(text: str, known: frozenset[str]) -> tuple[Mistake, ...]:
    try:
        assignments = split_script(text)
    except ValueError as error:
        told = str(error)
        number = told.partition(":")[0].removeprefix("line ")
        line = int(number) if number.isdigit() else 1
        return (
            Mistake(line, 1, "这一行不是赋值：应为 变量名 = 表达式", "not an assignment: name = expression"),
        )
    found: list[Mistake] = []
    for _name, body, line in assignments:
        source = text.splitlines()[line - 1]
        start = max(source.find(body.splitlines()[0]), 0)
        for mistake in _formal(body, known):
            column = mistake.column + (start if mistake.line == 1 else 0)
            found.append(Mistake(line + mistake.line - 1, column, mistake.message_zh, mistake.message_en))
    return tuple(found)


def _mistake(error: FeelError, before: str) -> Mistake:
    line, column = _place(error.line, error.column, before)
    return Mistake(line, column, error.message_zh, error.message)


def _unknown(name: str, text: str, before: str) -> Mistake:
    position = max(text.find(name), 0)
    start = text.rfind("\n", 0, position) + 1
    line, column = _place(text.count("\n", 0, position) + 1, position - start + 1, before)
    return Mistake(line, column, f"没有函数 {name}", f"there is no function {name}")


def _place(line: int, column: int, before: str) -> tuple[int, int]:
    if line == 1:
        column += len(before) - (before.rfind("\n") + 1)
    return line + before.count("\n"), column


__all__ = ["KINDS", "Kind", "Mistake", "find_mistakes"]
