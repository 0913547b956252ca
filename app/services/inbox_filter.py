"""What a list of the inbox is narrowed down to: criteria as people type them, as texts of an address, as conditions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, false, select

from app.models.identity import Organisation, User
from app.models.inbox_views import CaseLabel, Label
from app.models.runtime import NO_DUE_DATE, Inbox, ProcessInstance, UserTask
from app.services import search
from app.services.calendar import calendar_of
from app.services.context import Context

ZONE = ZoneInfo("Asia/Shanghai")
DUES = ("overdue", "today", "soon", "week", "none")
SOON = 3  # working days
LONGEST = 120


@dataclass(frozen=True)
class Criteria:
    """Texts as they stand in the address of a page; an empty one asks nothing. `step` is process:element."""

    q: str = ""
    process: str = ""
    step: str = ""
    org: str = ""
    call: str = ""
    amount_from: str = ""
    amount_to: str = ""
    due: str = ""
    label: str = ""

    @classmethod
    def of(cls, texts: Mapping[str, object]) -> Criteria:
        """The criteria among the texts of an address or of a saved filter; everything else is left out."""
        found = {field.name: str(texts.get(field.name) or "").strip()[:LONGEST] for field in fields(cls)}
        return cls(**{name: value for name, value in found.items() if value})

    def texts(self) -> dict[str, str]:
        """What is asked, as texts of an address."""
        return {field.name: value for field in fields(self) if (value := getattr(self, field.name))}

    def without(self, name: str) -> Criteria:
        """The same without one criterion."""
        return replace(self, **{name: ""})

    def unreadable(self) -> list[str]:
        """The names of criteria that say nothing that can be looked for; they find nothing."""
        wrong = [
            n for n in ("amount_from", "amount_to") if getattr(self, n) and _yuan(getattr(self, n)) is None
        ]
        if self.due and self.due not in DUES:
            wrong.append("due")
        if self.label and not _number(self.label):
            wrong.append("label")
        if self.q and search.matching(self.q) is None:
            wrong.append("q")
        return wrong


def case_conditions(criteria: Criteria, user: User) -> list[ColumnElement[bool]]:
    """What a case has to be."""
    if criteria.unreadable():
        return [false()]
    asked: list[ColumnElement[bool]] = []
    if criteria.process:
        asked.append(ProcessInstance.process_key == criteria.process)
    if criteria.call:
        asked.append(ProcessInstance.call_no == criteria.call)
    if criteria.org:
        named = select(Organisation.id).where(Organisation.name.contains(criteria.org, autoescape=True))
        asked.append(ProcessInstance.org_id.in_(named))
    if (least := _yuan(criteria.amount_from)) is not None:
        asked.append(ProcessInstance.amount >= least)
    if (most := _yuan(criteria.amount_to)) is not None:
        asked.append(ProcessInstance.amount <= most)
    if criteria.label:
        asked.append(_labelled(int(criteria.label), user))
    if criteria.q and (hits := search.matching(criteria.q)) is not None:
        asked.append(ProcessInstance.id.in_(hits))
    return asked


def step_conditions(criteria: Criteria) -> list[ColumnElement[bool]]:
    """What a task has to be."""
    if not criteria.step:
        return []
    process, _separator, element = criteria.step.partition(":")
    return [UserTask.process_key == process, UserTask.element_id == element]


def due_conditions(criteria: Criteria, context: Context, row: Any = Inbox) -> list[ColumnElement[bool]]:
    """When an inbox row has to be due."""
    if not criteria.due:
        return []
    if criteria.due == "overdue":
        return [row.due_at < context.now]
    if criteria.due == "none":
        return [row.due_at >= NO_DUE_DATE]
    return [row.due_at < _end_of(criteria.due, context)]


def inbox_conditions(
    criteria: Criteria, context: Context, user: User, row: Any = Inbox
) -> list[ColumnElement[bool]]:
    """What an inbox row has to be: due from the row itself, the rest by looking at the task and its case.

    `row` are the columns of the inbox, or of a part of it. A scalar subquery keeps the scan of the inbox outside, so
    that it stops when a page is full; an EXISTS may be turned into a join that begins with other people's tasks.
    """
    asked = due_conditions(criteria, context, row)
    on_case, on_task = case_conditions(criteria, user), step_conditions(criteria)
    if on_case or on_task:
        task = select(UserTask.id).where(UserTask.id == row.task_id, *on_task)
        if on_case:
            task = task.join(ProcessInstance, ProcessInstance.id == UserTask.instance_id).where(*on_case)
        asked.append(task.correlate_except(UserTask, ProcessInstance).scalar_subquery().is_not(None))
    return asked


def _labelled(label_id: int, user: User) -> ColumnElement[bool]:
    """Labels of other groups find nothing, as if they did not exist."""
    own = [group.key for group in user.groups]
    found = select(CaseLabel.instance_id).join(Label, Label.id == CaseLabel.label_id)
    return ProcessInstance.id.in_(found.where(Label.id == label_id, Label.group_key.in_(own)))


def _end_of(due: str, context: Context) -> datetime:
    today = context.now.astimezone(ZONE).date()
    if due == "soon":
        last = calendar_of(context.session).add_working_days(today, SOON)
    else:
        last = today + timedelta(days=6 - today.weekday() if due == "week" else 0)
    return datetime.combine(last + timedelta(days=1), time(), ZONE)


def _yuan(text: str) -> Decimal | None:
    try:
        value = Decimal(text.replace(",", "").replace("，", ""))
        return round(value, 2) if value.is_finite() and abs(value) < 10**15 else None
    except InvalidOperation:
        return None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
