"""Declared deals against the extract of the pledge registry that was imported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy.orm import Session

from app.services.registers import credit

SOURCE = "ip_pledge"
REGISTERED_KINDS = frozenset({"patent_pledge_loan", "trademark_pledge_loan"})


def compare(
    session: Session, uscc: str, deals: Sequence[Mapping[str, Any]], year: int | None
) -> dict[str, Any]:
    """What differs between declared deals and the registry's rows, by registration number.

    The extract's detail holds `registrations` {registration_no, amount, date}. Only pledge loans are judged:
    insurance and guarantees are not registered there.
    """
    pledged = [deal for deal in deals if deal.get("kind", "patent_pledge_loan") in REGISTERED_KINDS]
    reply = credit.newest_reply(session, SOURCE, uscc)
    rows = [] if reply is None else reply.detail.get("registrations", [])
    registered = {str(row.get("registration_no")): row for row in rows if _in_year(row, year)}
    differences = [found for deal in pledged if (found := _difference(deal, registered)) is not None]
    numbers = [str(deal["registration_no"]) for deal in pledged if deal.get("registration_no")]
    differences += [
        _row(number, "登记号", f"填报 {numbers.count(number)} 次", "1 次", "重复填报")
        for number in sorted({n for n in numbers if numbers.count(n) > 1})
    ]
    return {
        "differences": differences if reply is not None else [],
        "checked": len(numbers),
        "matched": sum(number in registered for number in numbers),
        "source_at": None if reply is None else reply.replied_at,
    }


def _difference(deal: Mapping[str, Any], registered: Mapping[str, Any]) -> dict[str, Any] | None:
    number = deal.get("registration_no")
    if not number:
        return _row(None, "登记号", deal.get("enterprise"), None, "未填写质押登记号")
    row = registered.get(str(number))
    if row is None:
        return _row(number, "登记号", deal.get("amount"), None, "登记平台没有此登记号")
    if _amount(deal) != _amount(row):
        return _row(number, "金额", deal.get("amount"), row.get("amount"), "金额与登记不一致")
    return None


def _row(number: object, field: str, reported: object, registered: object, note: str) -> dict[str, Any]:
    return {
        "registration_no": number,
        "field": field,
        "reported": reported,
        "registered": registered,
        "note": note,
    }


def _amount(row: Mapping[str, Any]) -> Decimal | None:
    try:
        return Decimal(str(row.get("amount")))
    except InvalidOperation:
        return None


def _in_year(row: Mapping[str, Any], year: int | None) -> bool:
    return year is None or str(row.get("date", "")).startswith(str(year))
