"""What the inputs of a page hold: a form's values as typed texts, the content of drafts.

A draft is a nested mapping by component keys: texts, true/false for ticks, lists of texts for several choices and
for attachments, lists of mappings for rows. Rows that people add and remove carry an id of their own under `ROW_ID`,
so that two people who move rows still speak of the same ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from app.engine.form.convert import option_key
from app.engine.form.model import MANY_OF, ONE_OF, Component
from app.engine.form.state import State, plant
from app.engine.form.template import show

ROW_ID = "#"
_ROW_ID = re.compile(r"[A-Za-z0-9_-]{1,40}", re.ASCII)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_MAX_DEPTH = 12


def input_text(component: Component, value: Any) -> str:
    """A typed value as an input element holds it."""
    if value is None:
        return ""
    if component.type == "datetime":
        cut = {"datetime": 16, "time": 5}.get(component.subtype, 10)
        return str(value)[:cut]
    if isinstance(value, Decimal):
        return format(value, "f")
    return value if isinstance(value, str) else show(value, "zh")


def typed_tree(states: tuple[State, ...]) -> dict[str, Any]:
    """What a page would hold for these states, hidden fields included."""
    tree: dict[str, Any] = {}
    for key, value in _typed(states, ()):
        plant(tree, key, value)
    return tree


def _typed(states: tuple[State, ...], prefix: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for state in states:
        key = prefix + state.component.key
        if state.component.type == "group":
            yield from _typed(state.states, key)
        elif state.component.type == "dynamiclist":
            yield key, [typed_row(state, place) for place in range(len(state.rows))]
        elif state.component.is_input:
            yield key, typed_value(state)


def typed_row(state: State, place: int) -> dict[str, Any]:
    """One row of a list as typed, with its id where rows come and go."""
    row = typed_tree(state.rows[place].states)
    return {ROW_ID: row_id(state, place), **row} if state.component.adds_rows else row


def row_id(state: State, place: int) -> str:
    """The id of a row: as it was sent, else made of its place among the stored rows."""
    sent = state.sent if isinstance(state.sent, (list, tuple)) else ()
    row = sent[place] if place < len(sent) else None
    given = row.get(ROW_ID) if isinstance(row, Mapping) else None
    return str(given) if is_row_id(given) else f"s{place}"


def is_row_id(value: object) -> bool:
    """Whether `value` can be a row's id."""
    return isinstance(value, str) and _ROW_ID.fullmatch(value) is not None


def typed_value(state: State) -> Any:
    """The value of one input as typed."""
    value, kind = state.value, state.component.type
    if kind == "checkbox":
        return value is True
    if kind in ONE_OF:
        return option_key(value) if value is not None else None
    if kind in MANY_OF:
        return [str(option_key(item)) for item in value or []]
    if kind == "filepicker":
        return [str(file.get("id")) for file in value or []]
    return input_text(state.component, value)


def storable(value: Any, depth: int = 0) -> Any:
    """What was sent as every database keeps it: LF for line ends, no NUL, no unpaired surrogates, text for numbers."""
    if isinstance(value, str):
        return _UNSTORABLE.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))
    if depth > _MAX_DEPTH:
        return None
    if isinstance(value, Mapping):
        return {str(key): storable(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [storable(item, depth + 1) for item in value]
    return value if value is None or isinstance(value, bool) else option_key(value)
