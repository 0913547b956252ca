"""Objections as the office reads them: who objects stays covered; opening it leaves a trace in the history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from app.models.identity import User
from app.models.register import Objection
from app.models.runtime import UserTask
from app.services import access, runtime
from app.services.context import Context
from app.services.errors import Invalid, NotFound
from app.services.history import record_event
from app.services.registers import objections

MAX_REASON = 500
EVENT = "identity_opened"


def list_objections(context: Context, limit: int = 200) -> Sequence[Objection]:
    """All objections, the newest first."""
    access.require(context.actor, "objection.read")
    query = select(Objection).options(joinedload(Objection.notice), joinedload(Objection.item))
    return context.session.scalars(query.order_by(Objection.id.desc()).limit(limit)).all()


def reveal(context: Context, receipt_no: str, reason: str) -> tuple[Objection, dict[str, Any]]:
    """Who objects, in clear, for the officer who handles the objection; who looked and why becomes history.

    Raises NotPermitted for other posts, SeparationViolated (S4, S8, S9), NotFound for an objection of another
    officer or one that no case handles yet, Invalid without a reason.
    """
    user = access.require(context.actor, "objection.identify")
    objection = objections.find_by_number(context.session, receipt_no)
    if objection.instance_id is None:
        raise NotFound
    row = runtime.lock_instance(context, objection.instance_id)
    access.check_separation(context.session, user, _task_of(context, user, row.id))
    if not 0 < len(reason.strip()) <= MAX_REASON:
        raise Invalid(
            f"请填写查看理由，不超过 {MAX_REASON} 字。", f"Give a reason of at most {MAX_REASON} characters."
        )
    identity = objections.open_identity(objection, context.settings.secret)
    record_event(
        context.session,
        row,
        EVENT,
        now=context.now,
        actor=user,
        detail={"receipt_no": objection.receipt_no, "reason": reason.strip()},
    )
    return objection, identity


def _task_of(context: Context, user: User, instance_id: int) -> UserTask:
    """A task of the objection's case by which this officer handles it. Raises NotFound."""
    query = select(UserTask).where(
        UserTask.instance_id == instance_id,
        UserTask.duty == "objection",
        or_(
            UserTask.completed_by_id == user.id,
            (UserTask.status == "open") & UserTask.assignee_id.is_(None),
            (UserTask.status == "open") & (UserTask.assignee_id == user.id),
        ),
    )
    for task in context.session.scalars(query.order_by(UserTask.id.desc())):
        if access.is_candidate(user, task) or task.completed_by_id == user.id:
            return task
    raise NotFound
