"""What people are told inside the system."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.models.register import Document, Notification
from app.services import jobs
from app.services.errors import NotFound

PAGE = 50
REACH = "reach"  # the job that tells the persons behind the lines by mail and text message


def tell(
    session: Session,
    principals: Iterable[str],
    subject: str,
    text: str,
    now: datetime,
    *,
    kind: str = "notice",
    subject_en: str = "",
    text_en: str = "",
    case_no: str = "",
    document: Document | None = None,
    dedup: str | None = None,
) -> int:
    """Put a line into each mailbox, once for each `dedup`; gives how many were new."""
    lines: list[Notification] = []
    for principal in dict.fromkeys(principals):
        key = f"{dedup}:{principal}" if dedup else None
        if key and session.scalar(select(Notification.id).where(Notification.dedup == key)):
            continue
        line = Notification(
            principal=principal,
            kind=kind,
            subject=subject[:200],
            text=text,
            subject_en=subject_en[:200],
            text_en=text_en,
            case_no=case_no,
            document=document,
            dedup=key,
            at=now,
        )
        session.add(line)
        lines.append(line)
    session.flush()
    if lines:
        ids = [line.id for line in lines]
        args = {"lines": ids, "key": dedup or f"line:{ids[0]}"}
        jobs.enqueue(session, REACH, args, due_at=now, now=now)
    return len(lines)


def messages_of(session: Session, principals: Sequence[str], before: int | None = None) -> list[Notification]:
    """The newest lines for any of these principals; `before` an id gives the next page."""
    query = select(Notification).where(Notification.principal.in_(principals))
    if before is not None:
        query = query.where(Notification.id < before)
    return list(session.scalars(query.order_by(Notification.id.desc()).limit(PAGE)))


def mark_read(
    session: Session, notification_id: int, principals: Sequence[str], now: datetime
) -> Notification:
    """Mark one line as read. Raises NotFound for a line of somebody else."""
    line = session.get(Notification, notification_id)
    if line is None or line.principal not in principals:
        raise NotFound
    line.read_at = line.read_at or now
    return line


def mark_letter_read(session: Session, document: Document, principals: Sequence[str], now: datetime) -> None:
    """Whoever has signed for a letter needs not be told of it any more."""
    session.execute(
        update(Notification)
        .where(Notification.principal.in_(principals), Notification.read_at.is_(None))
        .where(Notification.document_id == document.id)
        .values(read_at=now)
        .execution_options(synchronize_session=False)
    )


def mark_all_read(session: Session, principals: Sequence[str], now: datetime) -> None:
    """Mark every line for these principals as read."""
    session.execute(
        update(Notification)
        .where(Notification.principal.in_(principals), Notification.read_at.is_(None))
        .values(read_at=now)
        .execution_options(synchronize_session=False)
    )
