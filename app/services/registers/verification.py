"""Anybody may check a paper: its number and code tell whether we issued it, when, and with which hash."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.register import Document, Notice, Receipt
from app.services.errors import NotFound
from app.services.registers.codes import same_code


@dataclass(frozen=True)
class Verified:
    """What a checked number and code show; nothing of the content."""

    kind: str  # document | receipt | notice
    number: str
    title: str
    case_no: str
    issued_at: datetime
    sha256: str
    algorithm: str


def verify(session: Session, number: str, code: str) -> Verified:
    """Check a document, receipt or notice. Raises NotFound, the same for a wrong number and a wrong code."""
    wanted = number.strip().upper()
    for find in (_document, _receipt, _notice):
        found = find(session, wanted)
        if found is not None and same_code(code, found[1]):
            return found[0]
    raise NotFound


def matches(verified: Verified, sha256: str) -> bool:
    """Whether a file's hash is the one on record."""
    return sha256.strip().lower() == verified.sha256


def _document(session: Session, number: str) -> tuple[Verified, str] | None:
    row = session.scalar(select(Document).where(Document.number == number))
    if row is None:
        return None
    checked = Verified(
        "document", number, row.title, row.case_no, row.issued_at, row.pdf_sha256, row.algorithm
    )
    return checked, row.verify_code


def _receipt(session: Session, number: str) -> tuple[Verified, str] | None:
    row = session.scalar(select(Receipt).where(Receipt.number == number))
    if row is None:
        return None
    checked = Verified("receipt", number, "收件回执", row.case_no, row.received_at, row.sha256, row.algorithm)
    return checked, row.verify_code


def _notice(session: Session, number: str) -> tuple[Verified, str] | None:
    row = session.scalar(select(Notice).where(Notice.number == number))
    if row is None:
        return None
    checked = Verified("notice", number, row.title, row.subject, row.starts_at, row.sha256, row.algorithm)
    return checked, row.verify_code
