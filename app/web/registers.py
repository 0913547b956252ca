"""The registers (台账): what the processes decided, and what comes from outside: bank receipts, repayments."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.db import Base
from app.models.register import Agreement, Call, CreditRecord, LedgerEntry, Notice, Payment, Sanction
from app.services import access, applications, reviews
from app.services.errors import Invalid
from app.services.inbox_export import write_workbook
from app.services.registers import ledger, payments, recovery, typical_cases
from app.web.downloads import made_file
from app.web.guards import context, permission, signed_in
from app.web.labels import ORG_TYPES
from app.web.numbers import whole_number

blueprint = Blueprint("registers", __name__, url_prefix="/registers")
LIMIT = 200
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.get("/")
@permission("register.read")
def overview() -> str:
    return render_template("registers/overview.html", calls=_newest(Call), notices=_newest(Notice),
                           startable=applications.startable(context()), tab="overview")  # fmt: skip


@blueprint.get("/agreements")
@permission("register.read")
def agreements() -> str:
    query = (
        select(Agreement).options(joinedload(Agreement.document)).order_by(Agreement.id.desc()).limit(LIMIT)
    )
    return render_template(
        "registers/agreements.html", agreements=context().session.scalars(query).all(), tab="agreements"
    )


@blueprint.post("/agreements/<number>/review")
@permission("register.review")
def start_review(number: str) -> Any:
    """Start a performance review of an agreement now."""
    year = request.form.get("year", "")
    reviews.start_review(context(), number, request.form.get("review_type", ""), whole_number(year) or 0)
    flash(_("已启动考核，任务将出现在处室待办中。"), "success")
    return redirect(url_for("registers.agreements"))


@blueprint.get("/cases")
@permission("pool.read")
def list_typical_cases() -> str:
    """The pool of typical cases."""
    wanted = _wanted()
    found = typical_cases.pool(context().session, wanted, whole_number(request.args.get("before", "")))
    query: dict[str, Any] = {key: value for key, value in request.args.items() if key != "before"}
    next_url = (
        url_for("registers.list_typical_cases", **query, before=found.next_id) if found.next_id else None
    )
    return render_template(
        "registers/typical_cases.html",
        found=found.cases,
        wanted=wanted,
        next_url=next_url,
        workbook_url=url_for("registers.typical_cases_workbook", **query),
        tab="cases",
    )


@blueprint.get("/cases.xlsx")
@permission("pool.read")
def typical_cases_workbook() -> Response:
    """The same as a workbook, up to a cap."""
    heads = [_("案例"), _("承担单位"), _("机构类型"), _("报送期"), _("做法和成效"), _("示范案例"), _("协议编号"),
             _("存档件"), _("入库时间")]  # fmt: skip
    rows = (
        [row.title, row.org_name, str(ORG_TYPES.get(row.org.org_type, "")) if row.org else "", row.period, row.text,
         _("是") if row.is_recommended else _("否"), row.agreement_no, row.document_no, row.added_at]
        for row in typical_cases.all_of(context().session, _wanted())
    )  # fmt: skip
    handle = BytesIO()
    write_workbook(handle, _("典型案例"), heads, rows)
    return made_file(handle.getvalue(), f"{_('典型案例')}.xlsx", XLSX)


def _wanted() -> typical_cases.Wanted:
    given = request.args
    org_type = given.get("org_type", "")
    return typical_cases.Wanted(
        given.get("q", "").strip()[:80],
        org_type if org_type in ORG_TYPES else "",
        bool(given.get("recommended")),
    )


@blueprint.get("/payments")
@permission("register.read")
def list_payments() -> str:
    session = context().session
    return render_template(
        "registers/payments.html", payments=_newest(Payment), budgets=ledger.budgets(session), tab="payments"
    )


@blueprint.post("/payments/<number>")
@permission("register.pay")
def record_receipt(number: str) -> Any:
    """Enter the bank's answer to a payment order."""
    outcome = request.form.get("outcome")
    if outcome not in {"paid", "failed"}:
        raise Invalid("请选择银行回执结果。", "Choose the bank's answer.")
    payments.confirm_payment(context(), number, outcome == "paid", _required("reference"))
    flash(_("已登记银行回执。"), "success")
    return redirect(url_for("registers.list_payments"))


@blueprint.get("/receivables")
@permission("register.read")
def list_receivables() -> str:
    session = context().session
    rows = recovery.receivables(session)
    entries = session.scalars(select(LedgerEntry).order_by(LedgerEntry.id.desc()).limit(LIMIT)).all()
    return render_template(
        "registers/receivables.html",
        receivables=rows,
        totals=recovery.totals(session, rows),
        entries=entries,
        tab="receivables",
    )


@blueprint.post("/receivables/<number>")
@permission("register.pay")
def record_recovery(number: str) -> Any:
    """Enter money that came back."""
    amount = ledger.parse_amount(_required("amount"))
    if amount is None:
        raise Invalid(
            "金额不正确：应大于零，最多两位小数。", "Give an amount above zero with at most two decimals."
        )
    recovery.post_recovery(context(), number, amount, _required("reference"))
    flash(_("已登记缴回 %(amount)s 元。", amount=f"{amount:,.2f}"), "success")
    return redirect(url_for("registers.list_receivables"))


@blueprint.get("/credit")
@permission("register.read")
def credit() -> str:
    return render_template(
        "registers/credit.html", records=_newest(CreditRecord), sanctions=_newest(Sanction), tab="credit"
    )


@blueprint.post("/start/<key>")
@permission("process.start")
def start(key: str) -> Any:
    """Start a process by hand, e.g. a new call."""
    case = applications.start_by_hand(context(), key)
    flash(_("已启动 %(number)s。", number=case.number), "success")
    first = next(iter(applications.open_tasks_of(context(), [case]).get(case.id, [])), None)
    if first is not None and access.is_candidate(signed_in(), first):
        return redirect(url_for("inbox.show_task", task_id=first.id))
    return redirect(url_for("cases.show", number=case.number))


def _newest(model: type[Base]) -> Any:
    key: Any = model.id  # type: ignore[attr-defined]
    return context().session.scalars(select(model).order_by(key.desc()).limit(LIMIT)).all()


def _required(name: str) -> str:
    value = request.form.get(name, "").strip()
    if not value:
        raise Invalid("请填写全部内容。", "Fill in every field.")
    return value
