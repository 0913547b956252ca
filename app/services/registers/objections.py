"""Objections: handed in by anybody without an account, known afterwards by receipt number and code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.register import Notice, NoticeItem, Objection
from app.services.context import Context
from app.services.errors import Conflict, Invalid, NotFound
from app.services.messages import send_message
from app.services.numbering import OFFICE_ZONE, next_number
from app.services.registers import cases, publicity
from app.services.registers.codes import OBJECTION_LENGTH, hash_code, new_code, opens
from app.services.registers.identity_seal import mask, seal, unseal
from app.services.registers.outgoing import Emit

KINDS = ("organisation", "person", "anonymous")
IDENTITY = ("name", "phone", "id_no", "uscc", "email", "address", "contact")
FORM = ("signed", "sealed")
MAX_FACTS = 5000
WITHDRAWN = "MSG-OBJECTION-WITHDRAWN"


@dataclass(frozen=True)
class Ticket:
    """What the objector takes home; the code is shown once and not stored."""

    receipt_no: str
    code: str


class ObjectionEnded(Conflict):
    """The objection is decided or withdrawn already."""

    def __init__(self) -> None:
        super().__init__("该异议已办结。", "This objection is closed.")


def submit_objection(context: Context, publicity_no: str, data: Mapping[str, Any]) -> Ticket:
    """Take an objection in and start its process (MSG-OBJECTION).

    `data`: item_no, kind, facts, identity (name, phone, id_no, uscc, email, address, contact), signed,
    sealed, evidence (attachments as described). Only masked identity goes into the process.
    Raises NotFound, Invalid with `errors` by field.
    """
    session, now = context.session, context.now
    notice = publicity.get_notice(session, publicity_no)
    if not publicity.takes_objections(notice, now):
        raise Invalid("该公示不在公示期内。", "This notice is not in its publicity period.")
    item = _item(notice, data.get("item_no"))
    _check(data)
    objection, code = record(session, notice, item, data, now, secret=context.settings.secret, in_period=True)
    dedup = f"objection:{objection.receipt_no}"
    send_message(context, "MSG-OBJECTION", publicity_no, _payload(session, objection, item), dedup=dedup)
    return Ticket(objection.receipt_no, code)


def record(
    session: Session,
    notice: Notice,
    item: NoticeItem | None,
    data: Mapping[str, Any],
    now: datetime,
    *,
    secret: str,
    in_period: bool,
) -> tuple[Objection, str]:
    """Write an objection down, identity sealed; gives it with its code."""
    receipt_no, code = next_number(session, "YS", now), new_code(OBJECTION_LENGTH)
    identity = {key: str(data[key]) for key in IDENTITY if data.get(key)}
    objection = Objection(
        receipt_no=receipt_no,
        notice=notice,
        item=item,
        kind=data["kind"],
        identity_sealed=seal(secret, identity),
        identity_masked=mask(identity),
        facts=str(data.get("facts") or ""),
        evidence=list(data.get("evidence") or []),
        form={key: data.get(key) is True for key in FORM},
        code_hash=hash_code(code, receipt_no),
        received_at=now,
        is_in_period=in_period,
    )
    session.add(objection)
    session.flush()
    return objection, code


def find_by_ticket(session: Session, receipt_no: str, code: str) -> Objection:
    """The objection of a receipt number and code. Raises NotFound, the same for either being wrong."""
    receipt_no = receipt_no.strip().upper()
    objection = session.scalar(select(Objection).where(Objection.receipt_no == receipt_no))
    # An unknown number costs the same time as a wrong code.
    right = opens(code, receipt_no, objection.code_hash if objection else "")
    if objection is None or not right:
        raise NotFound
    return objection


def find_by_number(session: Session, number: str) -> Objection:
    """The objection by its number or receipt number, for officers. Raises NotFound."""
    query = select(Objection).where((Objection.number == number) | (Objection.receipt_no == number))
    objection = session.scalar(query)
    if objection is None:
        raise NotFound
    return objection


def open_identity(objection: Objection, secret: str) -> dict[str, Any]:
    """Who objects, in clear, for the officer in charge; the caller records that it was looked at."""
    return unseal(secret, objection.identity_sealed)


def withdraw_objection(context: Context, objection: Objection, reason: str) -> None:
    """The objector takes the objection back (MSG-OBJECTION-WITHDRAWN). Raises ObjectionEnded."""
    if objection.state == "closed" or objection.number is None:
        raise ObjectionEnded
    payload = {"objection_no": objection.number, "reason": reason}
    dedup = f"objection-withdrawn:{objection.number}"
    send_message(context, WITHDRAWN, objection.number, payload, dedup=dedup)


def objections_of(session: Session, notice: Notice) -> list[Objection]:
    """Objections to a notice in order of arrival."""
    query = select(Objection).where(Objection.notice_id == notice.id)
    return list(session.scalars(query.order_by(Objection.received_at, Objection.id)))


def close(session: Session, objection: Objection, outcome: str, now: datetime, emit: Emit) -> None:
    """Book the end of an objection; the last one after the period tells the publicity process."""
    if objection.state != "closed":
        objection.state, objection.outcome, objection.closed_at = "closed", outcome, now
        session.flush()
    notice = objection.notice
    counts = publicity.count_objections(session, notice)
    if notice.ends_at is not None and notice.ends_at < now and not counts["open"]:
        emit(
            "MSG-OBJECTIONS-RESOLVED",
            notice.number,
            counts,
            dedup=f"objections-resolved:{objection.receipt_no}",
        )


def _payload(session: Session, objection: Objection, item: NoticeItem) -> dict[str, Any]:
    case_no = str(item.data.get("case_no") or objection.notice.subject)
    masked = objection.identity_masked
    return {
        "receipt_no": objection.receipt_no,
        "publicity_no": objection.notice.number,
        "case_no": case_no,
        "item_no": item.data.get("item_no", item.key),
        "kind": objection.kind,
        "name": masked.get("name"),
        "phone": masked.get("phone"),
        "signed": objection.form["signed"],
        "sealed": objection.form["sealed"],
        "facts": objection.facts,
        "evidence": objection.evidence,
        "respondent": cases.party(cases.find_org(session, case_no)) or {"name": item.label},
        "received_at": objection.received_at.astimezone(OFFICE_ZONE).isoformat(),
    }


def _item(notice: Notice, item_no: object) -> NoticeItem:
    for item in notice.items:
        if item.key == str(item_no):
            return item
    raise Invalid(
        "请选择有异议的公示事项。", "Choose the item you object to.", {"item_no": ["请选择公示事项。"]}
    )


def _check(data: Mapping[str, Any]) -> None:
    errors: dict[str, list[str]] = {}
    if data.get("kind") not in KINDS:
        errors["kind"] = ["请选择单位、个人或匿名。"]
    facts = str(data.get("facts") or "").strip()
    if not facts:
        errors["facts"] = ["请写明异议的事实和理由。"]
    elif len(facts) > MAX_FACTS:
        errors["facts"] = [f"异议内容不超过 {MAX_FACTS} 字。"]
    if errors:
        raise Invalid("请更正标出的内容。", "Correct the marked fields.", errors)
