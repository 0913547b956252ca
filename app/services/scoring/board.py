"""What a board has before it: the ranked cases of a call, their sheets, the proposal, the resolution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models.ballots import Ballot
from app.models.history import DecisionRecord, HistoryEvent
from app.models.identity import User
from app.models.register import Call, CallCase, Document, ScoreSheet
from app.models.runtime import UserTask
from app.models.scoring import SheetSeal
from app.services import conflicts
from app.services.errors import NotFound
from app.services.registers import calls
from app.services.scoring import ranking

MINUTES = "TPL-38"


@dataclass(frozen=True)
class Point:
    """What an expert gave for one criterion, and why."""

    criterion: str
    expert: str
    score: Any
    most: Any
    reason: str


@dataclass(frozen=True)
class Mark:
    """One sheet that counts; `is_outlier` by the rule of the process, on the total before the consensus."""

    expert: str
    first: float
    total: float
    reason: str
    comment: str
    is_outlier: bool
    points: tuple[Point, ...] = ()


@dataclass(frozen=True)
class Vote:
    """How the board voted on one case; members by name. Who stood aside had no vote."""

    agree: int
    against: tuple[str, ...]
    abstain: tuple[str, ...]
    aside: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Rule:
    """The order of cases and ties: which version of the process holds it, since when, and when sheets were opened."""

    version: int
    fixed_at: datetime
    opened_at: datetime | None

    @property
    def is_fixed_before(self) -> bool:
        """Whether the rule stood before anybody had seen a score."""
        return self.opened_at is None or self.fixed_at <= self.opened_at


@dataclass(frozen=True)
class Item:
    """One case of the agenda; of a case from which the reader has to stand aside only its place."""

    case_no: str
    org_name: str
    rank: int
    stands_aside: bool
    org_type: str = ""
    score: float | None = None
    suggestion: str = ""
    suggestion_reason: str = ""
    suggestion_reason_en: str = ""
    decision: str = ""
    decision_reason: str = ""
    drawn: bool = False
    marks: tuple[Mark, ...] = ()
    vote: Vote | None = None

    @property
    def points(self) -> list[Point]:
        """Every point of every sheet, those of one criterion beside each other."""
        points = [point for mark in self.marks for point in mark.points]
        order = list(dict.fromkeys(point.criterion for point in points))
        return sorted(points, key=lambda point: order.index(point.criterion))


@dataclass(frozen=True)
class Agenda:
    """The agenda of one call; without items as long as nothing is ranked."""

    call: Call
    items: tuple[Item, ...] = ()
    check: ranking.Recomputed | None = None
    proposal: Mapping[str, Any] = field(default_factory=dict)
    resolution: Mapping[str, Any] = field(default_factory=dict)
    rule: Rule | None = None
    minutes: Document | None = None
    ballot: Ballot | None = None
    voted: Ballot | None = None

    @property
    def attendance(self) -> tuple[list[str], list[str]]:
        """Names of the members who were present, and of those who were not."""
        rows = self.resolution.get("attendance") or ()
        there, away = (
            [row["name"] for row in rows if row.get("present") == found] for found in ("yes", "no")
        )
        return there, away


def list_calls(session: Session) -> Sequence[Call]:
    """The calls that have a ranking, the newest first."""
    ranked = select(DecisionRecord.instance_id).where(DecisionRecord.decision_id == ranking.RANKING)
    return session.scalars(select(Call).where(Call.instance_id.in_(ranked)).order_by(Call.id.desc())).all()


def agenda_of(session: Session, call_no: str, reader: User) -> Agenda:
    """The agenda of a call for this reader. Raises NotFound."""
    call = calls.get_call(session, call_no)
    record = ranking.decided(session, call)
    if record is None:
        return Agenda(call)
    proposal = _answers(session, call, "decisions")
    resolution = _answers(session, call, "outcome", duty="board")
    decided = {row["case_no"]: row for row in proposal.get("decisions", ())}
    votes = {row["case_no"]: row for row in resolution.get("votes") or () if row.get("agree") is not None}
    cases = {case.case_no: case for case in call.cases}
    items = [
        _item(session, reader, call, cases[row["case_no"]], row, decided.get(row["case_no"], {}), votes)
        for row in record.trace["outputs"]
        if row["case_no"] in cases
    ]
    return Agenda(
        call,
        tuple(items),
        ranking.recompute(session, call_no),
        proposal,
        resolution,
        _rule(session, call),
        None if any(item.stands_aside for item in items) else _minutes(session, call),
        _ballot(session, call, "open"),
        _ballot(session, call, "completed"),
    )


def minutes_of(session: Session, call_no: str, reader: User) -> Document:
    """The newest minutes of a call, which tell of every case. Raises NotFound, also for who stands aside in one."""
    minutes = agenda_of(session, call_no, reader).minutes
    if minutes is None:
        raise NotFound
    return minutes


def _ballot(session: Session, call: Call, status: str) -> Ballot | None:
    """The newest vote on the call at a task that is open, or completed."""
    query = select(Ballot).join(Ballot.task)
    query = query.where(Ballot.instance_id == call.instance_id, UserTask.status == status)
    return session.scalar(query.order_by(Ballot.id.desc()).limit(1))


def _minutes(session: Session, call: Call) -> Document | None:
    query = select(Document).where(Document.instance_id == call.instance_id, Document.letter == MINUTES)
    return session.scalar(query.order_by(Document.id.desc()).limit(1))


def _rule(session: Session, call: Call) -> Rule:
    """Parameters and version are fixed when the call is published; a move to another version fixes the rule anew."""
    moved = session.scalar(
        select(func.max(HistoryEvent.recorded_at)).where(
            HistoryEvent.instance_id == call.instance_id, HistoryEvent.kind == "migrated"
        )
    )
    opened = session.scalar(
        select(func.min(SheetSeal.opened_at)).where(
            SheetSeal.instance_id.in_([case.instance_id for case in call.cases])
        )
    )
    return Rule(call.instance.definition.version, max(call.opened_at, moved or call.opened_at), opened)


def _item(
    session: Session,
    reader: User,
    call: Call,
    case: CallCase,
    row: Mapping[str, Any],
    decided: Mapping[str, Any],
    votes: Mapping[str, Mapping[str, Any]],
) -> Item:
    if conflicts.bars(session, reader, case.instance):
        return Item(case.case_no, case.org_name, row["rank"], stands_aside=True)
    return Item(
        case_no=case.case_no,
        org_name=case.org_name,
        rank=row["rank"],
        stands_aside=False,
        org_type=case.org_type,
        score=row["score"],
        suggestion=row["result"],
        suggestion_reason=row["reason"],
        suggestion_reason_en=row.get("reason_en") or "",
        decision=decided.get("decision") or "",
        decision_reason=decided.get("reason") or "",
        drawn=bool(row.get("drawn")),
        marks=_marks(session, case, call.parameters),
        vote=_vote(votes.get(case.case_no)),
    )


def _vote(row: Mapping[str, Any] | None) -> Vote | None:
    if row is None:
        return None
    bound = row["aside"].split("、") if row.get("aside") else []
    return Vote(
        agree=int(row["agree"]),
        against=tuple(row.get("against") or ()),
        abstain=tuple(row.get("abstain") or ()),
        aside=(*bound, *(row.get("more_aside") or ())),
        reason=row.get("reason") or "",
    )


def _marks(session: Session, case: CallCase, parameters: Mapping[str, Any]) -> tuple[Mark, ...]:
    """An outlier: a first total further from the mean than the call's share of the full mark."""
    sheets = ranking.last_sheets(session, case.instance_id)
    firsts = [sheet.total if sheet.first_total is None else sheet.first_total for sheet in sheets]
    if not sheets:
        return ()
    mean = ranking.mean_of(firsts, drop=parameters.get("drop_extremes") is True)
    full = sum(criterion["weight"] for criterion in parameters.get("criteria") or ())
    limit = full * (parameters.get("deviation_limit") or 0) / 100
    return tuple(
        _mark(sheet, float(first), abs(float(first - mean)) > limit)
        for sheet, first in zip(sheets, firsts, strict=True)
    )


def _mark(sheet: ScoreSheet, first: float, is_outlier: bool) -> Mark:
    name = sheet.name or sheet.expert
    points = tuple(
        Point(row.get("name") or "", name, row.get("score"), row.get("max"), row.get("reason") or "")
        for row in sheet.scores
    )
    return Mark(name, first, float(sheet.total), sheet.change_reason, sheet.comment, is_outlier, points)


def _answers(session: Session, call: Call, key: str, *, duty: str = "draft") -> Mapping[str, Any]:
    """What the last completed step of this duty said, if it said something under this key."""
    query = (
        select(UserTask.data)
        .where(
            UserTask.instance_id == call.instance_id, UserTask.status == "completed", UserTask.duty == duty
        )
        .order_by(func.coalesce(UserTask.completed_at, UserTask.created_at).desc(), UserTask.id.desc())
    )
    return next((data for data in session.scalars(query) if data and key in data), {})
