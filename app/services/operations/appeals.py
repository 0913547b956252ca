"""Operations on remedies: what a letter allows, entering what was filed, closing it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from app.models.register import Document
from app.services import documents
from app.services.delegates import DelegateContext, DelegateError, delegate
from app.services.registers import appeals


@delegate
def appeal_facts(ctx: DelegateContext, *, document_no: str) -> dict[str, Any]:
    """What a letter says of appeals. Error DOCUMENT_NOT_FOUND.

    Gives doc_no, title, letter, case_no, org (its addressee), appealable, served_at, until, served_text, until_text.
    """
    return appeals.facts_of(ctx.session, _document(ctx, document_no), ctx.calendar)


@delegate
def register_appeal(
    ctx: DelegateContext,
    *,
    document_no: str,
    kind: Literal["review", "reconsideration", "litigation"],
    received_at: datetime | None = None,
    body: str = "",
    reference: str = "",
    filed_on: date | None = None,
) -> dict[str, Any]:
    """Enter what was filed against a letter; its case is under a remedy until it is closed.

    Gives kind_name, earlier (appeals to the office against the same letter before). Error DOCUMENT_NOT_FOUND.
    """
    row = appeals.register(ctx.session, ctx.instance, _document(ctx, document_no), kind, received_at)
    row.body, row.reference, row.filed_on = body[:120], reference[:80], filed_on
    return {"kind_name": appeals.KINDS[kind][0], "earlier": appeals.count_earlier(ctx.session, row)}


@delegate
def close_appeal(
    ctx: DelegateContext,
    *,
    outcome: Literal["uphold", "change", "revoke", "refused", "withdrawn", "lapsed"],
    reason: str = "",
    reply_no: str = "",
    result_no: str = "",
    result_on: date | None = None,
) -> dict[str, Any]:
    """Book how a remedy ended. A revoked letter is annulled, and the credit record that rests on it ended.

    Gives closed_at. Error APPEAL_NOT_FOUND.
    """
    row = appeals.of_instance(ctx.session, ctx.instance)
    if row is None:
        raise DelegateError("APPEAL_NOT_FOUND", "没有登记过救济事项。")
    row.reply_no, row.result_no, row.result_on = reply_no[:40], result_no[:80], result_on
    appeals.close(ctx.session, row, outcome, reason, ctx.now, ctx.emit)
    return {"closed_at": row.closed_at}


def _document(ctx: DelegateContext, number: str) -> Document:
    document = documents.find_document(ctx.session, number.strip())
    if document is None:
        raise DelegateError("DOCUMENT_NOT_FOUND", f"没有文书 {number}。")
    return document
