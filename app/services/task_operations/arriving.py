"""What happens when a task arrives: seats for its signers, copies, and what its diagram says about missing people."""

from __future__ import annotations

from typing import Any

from app.models.identity import Group
from app.models.runtime import ProcessInstance, UserTask
from app.services.arrivals import Arrived, on_arrival
from app.services.context import Context
from app.services.principals import people_behind
from app.services.task_operations import acting, copies, people, signing


@on_arrival
def arrive(context: Context, row: ProcessInstance, arrived: Arrived) -> None:
    """Prepare new tasks as their diagrams say; nothing is ever passed without a person."""
    for task, view in arrived:
        policy = acting.policy_of(task)
        if policy.rule is not None:
            signers = view.signers or tuple((principal, 1) for principal in task.candidates)
            if not signing.seat_signers(context, task, signers):
                _reroute(context, row, task, policy.empty)
        elif policy.empty and not _has_people(context, task):
            _reroute(context, row, task, policy.empty)
        if view.copy_to:
            receivers = people_behind(context.session, view.copy_to)
            copies.send_copies(context, row, task, receivers, "", sent_by=None)


def _has_people(context: Context, task: UserTask) -> bool:
    found = people_behind(context.session, task.candidates)
    return any(people.may_act(context.session, person, task) for person in found)


def _reroute(context: Context, row: ProcessInstance, task: UserTask, to: str) -> None:
    """Nobody may act: the task goes where the diagram says; without a word it waits, for operators to see."""
    before = list(task.candidates)
    if to:
        task.candidates, task.assignee_id, task.claimed_at = [to], None, None
        acting.address(context, task)
    post = context.session.get(Group, to.removeprefix("group:")) if to.startswith("group:") else None
    named: dict[str, Any] = {"to_name": post.name, "to_en": post.name_en} if post is not None else {}
    acting.record_task(context, row, task, "task_rerouted", before=before, to=to, **named)
