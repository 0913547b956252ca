"""Credit: extracts of outside registries, our own records, and their life."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.models.register import CreditRecord, RegistryReply, Sanction
from app.services.context import Context
from app.services.errors import Invalid, NotFound
from app.services.messages import send_message
from app.services.numbering import OFFICE_ZONE
from app.services.registers.fingerprint import fingerprint, plain

BANS = ("cancel_qualification", "bar_from_policy")
VERDICTS = ("clear", "court_dishonest", "serious_illegal", "hit", "penalty_3y", "abnormal_list", "undecided")


@dataclass(frozen=True)
class Standing:
    """What our own books say about an organisation."""

    status: str  # clear | hit | own_ban
    notes: tuple[str, ...]


def import_reply(
    session: Session,
    source: str,
    uscc: str,
    verdict: str,
    replied_at: datetime,
    now: datetime,
    *,
    note: str = "",
    detail: Mapping[str, Any] | None = None,
) -> RegistryReply:
    """Keep an extract of an outside registry; the same one again is not doubled. Raises Invalid."""
    _check_reply(verdict, replied_at, now)
    known = session.scalar(
        select(RegistryReply).where(
            RegistryReply.source == source, RegistryReply.uscc == uscc, RegistryReply.replied_at == replied_at
        )
    )
    if known is not None:
        return known
    content = plain(dict(detail or {}))
    reply = RegistryReply(
        source=source,
        uscc=uscc,
        verdict=verdict,
        note=note,
        detail=content,
        sha256=fingerprint({"verdict": verdict, "note": note, "detail": content}),
        replied_at=replied_at,
        imported_at=now,
    )
    session.add(reply)
    session.flush()
    return reply


def newest_reply(session: Session, source: str, uscc: str) -> RegistryReply | None:
    """The last extract of a source about an organisation."""
    query = select(RegistryReply).where(RegistryReply.source == source, RegistryReply.uscc == uscc)
    return session.scalar(query.order_by(RegistryReply.replied_at.desc(), RegistryReply.id.desc()).limit(1))


def own_standing(session: Session, uscc: str, today: date) -> Standing:
    """Bans and credit records in force on that day."""
    bans = session.scalars(
        select(Sanction)
        .where(Sanction.uscc == uscc, Sanction.state == "in_force", Sanction.measure.in_(BANS))
        .where(or_(Sanction.ends_on.is_(None), Sanction.ends_on >= today))
        .order_by(Sanction.id)
    ).all()
    records = [record for record in records_of(session, uscc) if record.state == "active"]
    notes = [f"{ban.decision_no or ban.case_no}：取消资格至 {ban.ends_on or '另行决定'}" for ban in bans]
    notes += [f"{record.number}：{record.facts}" for record in records]
    return Standing("own_ban" if bans else "hit" if records else "clear", tuple(notes))


def records_of(session: Session, uscc: str) -> list[CreditRecord]:
    """All records about an organisation, oldest first."""
    query = select(CreditRecord).where(CreditRecord.uscc == uscc)
    return list(session.scalars(query.order_by(CreditRecord.id)))


def records(session: Session, *, state: str | None = None) -> list[CreditRecord]:
    """The register of credit records, newest first."""
    query = select(CreditRecord).order_by(CreditRecord.id.desc())
    if state is not None:
        query = query.where(CreditRecord.state == state)
    return list(session.scalars(query))


def find(session: Session, number: str) -> CreditRecord | None:
    """The record of this number."""
    return session.scalar(select(CreditRecord).where(CreditRecord.number == number))


def acknowledge(context: Context, number: str, reference: str) -> CreditRecord:
    """The platform has taken the report in (MSG-CREDIT-ACK, key: the record's number). Raises NotFound."""
    record = _active(context, number)
    if record.acknowledged_at is None:
        record.acknowledged_at, record.acknowledgement = context.now, reference
        payload = {"credit_no": number, "reference": reference}
        send_message(context, "MSG-CREDIT-ACK", number, payload, dedup=f"credit-ack:{number}")
        context.session.flush()
    return record


def ask_repair(context: Context, number: str, reason: str) -> CreditRecord:
    """The subject applies for repair (MSG-REPAIR). Raises NotFound."""
    record = _active(context, number)
    at = context.now.astimezone(OFFICE_ZONE).isoformat()
    send_message(context, "MSG-REPAIR", number, {"credit_no": number, "reason": reason, "at": at})
    return record


def annul(context: Context, number: str, reason: str) -> CreditRecord:
    """The decision behind a record was annulled (MSG-DECISION-ANNULLED). Raises NotFound."""
    record = _active(context, number)
    payload = {"credit_no": number, "reason": reason}
    send_message(context, "MSG-DECISION-ANNULLED", number, payload, dedup=f"annulled:{number}")
    return record


def _active(context: Context, number: str) -> CreditRecord:
    record = find(context.session, number)
    if record is None or record.state != "active":
        raise NotFound
    return record


def _check_reply(verdict: str, replied_at: datetime, now: datetime) -> None:
    if verdict not in VERDICTS:
        raise Invalid(
            "查询结论不在可选范围内。", "Unknown verdict.", {"verdict": ["查询结论不在可选范围内。"]}
        )
    if replied_at > now:
        raise Invalid(
            "查询时间不能晚于现在。",
            "The reply lies in the future.",
            {"replied_at": ["查询时间不能晚于现在。"]},
        )
