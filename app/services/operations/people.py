"""Operations about officers: who may be chosen for a task, who sits on a board and where they stand aside."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import select

from app.models.runtime import ProcessInstance, UserTask
from app.services import access, conflicts
from app.services.delegates import DelegateContext, delegate


@delegate
def list_officers(ctx: DelegateContext, *, group: str, case_no: str) -> list[dict[str, str]]:
    """The active members of a group who have completed no task on the case (S5), as principal and name."""
    handled = select(UserTask.completed_by_id).where(
        UserTask.subject == case_no,
        UserTask.instance_id != ctx.instance.id,
        UserTask.completed_by_id.is_not(None),
    )
    handlers = set(ctx.session.scalars(handled))
    members = access.members_of(ctx.session, group)
    return [{"principal": user.principal, "name": user.name} for user in members if user.id not in handlers]


@delegate
def list_board_members(ctx: DelegateContext, *, group: str, cases: list[str]) -> list[dict[str, Any]]:
    """The active members {principal, name, aside} of a board; `aside` are the cases on which they must not vote.

    Where two members have the same name, their user names are added.
    """
    query = select(ProcessInstance).where(ProcessInstance.number.in_(cases)).order_by(ProcessInstance.number)
    instances = ctx.session.scalars(query).all()
    members = access.members_of(ctx.session, group)
    times = Counter(user.name for user in members)
    return [
        {
            "principal": user.principal,
            "name": user.name if times[user.name] == 1 else f"{user.name}（{user.username}）",
            "aside": [case.number for case in instances if conflicts.bars(ctx.session, user, case)],
        }
        for user in members
    ]
