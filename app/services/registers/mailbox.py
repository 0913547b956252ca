"""What people are told inside the system."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models.register import Document, Notification
from app.services.errors import NotFound

PAGE = 50


def tell(
    session: Session,
    principals: Iterable[str],
    subject: str,
    text: str,
    now: datetime,
    *,
    case_no: str = "",
    document: Document | None = None,
    dedup: str | None = None,
) -> int:
    """Put a line into each mailbox, once for each `dedup`; gives how many were new."""
    told = 0
    for principal in dict.fromkeys(principals):
        key = f"{dedup}:{principal}" if dedup else None
        if key and session.scalar(select(Notification.id).where(Notification.dedup == key)):
            continue
        session.add(
            Notification(
                principal=principal,
                subject=subject[:200],
                text=text,
                case_no=case_no,
                document=document,
                dedup=key,
                at=now,
            )
        )
        told += 1
    session.flush()
    return told


def messages_of(session: Session, principals: Sequence[str], before: int | None = None) -> list[Notification]:
    """The newest lines for any of these principals; `before` an id gives the next page."""
    query = select(Notification).where(Notification.principal.in_(principals))
    if before is not None:
        query = query.where(Notification.id < before)
    return list(session.scalars(query.order_by(Notification.id.desc()).limit(PAGE)))


def count_unread(session: Session, principals: Sequence[str]) -> int:
    """How many lines nobody has read yet."""
    query = select(func.count()).select_from(Notification)
    unread = query.where(Notification.principal.in_(principals), Notification.read_at.is_(None))
    return session.scalar(unread) or 0


def mark_read(
    session: Session, notification_id: int, principals: Sequence[str], now: datetime
) -> Notification:
    """Mark one line as read. Raises NotFound for a line of somebody else."""
    line = session.get(Notification, notification_id)
    if line is None or line.principal not in principals:
        raise NotFound
    line.read_at = line.read_at or now
    return line
