"""String and conversion functions (DMN 1.5, 10.3.4.1 to 10.3.4.3)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from app.engine.feel.functions.registry import built_in
from app.engine.feel.hosting import format_feel
from app.engine.feel.regex import compile_pattern
from app.engine.feel.scope import Run
from app.engine.feel.types import Mismatch
from app.engine.feel.values import NUMBERS, kind_of

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII)
_SEPARATORS = {" ", ",", "."}


@built_in("string", "from: any|null", with_run=True)
def string(run: Run, value: Any) -> str | None:
    """The text of a value, None for null."""
    if value is None:
        return None
    run.visit(value)
    text = format_feel(value)
    run.grow(len(text))
    return text


def _parse_number(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{text!r} is no number")
    return NUMBERS.create_decimal(text)


@built_in("number", "from: string")
def number(text: str) -> Decimal:
    """The number a text stands for; raises ValueError."""
    return _parse_number(text)


@built_in("number", "from: string, grouping separator: string|null, decimal separator: string|null")
def number_with(text: str, grouping: str | None, point: str | None) -> Decimal:
    """The number a text with separators stands for; raises ValueError."""
    if grouping is not None and grouping not in _SEPARATORS:
        raise ValueError(f"{grouping!r} is no grouping separator")
    if point is not None and (point not in (".", ",") or point == grouping):
        raise ValueError(f"{point!r} is no decimal separator")
    if grouping is not None:
        text = text.replace(grouping, "")
    if point == ",":
        if "." in text:
            raise ValueError("two decimal separators")
        text = text.replace(",", ".")
    return _parse_number(text)


@built_in("string length", "string: string")
def string_length(text: str) -> Decimal:
    """How many characters (code points) the text has."""
    return Decimal(len(text))


@built_in("upper case", "string: string")
def upper_case(text: str) -> str:
    """The text in capitals."""
    return text.upper()


@built_in("lower case", "string: string")
def lower_case(text: str) -> str:
    """The text in small letters."""
    return text.lower()


@built_in("substring", "string: string, start position: number, length?: number")
def substring(text: str, start: Decimal, length: Decimal | None) -> str:
    """A part of the text, positions from 1 or from the end; raises ValueError outside of it."""
    position = int(start)
    if not 0 < abs(position) <= len(text):
        raise ValueError(f"the text has no position {position}")
    first = position - 1 if position > 0 else len(text) + position
    if length is None:
        return text[first:]
    if length < 1:
        raise ValueError("the length must be at least 1")
    return text[first : first + int(length)]


@built_in("substring before", "string: string, match: string")
def substring_before(text: str, match: str) -> str:
    """What stands before the match, nothing if it is not there."""
    return text.partition(match)[0] if match and match in text else ""


@built_in("substring after", "string: string, match: string")
def substring_after(text: str, match: str) -> str:
    """What stands after the match, nothing if it is not there."""
    return text if not match else text.partition(match)[2]


@built_in("contains", "string: string, match: string")
def contains(text: str, match: str) -> bool:
    """Whether the match is in the text."""
    return match in text


@built_in("starts with", "string: string, match: string")
def starts_with(text: str, match: str) -> bool:
    """Whether the text starts with the match."""
    return text.startswith(match)


@built_in("ends with", "string: string, match: string")
def ends_with(text: str, match: str) -> bool:
    """Whether the text ends with the match."""
    return text.endswith(match)


@built_in("matches", "input: string, pattern: string, flags?: string|null", with_run=True)
def matches(run: Run, text: str, pattern: str, flags: str | None) -> bool:
    """Whether the pattern (XPath, XQuery regular expression) is found in the text; raises ValueError."""
    return compile_pattern(pattern, flags or "").search(text, 0, run.step) is not None


@built_in(
    "replace", "input: string, pattern: string, replacement: string, flags?: string|null", with_run=True
)
def replace(run: Run, text: str, pattern: str, replacement: str, flags: str | None) -> str:
    """The text with every match replaced; `$1` in the replacement is a group; raises ValueError."""
    compiled = compile_pattern(pattern, flags or "")
    return compiled.replace(text, replacement, run.step, run.grow)


@built_in("split", "string: string, delimiter: string", with_run=True)
def split(run: Run, text: str, delimiter: str) -> list[str]:
    """The pieces between the matches of a pattern; raises ValueError."""
    pieces = compile_pattern(delimiter, "").split(text, run.step)
    run.grow(len(pieces) + len(text))
    return pieces


@built_in("string join", "list: list, delimiter?: string|null", with_run=True)
def string_join(run: Run, values: list[Any], delimiter: str | None) -> str:
    """The texts of a list in one; nulls are left out; raises Mismatch for other values."""
    for value in values:
        if value is not None and not isinstance(value, str):
            raise Mismatch(f"{kind_of(value)} in a list of strings")
    texts, between = [value for value in values if value is not None], delimiter or ""
    run.grow(sum(map(len, texts)) + len(between) * len(texts))
    return between.join(texts)
