"""Disputes of a draft: fields that two people filled in differently, both values kept until somebody chooses.

Each is a mapping `{path, value, removed, by, by_id, at, here, here_at}`: `value` is the one that is not in the form,
by whom and when; `here` is whoever typed what the form holds. `removed` means that `by` took the row away.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.engine.form.merge import Conflict, same, value_at, with_value
from app.engine.form.typed import ROW_ID
from app.models.drafts import FormDraftRevision
from app.services.context import Context

Dispute = dict[str, Any]
MOST = 100


@dataclass(frozen=True)
class Side:
    """Somebody who typed, and when."""

    id: int | None
    name: str
    at: str

    @classmethod
    def of(cls, context: Context) -> Side:
        """Whoever acts now."""
        user = context.actor
        return cls(user.id if user else None, user.name if user else "", context.now.isoformat())


def token_of(dispute: Mapping[str, Any]) -> str:
    """How a page names one dispute."""
    key = [dispute["path"], dispute["value"], dispute["removed"], dispute["by_id"]]
    return hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:16]


def settle(
    values: dict[str, Any], standing: Sequence[Dispute], choice: str
) -> tuple[dict[str, Any], list[Dispute]]:
    """Carry out `use:<token>` (the other value goes into the form) or `keep:<token>`; anything else does nothing."""
    verb, _, token = choice.partition(":")
    found = next((one for one in standing if token_of(one) == token), None)
    if found is None or verb not in ("use", "keep"):
        return values, list(standing)
    rest = [one for one in standing if one is not found]
    if verb == "use":
        values = with_value(values, found["path"], found["value"])
    return values, rest


def gather(
    standing: Sequence[Dispute],
    conflicts: Sequence[Conflict],
    before: Mapping[str, Any],
    values: Mapping[str, Any],
    actor: Side,
    newer: Sequence[FormDraftRevision],
) -> list[Dispute]:
    """The disputes after a save by `actor`: those that stand, and the new `conflicts` with who typed the others."""
    found = [_renewed(one, before, values, actor) for one in standing]
    for conflict in conflicts:
        new = _new(conflict, actor, newer)
        if any(
            (one["path"], one["value"], one["by_id"]) == (new["path"], new["value"], new["by_id"])
            for one in found
        ):
            continue
        found = [one for one in found if not _continues(new, one)] + [new]
    return [one for one in found if _is_open(one, values)][-MOST:]


def _renewed(one: Dispute, before: Mapping[str, Any], values: Mapping[str, Any], actor: Side) -> Dispute:
    if same(value_at(before, one["path"]), value_at(values, one["path"])):
        return one
    return {**one, "here": actor.name, "here_at": actor.at}


def _new(conflict: Conflict, actor: Side, newer: Sequence[FormDraftRevision]) -> Dispute:
    other = _author(conflict.path[0], newer, actor)
    removed = conflict.path[-1].startswith(ROW_ID)
    if removed and conflict.mine is None:  # the form keeps the row that the other one changed
        actor, other = other, actor
    return {
        "path": list(conflict.path),
        "value": None if removed else conflict.theirs,
        "removed": removed,
        "by": other.name,
        "by_id": other.id,
        "at": other.at,
        "here": actor.name,
        "here_at": actor.at,
    }


def _author(key: str, newer: Sequence[FormDraftRevision], actor: Side) -> Side:
    """Who changed a top-level key last."""
    row = next((row for row in newer if key in row.before), newer[0] if newer else None)
    if row is None:
        return actor
    return Side(row.saved_by_id, row.saved_by.name if row.saved_by else "", row.saved_at.isoformat())


def _continues(new: Dispute, old: Dispute) -> bool:
    """Whether the same person just typed on."""
    texts = isinstance(new["value"], str) and isinstance(old["value"], str)
    if not texts or (new["path"], new["by_id"]) != (old["path"], old["by_id"]):
        return False
    return bool(new["value"].startswith(old["value"]))


def _is_open(one: Dispute, values: Mapping[str, Any]) -> bool:
    path = one["path"]
    for length, step in enumerate(path, 1):
        if step.startswith(ROW_ID) and value_at(values, path[:length]) is None:
            return False
    return bool(one["removed"] or not same(value_at(values, path), one["value"]))
