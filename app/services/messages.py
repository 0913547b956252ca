"""Messages between instances and from outside (BPMN 2.0 §10.4.1; names in the domain's message register).

A message is a row. It is matched in a job of its own, so that no transaction ever locks two instances. Each new message
and each new subscription asks for a match after it is committed: whichever comes later finds the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from app.models.runtime import Message, Subscription
from app.services import delegates, jobs
from app.services.context import Context


def send_message(
    context: Context,
    name: str,
    key: str,
    payload: dict[str, Any],
    *,
    dedup: str | None = None,
    sender_id: int | None = None,
) -> None:
    """Keep a message for whoever waits for it, now or later. A second one with the same `dedup` is dropped."""
    session = context.session
    if dedup and session.scalar(select(Message.id).where(Message.dedup == dedup)) is not None:
        return
    session.add(
        Message(
            name=name, key=key, payload=payload, dedup=dedup, sender_id=sender_id, received_at=context.now
        )
    )
    delegates.handle_message(context, name, key, payload)
    request_match(context, name, key)


def send_if_awaited(context: Context, name: str, key: str, payload: dict[str, Any]) -> None:
    """Send a message that only somebody who waits for it now is meant to get."""
    if waiting_instance(context, name, key) is not None:
        send_message(context, name, key, payload)


def request_match(context: Context, name: str, key: str) -> None:
    """Ask the worker to bring messages and catchers with this name and key together."""
    args = {"name": name, "key": key}
    jobs.enqueue(context.session, "match", args, due_at=context.now, now=context.now)


def request_starts(context: Context, names: Sequence[str]) -> None:
    """Ask for a match of every message of these names that nobody has taken: a process may now be started by it."""
    query = select(Message.name, Message.key).where(Message.name.in_(names), Message.consumed_at.is_(None))
    for name, key in context.session.execute(query.order_by(Message.id)):
        request_match(context, name, key)


def oldest_waiting(context: Context, name: str, key: str) -> Message | None:
    """The first unconsumed message with this name and key, locked."""
    query = (
        select(Message)
        .where(Message.name == name, Message.key == key, Message.consumed_at.is_(None))
        .order_by(Message.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return context.session.scalar(query)


def waiting_instance(context: Context, name: str, key: str) -> int | None:
    """An instance that waits for this message."""
    query = select(Subscription.instance_id).where(Subscription.message == name, Subscription.key == key)
    return context.session.scalar(query.order_by(Subscription.instance_id).limit(1))


def unconsumed_messages(context: Context, limit: int = 200) -> Sequence[Message]:
    """Messages that nobody has waited for yet, newest first: for operators. The registers took theirs at once."""
    query = select(Message).where(
        Message.consumed_at.is_(None), Message.name.not_in(delegates.handled_messages())
    )
    return context.session.scalars(query.order_by(Message.id.desc()).limit(limit)).all()
