"""The worker: leases due jobs and does each in a transaction of its own; what fails is retried, then an incident."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable
from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from app.db import Database
from app.services import jobs, outside, schedule
from app.services import own_account as _own_account  # noqa: F401  registers what its jobs do
from app.services.clock import read_clock
from app.services.context import Context
from app.services.settings import Settings
from app.services.studio import back_test as _back_test  # noqa: F401  registers what its jobs do
from app.services.studio import batches as _batches  # noqa: F401  registers what its jobs do

IDLE_SECONDS = 0.5
Clock = Callable[[Session], datetime]
log = structlog.get_logger(__name__)


class Worker:
    """Runs jobs until stopped. Any number may run beside each other, on one database."""

    def __init__(
        self, database: Database, settings: Settings, owner: str | None = None, clock: Clock | None = None
    ) -> None:
        self._database = database
        self._settings = settings
        self._owner = owner or f"{socket.gethostname()}:{os.getpid()}"
        self._now = clock or (lambda session: read_clock(session, settings.demo))
        self._stopping = threading.Event()

    def run(self) -> None:
        """Work until SIGTERM or SIGINT; a job in progress is finished first."""
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: self.stop())
        log.info("worker started", owner=self._owner)
        with self._database.writing() as session:
            schedule.ensure_daily(Context(session, self._now(session), self._settings))
        while not self._stopping.is_set():
            if not self.run_due():
                self._stopping.wait(IDLE_SECONDS)

    def stop(self) -> None:
        self._stopping.set()

    def run_due(self) -> int:
        """Do what is due now, once; the number of jobs done or failed."""
        with self._database.writing() as session:
            grace = self._settings.timer_grace
            leased = jobs.lease_jobs(session, self._owner, self._now(session), grace=grace)
        for job_id in leased:
            self._run_one(job_id)
        return len(leased)

    def drain(self, limit: int = 10_000) -> int:
        """Do jobs until none is due, including those that they create; for tests and the command line."""
        total = 0
        while total < limit and (done := self.run_due()):
            total += done
        return total

    def _run_one(self, job_id: int) -> None:
        try:
            finish = self._run_errand(job_id)
            outside.answered(lambda answers: self._run_inside(job_id, finish, answers))
        except Exception as error:
            log.exception("job failed", job=job_id)
            with self._database.writing() as session:
                message = f"{type(error).__name__}: {error}"
                jobs.fail_job(session, job_id, self._owner, message, self._now(session))

    def _run_inside(self, job_id: int, finish: jobs.Handler | None, answers: outside.Answers) -> None:
        with self._database.writing() as session:
            answers.lend(session)
            context = Context(session, self._now(session), self._settings)
            jobs.run_job(context, job_id, self._owner, finish)
            answers.settle()

    def _run_errand(self, job_id: int) -> jobs.Handler | None:
        """Do the outside part of a job, if it has one; what then notes the result."""
        with self._database.reading() as session:
            found = jobs.errand_of(session, job_id, self._owner)
            if found is None:
                return None
            errand, args = found
            task = errand.prepare(Context(session, self._now(session), self._settings), args)
        result = None if task is None else errand.perform(self._settings, task)
        return lambda context, args: errand.finish(context, args, result)
