"""Operations on credit: look-ups, and the life of a credit record."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal

from sqlalchemy import select

from app.models.register import CreditRecord, Sanction
from app.services import files
from app.services.delegates import DelegateContext, DelegateError, delegate
from app.services.numbering import OFFICE_ZONE, next_number
from app.services.registers import cases, credit
from app.services.registers.fingerprint import canonical
from app.services.registers.periods import add_months


@delegate
def query_credit_source(
    ctx: DelegateContext, *, source: str, uscc: str, valid_days: int = 30
) -> dict[str, Any]:
    """Look into the imported extracts of an outside registry.

    Gives status (the verdict; `missing` when there is none or it is older than `valid_days`), note,
    queried_at, replied_at, sha256.
    """
    reply = credit.newest_reply(ctx.session, source, uscc)
    if reply is None:
        return {"source": source, "status": "missing", "note": "没有导入的查询结果", "queried_at": ctx.now}
    is_stale = ctx.now - reply.replied_at > timedelta(days=valid_days)
    return {
        "source": source,
        "status": "missing" if is_stale else reply.verdict,
        "note": f"查询结果已超过 {valid_days} 天" if is_stale else reply.note,
        "queried_at": ctx.now,
        "replied_at": reply.replied_at,
        "sha256": reply.sha256,
    }


@delegate
def query_own_records(ctx: DelegateContext, *, uscc: str) -> dict[str, Any]:
    """Look into our own bans and credit records. Gives status (clear, hit, own_ban), note, queried_at."""
    today = ctx.now.astimezone(OFFICE_ZONE).date()
    standing = credit.own_standing(ctx.session, uscc, today)
    return {
        "source": "own_records",
        "status": standing.status,
        "note": "；".join(standing.notes) or "无失信记录",
        "queried_at": ctx.now,
    }


@delegate
def register_credit_entry(
    ctx: DelegateContext,
    *,
    case_no: str,
    org: dict[str, Any],
    facts: str,
    basis: str,
    decision_no: str | None = None,
    degree: str = "",
    measures: list[Any] | None = None,
    period: int | None = None,
) -> dict[str, Any]:
    """Enter a credit record; `period` in months. Once for each organisation and investigation.

    Gives credit_no, starts_on, ends_on. Error USCC_MISSING.
    """
    subject = org if org.get("uscc") else cases.party(cases.find_org(ctx.session, case_no)) or {}
    if not subject.get("uscc"):
        raise DelegateError("USCC_MISSING", "信用主体没有统一社会信用代码。")
    known = select(CreditRecord).where(
        CreditRecord.instance_id == ctx.instance.id, CreditRecord.uscc == subject["uscc"]
    )
    record = ctx.session.scalar(known) or _new_record(ctx, case_no, subject, facts, basis, period)
    record.degree, record.decision_no = degree, decision_no or ""
    ctx.session.flush()
    return {
        "credit_no": record.number,
        "starts_on": record.starts_on,
        "ends_on": record.ends_on,
        "measures": measures or [],
    }


@delegate
def export_credit_report(ctx: DelegateContext, *, credit_no: str) -> dict[str, Any]:
    """Write the report for the credit platform, a JSON file. Gives sha256, reported_at, action."""
    record = _record(ctx, credit_no)
    content = canonical(
        {
            "action": "add" if record.state == "active" else "remove",
            "credit_no": record.number,
            "org_name": record.org_name,
            "uscc": record.uscc,
            "facts": record.facts,
            "basis": record.basis,
            "degree": record.degree,
            "decision_no": record.decision_no,
            "starts_on": record.starts_on,
            "ends_on": record.ends_on,
            "end_reason": record.end_reason,
        }
    )
    record.report_sha256 = files.put(ctx.settings.files_dir, content)
    record.reported_at = ctx.now
    ctx.session.flush()
    action = "add" if record.state == "active" else "remove"
    return {"sha256": record.report_sha256, "reported_at": record.reported_at, "action": action}


@delegate
def close_credit_entry(
    ctx: DelegateContext,
    *,
    credit_no: str,
    state: Literal["repaired", "annulled", "expired"],
    reason: str = "",
) -> dict[str, Any]:
    """End a credit record; annulled, the sanctions of the same decision fall with it. Gives ended_at."""
    record = _record(ctx, credit_no)
    if record.state == "active":
        record.state, record.ended_at, record.end_reason = state, ctx.now, reason
        if state == "annulled" and record.decision_no:
            _annul_sanctions(ctx, record)
        ctx.session.flush()
    return {"ended_at": record.ended_at, "state": record.state}


def _new_record(
    ctx: DelegateContext,
    case_no: str,
    subject: Mapping[str, Any],
    facts: str,
    basis: str,
    period: int | None,
) -> CreditRecord:
    starts_on = ctx.now.astimezone(OFFICE_ZONE).date()
    record = CreditRecord(
        number=next_number(ctx.session, "XJ", ctx.now),
        instance_id=ctx.instance.id,
        case_no=case_no,
        org=cases.find_org_by_uscc(ctx.session, subject["uscc"]),
        org_name=str(subject.get("name") or ""),
        uscc=subject["uscc"],
        facts=facts,
        basis=basis[:200],
        starts_on=starts_on,
        ends_on=add_months(starts_on, period) if period else None,
        registered_at=ctx.now,
    )
    ctx.session.add(record)
    return record


def _annul_sanctions(ctx: DelegateContext, record: CreditRecord) -> None:
    query = select(Sanction).where(Sanction.uscc == record.uscc, Sanction.decision_no == record.decision_no)
    for sanction in ctx.session.scalars(query):
        sanction.state = "annulled"


def _record(ctx: DelegateContext, number: str) -> CreditRecord:
    record = credit.find(ctx.session, number)
    if record is None:
        raise DelegateError("CREDIT_RECORD_NOT_FOUND", f"没有信用记录 {number}。")
    return record
