"""The daily digest: what a person chose not to be told at once comes together in one message."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.models.identity import User
from app.models.outbox import Delivery
from app.models.runtime import Job
from app.services import jobs, outbox
from app.services.context import Context
from app.services.numbering import OFFICE_ZONE

JOB = "digest"


def request(context: Context, user_id: int, channel: str, due_at: datetime) -> None:
    """See to it that the person's next digest comes; one job gathers all."""
    dedup = f"digest:{channel}:{user_id}"
    if context.session.scalar(select(Job.id).where(Job.dedup == dedup)) is None:
        args = {"user": user_id, "channel": channel}
        jobs.enqueue(context.session, JOB, args, due_at=due_at, now=context.now, dedup=dedup)


@jobs.job_handler(JOB)
def _send_digest(context: Context, args: dict[str, Any]) -> None:
    query = select(Delivery).where(
        Delivery.user_id == args["user"], Delivery.channel == args["channel"], Delivery.state == "collected"
    )
    collected = context.session.scalars(query.order_by(Delivery.id)).all()
    user = context.session.get(User, args["user"])
    for row in collected:
        row.state = "merged"
    if user is None or not user.is_active or not collected:
        return
    subject, text = compose(collected, user.language)
    address = collected[-1].address
    outbox.queue(context, args["channel"], address, subject, text, kind="digest", user=user)


def compose(rows: Sequence[Delivery], language: str) -> tuple[str, str]:
    """Subject and text of one digest."""
    english = language == "en"
    subject = f"Zhirong: {len(rows)} notices" if english else f"知融：{len(rows)} 条通知汇总"
    lines = []
    for row in rows:
        at = row.created_at.astimezone(OFFICE_ZONE).strftime("%m-%d %H:%M")
        case = f" [{row.case_no}]" if row.case_no else ""
        lines.append(f"· {at}{case} {row.subject}" + (f"\n  {row.text}" if row.text else ""))
    return subject, "\n".join(lines)
