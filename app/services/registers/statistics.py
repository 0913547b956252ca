"""Figures with a definition: numerator, unit, source (ST-08, ST-10, ST-13 of the domain's list)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from app.models.history import HistoryEvent
from app.models.register import CallCase, Notice, Objection
from app.services.registers import recovery

ACCEPTED = "accepted"
SELECTED = "selected"


@dataclass(frozen=True)
class CallFigures:
    """ST-08 of one call and kind of organisation; a rate is None where nothing was counted."""

    call_no: str
    org_type: str
    submitted: int
    accepted: int
    reviewed: int
    selected: int

    @property
    def acceptance_rate(self) -> float | None:
        return _rate(self.accepted, self.submitted)

    @property
    def eligibility_rate(self) -> float | None:
        return _rate(self.reviewed, self.accepted)

    @property
    def selection_rate(self) -> float | None:
        return _rate(self.selected, self.submitted)


@dataclass(frozen=True)
class PublicityFigures:
    """ST-10 of one publicity."""

    publicity_no: str
    title: str
    objections: int
    upheld: int

    @property
    def upheld_rate(self) -> float | None:
        return _rate(self.upheld, self.objections)


def call_figures(session: Session) -> list[CallFigures]:
    """ST-08: declarations, accepted, reviewed (eligible) and selected, by call and kind of organisation."""
    rows = session.scalars(select(CallCase).order_by(CallCase.call_id, CallCase.org_type, CallCase.id)).all()
    accepted = _reached(session, ACCEPTED)
    groups: dict[tuple[str, str], list[CallCase]] = {}
    for row in rows:
        groups.setdefault((row.call.number, row.org_type), []).append(row)
    return [
        CallFigures(
            call_no=call_no,
            org_type=org_type,
            submitted=sum(row.submitted_at is not None for row in members),
            accepted=sum(row.instance_id in accepted for row in members),
            reviewed=sum(row.reviewed_at is not None for row in members),
            selected=sum(row.outcome == SELECTED for row in members),
        )
        for (call_no, org_type), members in groups.items()
    ]


def publicity_figures(session: Session) -> list[PublicityFigures]:
    """ST-10: objections within the period and those upheld, by publicity."""
    upheld = func.sum(case((Objection.outcome == "upheld", 1), else_=0))
    query = (
        select(Notice.number, Notice.title, func.count(Objection.id), func.coalesce(upheld, 0))
        .outerjoin(Objection, (Objection.notice_id == Notice.id) & Objection.is_in_period)
        .where(Notice.kind == "publicity")
        .group_by(Notice.id, Notice.number, Notice.title)
        .order_by(Notice.id)
    )
    return [
        PublicityFigures(number, title, count, int(good))
        for number, title, count, good in session.execute(query)
    ]


def recovery_figures(session: Session) -> dict[str, Decimal]:
    """ST-13: receivable, received and outstanding, in yuan, from the ledger."""
    return recovery.totals(session, recovery.receivables(session))


def _reached(session: Session, state: str) -> set[int]:
    """Cases that were in this state at some time, by their history."""
    query = select(HistoryEvent.instance_id, HistoryEvent.detail).where(HistoryEvent.kind == "case_state")
    of_calls = query.where(HistoryEvent.instance_id.in_(select(CallCase.instance_id)))
    return {instance_id for instance_id, detail in session.execute(of_calls) if detail.get("state") == state}


def _rate(part: int, whole: int) -> float | None:
    return part / whole if whole else None
