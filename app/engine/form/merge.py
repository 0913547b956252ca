"""What two people typed into the same form, merged field by field: nothing that somebody typed disappears.

The classical three-way merge on the content of drafts (see `app.engine.form.typed`): what only one of them changed
since `base` is taken; what both changed differently stays as the one who saves last has it, and the other value is
told as a conflict. Rows are matched by their ids, several choices and attachments are merged as sets. A key that is
not there was not on that person's page and counts as unchanged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.engine.form.convert import option_key
from app.engine.form.typed import ROW_ID

TreePath = tuple[str, ...]
_ABSENT: Any = object()


@dataclass(frozen=True, slots=True)
class Conflict:
    """Both changed the value at `path` (keys, and `#id` for rows); a row is None where somebody removed it."""

    path: TreePath
    mine: Any
    theirs: Any


@dataclass(frozen=True, slots=True)
class Merged:
    """The merged tree; where there is a conflict it holds `mine`, or the row that one changed and one removed."""

    values: dict[str, Any]
    conflicts: tuple[Conflict, ...]


def merge(base: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> Merged:
    """The changes of `mine` and `theirs` since `base`, together."""
    conflicts: list[Conflict] = []
    values = _merge_trees((), base, mine, theirs, conflicts)
    return Merged(values, tuple(conflicts))


def same(one: Any, other: Any) -> bool:
    """Whether two typed values mean the same: line ends, an empty field and one never filled in do not differ."""
    return bool(_token(one) == _token(other))


def overlay(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`under` with everything that stands in `over` put in its place; rows and lists are taken whole."""
    result = dict(under)
    for key, value in over.items():
        below = result.get(key)
        both = isinstance(value, Mapping) and isinstance(below, Mapping)
        result[key] = overlay(below, value) if both else value  # type: ignore[arg-type]
    return result


def within(tree: Any, frame: Any) -> Any:
    """`tree` without what nobody sent: keys that `frame` does not have, also within rows."""
    if isinstance(tree, Mapping) and isinstance(frame, Mapping):
        return {key: within(value, frame[key]) for key, value in tree.items() if key in frame}
    if _are_rows(tree) and _are_rows(frame):
        rows = _by_id(frame)
        return [within(row, rows.get(key, row)) for key, row in _by_id(tree).items()]
    return tree


def value_at(tree: Any, path: Sequence[str]) -> Any:
    """What stands at a path of `Conflict`; None when there is nothing."""
    for step in path:
        if step.startswith(ROW_ID) and isinstance(tree, list):
            tree = _by_id(tree).get(step[1:])
        else:
            tree = tree.get(step) if isinstance(tree, Mapping) else None
    return tree


