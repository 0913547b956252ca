"""Anybody may check a paper: its number and code tell whether we issued it, when, and with which hash."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.register import Document, DocumentSignature, Notice, Receipt
from app.services.registers.codes import same_code
from app.services.registers.receipts import PartHash, exact, parts_of


@dataclass(frozen=True)
class Verified:
    """What a checked number and code show; of the content only hashes."""

    kind: str  # document | receipt | notice
    number: str
    title: str
    title_en: str
    case_no: str
    issued_at: datetime
    sha256: str
    algorithm: str
    parts: Sequence[PartHash] = ()
    files: Sequence[Mapping[str, Any]] = ()
    annulled_at: datetime | None = None
    annulled_reason: str = ""
    replaced_by: str = ""
    signatures: Sequence[DocumentSignature] = ()

    @property
    def counts(self) -> bool:
        """Whether it was neither annulled nor replaced."""
        return self.annulled_at is None

    @property
    def exact_time(self) -> str:
        """When it was issued, to the millisecond, in the office's time."""
        return exact(self.issued_at)


def find(session: Session, number: str, code: str) -> Verified | None:
    """The document, receipt or notice of this number, if the code belongs to it."""
    wanted = number.strip().upper()
    for look_up in (_document, _receipt, _notice):
        found = look_up(session, wanted)
        if found is not None and same_code(code, found[1]):
            return found[0]
    return None


def matches(verified: Verified, sha256: str) -> bool:
    """Whether a file's hash is the one on record."""
    return sha256.strip().lower() == verified.sha256


def find_by_hash(session: Session, sha256: str) -> Verified | None:
    """The document whose file this is: as it was issued, or with a signature that was accepted."""
    signed = select(DocumentSignature.document_id).where(DocumentSignature.pdf_sha256 == sha256)
    query = select(Document).where((Document.pdf_sha256 == sha256) | Document.id.in_(signed))
    row = session.scalar(query.order_by(Document.id.desc()).limit(1))
    return _verified(row) if row is not None else None


def _document(session: Session, number: str) -> tuple[Verified, str] | None:
    row = session.scalar(select(Document).where(Document.number == number))
    return (_verified(row), row.verify_code) if row is not None else None


def _verified(row: Document) -> Verified:
    return Verified(
        "document",
        row.number,
        row.title,
        row.title_en,
        row.case_no,
        row.issued_at,
        row.pdf_sha256,
        row.algorithm,
        annulled_at=row.annulled_at,
        annulled_reason=row.annulled_reason,
        replaced_by=row.replaced_by.number if row.replaced_by else "",
        signatures=tuple(row.signatures),
    )


def _receipt(session: Session, number: str) -> tuple[Verified, str] | None:
    row = session.scalar(select(Receipt).where(Receipt.number == number))
    if row is None:
        return None
    verified = Verified(
        "receipt",
        number,
        "收件回执",
        "Receipt",
        row.case_no,
        row.received_at,
        row.sha256,
        row.algorithm,
        parts_of(session, row),
        files=tuple(row.files),
    )
    return verified, row.verify_code


def _notice(session: Session, number: str) -> tuple[Verified, str] | None:
    row = session.scalar(select(Notice).where(Notice.number == number))
    if row is None:
        return None
    verified = Verified(
        "notice", number, row.title, "", row.subject, row.starts_at, row.sha256, row.algorithm
    )
    return verified, row.verify_code
