"""What happens every day by itself: reviews that are due are started, people are reminded,
forgotten uploads are removed and the history is signed, in the morning."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.models.runtime import Job
from app.services import jobs, sweeping, uploads
from app.services import recomputing as _recomputing  # noqa: F401  registers its job
from app.services.checkpoints import request_checkpoint
from app.services.context import Context
from app.services.notifications import reminders
from app.services.registers import agreements

MORNING = time(8)
ZONE = ZoneInfo("Asia/Shanghai")
DEDUP = "daily"


def ensure_daily(context: Context) -> None:
    """See to it that the daily job exists; the first one is due at once."""
    if context.session.scalar(select(Job.id).where(Job.dedup == DEDUP)) is None:
        _enqueue(context, context.now)
    reminders.ensure_watch(context)


@jobs.job_handler("daily")
def _run_daily(context: Context, _args: dict[str, Any]) -> None:
    agreements.announce_due(context)
    reminders.remind(context)
    uploads.clean(context)
    sweeping.request_sweep(context)
    request_checkpoint(context)
    tomorrow = context.now.astimezone(ZONE).date() + timedelta(days=1)
    _enqueue(context, datetime.combine(tomorrow, MORNING, ZONE))


def _enqueue(context: Context, due_at: datetime) -> None:
    jobs.enqueue(context.session, "daily", {}, due_at=due_at, now=context.now, dedup=DEDUP)
