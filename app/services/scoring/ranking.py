"""A ranking computed again from the stored sheets, draw and parameters, to be compared byte for byte."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.engine.environment import Environment
from app.models.history import DecisionRecord
from app.models.register import Call, CallCase, ExpertDraw, ScoreSheet
from app.services import repository
from app.services.calendar import calendar_of
from app.services.errors import Conflict
from app.services.registers import calls
from app.services.registers.fingerprint import canonical, digest
from app.services.scoring.lots import draw_lots, pool_sha256

RANKING = "ranking"
CENT = Decimal("0.01")
FEWEST_TO_DROP = 5  # sheets, before the highest and the lowest do not count


@dataclass(frozen=True)
class Recomputed:
    """What was decided, what comes out now, and every difference in words; the same when there is none."""

    call_no: str
    seed: str
    pool_sha256: str
    recorded: bytes
    computed: bytes
    differences: tuple[str, ...]

    @property
    def is_same(self) -> bool:
        return self.recorded == self.computed and not self.differences

    @property
    def sha256(self) -> str:
        """SHA-256 of the ranking as computed."""
        return digest(self.computed)

    def lines(self) -> list[str]:
        """What somebody who checks wants to read: what was drawn from, both hashes, what differs."""
        verdict = "the same, byte for byte" if self.is_same else "NOT the same"
        return [
            f"call {self.call_no}: seed {self.seed}, list {self.pool_sha256}",
            f"recorded {digest(self.recorded)}",
            f"computed {self.sha256}",
            *self.differences,
            verdict,
        ]


def recompute(session: Session, call_no: str) -> Recomputed:
    """The last ranking of a call, from its sheets up. Raises NotFound, Conflict before there is one."""
    call = calls.get_call(session, call_no)
    record, draw = decided(session, call), _drawn(session, call)
    if record is None or draw is None:
        raise Conflict("本批次尚未排序。", "This call has no ranking yet.")
    order = draw_lots(draw.pool, draw.size, draw.seed)
    differences = [] if order == draw.drawn else ["the draw does not come out of its seed and list"]
    cases = []
    for case in _ranked(call, draw.pool):
        score, found = score_of(session, case, call.parameters)
        differences += found
        cases.append({**(case.review or {}), "score": score, "draw": order.index(case.case_no) + 1})
    if lost := sorted(set(draw.pool) - {case["case_no"] for case in cases}):
        differences.append(f"no longer in the register: {', '.join(lost)}")
    computed = canonical(_evaluated(session, call, record, cases))
    recorded = canonical(record.trace["outputs"])
    return Recomputed(call.number, draw.seed, pool_sha256(draw.pool), recorded, computed, tuple(differences))


def score_of(
    session: Session, case: CallCase, parameters: dict[str, Any]
) -> tuple[float | int | None, list[str]]:
    """A case's score from its last sheets as the process rounds it, and what does not fit on the way."""
    sheets = last_sheets(session, case.instance_id)
    if not sheets:
        return None, [f"{case.case_no}: no sheets"]
    faults = []
    for sheet in sheets:
        points = points_of(sheet)
        expected = sheet.total if sheet.first_total is None else sheet.first_total
        if points is not None and points != expected:
            faults.append(f"{case.case_no} {sheet.expert}: the points make {points}, not {expected}")
    mean = mean_of([sheet.total for sheet in sheets], drop=parameters.get("drop_extremes") is True)
    if mean != case.score:
        faults.append(f"{case.case_no}: the sheets make {mean}, the call was told {case.score}")
    return _number(mean), faults


def last_sheets(session: Session, instance_id: int) -> Sequence[ScoreSheet]:
    """The sheets of the last round of a review, by expert: those that count."""
    query = select(ScoreSheet).where(ScoreSheet.instance_id == instance_id)
    rows = session.scalars(query.order_by(ScoreSheet.expert)).all()
    last = max((row.round for row in rows), default=0)
    return [row for row in rows if row.round == last]


def points_of(sheet: ScoreSheet) -> Decimal | None:
    """The weighted total of the points of a sheet; None where the sheet does not say weights."""
    if not sheet.scores or any(not {"score", "max", "weight"} <= row.keys() for row in sheet.scores):
        return None
    total = sum((_share(row) for row in sheet.scores), Decimal(0))
    return total.quantize(CENT, ROUND_HALF_EVEN)


def mean_of(totals: Sequence[Decimal], *, drop: bool) -> Decimal:
    """The mean of the totals, two decimals, half to even; of five and more, with `drop`, without both extremes."""
    counted = sorted(totals)
    if drop and len(counted) >= FEWEST_TO_DROP:
        counted = counted[1:-1]
    return (sum(counted, Decimal(0)) / len(counted)).quantize(CENT, ROUND_HALF_EVEN)


def _share(row: dict[str, Any]) -> Decimal:
    score, most, weight = (Decimal(str(row[name])) for name in ("score", "max", "weight"))
    return min(score, most) / most * weight


def _number(value: Decimal) -> float | int:
    return int(value) if value == value.to_integral_value() else float(value)


def decided(session: Session, call: Call) -> DecisionRecord | None:
    """The last ranking that was decided in a call."""
    query = select(DecisionRecord).where(
        DecisionRecord.instance_id == call.instance_id, DecisionRecord.decision_id == RANKING
    )
    return session.scalar(query.order_by(DecisionRecord.id.desc()).limit(1))


def _drawn(session: Session, call: Call) -> ExpertDraw | None:
    query = select(ExpertDraw).where(ExpertDraw.instance_id == call.instance_id)
    return session.scalar(query.order_by(ExpertDraw.id.desc()).limit(1))


def _ranked(call: Call, pool: Sequence[str]) -> list[CallCase]:
    return [case for case in call.cases if case.case_no in set(pool) and case.review is not None]


def _evaluated(session: Session, call: Call, record: DecisionRecord, cases: list[dict[str, Any]]) -> Any:
    """The ranking by the table of the version that the call is pinned to."""
    definition = repository.pinned_definition(session, call.instance.definition_id)
    model = next(found for found in definition.decisions.values() if RANKING in found.decisions)
    given = {
        "cases": cases,
        "quota": call.parameters.get("call_quota"),
        "extra": call.parameters.get("call_quota_soft"),
        "pass_mark": call.parameters.get("pass_mark"),
    }
    environment = Environment(record.decided_at, calendar_of(session))
    return model.evaluate(RANKING, given, environment.scope).trace.as_json()["outputs"]
