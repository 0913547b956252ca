"""Texts with FEEL in them: form-js's feelers (`{{expr}}`, `{{#if expr}}`, `{{#loop expr}}`) and `=` texts."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import Any, Protocol

from app.engine.environment import HOST_FUNCTIONS
from app.engine.feel import Expression, compile_expression, to_json
from app.engine.form.moments import INSTANT, show_instant
from app.engine.form.words import YES_NO, Language

_TAG = re.compile(r"\{\{\s*(#if|#loop|/if|/loop)?(.*?)\}\}", re.DOTALL)
GROUPED = 10_000  # years and counts stay plain
_MAX_OUTPUT = 20_000
_MAX_ITEMS = 200
_MAX_NESTING = 3


class Evaluator(Protocol):
    """Where the expressions of a template are evaluated."""

    def evaluate(self, expression: Expression) -> Any:
        """The value, null when the expression fails."""

    def within(self, item: Any) -> Evaluator:
        """The evaluator inside a loop over `item`: its keys and `this`."""


@dataclass(frozen=True, slots=True)
class Value:
    """`{{ expression }}`"""

    expression: Expression


@dataclass(frozen=True, slots=True)
class Block:
    """`{{#if …}}` or `{{#loop …}}` and what stands inside."""

    kind: str
    expression: Expression
    inner: tuple[Part, ...]


Part = str | Value | Block


class TemplateBroken(ValueError):
    """Blocks are not opened and closed in pairs."""


@dataclass(frozen=True, slots=True)
class Template:
    """A text whose expressions are compiled; evaluate it with `fill`."""

    source: str
    parts: tuple[Part, ...]

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """Every expression in the text."""
        return tuple(_expressions(self.parts))

    def fill(self, evaluator: Evaluator, language: Language, escape: Callable[[str], str] = str) -> str:
        """The text with its values, each passed through `escape`; what the author wrote is not escaped."""
        return "".join(_filled(self.parts, evaluator, language, escape))[:_MAX_OUTPUT]


def parse_template(source: str) -> Template:
    """The template in `source`.

    Raises TemplateBroken for unpaired blocks and FeelSyntaxError for a wrong expression.
    """
    if source.startswith("="):
        return Template(source, (Value(_compile(source)),))
    stack: list[tuple[str, str, list[Part]]] = [("", "", [])]
    at = 0
    for match in _TAG.finditer(source):
        stack[-1][2].append(source[at : match.start()])
        at = match.end()
        _read_tag(match.group(1) or "", match.group(2).strip(), stack)
    stack[-1][2].append(source[at:])
    if len(stack) > 1:
        raise TemplateBroken(f"{{{{#{stack[-1][0]}}}}} is not closed")
    return Template(source, tuple(part for part in stack[0][2] if part != ""))


def _compile(source: str) -> Expression:
    return compile_expression(source.removeprefix("=").strip(), HOST_FUNCTIONS)


def _read_tag(tag: str, body: str, stack: list[tuple[str, str, list[Part]]]) -> None:
    if not tag:
        stack[-1][2].append(Value(_compile(body)))
    elif tag.startswith("#"):
        if len(stack) > _MAX_NESTING:
            raise TemplateBroken("blocks are nested too deeply")
        stack.append((tag[1:], body, []))
    elif len(stack) < 2 or stack[-1][0] != tag[1:]:
        raise TemplateBroken(f"{{{{{tag}}}}} closes nothing")
    else:
        kind, opened, inner = stack.pop()
        stack[-1][2].append(Block(kind, _compile(opened), tuple(inner)))


def _expressions(parts: tuple[Part, ...]) -> list[Expression]:
    found: list[Expression] = []
    for part in parts:
        if not isinstance(part, str):
            found.append(part.expression)
        if isinstance(part, Block):
            found.extend(_expressions(part.inner))
    return found


def _filled(
    parts: tuple[Part, ...], evaluator: Evaluator, language: Language, escape: Callable[[str], str]
) -> list[str]:
    written: list[str] = []
    for part in parts:
        if isinstance(part, str):
            written.append(part)
            continue
        value = evaluator.evaluate(part.expression)
        if isinstance(part, Value):
            written.append(escape(said(value, language)))
        elif part.kind == "if":
            written += _filled(part.inner, evaluator, language, escape) if value is True else []
        else:
            for item in value[:_MAX_ITEMS] if isinstance(value, list) else []:
                written += _filled(part.inner, evaluator.within(item), language, escape)
    return written


def said(value: Any, language: Language) -> str:
    """A value within a sentence: an instant is told as people tell it, all else is shown as it is."""
    text = show(value, language)
    return show_instant(text) if INSTANT.fullmatch(text) else text


def show(value: Any, language: Language) -> str:
    """A value as people read it: nothing for null, 是/否, big numbers in groups of three, ISO dates, listed items."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return YES_NO[value].said(language)
    if isinstance(value, (int, Decimal)):
        number = Decimal(value)
        return format(number, ",f" if abs(number) >= GROUPED else "f")
    if isinstance(value, list):
        return ("、" if language == "zh" else ", ").join(show(item, language) for item in value)
    if isinstance(value, dict):
        return ""
    if isinstance(value, (str, date, time)):
        return str(value)
    plain = to_json(value)
    return "" if plain is None else str(plain)
