"""Remedies against letters: until when one may appeal, what is pending, and what became of it.

A letter can be appealed against when it says so: `appeal_days` in its data are the working days that it states.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.engine.environment import Calendar
from app.models.identity import Organisation
from app.models.register import Appeal, CreditRecord, Document
from app.models.runtime import ProcessInstance
from app.services.numbering import OFFICE_ZONE
from app.services.registers.outgoing import Emit

REVIEW = "review"
KINDS = {
    "review": ("复核申请", "appeal"),
    "reconsideration": ("行政复议", "administrative reconsideration"),
    "litigation": ("行政诉讼", "litigation"),
}
END_OF_DAY = time(23, 59, 59)


@dataclass(frozen=True)
class Remedy:
    """A letter that may be appealed against, as its addressee finds it.

    `state`: unserved (the time does not run yet), open, late, filed (`appeal` says how far it is).
    """

    document: Document
    days: int
    until: datetime | None
    state: str
    appeal: Appeal | None = None


def days_of(document: Document) -> int:
    """The working days that a letter gives for an appeal; 0 when it gives none."""
    given = document.data.get("appeal_days")
    return given if isinstance(given, int) and given > 0 else 0


def until(document: Document, calendar: Calendar) -> datetime | None:
    """The last instant of an appeal: the end of the n-th working day after service; None while it does not run."""
    days = days_of(document)
    if not days or document.served_at is None:
        return None
    served_on = document.served_at.astimezone(OFFICE_ZONE).date()
    return datetime.combine(calendar.add_working_days(served_on, days), END_OF_DAY, OFFICE_ZONE)


def remedies_of(
    session: Session, documents: Iterable[Document], calendar: Calendar, now: datetime
) -> list[Remedy]:
    """The letters among these that may be appealed against, or were; the newest first."""
    shown = [row for row in documents if days_of(row) and row.sent_at is not None]
    filed = _filed(session, [row.id for row in shown])
    return [_remedy(row, filed.get(row.id), calendar, now) for row in shown
            if row.annulled_at is None or row.id in filed]  # fmt: skip


def appeals_of(session: Session, case_no: str) -> Sequence[Appeal]:
    """Every remedy that was filed in a case, in order."""
    query = select(Appeal).where(Appeal.case_no == case_no, Appeal.state != "draft").order_by(Appeal.id)
    return session.scalars(query).all()


def pending_among(session: Session, numbers: Collection[str]) -> frozenset[str]:
    """The cases among these whose decision is under a remedy now (the flag appeal_pending)."""
    query = select(Appeal.case_no).where(Appeal.case_no.in_(numbers), Appeal.state == "open")
    return frozenset(session.scalars(query)) if numbers else frozenset()


def facts_of(session: Session, document: Document, calendar: Calendar) -> dict[str, Any]:
    """What a process must know of a letter: its number, title and addressee, and until when one may appeal."""
    last = until(document, calendar)
    return {
        "doc_no": document.number,
        "title": document.title,
        "title_en": document.title_en or document.title,
        "letter": document.letter,
        "case_no": document.case_no,
        "org": _addressee(session, document),
        "appealable": days_of(document) > 0,
        "served_at": document.served_at.astimezone(OFFICE_ZONE) if document.served_at else None,
        "until": last,
        "served_text": _said(document.served_at) or "尚未送达",
        "until_text": _said(last) or "未载明",
    }


def register(
    session: Session, instance: ProcessInstance, document: Document, kind: str, received_at: datetime | None
) -> Appeal:
    """Enter what was filed; from now on the case is under a remedy."""
    row = of_instance(session, instance)
    if row is None:
        row = Appeal(instance=instance, document=document, case_no=document.case_no, kind=kind, state="open")
        session.add(row)
    row.state, row.received_at = "open", received_at
    instance.org_id = instance.org_id or _org_id(document)
    session.flush()
    return row


def count_earlier(session: Session, appeal: Appeal) -> int:
    """How often the office was asked before to look at the same letter again."""
    query = select(Appeal.id).where(
        Appeal.document_id == appeal.document_id,
        Appeal.kind == REVIEW,
        Appeal.state != "draft",
        Appeal.id != appeal.id,
        Appeal.outcome.is_(None) | (Appeal.outcome != "lapsed"),
    )
    return len(session.scalars(query).all())


def close(session: Session, appeal: Appeal, outcome: str, reason: str, now: datetime, emit: Emit) -> None:
    """Book the end. A letter that was revoked counts no more, nor does the credit record that rests on it."""
    if appeal.state == "closed":
        return
    appeal.state, appeal.outcome, appeal.reason, appeal.closed_at = "closed", outcome, reason, now
    if outcome == "revoke":
        _revoke(session, appeal, now, emit)
    session.flush()


def of_instance(session: Session, instance: ProcessInstance) -> Appeal | None:
    """The entry of a process."""
    return session.scalar(select(Appeal).where(Appeal.instance_id == instance.id))


def of_document(session: Session, document: Document) -> Appeal | None:
    """The last appeal to the office against a letter."""
    return _filed(session, [document.id]).get(document.id)


def _filed(session: Session, ids: Collection[int]) -> Mapping[int, Appeal]:
    query = select(Appeal).where(Appeal.document_id.in_(ids), Appeal.kind == REVIEW).order_by(Appeal.id)
    return {row.document_id: row for row in session.scalars(query)} if ids else {}


def _remedy(document: Document, appeal: Appeal | None, calendar: Calendar, now: datetime) -> Remedy:
    last = until(document, calendar)
    if appeal is not None:
        state = "filed"
    elif last is None:
        state = "unserved"
    else:
        state = "open" if now <= last else "late"
    return Remedy(document, days_of(document), last, state, appeal)


def _revoke(session: Session, appeal: Appeal, now: datetime, emit: Emit) -> None:
    document, by = appeal.document, appeal.reply_no or appeal.result_no or appeal.instance.number
    if document.annulled_at is None:
        document.annulled_at, document.annulled_reason = now, f"经{KINDS[appeal.kind][0]}撤销（{by}）"[:300]
    rests = select(CreditRecord.number).where(
        CreditRecord.decision_no == document.number, CreditRecord.state == "active"
    )
    for number in session.scalars(rests):
        payload = {"credit_no": number, "reason": document.annulled_reason}
        emit("MSG-DECISION-ANNULLED", number, payload, dedup=f"annulled:{number}")


def _addressee(session: Session, document: Document) -> dict[str, Any]:
    org = session.get(Organisation, _org_id(document) or 0)
    if org is None:
        return {"principal": document.to_principal, "name": str(document.data.get("addressee") or "")}
    return {
        "id": org.id,
        "principal": org.principal,
        "name": org.name,
        "uscc": org.uscc,
        "type": org.org_type,
    }


def _org_id(document: Document) -> int | None:
    kind, _, rest = (document.to_principal or "").partition(":")
    number = rest.partition(":")[0]
    return int(number) if kind == "org" and number.isdigit() else None


def _said(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone(OFFICE_ZONE):%Y-%m-%d %H:%M}"
