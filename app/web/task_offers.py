"""What a reader may do about tasks that others have or that are done: urge, take back, withdraw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import or_, select

from app.models.runtime import ProcessInstance, UserTask
from app.services import access
from app.services.cases import Holder
from app.services.context import Context
from app.services.inbox import Entry
from app.services.task_operations import returning, urging
from app.web.guards import signed_in
from app.web.labels import operation_name
from app.web.progress import task_name
from app.web.times import moment

LATEST = 10  # completed tasks of a case that are looked at for one that can be taken back


@dataclass(frozen=True)
class Offer:
    """A button about one task; without `url` it only says why not yet."""

    label: str
    task_name: str
    url: str = ""
    note: str = ""


def urges(found: Context, holders: Sequence[Holder]) -> dict[int, Offer]:
    """For each open task that the reader waits for, by id: a button, or from when on it can be urged again."""
    user = signed_in()
    waited = [h.task for h in holders if not h.is_reader and urging.can_be_urged(user, h.task)]
    if not waited:
        return {}
    paused = urging.urged_lately(found, [task.id for task in waited])
    return {
        task.id: _paused(task, paused[task.id]) if task.id in paused else _offer(task, "urge")
        for task in waited
    }


def undoings(found: Context, instance: ProcessInstance) -> list[Offer]:
    """What the reader did in a case and could take back now, the latest first."""
    user = signed_in()
    if instance.status != "active" or not access.may(user, "inbox.use"):
        return []
    mine = or_(UserTask.completed_by_id == user.id, UserTask.on_behalf_of_id == user.id)
    if access.is_party(user, instance):
        mine = or_(mine, UserTask.completed_by_id.is_not(None))
    query = select(UserTask).where(UserTask.instance_id == instance.id, UserTask.status == "completed", mine)
    tasks = found.session.scalars(query.order_by(UserTask.completed_at.desc()).limit(LATEST)).all()
    offered = returning.offered(found, tasks)
    return [_offer(task, offered[task.id]) for task in tasks if task.id in offered]


def of_rows(found: Context, entries: Sequence[Entry], holders: Sequence[Holder]) -> dict[int, list[Offer]]:
    """The buttons of the rows of a list by their places: what can be taken back of it, and urging what follows.

    A case that stands in the list more than once is urged from its first row.
    """
    done = {entry.task.id: entry.task for entry in entries if entry.task is not None}
    undone = returning.offered(found, list(done.values()))
    urged = urges(found, holders)
    by_case: dict[int, list[Offer]] = {}
    for holder in holders:
        if holder.task.id in urged:
            by_case.setdefault(holder.task.instance_id, []).append(urged[holder.task.id])
    offers: dict[int, list[Offer]] = {}
    for place, entry in enumerate(entries):
        own = [_offer(entry.task, undone[entry.task.id])] if entry.task and entry.task.id in undone else []
        offers[place] = own + by_case.pop(entry.case.id, [])
    return offers


def _offer(task: UserTask, operation: str) -> Offer:
    url = url_for("task_operations.show", task_id=task.id, operation=operation)
    return Offer(operation_name(operation), task_name(task), url)


def _paused(task: UserTask, until: datetime) -> Offer:
    note = _("已催办，%(time)s 后可再次催办", time=moment(until))
    return Offer(operation_name("urge"), task_name(task), note=note)
