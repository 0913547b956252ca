"""Operations on what an applicant hands in: receipt, acceptance ticket, legal clock."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, time
from typing import Any

from sqlalchemy import select

from app.models.register import Acceptance, Receipt
from app.services.delegates import DelegateContext, delegate
from app.services.errors import NotFound
from app.services.numbering import OFFICE_ZONE, next_number
from app.services.registers import calls, clocks, receipts
from app.services.registers.codes import new_code

END_OF_DAY = time(23, 59, 59)


@delegate
def stamp_submission(
    ctx: DelegateContext,
    *,
    case_no: str,
    parts: list[dict[str, Any]],
    submitted_at: datetime | None = None,
    deadline: datetime | None = None,
    call_no: str | None = None,
    source: str = "web",
) -> dict[str, Any]:
    """Number a submission, stamp it with the server's time and hash every part and the whole.

    `parts` are contexts {part, title, title_en, content}. Late is judged by the call's deadline, not by the caller's.
    The same content of the same case gets the receipt it already has. A new one is mailed to those who submitted.
    Gives receipt_no, received_at, late, sha256, verify_code, parts {part, title, title_en, sha256}, files
    {name, size, sha256}.
    """
    hashes, whole = receipts.hashes_of(parts)
    receipt = ctx.session.scalar(select(Receipt).where(Receipt.case_no == case_no, Receipt.sha256 == whole))
    if receipt is None:
        received = _received(ctx, submitted_at)
        receipt = _new_receipt(ctx, case_no, parts, received, deadline, call_no, source)
        receipts.mail_receipt(ctx.session, ctx.settings, receipt, ctx.actor_id, ctx.now)
    return {
        "receipt_no": receipt.number,
        "received_at": receipt.received_at,
        "late": receipt.is_late,
        "sha256": receipt.sha256,
        "verify_code": receipt.verify_code,
        "parts": [asdict(entry) for entry in hashes],
        "files": receipt.files,
    }


@delegate
def open_acceptance(ctx: DelegateContext, *, case_no: str, limit: int | None = None) -> dict[str, Any]:
    """Open the acceptance ticket and start the acceptance clock; `limit` in working days.

    Gives acceptance_no, opened_at, due_at.
    """
    ticket = ctx.session.scalar(
        select(Acceptance).where(
            Acceptance.case_no == case_no,
            Acceptance.instance_id == ctx.instance.id,
            Acceptance.opening == ctx.element_id,
        )
    )
    if ticket is None:
        ticket = Acceptance(
            number=next_number(ctx.session, "SL", ctx.now),
            case_no=case_no,
            instance_id=ctx.instance.id,
            opening=ctx.element_id,
            limit_days=limit,
            opened_at=ctx.now,
            due_at=None if limit is None else end_of_working_day(ctx, limit),
        )
        ctx.session.add(ticket)
        clocks.start(ctx.session, case_no, "acceptance", ctx.now, limit=limit)
    return {"acceptance_no": ticket.number, "opened_at": ticket.opened_at, "due_at": ticket.due_at}


@delegate
def suspend_clock(
    ctx: DelegateContext, *, case_no: str, reason: str = "", clock: str = "acceptance"
) -> dict[str, Any]:
    """Stop a legal clock; time from now on does not count. Gives working_days, used so far."""
    clocks.switch(ctx.session, case_no, clock, "suspended", ctx.now, ctx.calendar, reason)
    return {"working_days": clocks.used(ctx.session, case_no, clock, ctx.now, ctx.calendar)}


@delegate
def resume_clock(ctx: DelegateContext, *, case_no: str, clock: str = "acceptance") -> dict[str, Any]:
    """Let a legal clock run again. Gives working_days, used so far."""
    clocks.switch(ctx.session, case_no, clock, "running", ctx.now, ctx.calendar)
    return {"working_days": clocks.used(ctx.session, case_no, clock, ctx.now, ctx.calendar)}


@delegate
def read_clock(ctx: DelegateContext, *, case_no: str, clock: str = "acceptance") -> dict[str, Any]:
    """What is left of a legal clock, for limits that go on counting after a suspension.

    Gives used and left (working days; left is null without a limit) and counted_on, the day from which left counts.
    """
    found = clocks.open_clock(ctx.session, case_no, clock)
    today = ctx.now.astimezone(OFFICE_ZONE).date()
    if found is None:
        return {"used": 0, "left": None, "counted_on": today.isoformat()}
    ledger = clocks.ledger_of(found, ctx.now, ctx.calendar)
    return {"used": ledger.used, "left": ledger.left, "counted_on": today.isoformat()}


@delegate
def stop_clock(ctx: DelegateContext, *, case_no: str, clock: str = "acceptance") -> dict[str, Any]:
    """End a legal clock for good. Gives working_days, suspensions left out."""
    clocks.stop(ctx.session, case_no, clock, ctx.now, ctx.calendar)
    return {"working_days": clocks.used(ctx.session, case_no, clock, ctx.now, ctx.calendar)}


def end_of_working_day(ctx: DelegateContext, days: int) -> datetime:
    """The end of the n-th working day after today, in the office's zone."""
    today = ctx.now.astimezone(OFFICE_ZONE).date()
    return datetime.combine(ctx.calendar.add_working_days(today, days), END_OF_DAY, OFFICE_ZONE)


def _received(ctx: DelegateContext, submitted_at: datetime | None) -> datetime:
    """The step that submitted may lie before the step that stamps; nobody can submit in the future."""
    return min(submitted_at or ctx.now, ctx.now)


def _new_receipt(
    ctx: DelegateContext,
    case_no: str,
    parts: list[dict[str, Any]],
    received_at: datetime,
    deadline: datetime | None,
    call_no: str | None,
    source: str,
) -> Receipt:
    if call_no is not None:
        try:
            call = calls.get_call(ctx.session, call_no)
        except NotFound:
            pass
        else:
            deadline = call.deadline_at
            calls.join(ctx.session, call, ctx.instance)
            calls.note_submitted(ctx.session, case_no, received_at)
    org = ctx.instance.org
    hashes, whole = receipts.hashes_of(parts)
    receipt = Receipt(
        number=next_number(ctx.session, "HZ", ctx.now),
        case_no=case_no,
        call_no=call_no,
        instance_id=ctx.instance.id,
        org_id=org.id if org else None,
        org_name=org.name if org else "",
        parts={entry.part: entry.sha256 for entry in hashes},
        files=receipts.files_of(ctx.session, ctx.instance.id, receipts.contents_of(parts)),
        sha256=whole,
        received_at=received_at,
        deadline_at=deadline,
        is_late=deadline is not None and received_at > deadline,
        source=source,
        verify_code=new_code(),
    )
    ctx.session.add(receipt)
    ctx.session.flush()
    return receipt
