"""What the engine says about a user task as rows: the task, its inbox rows, what its completion is recorded with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from app.engine.definition import Definition
from app.engine.effects import UserTaskView
from app.engine.operations.policy import ATTRIBUTES as POLICY
from app.models.runtime import NO_DUE_DATE, ProcessInstance, UserTask


def inbox_entries(task: UserTask, principals: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """The inbox rows of an open task: for these principals, else its assignee, else each candidate."""
    holders = [f"user:{task.assignee_id}"] if task.assignee_id else task.candidates
    holders = holders if principals is None else list(principals)
    due_at = task.due_at or NO_DUE_DATE
    key = {"due_at": due_at, "task_id": task.id, "rank": -task.priority, "created_at": task.created_at}
    return [{"principal": holder, **key} for holder in dict.fromkeys(holders)]


def describe_task(definition: Definition, view: UserTaskView) -> dict[str, Any]:
    """What the diagram says about a task, as columns of its row."""
    element = definition.element(view.process_id, view.element_id)
    return {
        "process_key": view.process_id,
        "element_id": view.element_id,
        "name": view.name,
        "name_en": element.attributes.get("nameEn", "") if element else "",
        "form_key": view.form_key or "",
        "duty": view.duty or "",
        "separate_from": list(view.separate_from),
        "not_actor_of": list(view.not_actor_of),
        "policy": {name: element.attributes[name] for name in POLICY if name in element.attributes}
        if element
        else {},
    }


def task_row(row: ProcessInstance, definition: Definition, view: UserTaskView, now: datetime) -> UserTask:
    """The row of a task that the engine waits for."""
    holder = view.assignee or ""
    user_id = int(holder.removeprefix("user:")) if holder.startswith("user:") else None
    candidates = [holder] if holder else list(view.candidates)
    return UserTask(
        instance_id=row.id,
        engine_id=view.id,
        subject=row.subject,
        **describe_task(definition, view),
        candidates=candidates,
        assignee_id=user_id,
        priority=view.priority,
        created_at=now,
        due_at=view.due_at,
        status="open",
    )


def for_whom(task: UserTask) -> dict[str, Any]:
    """Whom a substitute stood in for, and the day on which the result takes effect where somebody named one."""
    detail: dict[str, Any] = {}
    if task.on_behalf_of is not None:
        detail |= {"for": task.on_behalf_of.id, "for_name": task.on_behalf_of.name}
    if task.effective_on is not None:
        detail["effective_on"] = task.effective_on.isoformat()
    return detail
