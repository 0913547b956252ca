"""The steps that the open tasks of a person stand at: what a filter by step offers."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select, union_all
from sqlalchemy.orm import Session

from app.models.identity import User
from app.models.runtime import Inbox, UserTask
from app.services.access import principals_of

LOOKED_AT = 500  # open tasks of each principal: further steps are found by a filter over the process


@dataclass(frozen=True)
class Step:
    """A user task of a diagram."""

    process_key: str
    element_id: str
    name: str
    name_en: str

    @property
    def value(self) -> str:
        """How an address names it."""
        return f"{self.process_key}:{self.element_id}"

    def name_in(self, *, english: bool) -> str:
        """Its name, in English when it has one and it is wanted."""
        return self.name_en if english and self.name_en else self.name


def steps_of(session: Session, user: User, process: str) -> list[Step]:
    """The steps of the user's first open tasks, by name; those of one diagram, or of all."""
    scans = [
        select(
            select(Inbox.task_id)
            .where(Inbox.principal == principal)
            .order_by(Inbox.due_at, Inbox.task_id)
            .limit(LOOKED_AT)
            .subquery()
        )
        for principal in principals_of(user)
    ]
    tasks = union_all(*scans).subquery()
    query = (
        select(UserTask.process_key, UserTask.element_id, UserTask.name, UserTask.name_en)
        .where(UserTask.id.in_(select(tasks.c.task_id)))
        .distinct()
        .order_by(UserTask.name)
    )
    if process:
        query = query.where(UserTask.process_key == process)
    return [Step(*row) for row in session.execute(query)]
