"""What changed between two submissions of a form, field by field; rows are matched by what is in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from app.engine.form.convert import is_empty
from app.engine.form.form import Form
from app.engine.form.state import MISSING, Row, State, plain, visible_tree

Kind = Literal["changed", "added", "removed"]


@dataclass(frozen=True, slots=True)
class Change:
    """One field, or one row that came or went: `before` and `after` are its states, `rows` the numbers of the rows
    around it as they are now (as they were, for what went)."""

    kind: Kind
    before: State | None
    after: State | None
    rows: tuple[int, ...] = ()
    row: Row | None = None

    @property
    def state(self) -> State:
        """The state that tells the label: the new one, the old one for what went; the list's for a row."""
        found = self.after or self.before
        assert found is not None  # noqa: S101  one of them is always there
        return found


def diff_values(form: Form, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """The differences in the order of the form; computed fields are left out, they follow from the others."""
    old, new = form.survey(before, {}), form.survey(after, {})
    return list(_differences(old, new, ()))


def _differences(
    before: tuple[State, ...], after: tuple[State, ...], rows: tuple[int, ...]
) -> Iterator[Change]:
    for old, new in zip(before, after, strict=True):
        if new.component.type == "group":
            yield from _differences(old.states, new.states, rows)
        elif new.component.type == "dynamiclist":
            yield from _row_differences(old, new, rows)
        elif new.component.is_input and _content(old) != _content(new):
            kind: Kind = (
                "added" if _content(old) is None else "removed" if _content(new) is None else "changed"
            )
            yield Change(kind, old, new, rows)


def _content(state: State) -> Any:
    value = None if state.stored is MISSING else plain(state.stored)
    if state.component.type == "filepicker" and isinstance(value, list):
        value = [(file.get("name"), file.get("sha256")) for file in value if isinstance(file, Mapping)]
    return None if is_empty(value) else _comparable(value)


def _comparable(value: Any) -> Any:
    """Numbers are equal to their texts; line ends do not count."""
    if isinstance(value, list):
        return tuple(_comparable(item) for item in value)
    if isinstance(value, str):
        return value.replace("\r\n", "\n")
    return value


def _row_differences(old: State, new: State, rows: tuple[int, ...]) -> Iterator[Change]:
    was = [_row_key(row) for row in old.rows if not row.blank]
    now = [_row_key(row) for row in new.rows if not row.blank]
    old_rows = [row for row in old.rows if not row.blank]
    new_rows = [row for row in new.rows if not row.blank]
    for tag, first, last, start, end in SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        pairs = min(last - first, end - start)
        for step in range(pairs):
            one, other = old_rows[first + step], new_rows[start + step]
            yield from _differences(one.states, other.states, (*rows, other.number))
        for gone in old_rows[first + pairs : last]:
            yield Change("removed", old, None, (*rows, gone.number), gone)
        for come in new_rows[start + pairs : end]:
            yield Change("added", None, new, (*rows, come.number), come)


def _row_key(row: Row) -> str:
    return repr(visible_tree(row.states))
