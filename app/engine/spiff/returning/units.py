"""What of a marking belongs together: an activity with its runs, its boundary events and all that runs inside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.engine.spiff.case import Level

# A row of a stored level: id, element, state, index of the parent row, remembered, local variables.
ID, ELEMENT, STATE, PARENT, REMEMBERED = range(5)


@dataclass
class Unit:
    """Rows of one level that stay or go together."""

    rows: list[int] = field(default_factory=list)
    marks: set[tuple[Any, ...]] = field(default_factory=set)


def stored_units(rows: list[list[Any]]) -> list[Unit]:
    """The units of a stored level."""
    roots: list[int] = []
    for index, row in enumerate(rows):
        roots.append(index if row[PARENT] < 0 else roots[row[PARENT]])
    by_id = {row[ID]: index for index, row in enumerate(rows)}
    groups: dict[Any, Unit] = {}
    for index, row in enumerate(rows):
        root = rows[roots[index]]
        remembered = _remembered(root)
        host = remembered.get("host")
        key: Any = root[ID]
        if host in by_id:
            key = rows[roots[by_id[host]]][ID]
        elif "race" in remembered:
            key = ("race", remembered["race"])
        unit = groups.setdefault(key, Unit())
        unit.rows.append(index)
        unit.marks.add(_mark(row))
    return list(groups.values())


def live_rows(level: Level) -> list[list[Any]]:
    """The tokens of a level as rows, nothing copied."""
    index: dict[str, int] = {}
    rows: list[list[Any]] = []
    for token in level.tokens():
        index[token.id] = len(rows)
        parent = index.get(token._parent, -1)
        rows.append([token.id, token.task_spec.name, token._state, parent, token.internal_data, token.data])
    return rows


def ids_of(unit: Unit, rows: list[list[Any]]) -> set[str]:
    return {rows[index][ID] for index in unit.rows}


def inside(levels: Iterable[list[Any]], hosts: set[str]) -> list[list[Any]]:
    """The stored levels that run inside of these tokens, at any depth, outer before inner."""
    found, known = [], set(hosts)
    for entry in levels:
        if entry[1] in known:
            found.append(entry)
            known |= {row[ID] for row in entry[4]}
    return found


def live_inside(level: Level, hosts: set[str]) -> list[Level]:
    """The running levels inside of these tokens, at any depth."""
    found: list[Level] = []
    known = set(hosts)
    for other in level.top_workflow.levels():
        if other.host is not None and other.host.id in known:
            found.append(other)
            known |= {token.id for token in other.tokens()}
    return found


def _mark(row: list[Any]) -> tuple[Any, ...]:
    """What makes a token the same as before: what it waits for inside of it does not count."""
    remembered = _remembered(row)
    return (row[ID], row[ELEMENT], row[STATE], "host" in remembered, "listens" in remembered)


def _remembered(row: list[Any]) -> Mapping[str, Any]:
    remembered: Mapping[str, Any] = row[REMEMBERED] if len(row) > REMEMBERED else {}
    return remembered
