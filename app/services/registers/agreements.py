"""Agreements as signed, and what they make due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from app.models.register import Agreement, Document, Milestone
from app.models.runtime import ProcessInstance
from app.services.context import Context
from app.services.errors import Conflict
from app.services.messages import send_message
from app.services.numbering import OFFICE_ZONE, next_number
from app.services.registers import cases, clocks
from app.services.registers.fingerprint import plain

REVIEWS = ("mid_term", "final")
REPORT = "report"
REPORT_LEAD = timedelta(days=15)


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
    """Start the reviews whose day has come, and the reports that fall due soon; gives how many.

    MSG-REVIEW-DUE on the day itself, MSG-REPORT-DUE `REPORT_LEAD` before the last day; key: the case's number.
    """
    today = context.now.astimezone(OFFICE_ZONE).date()
    is_review = and_(Milestone.kind.in_(REVIEWS), Milestone.due_on <= today)
    is_report = and_(Milestone.kind == REPORT, Milestone.due_on <= today + REPORT_LEAD)
    query = (
        select(Milestone)
        .join(Agreement)
        .where(Milestone.state == "pending", or_(is_review, is_report))
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
        }
        milestone.state = "started"
        if milestone.kind == REPORT:
            message, own = "MSG-REPORT-DUE", _report_due(milestone, today)
        else:
            message, own = "MSG-REVIEW-DUE", {"review_type": milestone.kind, "year": milestone.due_on.year}
        send_message(context, message, agreement.case_no, {**payload, **own}, dedup=f"due:{milestone.id}")
    context.session.flush()
    return len(due)


def _report_due(milestone: Milestone, today: date) -> dict[str, Any]:
    """Which report by when; one that is started late still gets its time."""
    last = max(milestone.due_on, today + timedelta(days=1))
    due_at = datetime.combine(last, clocks.END_OF_DAY, OFFICE_ZONE)
    return {
        "period": milestone.name,
        "due_on": milestone.due_on.isoformat(),
        "due_at": due_at.isoformat(),
    }


def note_reported(session: Session, number: str, due_on: date) -> bool:
    """A report was accepted: its milestone is done; false when the agreement has no such milestone."""
    agreement = find(session, number)
    found = [m for m in agreement.milestones if (m.kind, m.due_on) == (REPORT, due_on)] if agreement else []
    for milestone in found:
        milestone.state = "done"
    session.flush()
    return bool(found)


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
