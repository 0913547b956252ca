"""Operations on documents: typeset, send, book how they were served."""

from __future__ import annotations

from typing import Any, Literal

from app.models.register import Document
from app.services import documents
from app.services.delegates import DelegateContext, DelegateError, delegate
from app.services.registers import letter_drafts as _letter_drafts  # noqa: F401  drafts letters as their tasks arrive
from app.services.registers.typesetting import FontsMissing, LetterFailed


@delegate
def render_letter(
    ctx: DelegateContext, *, letter: str, case_no: str, data: dict[str, Any], to: str | None = None
) -> dict[str, Any]:
    """Typeset a letter as a numbered PDF/A document; it is sent later. To the `public` it is served at once.

    Gives doc_no, title, title_en, sha256 (of the PDF), data_sha256, verify_code, issued_at. Error LETTER_FAILED.
    """
    try:
        document = documents.issue(
            ctx.session,
            ctx.settings,
            ctx.instance,
            letter,
            data,
            ctx.now,
            case_no=case_no,
            element_id=ctx.element_id,
            to=to,
        )
    except (documents.LetterUnknown, LetterFailed, FontsMissing) as failed:
        raise DelegateError("LETTER_FAILED", str(failed)) from failed
    if to == documents.PUBLIC:
        documents.deliver(ctx.session, document, to, ctx.now)
    return {
        "doc_no": document.number,
        "title": document.title,
        "title_en": document.title_en,
        "sha256": document.pdf_sha256,
        "data_sha256": document.data_sha256,
        "verify_code": document.verify_code,
        "issued_at": document.issued_at,
    }


@delegate
def deliver_document(ctx: DelegateContext, *, doc_no: str, to: str) -> dict[str, Any]:
    """Send a document that was typeset before. Gives sent_at, channel."""
    document = _document(ctx, doc_no)
    documents.deliver(ctx.session, document, to, ctx.now)
    return {"sent_at": document.sent_at, "channel": document.channel}


@delegate
def record_service(
    ctx: DelegateContext, *, doc_no: str, how: Literal["opened", "deemed", "manual", "public"]
) -> dict[str, Any]:
    """Book that a document is served, and how. Gives served_at, served_how as first booked."""
    document = _document(ctx, doc_no)
    documents.record_service(ctx.session, document, how, ctx.now)
    return {"served_at": document.served_at, "served_how": document.served_how}


def _document(ctx: DelegateContext, doc_no: str) -> Document:
    document = documents.find_document(ctx.session, doc_no)
    if document is None:
        raise DelegateError("DOCUMENT_NOT_FOUND", f"没有文书 {doc_no}。")
    return document
