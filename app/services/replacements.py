"""Handing in another file instead of one that the scanner put away after it was submitted.

What was submitted stays as it was; the new file stands beside it in the case and in its history.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import BinaryIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.files import FileScan
from app.models.register import Attachment
from app.models.runtime import ProcessInstance
from app.services import access, attachments, outside, quarantine, runtime, scanning
from app.services.context import Context
from app.services.errors import Conflict, NotFound
from app.services.history import record_event


@dataclass(frozen=True)
class PutAway:
    """A submitted file that nobody can open, and what came instead of it, if anything did."""

    file: Attachment
    instead: Attachment | None


def put_away(session: Session, instance: ProcessInstance) -> list[PutAway]:
    """The submitted files of a case that did not pass the scan."""
    bad = _quarantined(session, instance)
    if not bad:
        return []
    ids = [row.id for row in bad]
    query = select(Attachment).where(Attachment.replaces_id.in_(ids), Attachment.id.not_in(ids))
    instead = {row.replaces_id: row for row in session.scalars(query.order_by(Attachment.id))}
    shown = [row for row in bad if row.replaces_id is None and quarantine.is_handed_in(session, row)]
    return [PutAway(row, instead.get(row.id)) for row in shown]


def instead_of(session: Session, ids: Collection[int]) -> set[int]:
    """Ids of the files that came instead of these."""
    return (
        set(session.scalars(select(Attachment.id).where(Attachment.replaces_id.in_(ids)))) if ids else set()
    )


def replace(
    context: Context, attachment_id: int, source: BinaryIO | Iterable[bytes], name: str
) -> Attachment:
    """Take another file for a submitted one that was put away; a later one counts instead of an earlier.

    Raises NotFound for a file of others, Conflict when the file may be had or the case has ended, files.FileRefused.
    """
    user, session = access.require(context.actor, "apply.use"), context.session
    old = session.get(Attachment, attachment_id)
    if old is None or old.instance is None or str(old.id) not in attachments.referable(context, old.instance):
        raise NotFound
    row = runtime.lock_instance(context, old.instance.id)
    if scanning.state_of(session, old.id) != scanning.QUARANTINED or not quarantine.is_handed_in(
        session, old
    ):
        raise Conflict("这份文件不需要补交。", "This file needs no other in its place.")
    if row.status != "active":
        raise Conflict("案件已经办结。", "The case has ended.")
    new = attachments.take(context, source, name, user.principal, instance_id=row.id)
    outside.settle(session)
    new.replaces_id = old.id
    record_event(session, row, "file_replaced", now=context.now, actor=user,
                 detail={"file": old.name, "by": new.name, "sha256": new.sha256})  # fmt: skip
    quarantine.tell_handlers(
        context,
        row,
        f"案件 {row.number} 补交了“{new.name}”，代替被隔离的“{old.name}”",
        f"“{new.name}” was handed in for case {row.number} instead of “{old.name}”",
        "",
        "",
        f"replaced:{new.id}",
    )
    return new


def _quarantined(session: Session, instance: ProcessInstance) -> list[Attachment]:
    query = (
        select(Attachment)
        .join(FileScan, FileScan.sha256 == Attachment.sha256)
        .where(Attachment.instance_id == instance.id, FileScan.state == scanning.QUARANTINED)
    )
    return list(session.scalars(query.order_by(Attachment.id)))
