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
from app.services.history import record_event
from app.services.registers import cases
from app.services.registers.fingerprint import fingerprint
from app.services.scoring import seals
from app.services.scoring.lots import draw_lots, pool_sha256

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

    Anybody can repeat it with the recorded seed and pool. Gives experts, seed, draw_no and
    pool_sha256, the hash of the list that was drawn from.
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
    return {"experts": drawn, "seed": row.seed, "draw_no": row.id, "pool_sha256": pool_sha256(pool)}


@delegate
def record_scores(
    ctx: DelegateContext, *, case_no: str, round: int, sheets: list[dict[str, Any]]
) -> dict[str, Any]:
    """Unseal: enter every sheet {expert, name, scores, total, comment}. A sheet once entered cannot change.

    A sheet of a consensus also has before_consensus and, where that changed its total, change_reason.
    Gives count, mean, max_deviation. Errors SHEET_CHANGED, SEAL_BROKEN, REASON_MISSING.
    """
    _open_seals(ctx, sheets)
    totals = [_record(ctx, case_no, round, sheet).total for sheet in sheets]
    if not totals:
        return {"count": 0, "mean": None, "max_deviation": None}
    mean = (sum(totals, Decimal(0)) / len(totals)).quantize(CENT)
    return {"count": len(totals), "mean": mean, "max_deviation": max(abs(total - mean) for total in totals)}


def _open_seals(ctx: DelegateContext, sheets: list[dict[str, Any]]) -> None:
    """Open what was sealed and write down which sheets, with the hashes that the history had from the start."""
    try:
        opened = seals.open_sheets(ctx.session, ctx.instance.id, sheets, ctx.now)
    except seals.SealBroken as error:
        raise DelegateError(
            "SEAL_BROKEN", f"{error.expert} 的评审表与密封时的内容不一致，不能启封。"
        ) from error
    if opened:
        record_event(
            ctx.session,
            ctx.instance,
            "sheets_opened",
            now=ctx.now,
            element_id=ctx.element_id,
            detail={"sheets": opened},
        )


def _record(ctx: DelegateContext, case_no: str, number: int, sheet: dict[str, Any]) -> ScoreSheet:
    expert, scores = str(sheet["expert"]), list(sheet.get("scores") or [])
    total, first, reason = _total(sheet, scores), _first(sheet), str(sheet.get("change_reason") or "").strip()
    if first is not None and first != total and not reason:
        raise DelegateError("REASON_MISSING", f"{expert} 的得分由 {first} 改为 {total}，没有写明理由。")
    content = fingerprint({"scores": scores, "comment": sheet.get("comment"), "total": sheet.get("total"),
                           **({} if first is None else {"first_total": first, "change_reason": reason})})  # fmt: skip
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
        name=str(sheet.get("name") or "")[:120],
        scores=scores,
        total=total,
        first_total=first,
        change_reason=reason,
        comment=str(sheet.get("comment") or ""),
        sha256=content,
        recorded_at=ctx.now,
    )
    ctx.session.add(row)
    ctx.session.flush()
    return row


def _first(sheet: dict[str, Any]) -> Decimal | None:
    """The total before the consensus; None on a sheet that comes from none."""
    given = sheet.get("before_consensus")
    return None if given is None else Decimal(str(given)).quantize(CENT)


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
