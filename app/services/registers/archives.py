"""Case files: the list of everything that a case left behind, each with its hash."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.history import DecisionRecord
from app.models.register import Archive, Attachment, Document, Receipt
from app.models.runtime import ProcessInstance
from app.services.numbering import next_number
from app.services.registers.fingerprint import canonical, digest, fingerprint

DOCUMENT = "文书"


def build(
    session: Session, instance: ProcessInstance, case_no: str, now: datetime
) -> tuple[Archive, list[str]]:
    """The case file and what is missing in it; a sealed one is given as it is."""
    archive = session.scalar(select(Archive).where(Archive.instance_id == instance.id))
    if archive is not None and archive.state == "sealed":
        return archive, []
    entries = _entries(session, instance, case_no)
    content = canonical({"case_no": case_no, "title": instance.title, "entries": entries})
    if archive is None:
        archive = Archive(
            number=next_number(session, "DA", now),
            case_no=case_no,
            instance=instance,
            title=instance.title[:200],
        )
        session.add(archive)
    archive.index, archive.sha256, archive.built_at = content.decode(), digest(content), now
    session.flush()
    return archive, _missing(session, case_no, entries)


def entries_of(archive: Archive) -> list[dict[str, Any]]:
    """The list as it was built."""
    entries: list[dict[str, Any]] = orjson.loads(archive.index)["entries"]
    return entries


def archives(session: Session) -> list[Archive]:
    """All case files, newest first."""
    return list(session.scalars(select(Archive).order_by(Archive.id.desc())))


def find(session: Session, number: str) -> Archive | None:
    """The case file of this number."""
    return session.scalar(select(Archive).where(Archive.number == number))


def _entries(session: Session, instance: ProcessInstance, case_no: str) -> list[dict[str, Any]]:
    ours = (Document.case_no == case_no) | (Document.instance_id == instance.id)
    documents = session.scalars(select(Document).where(ours).order_by(Document.id))
    receipts = session.scalars(select(Receipt).where(Receipt.case_no == case_no).order_by(Receipt.id))
    files = session.scalars(
        select(Attachment).where(Attachment.instance_id == instance.id).order_by(Attachment.id)
    )
    decisions = session.scalars(
        select(DecisionRecord).where(DecisionRecord.instance_id == instance.id).order_by(DecisionRecord.id)
    )
    return [
        *(_entry(DOCUMENT, d.title, d.number, d.pdf_sha256, d.issued_at) for d in documents),
        *(_entry("回执", "收件回执", r.number, r.sha256, r.received_at) for r in receipts),
        *(_entry("附件", f.name, str(f.id), f.sha256, f.uploaded_at) for f in files),
        *(
            _entry("判定", d.decision_name, d.decision_id, fingerprint(d.trace), d.decided_at)
            for d in decisions
        ),
        _entry("记录", "办理记录", str(instance.history_seq), instance.history_hash, instance.started_at),
    ]


def _entry(kind: str, name: str, number: str, sha256: str, at: datetime) -> dict[str, Any]:
    return {"kind": kind, "name": name, "number": number, "sha256": sha256, "at": at.isoformat()}


def _missing(session: Session, case_no: str, entries: list[dict[str, Any]]) -> list[str]:
    """What a file should hold and does not: its documents at all, and proof that each one sent was served."""
    missing = [] if any(e["kind"] == DOCUMENT for e in entries) else ["文书"]
    unserved = session.scalars(
        select(Document)
        .where(Document.case_no == case_no, Document.sent_at.is_not(None), Document.served_at.is_(None))
        .where(Document.to_principal.startswith("org:"))
        .order_by(Document.id)
    )
    return missing + [f"{d.title}（{d.number}）的送达证明" for d in unserved]
