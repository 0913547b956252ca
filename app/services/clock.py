"""The application's clock. Only in demo mode can it be ahead of the real one; it never runs backwards."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models.runtime import Clock, Job
from app.services.context import Context
from app.services.errors import NotPermitted

_ROW = 1


def read_clock(session: Session, demo: bool, arrived: datetime | None = None) -> datetime:
    """The time everything is stamped with: real time or that of arrival, plus the demo offset in demo mode."""
    real = arrived or datetime.now(UTC)
    if not demo:
        return real
    offset = session.scalar(select(Clock.offset_seconds).where(Clock.id == _ROW)) or 0
    return real + timedelta(seconds=offset)


def next_due(session: Session) -> datetime | None:
    """When the next timer of any instance is due."""
    return session.scalar(select(func.min(Job.due_at)).where(Job.kind == "timer", Job.retries > 0))


def advance_clock(context: Context, to: datetime) -> None:
    """Move the demo clock forward to `to`. Raises NotPermitted outside demo mode or when `to` lies behind."""
    if not context.settings.demo:
        raise NotPermitted("只有演示环境可以调整时钟。", "The clock can be moved in demo mode only.")
    if to <= context.now:
        raise NotPermitted("时钟只能向前调整。", "The clock can only be moved forward.")
    row = context.session.get(Clock, _ROW)
    ahead = int((to - datetime.now(UTC)).total_seconds()) + 1
    if row is None:
        context.session.add(Clock(id=_ROW, offset_seconds=ahead))
    else:
        row.offset_seconds = ahead
