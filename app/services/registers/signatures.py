"""Whether a signature on an agreement can be accepted.

A scan is accepted on the signer's confirmation. An electronic seal must at least be inside the file; whether
its certificate is trusted is for the sealing platform to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.register import Attachment, Document
from app.services import files

SEAL_MARK = b"/ByteRange"
PDF = "application/pdf"


@dataclass(frozen=True)
class Finding:
    """The verdict on one signature; `reasons` are empty when it is valid."""

    reasons: tuple[str, ...]
    file_sha256: str | None

    @property
    def valid(self) -> bool:
        return not self.reasons


def judge(
    session: Session,
    files_dir: files.Place,
    kind: str,
    case_no: str,
    signature: Mapping[str, Any],
    text_sha256: str,
    signer: str | None,
) -> Finding:
    """Judge one side's signature: signer, confirmations, signed file, and the locked text it refers to."""
    signed = _signed_file(session, signature.get("signed_file"))
    return Finding(
        reasons=tuple(_faults(session, files_dir, kind, case_no, signature, text_sha256, signer, signed)),
        file_sha256=signed.sha256 if signed else None,
    )


def _faults(
    session: Session,
    files_dir: files.Place,
    kind: str,
    case_no: str,
    signature: Mapping[str, Any],
    text_sha256: str,
    signer: str | None,
    signed: Attachment | None,
) -> Iterator[str]:
    locked = (
        select(Document.id).where(Document.case_no == case_no, Document.pdf_sha256 == text_sha256).limit(1)
    )
    if session.scalar(locked) is None:
        yield "签署文本与锁定的协议文本不一致"
    if not str(signer or signature.get("signer") or "").strip():
        yield "未填写签署人"
    if signature.get("confirm_text") is not True:
        yield "未确认签署文本与校验值一致"
    if kind == "undertaker" and signature.get("confirm_liability") is not True:
        yield "未确认知悉并接受协议约定的责任"
    if signed is None:
        yield "未上传已签署的文件"
    elif signature.get("method") == "e_seal" and not _is_sealed(files_dir, signed):
        yield "上传的文件中没有电子签章"


def _signed_file(session: Session, value: object) -> Attachment | None:
    """The attachment that the form refers to, if it is stored."""
    entries = value if isinstance(value, list) else [value]
    for entry in entries:
        if isinstance(entry, Mapping) and str(entry.get("id", "")).isdigit():
            attachment = session.get(Attachment, int(entry["id"]))
            if attachment is not None and attachment.sha256 == entry.get("sha256", attachment.sha256):
                return attachment
    return None


def _is_sealed(files_dir: files.Place, attachment: Attachment) -> bool:
    if attachment.media_type != PDF:
        return False
    with files.open_file(files_dir, attachment.sha256) as stored:
        return SEAL_MARK in stored.read()
