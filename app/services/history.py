"""History: append-only, chained by hash inside each instance, so that a changed or missing row shows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.history import HistoryEvent
from app.models.identity import User
from app.models.runtime import ProcessInstance

HASHED = ("instance_id", "seq", "recorded_at", "kind", "actor_id", "actor_name", "process_key", "element_id",
          "element_name", "detail")  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """The first row of an instance whose hash, number or predecessor is wrong."""

    instance_id: int
    seq: int
    event_id: int
    reason: str


def record_event(
    session: Session,
    instance: ProcessInstance,
    kind: str,
    *,
    now: datetime,
    actor: User | None = None,
    process_key: str = "",
    element_id: str = "",
    element_name: str = "",
    detail: dict[str, Any] | None = None,
) -> HistoryEvent:
    """Append one event to the chain of `instance`, whose row the caller has locked."""
    event = HistoryEvent(
        instance_id=instance.id,
        seq=instance.history_seq + 1,
        recorded_at=now.astimezone(UTC),
        kind=kind,
        actor_id=actor.id if actor else None,
        actor_name=actor.name if actor else "",
        process_key=process_key,
        element_id=element_id,
        element_name=element_name,
        detail=_plain(detail or {}),
        algorithm="sha256",
        prev_hash=instance.history_hash,
    )
    event.hash = chain_hash(event)
    instance.history_seq, instance.history_hash = event.seq, event.hash
    session.add(event)
    return event


def chain_hash(event: HistoryEvent) -> str:
    """SHA-256 over the previous hash and the canonical JSON (sorted keys, UTC times) of the row."""
    values = {name: getattr(event, name) for name in HASHED}
    values["recorded_at"] = event.recorded_at.astimezone(UTC).isoformat(timespec="microseconds")
    body = orjson.dumps(values, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(event.prev_hash.encode() + b"\n" + body).hexdigest()


def timeline(session: Session, instance_id: int) -> Sequence[HistoryEvent]:
    """All events of an instance in their order."""
    query = select(HistoryEvent).where(HistoryEvent.instance_id == instance_id).order_by(HistoryEvent.seq)
    return session.scalars(query).all()


def verify_chains(session: Session) -> Iterator[Fault]:
    """The first fault of every damaged instance; nothing when all rows are as they were written."""
    ends = {
        row.id: (row.history_seq, row.history_hash)
        for row in session.execute(
            select(ProcessInstance.id, ProcessInstance.history_seq, ProcessInstance.history_hash)
        )
    }
    query = select(HistoryEvent).order_by(HistoryEvent.instance_id, HistoryEvent.seq)
    seen: dict[int, tuple[int, str]] = {}
    damaged: set[int] = set()
    for event in session.scalars(query.execution_options(yield_per=500)):
        if event.instance_id in damaged:
            continue
        seq, previous = seen.get(event.instance_id, (0, ""))
        if reason := _fault(event, seq, previous):
            damaged.add(event.instance_id)
            yield Fault(event.instance_id, event.seq, event.id, reason)
        seen[event.instance_id] = (event.seq, event.hash)
    for instance_id, end in ends.items():
        if instance_id not in damaged and seen.get(instance_id, (0, "")) != end:
            yield Fault(instance_id, end[0], 0, "missing rows at the end")


def _fault(event: HistoryEvent, seq: int, previous: str) -> str:
    if event.seq != seq + 1:
        return f"row {seq + 1} is missing"
    if event.prev_hash != previous:
        return "the previous hash does not match"
    return "" if chain_hash(event) == event.hash else "the row was changed"


def _plain(value: dict[str, Any]) -> dict[str, Any]:
    """As JSON will give it back, so that the hash of a row read later is the same."""
    plain: dict[str, Any] = orjson.loads(orjson.dumps(value, default=str))
    return plain
