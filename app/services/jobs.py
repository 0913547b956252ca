"""Jobs: work written in the transaction that needs it, done by a worker exactly once for its database effects.

The job executor of Camunda, Operaton and Flowable: the database is the queue. A worker leases due jobs, then does each
in one transaction that also deletes the row; whoever dies loses the lease and another worker takes over. What reaches
outside the database (mail, webhooks) is done between two transactions, with a key that lets the receiver see repeats.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from app.models.runtime import Job, ProcessInstance
from app.services.context import Context
from app.services.errors import NotFound
from app.services.settings import Settings

RETRIES = 5
LEASE = timedelta(seconds=60)
BACK_OFF = (timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=5), timedelta(minutes=30))

Handler = Callable[[Context, dict[str, Any]], None]
_handlers: dict[str, Handler] = {}


@dataclass(frozen=True)
class Errand:
    """Work outside the database, in three steps.

    `prepare` reads what is to be done (None: nothing any more); `perform` does it while no transaction is open, within
    the lease; `finish` notes its result in the transaction that deletes the job. Whoever dies between the last two
    leaves the job to be performed again, so what is sent carries a key of its own.
    """

    prepare: Callable[[Context, dict[str, Any]], Any]
    perform: Callable[[Settings, Any], Any]
    finish: Callable[[Context, dict[str, Any], Any], None]


_errands: dict[str, Errand] = {}


def register_errand(kind: str, errand: Errand) -> None:
    """Let jobs of this kind be done outside the database."""
    _errands[kind] = errand


def errand_of(session: Session, job_id: int, owner: str) -> tuple[Errand, dict[str, Any]] | None:
    """The errand of a leased job with its arguments; None when the job is done inside the database, or lost."""
    job = session.scalar(select(Job).where(Job.id == job_id, Job.owner == owner))
    found = _errands.get(job.kind) if job else None
    return (found, dict(job.args)) if job and found else None


def job_handler(kind: str) -> Callable[[Handler], Handler]:
    """Register the function that does jobs of this kind."""

    def register(handler: Handler) -> Handler:
        _handlers[kind] = handler
        return handler

    return register


def enqueue(
    session: Session,
    kind: str,
    args: dict[str, Any],
    *,
    due_at: datetime,
    now: datetime,
    instance_id: int | None = None,
    dedup: str | None = None,
) -> None:
    """Add a job to the caller's transaction: it exists if and only if that transaction commits."""
    session.add(
        Job(
            kind=kind,
            args=args,
            due_at=due_at,
            created_at=now,
            instance_id=instance_id,
            dedup=dedup,
            retries=RETRIES,
        )
    )


def schedule_timer(
    session: Session, instance_id: int, due_at: datetime | None, now: datetime, *, is_new: bool
) -> None:
    """Move the one timer job of an instance to its next due time, which breaks a lease on it; make it if new."""
    dedup = f"timer:{instance_id}"
    if due_at is None:
        session.execute(delete(Job).where(Job.dedup == dedup))
    elif is_new:
        args = {"instance_id": instance_id}
        enqueue(session, "timer", args, due_at=due_at, now=now, instance_id=instance_id, dedup=dedup)
    else:
        session.execute(
            update(Job)
            .where(Job.dedup == dedup)
            .values(due_at=due_at, owner=None, retries=RETRIES, error=None)
            .execution_options(synchronize_session=False)
        )


def lease_jobs(
    session: Session, owner: str, now: datetime, limit: int = 10, *, grace: timedelta = timedelta()
) -> list[int]:
    """Ids of due jobs, now held by `owner` until the lease ends; other workers skip them.

    Timers are left alone for `grace` after they are due, to requests that arrived in time and still wait for a lock.
    """
    query = (
        select(Job)
        .where(Job.due_at <= now, Job.retries > 0)
        .where(or_(Job.kind != "timer", Job.due_at <= now - grace))
        .order_by(Job.due_at, Job.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    jobs = session.scalars(query).all()
    for job in jobs:
        job.owner, job.due_at = owner, now + LEASE
    return [job.id for job in jobs]


def run_job(context: Context, job_id: int, owner: str, handler: Handler | None = None) -> bool:
    """Do one leased job in this transaction and delete it; False when the lease was lost.

    `handler` stands in for the registered one: it notes the result of an errand that was run before.

    The instance is locked before the job: the same order as everywhere else, so nothing can deadlock.
    """
    session = context.session
    instance_id = session.scalar(select(Job.instance_id).where(Job.id == job_id))
    if instance_id is not None:
        session.execute(select(ProcessInstance.id).where(ProcessInstance.id == instance_id).with_for_update())
    job = session.scalar(select(Job).where(Job.id == job_id, Job.owner == owner).with_for_update())
    if job is None:
        return False
    kind, args = job.kind, dict(job.args)
    session.delete(job)
    session.flush()
    (handler or _handlers[kind])(context, args)
    return True


def fail_job(session: Session, job_id: int, owner: str, error: str, now: datetime) -> None:
    """Count a failure: try again later, or leave an incident after the last try."""
    job = session.scalar(select(Job).where(Job.id == job_id, Job.owner == owner).with_for_update())
    if job is None:
        return
    job.retries -= 1
    job.error = error[:4000]
    job.owner = None
    done = RETRIES - job.retries
    job.due_at = now + BACK_OFF[min(done - 1, len(BACK_OFF) - 1)]


def list_incidents(session: Session, limit: int = 200) -> Sequence[Job]:
    """Jobs that failed for the last time, newest first."""
    return session.scalars(select(Job).where(Job.retries <= 0).order_by(Job.id.desc()).limit(limit)).all()


def list_jobs(session: Session, limit: int = 200) -> Sequence[Job]:
    """Jobs still to be done, next one first."""
    query = select(Job).where(Job.retries > 0).order_by(Job.due_at, Job.id).limit(limit)
    return session.scalars(query).all()


def count_jobs(session: Session) -> tuple[int, int]:
    """How many jobs wait and how many are incidents."""
    waiting = session.scalar(select(func.count()).select_from(Job).where(Job.retries > 0)) or 0
    incidents = session.scalar(select(func.count()).select_from(Job).where(Job.retries <= 0)) or 0
    return waiting, incidents


def retry_job(context: Context, job_id: int) -> Job:
    """Give an incident its tries back, due now. Raises NotFound when it is no incident."""
    job = context.session.scalar(select(Job).where(Job.id == job_id, Job.retries <= 0).with_for_update())
    if job is None:
        raise NotFound
    job.retries, job.due_at, job.owner = RETRIES, context.now, None
    return job
