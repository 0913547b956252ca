"""Operations of expert review: who may be drawn, the draw, and the sheets."""

from __future__ import annotations

import secrets
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from app.models.identity import GroupMember, Organisation, User
from app.models.register import ExpertDraw, ScoreSheet
from app.models.runtime import UserTask
from app.services.delegates import DelegateContext, DelegateError, delegate
from app.services.registers import cases
from app.services.registers.fingerprint import digest, fingerprint

EXPERTS = "expert"
CENT = Decimal("0.01")
OFFICER_DUTIES = ("accept", "review", "approve")


@delegate
def list_experts(ctx: DelegateContext, *, case_no: str, org_uscc: str | None = None) -> list[Any]:
    """The experts {principal, name, employer_uscc, employer, interests {org_uscc, kind}} on our list.

    Interests found here: an employer in the applicant's group, and having handled the case as an officer.
    """
    officers = set(
        ctx.session.scalars(
            select(UserTask.completed_by_id).where(
                UserTask.subject == case_no,
                UserTask.status == "completed",
                UserTask.duty.in_(OFFICER_DUTIES),
                UserTask.completed_by_id.is_not(None),
            )
        )
    )
    relatives = _group_of(ctx, org_uscc)
    members = select(GroupMember.user_id).where(GroupMember.group_key == EXPERTS)
    experts = ctx.session.scalars(select(User).where(User.id.in_(members), User.is_active).order_by(User.id))
    names = {uscc: name for uscc, name in ctx.session.execute(select(Organisation.uscc, Organisation.name))}
    return [
        {**_expert(user, org_uscc, relatives, officers), "employer": names.get(user.employer_uscc or "", "")}
        for user in experts
    ]


@delegate
def draw_experts(
    ctx: DelegateContext, *, pool: list[str], size: int, seed: str | None = None, case_no: str | None = None
) -> dict[str, Any]:
    """Draw `size` of the pool by lot: whoever has the smallest SHA-256 of seed and principal.

    Anybody can repeat it with the recorded seed and pool. Gives experts, seed, draw_no.
    """
    if size < 1:
        raise DelegateError("PANEL_SIZE", "专家人数须不少于 1 人。")
    used = (seed or secrets.token_hex(16))[:64]
    drawn = draw_lots(pool, size, used)
    row = ExpertDraw(
        case_no=case_no or ctx.instance.subject,
        instance_id=ctx.instance.id,
        seed=used,
        pool=sorted(set(pool)),
        size=size,
        drawn=drawn,
        drawn_at=ctx.now,
    )
    ctx.session.add(row)
    ctx.session.flush()
    return {"experts": drawn, "seed": row.seed, "draw_no": row.id}


@delegate
def record_scores(
    ctx: DelegateContext, *, case_no: str, round: int, sheets: list[dict[str, Any]]
) -> dict[str, Any]:
    """Unseal: enter every sheet {expert, scores, total, comment}. A sheet once entered cannot change.

    Gives count, mean, max_deviation. Error SHEET_CHANGED.
    """
    totals = [_record(ctx, case_no, round, sheet).total for sheet in sheets]
    if not totals:
        return {"count": 0, "mean": None, "max_deviation": None}
    mean = (sum(totals, Decimal(0)) / len(totals)).quantize(CENT)
    return {"count": len(totals), "mean": mean, "max_deviation": max(abs(total - mean) for total in totals)}


def draw_lots(pool: list[str], size: int, seed: str) -> list[str]:
    """The `size` principals with the smallest SHA-256 of seed and principal, in that order."""
    return sorted(set(pool), key=lambda principal: digest(f"{seed}\n{principal}".encode()))[:size]


def _record(ctx: DelegateContext, case_no: str, number: int, sheet: dict[str, Any]) -> ScoreSheet:
    expert, scores = str(sheet["expert"]), list(sheet.get("scores") or [])
    content = fingerprint({"scores": scores, "comment": sheet.get("comment"), "total": sheet.get("total")})
    known = ctx.session.scalar(
        select(ScoreSheet).where(
            ScoreSheet.instance_id == ctx.instance.id, ScoreSheet.round == number, ScoreSheet.expert == expert
        )
    )
    if known is not None:
        if known.sha256 != content:
            raise DelegateError("SHEET_CHANGED", f"第 {number} 轮 {expert} 的评审表已登记，不能更改。")
        return known
    row = ScoreSheet(
        case_no=case_no,
        instance_id=ctx.instance.id,
        round=number,
        expert=expert,
        scores=scores,
        total=_total(sheet, scores),
        comment=str(sheet.get("comment") or ""),
        sha256=content,
        recorded_at=ctx.now,
    )
    ctx.session.add(row)
    ctx.session.flush()
    return row


def _total(sheet: dict[str, Any], scores: list[Any]) -> Decimal:
    given = sheet.get("total")
    if given is None:
        given = sum(Decimal(str(score.get("score") or 0)) for score in scores)
    return Decimal(str(given)).quantize(CENT)


def _group_of(ctx: DelegateContext, uscc: str | None) -> set[str]:
    """Codes of the organisations in the applicant's group."""
    org = cases.find_org_by_uscc(ctx.session, uscc) if uscc else None
    if org is None:
        return set()
    head = org.group_uscc or org.uscc
    query = select(Organisation.uscc).where((Organisation.group_uscc == head) | (Organisation.uscc == head))
    return set(ctx.session.scalars(query)) | {head}


def _expert(
    user: User, org_uscc: str | None, relatives: set[str], officers: set[int | None]
) -> dict[str, Any]:
    kinds = []
    if user.employer_uscc in relatives and user.employer_uscc != org_uscc:
        kinds.append("same_group")
    if user.id in officers:
        kinds.append("officer")
    return {
        "principal": user.principal,
        "name": user.name,
        "employer_uscc": user.employer_uscc,
        "interests": [{"org_uscc": org_uscc, "kind": kind, "ended_on": None} for kind in kinds],
    }
