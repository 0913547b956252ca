"""What every use case is given: the session, the time, who acts, and the installation's settings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from app.engine.environment import Environment
from app.models.identity import User
from app.services.calendar import calendar_of
from app.services.settings import Settings


@dataclass(frozen=True)
class Context:
    """One unit of work. `actor` is None for the worker and for visitors without an account."""

    session: Session
    now: datetime
    settings: Settings
    actor: User | None = None
    ticket: str | None = None  # principal of a visitor who proved number and code of an objection

    def acting_as(self, actor: User | None) -> Context:
        return replace(self, actor=actor)

    def environment(self) -> Environment:
        """The engine's view of the world: the time and the working-day calendar."""
        return Environment(now=self.now, calendar=calendar_of(self.session))
