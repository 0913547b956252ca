"""What a board has before it: the ranked cases of a call, their sheets, the proposal, the resolution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models.history import DecisionRecord
from app.models.identity import User
from app.models.register import Call, CallCase, ScoreSheet
from app.models.runtime import UserTask
from app.services import conflicts
from app.services.registers import calls
from app.services.scoring import ranking


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
    decision: str = ""
    decision_reason: str = ""
    drawn: bool = False
    marks: tuple[Mark, ...] = ()

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
    decided = {row["case_no"]: row for row in proposal.get("decisions", ())}
    cases = {case.case_no: case for case in call.cases}
    items = [
        _item(session, reader, call, cases[row["case_no"]], row, decided.get(row["case_no"], {}))
        for row in record.trace["outputs"]
        if row["case_no"] in cases
    ]
    return Agenda(call, tuple(items), ranking.recompute(session, call_no), proposal,
                  _answers(session, call, "outcome", duty="board"))  # fmt: skip


def _item(
    session: Session,
    reader: User,
    call: Call,
    case: CallCase,
    row: Mapping[str, Any],
    decided: Mapping[str, Any],
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
        decision=decided.get("decision") or "",
        decision_reason=decided.get("reason") or "",
        drawn=bool(row.get("drawn")),
        marks=_marks(session, case, call.parameters),
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
