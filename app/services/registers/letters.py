"""Documents as their readers meet them: signed for and read."""

from __future__ import annotations

from collections.abc import Sequence

from app.models.identity import User
from app.models.register import Document
from app.services import access, conflicts, documents, runtime
from app.services.context import Context
from app.services.errors import Conflict, Invalid, NotFound, NotPermitted
from app.services.history import record_event
from app.services.messages import send_message
from app.services.numbering import OFFICE_ZONE
from app.services.registers import mailbox


class NotSignedFor(NotPermitted):
    """The addressee must sign for the document before reading it."""

    def __init__(self) -> None:
        super().__init__("请先签收，再阅读文书。", "Sign for the document before you read it.")


def open_document(context: Context, number: str, principals: Sequence[str]) -> Document:
    """Sign for a document: the first opening by its addressee serves it (MSG-RECEIPT-OPENED, key: number).

    Raises NotFound for a document of somebody else, or one not sent yet.
    """
    document = documents.find_document(context.session, number)
    if document is None or document.sent_at is None or not is_addressee(document, principals):
        raise NotFound
    if document.opened_at is None:
        document.opened_at = context.now
        document.opened_by = context.actor.principal if context.actor else principals[0]
        documents.record_service(context.session, document, "opened", context.now)
        mailbox.mark_letter_read(context.session, document, principals, context.now)
        at = context.now.astimezone(OFFICE_ZONE).isoformat()
        payload = {"doc_no": number, "opened_at": at, "opened_by": document.opened_by}
        send_message(context, "MSG-RECEIPT-OPENED", number, payload, dedup=f"opened:{number}")
        context.session.flush()
    return document


def readable_document(context: Context, number: str, user: User) -> Document:
    """A document to read again: signed for by its addressee, or open to the office; not for who stands aside.

    Raises NotFound, NotSignedFor.
    """
    document = documents.find_document(context.session, number)
    if document is None:
        raise NotFound
    if document.channel == documents.PUBLIC:
        return document
    if document.is_internal and conflicts.bars_letter(context.session, user, document.data):
        raise NotFound
    if is_addressee(document, access.principals_of(user)) and document.sent_at is not None:
        if document.opened_at is None and not _needs_no_signature(document):
            raise NotSignedFor
        return document
    if _reads_for_office(context, user, document):
        return document
    raise NotFound


def annul(context: Context, number: str, reason: str, replaced_by: str = "") -> Document:
    """Say that an issued document counts no more, and which one does instead; what was issued stays as it is.

    Whoever it was sent to is told.

    Raises NotFound for what the actor does not see as the office, Invalid without a reason, Conflict when it counted no
    more already or the other one cannot replace it.
    """
    user = access.require(context.actor, "document.annul")
    document = documents.find_document(context.session, number)
    if document is None or not _reads_for_office(context, user, document):
        raise NotFound
    row = runtime.lock_instance(context, document.instance_id)
    if not reason.strip():
        raise Invalid("请填写作废理由。", "Give the reason.")
    if document.annulled_at is not None:
        raise Conflict("文书已经作废。", "The document was annulled already.")
    other = _replacement(context, document, replaced_by.strip()) if replaced_by.strip() else None
    document.annulled_at, document.annulled_by_id = context.now, user.id
    document.annulled_reason, document.replaced_by = reason.strip()[:300], other
    detail = {
        "document": number,
        "reason": reason.strip()[:300],
        "replaced_by": other.number if other else "",
    }
    record_event(context.session, row, "document_annulled", now=context.now, actor=user, detail=detail)
    if document.sent_at is not None and document.to_principal not in {None, documents.PUBLIC}:
        _tell_annulled(context, document)
    return document


def _tell_annulled(context: Context, document: Document) -> None:
    other = document.replaced_by.number if document.replaced_by else ""
    mailbox.tell(
        context.session,
        [str(document.to_principal)],
        f"文书已作废：{document.title}（{document.number}）",
        f"理由：{document.annulled_reason}" + (f"\n由 {other} 替代。" if other else ""),
        context.now,
        kind="letter",
        subject_en=f"A letter was annulled: {document.title_en or document.title} ({document.number})",
        text_en=f"Reason: {document.annulled_reason}" + (f"\nReplaced by {other}." if other else ""),
        case_no=document.case_no,
        document=document,
        dedup=f"annulled:{document.number}",
    )


def _replacement(context: Context, document: Document, number: str) -> Document:
    other = documents.find_document(context.session, number)
    if (
        other is None
        or other.id <= document.id
        or other.annulled_at is not None
        or (other.case_no, other.to_principal) != (document.case_no, document.to_principal)
    ):
        raise Conflict(
            "只能由同一案件中之后签发给同一受送达人的文书替代。",
            "Only a later document of the same case to the same addressee can replace it.",
        )
    return other


def _reads_for_office(context: Context, user: User, document: Document) -> bool:
    instance = document.instance
    return access.reads_as_office(user, instance) and access.may_see_instance(user, instance, context.session)


def is_addressee(document: Document, principals: Sequence[str]) -> bool:
    """Whether one of these principals is whom the document was sent to."""
    return document.to_principal is not None and document.to_principal in principals


def _needs_no_signature(document: Document) -> bool:
    """Only a party has to sign; the office's own groups read what they are sent."""
    return document.is_internal
