"""Public notices: what the public may read, now and in the archive."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models.register import Notice, Objection
from app.services.errors import NotFound

OUTCOMES = ("upheld", "rejected", "withdrawn", "not_accepted")


def notices_in_publicity(session: Session, now: datetime) -> list[Notice]:
    """Notices whose period runs, the one that ends first on top."""
    query = select(Notice).where(
        Notice.kind == "publicity",
        Notice.state == "published",
        Notice.starts_at <= now,
        Notice.ends_at >= now,
    )
    return list(session.scalars(query.order_by(Notice.ends_at, Notice.id)))


def notice_archive(
    session: Session,
    now: datetime,
    before: int | None = None,
    limit: int = 50,
    period: tuple[datetime, datetime] | None = None,
) -> list[Notice]:
    """Notices that are over and announcements, the newest first; `before` an id gives the next page.

    `period` keeps those that were published from its first instant on and before its second.
    """
    query = select(Notice).where(
        (Notice.state != "published") | (Notice.ends_at < now) | Notice.ends_at.is_(None)
    )
    if before is not None:
        query = query.where(Notice.id < before)
    if period is not None:
        query = query.where(Notice.starts_at >= period[0], Notice.starts_at < period[1])
    return list(session.scalars(query.order_by(Notice.id.desc()).limit(limit)))


def get_notice(session: Session, number: str) -> Notice:
    """The notice of this number. Raises NotFound."""
    notice = session.scalar(select(Notice).where(Notice.number == number))
    if notice is None:
        raise NotFound
    return notice


def content_of(notice: Notice) -> dict[str, Any]:
    """What was frozen when the notice was published."""
    content: dict[str, Any] = orjson.loads(notice.snapshot)
    return content


def takes_objections(notice: Notice, now: datetime) -> bool:
    """Whether somebody may object now; the last second of the period counts."""
    return (
        notice.kind == "publicity"
        and notice.state == "published"
        and notice.ends_at is not None
        and notice.starts_at <= now <= notice.ends_at
    )


def count_objections(session: Session, notice: Notice) -> dict[str, int]:
    """How many objections of the period are open, and how the others ended."""
    rows = session.execute(
        select(Objection.state, Objection.outcome, func.count())
        .where(Objection.notice_id == notice.id, Objection.is_in_period)
        .group_by(Objection.state, Objection.outcome)
    )
    counts = {"open": 0, **dict.fromkeys(OUTCOMES, 0)}
    for state, outcome, number in rows:
        counts[(outcome or "open") if state == "closed" else "open"] += number
    return {**counts, "total": sum(counts.values())}
