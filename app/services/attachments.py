"""Attachments by who may refer to them and who may read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, BinaryIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.engine.form.accept import Errors
from app.engine.form.state import State
from app.engine.form.words import Message, Text
from app.models.identity import Membership, User
from app.models.register import Attachment
from app.models.runtime import ProcessInstance
from app.services import access, files, scanning
from app.services.context import Context
from app.services.errors import NotFound

OBJECTION_READERS = frozenset({"objection", "approver", "supervisor", "auditor"})


def take(
    context: Context,
    source: BinaryIO | Iterable[bytes],
    name: str,
    owner: str,
    *,
    instance_id: int | None = None,
    limit: int = files.DEFAULT_LIMIT,
    archives: bool = False,
) -> Attachment:
    """Take a file in and have it scanned. Raises files.FileRefused; then nothing is kept."""
    attachment = files.attach(
        context.session,
        context.settings.files_dir,
        source,
        name,
        owner,
        context.now,
        instance_id=instance_id,
        uploaded_by_id=context.actor.id if context.actor else None,
        limit=limit,
        archives=archives,
    )
    scanning.request_scan(context, attachment.sha256)
    return attachment


def reference(attachment: Attachment) -> dict[str, Any]:
    """The attachment as a form's value holds it."""
    return {**files.describe(attachment), "id": str(attachment.id)}


def referable(context: Context, instance: ProcessInstance) -> dict[str, Mapping[str, Any]]:
    """Attachments that whoever acts may refer to in a form of this case, by id: those that they may read."""
    session, user = context.session, context.actor
    rows = session.scalars(select(Attachment).where(Attachment.instance_id == instance.id)).all()
    if user is None:
        return _by_id([row for row in rows if row.owner == context.ticket])
    if access.reads_as_office(user, instance):
        return _by_id(rows)
    own = {user.principal} | _colleagues(session, user)
    return _by_id([row for row in rows if row.owner in own])


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
    """The attachment if whoever asks may have it. Raises NotFound, and FileNotCleared before the scan."""
    user = context.actor
    attachment = context.session.get(Attachment, attachment_id)
    if attachment is None or user is None or not _may_read(context.session, user, attachment):
        raise NotFound
    scanning.require_cleared(context.session, attachment)
    return attachment


def quarantined(context: Context, states: Sequence[State]) -> Errors:
    """What to say about files in a form that the scanner found to be harmful, by field."""
    fields = list(_fields_of(states))
    hashes = [str(file.get("sha256")) for _state, _rows, found in fields for file in found]
    if not hashes or not context.settings.clamd:
        return {}
    bad = scanning.states_of(context.session, hashes)
    errors: Errors = {}
    for state, rows, found in fields:
        for file in found:
            if bad.get(str(file.get("sha256"))) == scanning.QUARANTINED:
                said = scanning.FileNotCleared(str(file.get("name")), scanning.QUARANTINED)
                text = Text(
                    f"{said.message}请删除后换一个文件。", f"{said.message_en} Remove it and choose another."
                )
                errors.setdefault(state.path, []).append(Message(text, rows))
    return errors


def _fields_of(
    states: Sequence[State], rows: tuple[int, ...] = ()
) -> Iterable[tuple[State, tuple[int, ...], list[Mapping[str, Any]]]]:
    for state in states:
        if state.component.type == "filepicker" and state.editable:
            yield state, rows, [file for file in state.value or [] if isinstance(file, Mapping)]
        yield from _fields_of(state.states, rows)
        for row in state.rows:
            yield from _fields_of(row.states, (*rows, row.number))


def _may_read(session: Session, user: User, attachment: Attachment) -> bool:
    if attachment.owner == user.principal:
        return True
    if attachment.owner.startswith("objection:"):
        return bool(OBJECTION_READERS & access.groups_of(user))
    if attachment.instance_id is None:
        return False
    instance = session.get_one(ProcessInstance, attachment.instance_id)
    if access.reads_as_office(user, instance):
        return access.may_see_instance(user, instance, session)
    return attachment.owner in _colleagues(session, user)


def _colleagues(session: Session, user: User) -> set[str]:
    """Principals of everybody who acts for one of the user's organisations."""
    orgs = [membership.org_id for membership in user.memberships]
    ids = session.scalars(select(Membership.user_id).where(Membership.org_id.in_(orgs)))
    return {f"user:{user_id}" for user_id in ids}


def _by_id(rows: Sequence[Attachment]) -> dict[str, Mapping[str, Any]]:
    return {str(row.id): reference(row) for row in rows}
