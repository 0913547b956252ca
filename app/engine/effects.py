"""What the engine tells its host: what waits, what happened, what is to be sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class UserTaskView:
    """A user task that waits for somebody."""

    id: str
    element_id: str
    process_id: str
    name: str
    candidates: tuple[str, ...]
    assignee: str | None
    due_at: datetime | None
    priority: int
    form_key: str | None
    duty: str | None
    separate_from: tuple[str, ...]
    not_actor_of: tuple[str, ...]
    result_variable: str | None
    created_at: datetime
    prefill: dict[str, Any]
    scope: dict[str, Any] = field(repr=False)
    signers: tuple[tuple[str, int], ...] = ()
    copy_to: tuple[str, ...] = ()
    ballot: dict[str, Any] | None = None

    def variables(self) -> dict[str, Any]:
        """What an expression at this task sees: the scope with the local variables on top; a copy."""
        return dict(self.scope)


@dataclass(frozen=True)
class ServiceCall:
    """A service task that waits for the host to run its delegate."""

    id: str
    element_id: str
    process_id: str
    delegate: str
    parameters: dict[str, Any]


@dataclass(frozen=True)
class Subscription:
    """A catcher that waits for a message; `id` is the id of its token."""

    id: str
    element_id: str
    process_id: str
    message: str
    key: str


@dataclass(frozen=True)
class PositionState:
    """Where tokens are: `count` of them; `waiting` when all wait for time, messages or other tokens."""

    process_id: str
    element_id: str
    count: int
    waiting: bool


@dataclass(frozen=True)
class Rescheduled:
    """A due time that has moved: of a user task (`is_task`, with its id), or of a timer."""

    process_id: str
    element_id: str
    task_id: str
    is_task: bool
    before: datetime
    after: datetime


@dataclass(frozen=True)
class Event:
    """Something that happened; element and task are None for the instance as a whole."""

    kind: str
    element_id: str | None
    process_id: str
    task_id: str | None
    detail: dict[str, Any]


@dataclass(frozen=True)
class OutgoingMessage:
    """A message thrown by the process, for the host to deliver."""

    name: str
    key: str
    payload: dict[str, Any]
    element_id: str


@dataclass(frozen=True)
class DecisionMade:
    """A decision with its trace."""

    element_id: str
    process_id: str
    decision_id: str
    trace: dict[str, Any]


@dataclass(frozen=True)
class Effects:
    """All that happened since the last drain."""

    events: tuple[Event, ...]
    messages: tuple[OutgoingMessage, ...]
    decisions: tuple[DecisionMade, ...]