def with_value(tree: Any, path: Sequence[str], value: Any) -> Any:
    """A copy of `tree` with `value` at a path of `Conflict`; unchanged when the row is not there."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if step.startswith(ROW_ID) and isinstance(tree, list):
        rows = _by_id(tree)
        if step[1:] in rows:
            rows[step[1:]] = with_value(rows[step[1:]], rest, value)
        return [row for row in rows.values() if row is not None]
    if not isinstance(tree, Mapping):
        return tree
    return {**tree, step: with_value(tree.get(step, {} if rest else None), rest, value)}


def _token(value: Any) -> Any:
    if value is None or value is False or value == "":
        return None
    if isinstance(value, str):
        return value.replace("\r\n", "\n").replace("\r", "\n")
    if isinstance(value, Mapping):
        found = {key: _token(item) for key, item in value.items() if key != ROW_ID}
        return {key: item for key, item in found.items() if item is not None} or None
    if isinstance(value, (list, tuple)):
        if _are_rows(value):
            return [(key, _token(row)) for key, row in _by_id(value).items()]
        return sorted(str(_token(item)) for item in value) or None
    return option_key(value) if isinstance(value, (bool, int, float, Decimal)) else str(value)


def _merge_trees(
    path: TreePath,
    base: Mapping[str, Any],
    mine: Mapping[str, Any],
    theirs: Mapping[str, Any],
    conflicts: list[Conflict],
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key in dict.fromkeys((*theirs, *mine)):
        if key == ROW_ID:
            values[key] = theirs.get(key, mine.get(key))
            continue
        found = base.get(key), mine.get(key, _ABSENT), theirs.get(key, _ABSENT)
        values[key] = _merge_values((*path, key), *found, conflicts)
    return values


def _merge_values(path: TreePath, base: Any, mine: Any, theirs: Any, conflicts: list[Conflict]) -> Any:
    if mine is _ABSENT or theirs is _ABSENT:
        return _only(mine, theirs)
    if isinstance(mine, Mapping) and isinstance(theirs, Mapping):
        return _merge_trees(path, base if isinstance(base, Mapping) else {}, mine, theirs, conflicts)
    if _are_lists(mine, theirs):
        under = base if isinstance(base, (list, tuple)) else []
        if _are_rows(mine) and _are_rows(theirs) and _are_rows(under) and (mine or theirs):
            return _merge_rows(path, under, mine, theirs, conflicts)
        return _merge_items(under, mine, theirs)
    if same(mine, theirs) or same(theirs, base):
        return mine
    if not same(mine, base):
        conflicts.append(Conflict(path, mine, theirs))
        return mine
    return theirs


def _only(mine: Any, theirs: Any) -> Any:
    """What was on one page only: nobody else can have changed it."""
    return mine if theirs is _ABSENT else theirs


def _are_lists(mine: Any, theirs: Any) -> bool:
    kinds = [isinstance(value, (list, tuple)) or value in (None, "") for value in (mine, theirs)]
    return all(kinds) and (isinstance(mine, (list, tuple)) or isinstance(theirs, (list, tuple)))


def _are_rows(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(row, Mapping) for row in value)


def _by_id(rows: Sequence[Any]) -> dict[str, Any]:
    """Rows by their ids, else by their places; the second of two with one id gets another."""
    found: dict[str, Any] = {}
    for place, row in enumerate(rows):
        key = str(row.get(ROW_ID) or f"={place}") if isinstance(row, Mapping) else f"={place}"
        while key in found:
            key = f"{key}-{place}"
        found[key] = {**row, ROW_ID: key} if isinstance(row, Mapping) and ROW_ID in row else row
    return found


def _merge_items(base: Any, mine: Any, theirs: Any) -> list[Any]:
    """Items that one added are there, items that one took away are not."""
    known, own, other = ({str(_token(item)) for item in items or ()} for items in (base, mine, theirs))
    kept = [item for item in theirs or () if str(_token(item)) in own or str(_token(item)) not in known]
    new = [item for item in mine or () if str(_token(item)) not in other | known]
    return [*kept, *new]


def _merge_rows(
    path: TreePath, base: Sequence[Any], mine: Sequence[Any], theirs: Sequence[Any], conflicts: list[Conflict]
) -> list[Any]:
    under, own, other = _by_id(base), _by_id(mine), _by_id(theirs)
    merged: dict[str, Any] = {}
    for key in _order(list(own), list(other)):
        place = (*path, ROW_ID + key)
        if key in own and key in other:
            merged[key] = _merge_trees(place, under.get(key, {}), own[key], other[key], conflicts)
            continue
        row = own.get(key, other.get(key))
        if key not in under:
            merged[key] = row
        elif not same(row, under[key]):  # one changed it, the other took it away
            merged[key] = row
            conflicts.append(Conflict(place, own.get(key), other.get(key)))
    return list(merged.values())


def _order(mine: list[str], theirs: list[str]) -> list[str]:
    """The order of `theirs`, with what only `mine` has behind its neighbour there."""
    order = list(theirs)
    at = 0
    for key in mine:
        if key in order:
            at = order.index(key) + 1
        else:
            order.insert(at, key)
            at += 1
    return order
