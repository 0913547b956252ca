"""Signing a locked text by certificate: who signs which file, and the signed file for the form of the task."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from asn1crypto import x509
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.register import Document, DocumentSignature
from app.services import attachments, drafts, file_store, outside, task
from app.services.context import Context
from app.services.errors import NotFound
from app.services.numbering import OFFICE_ZONE
from app.services.registers.typesetting import render_pdf
from app.services.settings import Settings
from app.services.signing import authority, pades, revocation
from app.services.signing.appearance import Seal
from app.services.signing.keys import KeySource
from app.services.signing.subjects import holder_of
from app.services.task import Work

FIELD = "signed_file"
STAMP = Path(__file__).with_name("stamp.typ")


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


@dataclass(frozen=True)
class Signed:
    """What was signed, and the holder of the certificate where that is not the party."""

    document: Document
    other_holder: str


def sign(context: Context, task_id: int, source: KeySource) -> Signed:
    """Sign the text and put the signed file into the form of the task; handing the form in is a step of its own.

    Services of time stamps and revocation are asked while no transaction is open. When somebody else signed meanwhile,
    the newer file is signed instead. The key lives as long as this call. Raises NotFound, KeyRefused,
    SigningFailed, StampMissing, TaskTaken.
    """
    task.lock_form(context, task_id)
    work = task.open_task(context, task_id)
    room = room_of(context.session, work)
    if room is None or context.actor is None:
        raise NotFound
    signed = outside.ask(
        context.session, ("sign", task_id, room.pdf_sha256), _pen(context, work, room, source)
    )
    name = f"{room.document.number}-{work.task.name}.pdf"
    kept = attachments.take(
        context, io.BytesIO(signed), name, context.actor.principal, instance_id=work.instance.id
    )
    outside.settle(context.session)
    typed: dict[str, Any] = dict(work.draft.data) if work.draft is not None else {}
    typed |= {"method": "e_seal", FIELD: [str(kept.id)], "signer": context.actor.name}
    drafts.save_draft(context, task_id, typed)
    return Signed(room.document, _other_holder(work, signed))


def _pen(context: Context, work: Work, room: Room, source: KeySource) -> Callable[[], bytes]:
    """What signs; it holds nothing of the database, for it is used while no transaction is open."""
    settings, now, number = context.settings, context.now, room.document.number
    sha256, place = room.pdf_sha256, f"sign-{side_of(work)}"
    field = f"{work.task.element_id}_{len(room.signatures) + 1}"
    reason = f"签署{room.document.title}（{number}）"

    def sign_it() -> bytes:
        return pades.sign(
            file_store.read(settings.files_dir, sha256),
            source,
            field=field,
            reason=reason,
            stamper=authority.stamper_of(settings, now),
            seal=Seal(place, partial(stamp, settings, now, number)),
            trust=pades.Trust(authority.trusted_roots(settings), revocation.asking(settings)),
        )

    return sign_it


def _other_holder(work: Work, pdf: bytes) -> str:
    """An early word about what the verification of the undertaker's signature will say."""
    party = work.variables.get("org")
    if side_of(work) != "undertaker" or not isinstance(party, dict):
        return ""
    holder = pades.last_holder(pdf)
    return "" if holder is None or holder.speaks_for(party) else str(holder)


def side_of(work: Work) -> str:
    """Which side the task signs for: a task addressed to an organisation is the undertaker's."""
    return "undertaker" if any(one.startswith("org:") for one in work.task.candidates) else "bureau"


def stamp(settings: Settings, now: datetime, number: str, certificate: x509.Certificate) -> bytes:
    """What can be seen of a signature on a document: organisation, signer, time, number. Raises LetterFailed."""
    holder = holder_of(certificate)
    data = {
        "organisation": holder.organisation or holder.person,
        "signer": holder.person,
        "at": now.astimezone(OFFICE_ZONE).strftime("%Y-%m-%d %H:%M:%S"),
        "number": number,
        "mark": authority.MARK if authority.is_demo(settings, certificate.issuer.human_friendly) else "",
    }
    return render_pdf(STAMP.read_bytes(), data, now, fonts_dir=settings.fonts_dir)
