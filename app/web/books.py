"""Books of the office beside the cases: credit extracts, budget lines, statistics, objections, credit records."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.models.identity import User
from app.services import access
from app.services.errors import Conflict, Invalid, ServiceError
from app.services.registers import budgets, credit, extracts, objectors, statistics
from app.web.errors import service_message
from app.web.guards import context, permission, signed_in
from app.web.labels import OBJECTION_STATES, ORG_TYPES
from app.web.language import is_english
from app.web.numbers import whole_number

blueprint = Blueprint("books", __name__, url_prefix="/books")
CREDIT_ACTIONS = {"acknowledge": credit.acknowledge, "repair": credit.ask_repair, "annul": credit.annul}
LIMITS = {"acknowledge": 80, "repair": 1000, "annul": 1000}
LINE_FIELDS = ("line", "name", "year", "amount")


@blueprint.get("/")
@permission("book.read")
def overview() -> Any:
    """The first book that this person may open."""
    return redirect(next(url for _label, url, _active in _tabs(signed_in(), "")))


@blueprint.get("/statistics", endpoint="statistics")
@permission("register.read")
def statistics_page() -> str:
    session = context().session
    return _page(
        "statistics",
        calls=statistics.call_figures(session),
        notices=statistics.publicity_figures(session),
        recovery=statistics.recovery_figures(session),
        org_types=ORG_TYPES,
    )


@blueprint.get("/extracts", endpoint="extracts")
@permission("register.read")
def list_extracts() -> str:
    return _extracts_page()


@blueprint.post("/extracts")
@permission("extract.import")
def import_extracts() -> Any:
    """Import a table of replies: all rows, or none with the list of the wrong ones."""
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        return _extracts_page(_("请选择文件。")), 422
    try:
        count = extracts.import_table(context(), upload.filename, upload.stream.read(extracts.MAX_BYTES + 1))
    except extracts.TableRefused as error:
        return _extracts_page(service_message(error), error.rows), 422
    flash(_("已导入 %(n)d 行。", n=count), "success")
    return redirect(url_for("books.extracts"))


@blueprint.get("/budgets", endpoint="budgets")
@permission("register.read")
def list_budgets() -> str:
    return _budgets_page({})


@blueprint.post("/budgets")
@permission("budget.edit")
def add_line() -> Any:
    values = {name: request.form.get(name, "").strip() for name in LINE_FIELDS}
    try:
        line = budgets.add_line(context(), **values)
    except (Invalid, Conflict) as error:
        return _budgets_page(values, _problems(error)), 422
    flash(_("已设立预算 %(line)s。", line=line.line), "success")
    return redirect(url_for("books.budgets"))


@blueprint.post("/budgets/<line>")
@permission("budget.edit")
def raise_line(line: str) -> Any:
    """Add money to a budget line."""
    given = [request.form.get(name, "").strip() for name in ("amount", "reference", "reason")]
    entry = budgets.raise_line(context(), line, *given)
    flash(_("已追加 %(amount)s 元。", amount=f"{entry.amount:,.2f}"), "success")
    return redirect(url_for("books.budgets"))


@blueprint.get("/objections", endpoint="objections")
@permission("objection.read")
def list_objections() -> str:
    return _page("objections", objections=objectors.list_objections(context()), states=OBJECTION_STATES)


@blueprint.post("/objections/<receipt_no>/identity")
@permission("objection.identify")
def reveal(receipt_no: str) -> str:
    """Open who objects; shown once, in the answer to this request only."""
    objection, identity = objectors.reveal(context(), receipt_no, request.form.get("reason", ""))
    return _page("identity", objection=objection, identity=identity, names=_identity_names())


@blueprint.get("/credit", endpoint="credit")
@permission("register.read")
def credit_records() -> str:
    return _page("credit", records=credit.records(context().session))


@blueprint.post("/credit/<number>/<any(acknowledge, repair, annul):action>")
@permission("credit.edit")
def act_on_credit(number: str, action: str) -> Any:
    """Enter the platform's acknowledgement, an application for repair, or that the decision was annulled."""
    words = request.form.get("words", "").strip()
    if not 0 < len(words) <= LIMITS[action]:
        raise Invalid(
            f"请填写内容，不超过 {LIMITS[action]} 字。", f"Fill in at most {LIMITS[action]} characters."
        )
    CREDIT_ACTIONS[action](context(), number, words)
    flash(_("已登记，流程将继续办理。"), "success")
    return redirect(url_for("books.credit"))


def _extracts_page(problem: str = "", rows: Any = ()) -> str:
    before = whole_number(request.args.get("before", ""))
    replies = extracts.newest(context().session, before)
    return _page(
        "extracts",
        replies=replies,
        problem=problem,
        rows=rows,
        has_errors=bool(problem),
        sources={code: names[is_english()] for code, names in extracts.SOURCE_NAMES.items()},
        verdicts={code: names[is_english()] for code, names in extracts.VERDICT_NAMES.items()},
        next_url=url_for("books.extracts", before=replies[-1].id) if len(replies) == 100 else None,
    )


def _budgets_page(values: dict[str, str], errors: list[tuple[str, str]] | None = None) -> str:
    return _page(
        "budgets",
        lines=budgets.figures(context().session),
        values=values,
        errors=errors or [],
        has_errors=bool(errors),
    )


def _page(name: str, **values: Any) -> str:
    return render_template(f"books/{name}.html", tabs_of_books=_tabs(signed_in(), name), **values)


def _tabs(user: User, active: str) -> list[tuple[str, str, bool]]:
    entries = [
        ("statistics", _("统计"), "register.read"),
        ("extracts", _("信用查询结果"), "register.read"),
        ("budgets", _("预算"), "register.read"),
        ("objections", _("异议"), "objection.read"),
        ("credit", _("信用记录登记"), "register.read"),
    ]
    shown = "objections" if active == "identity" else active
    return [
        (label, url_for(f"books.{name}"), name == shown)
        for name, label, needed in entries
        if access.may(user, needed)
    ]


def _problems(error: ServiceError) -> list[tuple[str, str]]:
    if isinstance(error, Invalid) and error.errors:
        return [(field, words[is_english()]) for field, words in error.errors.items()]
    return [("", service_message(error))]


def _identity_names() -> dict[str, str]:
    return {
        "name": _("姓名或名称"),
        "phone": _("电话"),
        "id_no": _("身份证件号码"),
        "uscc": _("统一社会信用代码"),
        "email": _("电子邮箱"),
        "address": _("地址"),
        "contact": _("联系人"),
    }
