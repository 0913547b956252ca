"""Tasks that the engine assigns to somebody who has to stand aside (回避): nobody has them, and the division knows."""

from __future__ import annotations

from app.models.identity import User
from app.models.runtime import ProcessInstance, UserTask
from app.services import access
from app.services.arrivals import Arrived, on_arrival
from app.services.context import Context
from app.services.errors import SeparationViolated
from app.services.history import record_event
from app.services.notifications import notify


@on_arrival
def check_assignees(context: Context, row: ProcessInstance, arrived: Arrived) -> None:
    """Leave new tasks without an assignee where separation of duty or a tie to the applicant forbids the one named."""
    for task, _view in arrived:
        person = context.session.get(User, task.assignee_id) if task.assignee_id else None
        if person is None:
            continue
        try:
            access.check_separation(context.session, person, task)
        except SeparationViolated:
            task.assignee_id = task.claimed_at = None
            record_event(
                context.session, row, "task_recused", now=context.now, process_key=task.process_key,
                element_id=task.element_id, element_name=task.name,
                detail={"task": task.id, "to": person.id, "to_name": person.name},
            )  # fmt: skip
            _tell_division(context, row, task, person)


def _tell_division(context: Context, row: ProcessInstance, task: UserTask, person: User) -> None:
    notify(
        context,
        "notice",
        ["group:division"],
        f"案件 {row.number} 的“{task.name}”须更换承办人",
        f"{person.name}应当回避。",
        subject_en=f"Somebody else is needed for “{task.name_en or task.name}” of case {row.number}",
        text_en=f"{person.name} has to stand aside.",
        case_no=row.number,
        dedup=f"recused:{task.id}",
    )
