"""Operations of an investigation: the facts of the file, the hold on it, the measures imposed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from app.models.register import Freeze, Sanction
from app.models.runtime import ProcessInstance
from app.services.delegates import DelegateContext, DelegateError, delegate
from app.services.numbering import OFFICE_ZONE
from app.services.registers import agreements, calls, cases, ledger
from app.services.registers.periods import add_months

ENDLESS = {"revoke_project", "stop_payment", "recover_funds", "refer_to_judicial"}


@delegate
def case_facts(ctx: DelegateContext, *, case_no: str) -> dict[str, Any]:
    """Who a case is about and how far its money went, from the registers and not from the lead.

    Gives org_name, uscc, respondent, scheme (null: unknown), stage (before_award, awarded_unpaid, paid),
    paid_amount. Error CASE_NOT_FOUND.
    """
    instance = cases.find_case(ctx.session, case_no)
    if instance is None:
        raise DelegateError("CASE_NOT_FOUND", f"没有案件 {case_no}。")
    org, paid = instance.org, ledger.paid_on(ctx.session, case_no)
    awarded = bool(agreements.agreements_of(ctx.session, case_no))
    in_call = calls.find_case(ctx.session, case_no) is not None
    return {
        "org_name": org.name if org else None,
        "uscc": org.uscc if org else None,
        "respondent": cases.party(org),
        "scheme": "municipal_project" if awarded or in_call else None,
        "stage": "paid" if paid > 0 else "awarded_unpaid" if awarded else "before_award",
        "paid_amount": paid,
    }


@delegate
def freeze_case(ctx: DelegateContext, *, case_no: str, reason: str = "") -> dict[str, Any]:
    """Hold a case: no payment order is placed on it until it is released. Gives frozen_at."""
    hold = ctx.session.scalar(_active(ctx, case_no))
    if hold is None:
        hold = Freeze(case_no=case_no, by_instance_id=ctx.instance.id, reason=reason, frozen_at=ctx.now)
        ctx.session.add(hold)
        _mark(ctx, case_no, frozen=True)
    return {"frozen_at": hold.frozen_at}


@delegate
def unfreeze_case(ctx: DelegateContext, *, case_no: str) -> dict[str, Any]:
    """Release this investigation's hold. Gives still_frozen: whether another one holds the case."""
    hold = ctx.session.scalar(_active(ctx, case_no))
    if hold is not None:
        hold.released_at = ctx.now
        ctx.session.flush()
    still = cases.is_frozen(ctx.session, case_no)
    _mark(ctx, case_no, frozen=still)
    return {"still_frozen": still}


@delegate
def cancel_qualification(
    ctx: DelegateContext,
    *,
    case_no: str,
    measures: list[str],
    period: int | None = None,
    decision_no: str | None = None,
    org: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Enter the measures of a decision, bans for `period` months; revokes the agreement where it says so.

    Gives measures, ends_on. Error USCC_MISSING when nobody knows whom they hit.
    """
    row = cases.find_org(ctx.session, case_no)
    given = cases.party(row) or org or {}
    if not given.get("uscc"):
        raise DelegateError("USCC_MISSING", "被处理单位没有统一社会信用代码。")
    starts_on = ctx.now.astimezone(OFFICE_ZONE).date()
    ends_on = add_months(starts_on, period) if period else None
    known = set(ctx.session.scalars(select(Sanction.measure).where(Sanction.instance_id == ctx.instance.id)))
    for measure in dict.fromkeys(measures):
        if measure not in known:
            sanction = Sanction(
                instance_id=ctx.instance.id,
                case_no=case_no,
                decision_no=decision_no or "",
                org_id=row.id if row else None,
                org_name=str(given.get("name") or ""),
                uscc=given["uscc"],
                measure=measure,
                starts_on=starts_on,
                ends_on=None if measure in ENDLESS else ends_on,
                imposed_at=ctx.now,
            )
            ctx.session.add(sanction)
    ctx.session.flush()
    if "revoke_project" in measures:
        agreements.revoke(ctx.session, case_no)
    return {"measures": measures, "ends_on": ends_on}


def _active(ctx: DelegateContext, case_no: str) -> Any:
    return select(Freeze).where(
        Freeze.case_no == case_no, Freeze.by_instance_id == ctx.instance.id, Freeze.released_at.is_(None)
    )


def _mark(ctx: DelegateContext, case_no: str, *, frozen: bool) -> None:
    """The flag on the case's row. Not through the loaded object: its revision belongs to its own writers."""
    ctx.session.flush()
    ctx.session.execute(
        update(ProcessInstance).where(ProcessInstance.number == case_no).values(is_frozen=frozen)
    )
