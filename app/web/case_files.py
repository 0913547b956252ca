"""Files of a case beside its forms: a list to choose from, and the chosen one shown in the page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask import request, url_for
from sqlalchemy import select

from app.models.register import Attachment
from app.models.runtime import ProcessInstance, UserTask
from app.services import attachments, files, replacements, scanning
from app.services.errors import ServiceError
from app.web.guards import context
from app.web.numbers import whole_number

PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
VIEWABLE = PICTURES | {"application/pdf"}


@dataclass(frozen=True)
class FileEntry:
    """One file of the case: `state` is pending or quarantined while it may not be had."""

    id: int
    name: str
    size: int
    is_viewable: bool
    is_shown: bool
    state: str
    show_url: str
    download_url: str


@dataclass(frozen=True)
class Shown:
    """The file in the page."""

    name: str
    url: str
    download_url: str
    is_picture: bool


def files_of(
    instance: ProcessInstance, handed_in: Iterable[UserTask]
) -> tuple[list[FileEntry], Shown | None]:
    """The files in what was handed in, as far as the reader may have them, and the one that `?file=` asks for."""
    session = context().session
    named = set(files.references([task.data for task in handed_in]))
    named |= replacements.instead_of(session, named)
    known = [int(key) for key in attachments.referable(context(), instance) if int(key) in named]
    query = select(Attachment).where(Attachment.id.in_(known)).order_by(Attachment.id)
    rows = session.scalars(query).all()
    states = scanning.states_of(session, [row.sha256 for row in rows])
    wanted = whole_number(request.args.get("file", ""))
    entries = [_entry(instance, row, states.get(row.sha256, ""), wanted) for row in rows]
    return entries, next((_shown(row) for row in rows if row.id == wanted and _is_had(row)), None)


def link_to(instance: ProcessInstance, attachment_id: str) -> str | None:
    """Where the name of a file leads on the page of the forms: to the same page with the file beside."""
    if not attachment_id.isdigit():
        return None
    return url_for("cases.show_tab", number=instance.number, tab="forms", file=attachment_id, _anchor="file")


def _entry(instance: ProcessInstance, row: Attachment, state: str, wanted: int | None) -> FileEntry:
    download = url_for("cases.attachment", attachment_id=row.id)
    viewable = row.media_type in VIEWABLE
    return FileEntry(
        id=row.id,
        name=row.name,
        size=row.size,
        is_viewable=viewable,
        is_shown=viewable and row.id == wanted,
        state="" if state == scanning.CLEAN else state,
        show_url=link_to(instance, str(row.id)) or download,
        download_url=download,
    )


def _is_had(row: Attachment) -> bool:
    if row.media_type not in VIEWABLE:
        return False
    try:
        attachments.readable(context(), row.id)
    except ServiceError:
        return False
    return True


def _shown(row: Attachment) -> Shown:
    return Shown(
        row.name,
        url_for("cases.view_attachment", attachment_id=row.id),
        url_for("cases.attachment", attachment_id=row.id),
        row.media_type in PICTURES,
    )
