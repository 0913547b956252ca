"""Operations on calls: open, close, cancel; and what the cases report to them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import select

from app.models.register import Call
from app.models.runtime import ProcessInstance
from app.services.calendar import calendar_of
from app.services.context import Context
from app.services.delegates import DelegateContext, DelegateError, delegate, on_end, on_message
from app.services.errors import NotFound
from app.services.messages import send_message
from app.services.registers import calls, clocks
from app.services.registers.fingerprint import fingerprint, plain


@delegate
def open_call(
    ctx: DelegateContext,
    *,
    call_no: str,
    title: str,
    notice: Any,
    deadline: datetime,
    process_id: str,
    parameters: dict[str, Any],
    quota: int | None = None,
) -> dict[str, Any]:
    """Publish a call: freeze its parameters (hash), show it to applicants until the deadline.

    Gives call_no, opened_at, deadline, parameters_sha256. Error DEADLINE_PASSED.
    """
    if deadline <= ctx.now:
        raise DelegateError("DEADLINE_PASSED", "申报截止时间已过，不能发布。")
    frozen = plain(parameters)
    call = Call(
        number=call_no,
        instance=ctx.instance,
        title=title,
        body=notice if isinstance(notice, dict) else {"notice": notice},
        case_process=process_id,
        quota=quota,
        parameters=frozen,
        parameters_sha256=fingerprint(frozen),
        opened_at=ctx.now,
        deadline_at=deadline,
    )
    ctx.session.add(call)
    ctx.session.flush()
    return {
        "call_no": call.number,
        "opened_at": call.opened_at,
        "deadline": call.deadline_at,
        "parameters_sha256": call.parameters_sha256,
    }


@delegate
def close_call(ctx: DelegateContext, *, call_no: str) -> dict[str, Any]:
    """Close a call at its deadline; sends MSG-ALL-REVIEWED when no case is awaited.

    Gives closed_at, count and the receipts {receipt_no, case_no, org_name, received_at, late}.
    """
    call = _call(ctx, call_no)
    if call.state == "open":
        call.state, call.closed_at = "closed", ctx.now
        ctx.session.flush()
    receipts = calls.receipts_of(ctx.session, call_no)
    calls.announce_if_all_reviewed(ctx.session, call, ctx.emit)
    return {
        "closed_at": call.closed_at,
        "count": len(receipts),
        "receipts": [
            {
                "receipt_no": r.number,
                "case_no": r.case_no,
                "org_name": r.org_name,
                "received_at": r.received_at,
                "late": r.is_late,
            }
            for r in receipts
        ],
    }


@delegate
def cancel_call(ctx: DelegateContext, *, call_no: str, reason: str = "") -> dict[str, Any]:
    """Cancel a call. Gives `cases`, the numbers of the cases that still run."""
    call = _call(ctx, call_no)
    if call.state not in {"cancelled", "completed"}:
        call.state, call.closed_at = "cancelled", call.closed_at or ctx.now
        call.body = {**call.body, "cancelled": reason}
        ctx.session.flush()
    return {"cases": [case.case_no for case in call.cases if case.state != "ended"], "reason": reason}


@delegate
def report_case_ended(ctx: DelegateContext, *, call_no: str, case_no: str, outcome: str) -> None:
    """Tell the call that a case will not come to the ranking."""
    calls.note_ended(ctx.session, case_no, outcome, ctx.now)
    calls.announce_if_all_reviewed(ctx.session, _call(ctx, call_no), ctx.emit)


@on_message("MSG-CASE-REVIEWED")
def case_reviewed(context: Context, key: str, payload: Mapping[str, Any]) -> None:
    """The call counts: when the last case is reviewed it goes on. `key` is the call's number."""
    case = calls.note_reviewed(context.session, str(payload.get("case_no", "")), payload, context.now)
    if case is not None and case.call.number == key:
        _announce(context, case.call)


@on_message("MSG-DELIBERATED")
def case_deliberated(context: Context, key: str, payload: Mapping[str, Any]) -> None:
    """The register keeps what the board said about the case. `key` is the case's number."""
    case = calls.find_case(context.session, key)
    if case is not None:
        case.deliberation = str(payload.get("result", ""))[:40]
        context.session.flush()


@on_end
def case_ended(context: Context, instance: ProcessInstance) -> None:
    """An ended case leaves its call's list, an ended call is completed, and no clock of the case runs on."""
    clocks.stop_all(context.session, instance.number, context.now, calendar_of(context.session))
    case = calls.note_ended(context.session, instance.number, instance.outcome, context.now)
    if case is not None:
        _announce(context, case.call)
    call = context.session.scalar(select(Call).where(Call.instance_id == instance.id))
    if call is not None and call.state in {"open", "closed"}:
        call.closed_at = call.closed_at or context.now
        call.state = "completed" if instance.status == "completed" else "cancelled"
        context.session.flush()


def _announce(context: Context, call: Call) -> None:
    calls.announce_if_all_reviewed(context.session, call, partial(send_message, context))


def _call(ctx: DelegateContext, call_no: str) -> Call:
    try:
        return calls.get_call(ctx.session, call_no)
    except NotFound:
        raise DelegateError("CALL_NOT_FOUND", f"没有批次 {call_no}。") from None
