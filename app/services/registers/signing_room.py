"""Signing a locked text by certificate: who signs which file, and the signed file for the form of the task."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.register import Document, DocumentSignature
from app.services import attachments, drafts, file_store, task
from app.services.context import Context
from app.services.errors import NotFound
from app.services.signing import authority, pades
from app.services.signing.keys import KeySource
from app.services.task import Work

FIELD = "signed_file"


@dataclass(frozen=True)
class Room:
    """What is to be signed: the locked document and the file that carries the signatures so far."""

    document: Document
    pdf_sha256: str
    signatures: tuple[DocumentSignature, ...]


def room_of(session: Session, work: Work) -> Room | None:
    """What the task signs; None when it is no task of signing."""
    locked = work.variables.get("locked")
    asks = any(component.key == (FIELD,) for component in work.form.walk())
    number = locked.get("doc_no") if asks and isinstance(locked, dict) else None
    document = session.scalar(select(Document).where(Document.number == number)) if number else None
    if document is None or document.instance_id != work.instance.id:
        return None
    signed = tuple(document.signatures)
    return Room(document, signed[-1].pdf_sha256 if signed else document.pdf_sha256, signed)


def sign(context: Context, task_id: int, source: KeySource) -> Document:
    """Sign the text and put the signed file into the form of the task; handing the form in is a step of its own.

    The key lives as long as this call. Raises NotFound, KeyRefused, SigningFailed, TaskTaken.
    """
    task.lock_form(context, task_id)
    work = task.open_task(context, task_id)
    room = room_of(context.session, work)
    if room is None or context.actor is None:
        raise NotFound
    settings = context.settings
    pdf = file_store.read(settings.files_dir, room.pdf_sha256)
    signed = pades.sign(
        pdf,
        source,
        field=f"{work.task.element_id}_{len(room.signatures) + 1}",
        reason=f"签署{room.document.title}（{room.document.number}）",
        stamper=authority.stamper_of(settings, context.now),
    )
    name = f"{room.document.number}-{work.task.name}.pdf"
    kept = attachments.take(
        context, io.BytesIO(signed), name, context.actor.principal, instance_id=work.instance.id
    )
    typed: dict[str, Any] = dict(work.draft.data) if work.draft is not None else {}
    typed |= {"method": "e_seal", FIELD: [str(kept.id)], "signer": context.actor.name}
    drafts.save_draft(context, task_id, typed)
    return room.document
