"""Operations on public notices and the objections to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select

from app.models.register import Notice, NoticeItem, Objection
from app.services.delegates import DelegateContext, DelegateError, delegate
from app.services.errors import NotFound
from app.services.numbering import next_number
from app.services.operations.submission import end_of_working_day
from app.services.registers import objections, publicity
from app.services.registers.codes import new_code
from app.services.registers.fingerprint import canonical, digest, plain


@delegate
def publish_notice(
    ctx: DelegateContext,
    *,
    case_no: str,
    title: str,
    items: list[dict[str, Any]],
    basis: str = "",
    body: str = "",
    days: int | None = None,
    publicity_days: int | None = None,
) -> dict[str, Any]:
    """Freeze a list, hash it, publish it for `days` working days (else `publicity_days`).

    The period runs from now to the end of its last day; the day of publication does not count.

    Gives publicity_no, starts_at, ends_at, sha256, verify_code. Error PUBLICITY_DAYS when there is no period.
    """
    period = days if days is not None else publicity_days
    if period is None or period < 1:
        raise DelegateError("PUBLICITY_DAYS", "公示期须不少于 1 个工作日。")
    number, ends_at = next_number(ctx.session, "GS", ctx.now), end_of_working_day(ctx, period)
    content = {"basis": basis, "body": body, "days": period}
    notice = _publish(ctx, number, "publicity", case_no, title, items, content, ends_at)
    notice.amends = _changed_before(ctx, case_no)
    ctx.session.flush()
    return {
        "publicity_no": number,
        "starts_at": notice.starts_at,
        "ends_at": ends_at,
        "sha256": notice.sha256,
        "verify_code": notice.verify_code,
    }


@delegate
def count_objections(ctx: DelegateContext, *, publicity_no: str) -> dict[str, Any]:
    """Count the objections of the period: open, upheld, rejected, withdrawn, not_accepted, total."""
    return dict(publicity.count_objections(ctx.session, _notice(ctx, publicity_no)))


@delegate
def archive_notice(
    ctx: DelegateContext, *, publicity_no: str, state: Literal["clear", "changed", "terminated"]
) -> None:
    """Turn the public page into its archived form, with how the publicity ended."""
    notice = _notice(ctx, publicity_no)
    if notice.state == "published":
        notice.state = "terminated" if state == "terminated" else "archived"
        notice.outcome, notice.closed_at = state, ctx.now
        ctx.session.flush()


@delegate
def publish_adjustment(
    ctx: DelegateContext, *, publicity_no: str, items: list[dict[str, Any]], reason: str = ""
) -> dict[str, Any]:
    """Publish what is left of a list, mark what was removed. Gives adjustment_no, sha256."""
    notice = _notice(ctx, publicity_no)
    kept = {_key(item, position) for position, item in enumerate(items, start=1)}
    for item in notice.items:
        if item.key not in kept:
            item.state = "removed"
    number = next_number(ctx.session, "GS", ctx.now)
    title = f"关于调整“{notice.title}”的公告"
    content = {"reason": reason, "amends": publicity_no}
    adjustment = _publish(ctx, number, "adjustment", notice.subject, title, items, content, None)
    adjustment.amends = notice
    ctx.session.flush()
    return {"adjustment_no": number, "sha256": adjustment.sha256}


@delegate
def register_objection(
    ctx: DelegateContext,
    *,
    objection_no: str,
    publicity_no: str,
    case_no: str,
    kind: Literal["organisation", "person", "anonymous"],
    item_no: Any = None,
    name: str | None = None,
    phone: str | None = None,
    facts: str = "",
    evidence: list[Any] | None = None,
    received_at: datetime | None = None,
    receipt_no: str | None = None,
) -> dict[str, Any]:
    """Give an objection its number. One that came on paper is written down here, its identity sealed.

    Gives receipt_no, code (only for one written down here), masked_name, starts_at, ends_at, in_period.
    """
    notice = _notice(ctx, publicity_no)
    objection = _received(ctx, notice, receipt_no, received_at, facts)
    code = None
    if objection is None:
        data = {"kind": kind, "name": name, "phone": phone, "facts": facts, "evidence": evidence}
        objection, code = _write_down(ctx, notice, data, item_no, min(received_at or ctx.now, ctx.now))
    if objection.state == "received":
        objection.number, objection.instance, objection.state = objection_no, ctx.instance, "registered"
        ctx.session.flush()
    return {
        "receipt_no": objection.receipt_no,
        "code": code,
        "masked_name": objection.identity_masked.get("name", "匿名"),
        "starts_at": notice.starts_at,
        "ends_at": notice.ends_at if notice.ends_at else None,
        "in_period": objection.is_in_period,
    }


@delegate
def decide_objection(
    ctx: DelegateContext, *, objection_no: str, outcome: Literal["upheld", "rejected"], reason: str = ""
) -> None:
    """Record the decision; an upheld objection marks its item on the public page."""
    objection = _objection(ctx, objection_no)
    if objection.state == "closed":
        raise DelegateError("OBJECTION_CLOSED", f"异议 {objection_no} 已办结。")
    objection.state, objection.outcome = "decided", outcome
    objection.reply, objection.decided_at = reason, ctx.now
    if outcome == "upheld" and objection.item is not None:
        objection.item.state = "disputed"
    ctx.session.flush()


@delegate
def close_objection(
    ctx: DelegateContext,
    *,
    objection_no: str,
    outcome: Literal["upheld", "rejected", "not_accepted", "withdrawn"],
) -> None:
    """Close an objection. Once the period is over and none is open, sends MSG-OBJECTIONS-RESOLVED."""
    objections.close(ctx.session, _objection(ctx, objection_no), outcome, ctx.now, ctx.emit)


def _publish(
    ctx: DelegateContext,
    number: str,
    kind: str,
    subject: str,
    title: str,
    items: list[dict[str, Any]],
    content: dict[str, Any],
    ends_at: datetime | None,
) -> Notice:
    frozen = canonical(
        {
            "number": number,
            "title": title,
            "items": items,
            "starts_at": ctx.now,
            "ends_at": ends_at,
            **content,
        }
    )
    notice = Notice(
        number=number,
        kind=kind,
        subject=subject,
        instance=ctx.instance,
        title=title,
        snapshot=frozen.decode(),
        sha256=digest(frozen),
        starts_at=ctx.now,
        ends_at=ends_at,
        verify_code=new_code(),
    )
    notice.items = _items(items)
    ctx.session.add(notice)
    ctx.session.flush()
    return notice


def _items(items: list[dict[str, Any]]) -> list[NoticeItem]:
    return [
        NoticeItem(
            position=position,
            key=_key(item, position),
            label=str(item.get("org_name") or item.get("text") or position)[:200],
            data=plain(item),
        )
        for position, item in enumerate(items, start=1)
    ]


def _key(item: dict[str, Any], position: int) -> str:
    given = item.get("item_no")
    return str(position if given is None else given)


def _changed_before(ctx: DelegateContext, subject: str) -> Notice | None:
    """The notice that this one publishes again in a changed form."""
    query = select(Notice).where(
        Notice.subject == subject, Notice.instance_id == ctx.instance.id, Notice.outcome == "changed"
    )
    return ctx.session.scalar(query.order_by(Notice.id.desc()).limit(1))


def _notice(ctx: DelegateContext, number: str) -> Notice:
    try:
        return publicity.get_notice(ctx.session, number)
    except NotFound:
        raise DelegateError("NOTICE_NOT_FOUND", f"没有公示 {number}。") from None


def _objection(ctx: DelegateContext, number: str) -> Objection:
    try:
        return objections.find_by_number(ctx.session, number)
    except NotFound:
        raise DelegateError("OBJECTION_NOT_FOUND", f"没有异议 {number}。") from None


def _received(
    ctx: DelegateContext, notice: Notice, receipt_no: str | None, received_at: datetime | None, facts: str
) -> Objection | None:
    """The objection as it was handed in: by its receipt number, else by the very moment and text."""
    query = select(Objection).where(Objection.notice_id == notice.id)
    if receipt_no is not None:
        return ctx.session.scalar(query.where(Objection.receipt_no == receipt_no))
    if received_at is None:
        return None
    same = query.where(Objection.received_at == received_at, Objection.facts == facts)
    return ctx.session.scalar(same.where(Objection.number.is_(None)).order_by(Objection.id).limit(1))


def _write_down(
    ctx: DelegateContext, notice: Notice, data: dict[str, Any], item_no: object, at: datetime
) -> tuple[Objection, str]:
    """An objection that came on paper, with the code under which its sender can follow it."""
    item = next((item for item in notice.items if item.key == str(item_no)), None)
    in_period = notice.ends_at is not None and notice.starts_at <= at <= notice.ends_at
    secret = ctx.settings.secret
    return objections.record(ctx.session, notice, item, data, at, secret=secret, in_period=in_period)
