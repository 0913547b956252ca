"""Telling people something: a line in the mailbox at once, everything else in a job."""

from __future__ import annotations

from collections.abc import Iterable

from app.models.register import Document
from app.services.context import Context
from app.services.registers import mailbox


def notify(
    context: Context,
    kind: str,
    principals: Iterable[str],
    subject: str,
    text: str = "",
    *,
    subject_en: str = "",
    text_en: str = "",
    case_no: str = "",
    document: Document | None = None,
    dedup: str | None = None,
) -> int:
    """Tell these principals once for each `dedup`; gives how many had not been told. Kinds: `kinds.KINDS`."""
    return mailbox.tell(
        context.session,
        principals,
        subject,
        text,
        context.now,
        kind=kind,
        subject_en=subject_en,
        text_en=text_en,
        case_no=case_no,
        document=document,
        dedup=dedup,
    )
