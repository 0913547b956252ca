"""Operations about officers: who may be chosen for a task."""

from __future__ import annotations

from sqlalchemy import select

from app.models.runtime import UserTask
from app.services import access
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
