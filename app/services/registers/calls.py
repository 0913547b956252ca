"""Calls for applications and the cases that take part in them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models.identity import Organisation
from app.models.register import Call, CallCase, Receipt
from app.models.runtime import ProcessInstance
from app.services.errors import Conflict, NotFound, NotPermitted
from app.services.numbering import OFFICE_ZONE
from app.services.registers.outgoing import Emit

BEFORE_REVIEW = ("preparing", "submitted")


class CallClosed(NotPermitted):
    """The call takes no more declarations."""

    def __init__(self) -> None:
        super().__init__("本批次申报已截止，不再受理。", "This call is closed.")


class AlreadyDeclared(Conflict):
    """The organisation has a running case in this call."""

    def __init__(self, case_no: str) -> None:
        super().__init__(
            f"贵单位在本批次已有申报：{case_no}。",
            f"Your organisation already has a case in this call: {case_no}.",
        )
        self.case_no = case_no


def open_calls(session: Session, now: datetime) -> list[Call]:
    """Calls that may still be answered, the nearest deadline first."""
    query = select(Call).where(Call.state == "open", Call.deadline_at > now)
    return list(session.scalars(query.order_by(Call.deadline_at, Call.id)))


def past_calls(session: Session, now: datetime) -> list[Call]:
    """Calls that are over, the newest first."""
    query = select(Call).where((Call.state != "open") | (Call.deadline_at <= now))
    return list(session.scalars(query.order_by(Call.opened_at.desc(), Call.id.desc())))


def get_call(session: Session, number: str) -> Call:
    """The call of this number. Raises NotFound."""
    call = session.scalar(select(Call).where(Call.number == number))
    if call is None:
        raise NotFound
    return call


def start_variables(call: Call) -> dict[str, Any]:
    """What a case of this call starts with: the call and its frozen parameters."""
    facts = {
        "call_no": call.number,
        "title": call.title,
        "deadline": call.deadline_at.astimezone(OFFICE_ZONE).isoformat(),
        "quota": call.quota,
    }
    return {"call": facts, "params": call.parameters}


def check_open(session: Session, call: Call, org: Organisation, now: datetime) -> None:
    """Whether this organisation may start a case now. Raises CallClosed, AlreadyDeclared."""
    if call.state != "open" or call.deadline_at <= now:
        raise CallClosed
    running = session.scalar(
        select(CallCase.case_no).where(
            CallCase.call_id == call.id, CallCase.org_id == org.id, CallCase.state != "ended"
        )
    )
    if running is not None:
        raise AlreadyDeclared(running)


def join(session: Session, call: Call, instance: ProcessInstance) -> CallCase:
    """Enter a case into the call's list; a case that is there already stays."""
    case = find_case(session, instance.number)
    if case is None:
        org = instance.org
        case = CallCase(
            call=call,
            case_no=instance.number,
            instance=instance,
            org=org,
            org_name=org.name if org else "",
            org_type=org.org_type if org else "",
        )
        session.add(case)
        session.flush()
    return case


def find_case(session: Session, case_no: str) -> CallCase | None:
    """The entry of a case in its call's list."""
    return session.scalar(select(CallCase).where(CallCase.case_no == case_no))


def note_submitted(session: Session, case_no: str, at: datetime) -> None:
    """A case was handed in."""
    case = find_case(session, case_no)
    if case is not None and case.state == "preparing":
        case.state, case.submitted_at = "submitted", at
        session.flush()


def note_reviewed(
    session: Session, case_no: str, review: Mapping[str, Any], now: datetime
) -> CallCase | None:
    """A case says that it is reviewed and what the ranking needs to know."""
    case = find_case(session, case_no)
    if case is None or case.state == "ended":
        return None
    score = review.get("score")
    case.state, case.reviewed_at, case.review = "reviewed", now, dict(review)
    case.score = None if score is None else Decimal(str(score)).quantize(Decimal("0.01"))
    session.flush()
    return case


def note_ended(session: Session, case_no: str, outcome: str | None, now: datetime) -> CallCase | None:
    """A case is over, or will not come to the ranking."""
    case = find_case(session, case_no)
    if case is not None:
        case.outcome = outcome or case.outcome
        if case.state != "ended":
            case.state, case.ended_at = "ended", now
        session.flush()
    return case


def announce_if_all_reviewed(session: Session, call: Call, emit: Emit) -> bool:
    """Tell a closed call once that no case is on its way any more, with what each reviewed case reported."""
    if call.state != "closed":
        return False
    waiting = session.scalar(
        select(func.count())
        .select_from(CallCase)
        .where(CallCase.call_id == call.id, CallCase.state.in_(BEFORE_REVIEW))
    )
    if waiting:
        return False
    reviews = session.scalars(
        select(CallCase.review)
        .where(CallCase.call_id == call.id, CallCase.state == "reviewed")
        .order_by(CallCase.case_no)
    )
    emit("MSG-ALL-REVIEWED", call.number, {"cases": list(reviews)}, dedup=f"all-reviewed:{call.number}")
    return True


def receipts_of(session: Session, call_no: str) -> list[Receipt]:
    """The list of receipts (收件清单) of a call, in order of arrival."""
    query = select(Receipt).where(Receipt.call_no == call_no)
    return list(session.scalars(query.order_by(Receipt.received_at, Receipt.id)))
