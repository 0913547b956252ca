"""Agreements as signed, and what they make due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.register import Agreement, Document, Milestone
from app.models.runtime import ProcessInstance
from app.services.context import Context
from app.services.errors import Conflict
from app.services.messages import send_message
from app.services.numbering import OFFICE_ZONE, next_number
from app.services.registers import cases
from app.services.registers.fingerprint import plain

REVIEWS = ("mid_term", "final")


@dataclass(frozen=True)
class Terms:
    """What both sides agreed."""

    tasks: Sequence[Any]
    targets: Sequence[Mapping[str, Any]]
    funds: Decimal
    instalments: Sequence[Mapping[str, Any]]
    allowed_uses: Sequence[Any]
    milestones: Sequence[Mapping[str, Any]]
    term_end: date | None


class TextChanged(Conflict):
    """The document that both sides saw is not the one to be sealed."""

    def __init__(self) -> None:
        super().__init__(
            "协议文本的校验值与双方签署时不一致。", "The text is not the one that both sides have signed."
        )


def seal(
    session: Session,
    instance: ProcessInstance,
    case_no: str,
    org: Mapping[str, Any],
    document_no: str,
    text_sha256: str,
    terms: Terms,
    signatures: Sequence[Mapping[str, Any]],
    now: datetime,
) -> Agreement:
    """Enter an agreement; the same text of a case gives the entry it already has. Raises TextChanged."""
    document = session.scalar(select(Document).where(Document.number == document_no))
    if document is None or document.pdf_sha256 != text_sha256:
        raise TextChanged
    earlier = agreements_of(session, case_no)
    if earlier and earlier[-1].terms_sha256 == text_sha256:
        return earlier[-1]
    row = cases.find_org(session, case_no)
    agreement = Agreement(
        number=next_number(session, "XY", now),
        case_no=case_no,
        version=len(earlier) + 1,
        instance_id=instance.id,
        org=row,
        org_name=str(org.get("name") or (row.name if row else "")),
        terms=plain(asdict(terms)),
        terms_sha256=text_sha256,
        targets=plain(list(terms.targets)),
        funds=terms.funds,
        document=document,
        signatures=plain(list(signatures)),
        effective_at=now,
    )
    due = [_milestone(entry) for entry in terms.milestones if entry.get("due")]
    agreement.milestones = sorted(due, key=lambda milestone: milestone.due_on)
    session.add(agreement)
    session.flush()
    return agreement


def find(session: Session, number: str) -> Agreement | None:
    """The agreement of this number."""
    return session.scalar(select(Agreement).where(Agreement.number == number.strip()))


def agreements_of(session: Session, case_no: str | None = None) -> list[Agreement]:
    """Agreements in order of version, of a case or all."""
    query = select(Agreement).order_by(Agreement.case_no, Agreement.version)
    if case_no is not None:
        query = query.where(Agreement.case_no == case_no)
    return list(session.scalars(query))


def announce_due(context: Context) -> int:
    """Start the reviews whose day has come (MSG-REVIEW-DUE, key: the case's number); gives how many."""
    today = context.now.astimezone(OFFICE_ZONE).date()
    query = (
        select(Milestone)
        .join(Agreement)
        .where(Milestone.state == "pending", Milestone.due_on <= today, Milestone.kind.in_(REVIEWS))
        .where(Agreement.state == "effective")
        .order_by(Milestone.due_on, Milestone.id)
    )
    due = context.session.scalars(query).all()
    for milestone in due:
        agreement = milestone.agreement
        payload = {
            "case_no": agreement.case_no,
            "agreement_no": agreement.number,
            "org": {"id": agreement.org_id, **(cases.party(agreement.org) or {"name": agreement.org_name})},
            "review_type": milestone.kind,
            "year": milestone.due_on.year,
        }
        milestone.state = "started"
        send_message(
            context, "MSG-REVIEW-DUE", agreement.case_no, payload, dedup=f"review-due:{milestone.id}"
        )
    context.session.flush()
    return len(due)


def revoke(session: Session, case_no: str) -> int:
    """Take the agreements of a case out of force; gives how many."""
    found = [agreement for agreement in agreements_of(session, case_no) if agreement.state == "effective"]
    for agreement in found:
        agreement.state = "revoked"
    session.flush()
    return len(found)


def _milestone(entry: Mapping[str, Any]) -> Milestone:
    return Milestone(
        kind=str(entry.get("kind") or "report"),
        name=str(entry.get("name") or "")[:120],
        due_on=date.fromisoformat(str(entry["due"])[:10]),
    )
