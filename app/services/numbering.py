"""Business numbers: PREFIX-YEAR-NNNN, without gaps, safe under concurrent writers."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db import wait_for_writers
from app.models.runtime import Sequence

OFFICE_ZONE = ZoneInfo("Asia/Shanghai")


def next_number(session: Session, prefix: str, now: datetime) -> str:
    """The next number of this prefix in the year that `now` has in the office's zone, e.g. `GS-2026-0001`.

    The numbers stay locked until the caller's transaction ends: a rollback leaves no gap. All prefixes are locked
    together: two transactions that take two of them in opposite order cannot wait for each other.
    """
    wait_for_writers(session, Sequence.__tablename__)
    year = now.astimezone(OFFICE_ZONE).year
    last = _increment(session, prefix, year)
    if last is None:
        _create(session, prefix, year)
        last = _increment(session, prefix, year)
    return f"{prefix}-{year}-{last:04d}"


def _increment(session: Session, prefix: str, year: int) -> int | None:
    return session.execute(
        update(Sequence)
        .where(Sequence.prefix == prefix, Sequence.year == year)
        .values(last=Sequence.last + 1)
        .returning(Sequence.last)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()


def _create(session: Session, prefix: str, year: int) -> None:
    """Another writer may create the same row: then theirs is used."""
    with suppress(IntegrityError), session.begin_nested():
        session.add(Sequence(prefix=prefix, year=year, last=0))
