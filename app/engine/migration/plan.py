"""What a plan says: may the instance move, what goes on, what will be different, and what moving has to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from app.engine.errors import Problem

KeptKind = Literal["task", "timer", "message", "place"]


@dataclass(frozen=True)
class Kept:
    """What goes on as it is, with its id: an open task, a running timer, a subscription or another place.

    `element_id` is the element of the new version; `due_at` is set for timers, `message` for subscriptions.
    """

    kind: KeptKind
    id: str
    process_id: str
    element_id: str
    due_at: datetime | None = None
    message: str | None = None


@dataclass(frozen=True)
class Change:
    """A difference for people: `of_instance` tells what happens to this instance from the rest of the edit."""

    code: str
    process_id: str
    element_id: str
    message_zh: str
    message_en: str
    of_instance: bool = False


@dataclass(frozen=True)
class Transfer:
    """What moving has to do, by token id."""

    names: Mapping[str, str]
    dropped: frozenset[str] = frozenset()
    flows: Mapping[str, str] = field(default_factory=dict)
    rearmed: tuple[str, ...] = ()
    # (host, boundary event), (host of the level or None, event sub-process), (a racer, event)
    attached: tuple[tuple[str, str], ...] = ()
    listening: tuple[tuple[str | None, str], ...] = ()
    racing: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class MigrationPlan:
    """Whether an instance may move to another version, and what that means.

    `mapped` holds the elements of the instance that have another id in the new version, as
    `process_id:element_id` → element id.
    """

    reasons: tuple[Problem, ...]
    kept: tuple[Kept, ...]
    mapped: Mapping[str, str]
    changes: tuple[Change, ...]
    transfer: Transfer = field(repr=False)

    @property
    def possible(self) -> bool:
        """Whether nothing speaks against the move."""
        return not self.reasons
