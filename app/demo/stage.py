"""Where a story is played: a database, its people, and a clock that only the story moves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.db import Database
from app.services.context import Context
from app.services.settings import Settings
from app.worker import Worker


@dataclass
class Stage:
    """One installation seen by its people; `now` is the time of every act, in the past or in the future."""

    database: Database
    settings: Settings
    now: datetime

    @contextmanager
    def acting(self) -> Iterator[Context]:
        """A unit of work of nobody in particular; `app.demo.story.acting` puts a person into it."""
        with self.database.writing() as session:
            yield Context(session, self.now, self.settings)

    @contextmanager
    def looking(self) -> Iterator[Context]:
        """A context that can only read."""
        with self.database.reading() as session:
            yield Context(session, self.now, self.settings)

    def drain(self) -> None:
        """Do what is due now."""
        Worker(self.database, self.settings, "story", clock=lambda _session: self.now).drain()

    def pass_time(self, **amount: float) -> None:
        """Move the clock and do what has become due."""
        self.now += timedelta(**amount)
        self.drain()
