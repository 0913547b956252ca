"""Declared interests (利益关系申报): people say what ties them to organisations; the division rules on open ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.engine.rules import is_uscc
from app.models.identity import Organisation, User
from app.models.interests import InterestDeclaration
from app.models.runtime import ProcessInstance
from app.services import access
from app.services.conflicts import KINDS
from app.services.context import Context
from app.services.errors import Conflict, Invalid, NotFound, NotPermitted

RULINGS = ("allow", "block")


def declare(
    context: Context, kind: str, *, org: str = "", case_no: str = "", ended_on: str = "", note: str = ""
) -> InterestDeclaration:
    """Enter a tie of the actor to an organisation (by credit code or registered name) or to one case.

    Raises Invalid with messages by field, NotPermitted.
    """
    actor = access.require(context.actor, "interest.declare")
    errors: dict[str, tuple[str, str]] = {}
    if kind not in KINDS:
        errors["kind"] = ("请选择关系类型。", "Choose the kind of interest.")
    code, name = _organisation(context, org.strip())
    number = case_no.strip().upper()[:40]
    if org.strip() and not code:
        errors["org"] = (
            "没有登记这个单位：请填写统一社会信用代码。",
            "No such organisation is registered: give its unified social credit code.",
        )
    if number and not _is_case(context, actor, number):
        errors["case_no"] = ("没有这个案号。", "There is no such case.")
    if not org.strip() and not number:
        errors.setdefault("org", ("请填写单位或案号。", "Give an organisation or a case."))
    until = _day(context, ended_on, errors)
    if kind == "other" and not note.strip():
        errors["note"] = ("请说明是什么关系。", "Say what the interest is.")
    if errors:
        raise Invalid("申报有误，请按提示更正。", "There is a problem with the declaration.", errors)
    row = InterestDeclaration(user_id=actor.id, kind=kind, org_uscc=code, org_name=name, case_no=number, ended_on=until,
                              note=note.strip()[:500], declared_at=context.now)  # fmt: skip
    context.session.add(row)
    context.session.flush()
    return row


def end(context: Context, declaration_id: int, ended_on: str) -> InterestDeclaration:
    """Say that one's own tie has ended; it still counts for as long as the table says. Raises NotFound, Invalid."""
    row = context.session.get(InterestDeclaration, declaration_id)
    if row is None or context.actor is None or row.user_id != context.actor.id:
        raise NotFound
    if row.ended_on is not None:
        raise Conflict("该关系已登记终止。", "This tie has ended already.")
    errors: dict[str, tuple[str, str]] = {}
    until = _day(context, ended_on, errors)
    if until is None:
        errors.setdefault("ended_on", ("请填写终止日期。", "Give the day on which it ended."))
    if errors:
        raise Invalid("申报有误，请按提示更正。", "There is a problem with the declaration.", errors)
    row.ended_on = until
    return row


def rule(context: Context, declaration_id: int, ruling: str, reason: str) -> InterestDeclaration:
    """The division decides on an interest that the table leaves open: once, and never one's own.

    A ruling cannot lift what the table itself forbids. Raises NotFound, NotPermitted, Invalid, Conflict.
    """
    actor = access.require(context.actor, "interest.rule")
    row = context.session.get(InterestDeclaration, declaration_id, with_for_update=True)
    if row is None:
        raise NotFound
    if row.user_id == actor.id:
        raise NotPermitted("不能决定本人的申报。", "Nobody decides on the own declaration.")
    if row.ruling is not None:
        raise Conflict("该申报已经决定。", "This declaration has been decided on already.")
    if ruling not in RULINGS or not reason.strip():
        raise Invalid("请选择决定并填写理由。", "Choose a decision and give a reason.")
    row.ruling, row.ruling_reason = ruling, reason.strip()[:300]
    row.ruled_by_id, row.ruled_at = actor.id, context.now
    return row


def own(context: Context, user: User) -> Sequence[InterestDeclaration]:
    """What the person declared, the latest first."""
    query = (
        select(InterestDeclaration)
        .where(InterestDeclaration.user_id == user.id)
        .options(joinedload(InterestDeclaration.ruled_by))
        .order_by(InterestDeclaration.id.desc())
    )
    return context.session.scalars(query).all()


def register(context: Context) -> Sequence[InterestDeclaration]:
    """Everybody's declarations, those that wait for a ruling first."""
    query = (
        select(InterestDeclaration)
        .options(joinedload(InterestDeclaration.user), joinedload(InterestDeclaration.ruled_by))
        .order_by(InterestDeclaration.ruling.is_not(None), InterestDeclaration.id.desc())
        .limit(500)
    )
    return context.session.scalars(query).all()


def needs_ruling(row: InterestDeclaration) -> bool:
    """Whether the table may leave it open: another interest, or a tie that has ended."""
    return row.ruling is None and (row.kind == "other" or row.ended_on is not None)


def _organisation(context: Context, text: str) -> tuple[str, str]:
    """Credit code and name; an organisation that is not registered is known by a valid code only."""
    query = select(Organisation).where((Organisation.uscc == text.upper()) | (Organisation.name == text))
    found = context.session.scalar(query.limit(1)) if text else None
    if found is not None:
        return found.uscc, found.name
    return (text.upper(), "") if is_uscc(text.upper()) else ("", "")


def _is_case(context: Context, actor: User, number: str) -> bool:
    """Whether the actor may know of such a case."""
    found = context.session.scalar(select(ProcessInstance).where(ProcessInstance.number == number))
    return found is not None and access.may_see_instance(actor, found, context.session)


def _day(context: Context, text: str, errors: dict[str, tuple[str, str]]) -> date | None:
    if not text.strip():
        return None
    try:
        found = date.fromisoformat(text.strip())
    except ValueError:
        errors["ended_on"] = ("请填写有效日期。", "Give a valid date.")
        return None
    if found > context.now.date():
        errors["ended_on"] = ("终止日期不能晚于今天。", "The day cannot lie in the future.")
    return found
