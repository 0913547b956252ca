"""The outbox: what is to leave the building, written in the transaction that wants it, sent by the worker.

Sending is an errand of the job table: no transaction is open while a server answers slowly. A delivery is tried again
until the job becomes an incident; what the receiving side refuses for good is `bounced`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.identity import User
from app.models.outbox import Delivery
from app.models.register import Document
from app.services import jobs
from app.services.channels import Outgoing, mail, webhook
from app.services.context import Context
from app.services.history import record_event
from app.services.settings import Settings

JOB = "deliver"
# The kind of mail that carries a link which opens something: its text is forgotten once sent
FORGOTTEN = "account"
BounceHandler = Callable[[Context, Delivery], None]
_bounce_handlers: list[BounceHandler] = []


@dataclass(frozen=True)
class Result:
    """How a try ended: `refused` says why the receiving side will never take it, empty when it was taken."""

    refused: str = ""


def queue_mail(
    context: Context,
    address: str,
    subject: str,
    text: str,
    *,
    kind: str = "notice",
    user: User | None = None,
    dedup: str | None = None,
) -> Delivery | None:
    """Send a mail to one address; None when the same `dedup` went out before. For links, codes and receipts."""
    return queue(context, "mail", address, subject, text, kind=kind, user=user, dedup=dedup)


def queue(
    context: Context,
    channel: str,
    address: str,
    subject: str,
    text: str,
    *,
    kind: str,
    user: User | None = None,
    dedup: str | None = None,
    case_no: str = "",
    document: Document | None = None,
    due_at: datetime | None = None,
    collect: bool = False,
) -> Delivery | None:
    """One delivery, sent at `due_at` (now) or collected for the digest; None when `dedup` is known already."""
    session = context.session
    if dedup and session.scalar(select(Delivery.id).where(Delivery.dedup == dedup)) is not None:
        return None
    configured = is_configured(context.settings, channel)
    delivery = Delivery(
        channel=channel,
        user_id=user.id if user else None,
        address=address[:120],
        kind=kind,
        subject=" ".join(subject.split())[:200],
        text=text,
        case_no=case_no,
        document=document,
        dedup=dedup,
        state="collected" if collect else "queued" if configured else "kept",
        created_at=context.now,
    )
    session.add(delivery)
    session.flush()
    if delivery.state == "queued":
        instance_id = document.instance_id if document else None
        jobs.enqueue(session, JOB, {"delivery": delivery.id}, due_at=due_at or context.now, now=context.now,
                     instance_id=instance_id)  # fmt: skip
    return delivery


def is_configured(settings: Settings, channel: str) -> bool:
    """Whether this installation can send by the channel."""
    return bool(settings.smtp_url if channel == "mail" else settings.webhook_url)


def kept_links(context: Context, written_at: datetime) -> Sequence[Delivery]:
    """Mails with links that were written at this instant and cannot leave a demonstration; nothing elsewhere."""
    settings = context.settings
    if not settings.demo or is_configured(settings, "mail"):
        return []
    query = select(Delivery).where(Delivery.kind == FORGOTTEN, Delivery.created_at == written_at)
    return context.session.scalars(query.order_by(Delivery.id)).all()


def deliveries_of(session: Session, user: User, limit: int = 50) -> Sequence[Delivery]:
    """The newest mails to a person that were not collected for a digest."""
    query = select(Delivery).where(
        Delivery.user_id == user.id,
        Delivery.channel == "mail",
        Delivery.state.not_in(("collected", "merged")),
    )
    return session.scalars(query.order_by(Delivery.id.desc()).limit(limit)).all()


def on_bounce(handler: BounceHandler) -> BounceHandler:
    """Register a function to run, in the transaction that notes it, when a delivery was refused for good."""
    _bounce_handlers.append(handler)
    return handler


def _prepare(context: Context, args: dict[str, Any]) -> Outgoing | None:
    delivery = context.session.get(Delivery, args["delivery"])
    if delivery is None or delivery.state != "queued":
        return None
    return Outgoing(
        delivery.id, delivery.channel, delivery.kind, delivery.address, delivery.subject, delivery.text
    )


def _perform(settings: Settings, outgoing: Outgoing) -> Result:
    send = mail.send if outgoing.channel == "mail" else webhook.send
    try:
        send(settings, outgoing)
    except mail.Refused as refused:
        return Result(refused.reason[:500] or "refused")
    return Result()


def _finish(context: Context, args: dict[str, Any], result: Result | None) -> None:
    delivery = context.session.get(Delivery, args["delivery"])
    if delivery is None or result is None:
        return
    delivery.state = "bounced" if result.refused else "sent"
    delivery.error, delivery.sent_at = result.refused, None if result.refused else context.now
    if delivery.kind == FORGOTTEN:
        delivery.text = ""
    if delivery.document is not None:
        detail = {"channel": delivery.channel, "document": delivery.document.number,
                  "to": delivery.user.name if delivery.user else ""}  # fmt: skip
        kind = "delivery_bounced" if result.refused else "delivery_sent"
        record_event(context.session, delivery.document.instance, kind, now=context.now, detail=detail)
    if result.refused:
        for handler in _bounce_handlers:
            handler(context, delivery)


jobs.register_errand(JOB, jobs.Errand(_prepare, _perform, _finish))
