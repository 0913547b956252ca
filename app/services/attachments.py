"""Attachments by who may refer to them and who may read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.identity import User
from app.models.register import Attachment
from app.models.runtime import ProcessInstance, UserTask
from app.services import access, files
from app.services.context import Context
from app.services.errors import NotFound

OBJECTION_READERS = frozenset({"objection", "approver", "supervisor", "auditor"})


def reference(attachment: Attachment) -> dict[str, Any]:
    """The attachment as a form's value holds it."""
    return {**files.describe(attachment), "id": str(attachment.id)}


def of_instance(session: Session, instance_id: int) -> dict[str, Mapping[str, Any]]:
    """Attachments that forms of this case may refer to, by id."""
    return _by_id(session.scalars(select(Attachment).where(Attachment.instance_id == instance_id)).all())


def of_owner(session: Session, owner: str) -> dict[str, Mapping[str, Any]]:
    """Attachments of a visitor who has no case yet, by id."""
    query = select(Attachment).where(Attachment.owner == owner, Attachment.instance_id.is_(None))
    return _by_id(session.scalars(query).all())


def hand_over(session: Session, references: Sequence[Mapping[str, Any]], owner: str) -> None:
    """Make attachments that a visitor uploaded part of what was submitted."""
    ids = [int(item["id"]) for item in references if str(item.get("id", "")).isdigit()]
    for attachment in session.scalars(
        select(Attachment).where(Attachment.id.in_(ids), Attachment.instance_id.is_(None))
    ):
        attachment.owner = owner


def readable(context: Context, attachment_id: int) -> Attachment:
    """The attachment if whoever asks may read it. Raises NotFound in every other case."""
    user = context.actor
    attachment = context.session.get(Attachment, attachment_id)
    if attachment is None or user is None or not _may_read(context.session, user, attachment):
        raise NotFound
    return attachment


def _may_read(session: Session, user: User, attachment: Attachment) -> bool:
    if attachment.owner == user.principal:
        return True
    if attachment.owner.startswith("objection:"):
        return bool(OBJECTION_READERS & access.groups_of(user))
    if attachment.instance_id is None:
        return False
    instance = session.get_one(ProcessInstance, attachment.instance_id)
    return access.may_see_instance(user, instance, session) or _has_task(session, user, instance)


def _has_task(session: Session, user: User, instance: ProcessInstance) -> bool:
    query = select(UserTask).where(UserTask.instance_id == instance.id, UserTask.status == "open")
    return any(access.is_candidate(user, task) for task in session.scalars(query))


def _by_id(rows: Sequence[Attachment]) -> dict[str, Mapping[str, Any]]:
    return {str(row.id): reference(row) for row in rows}
