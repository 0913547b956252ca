"""System administration: the working-day calendar, accounts with their posts, organisations with their people."""

from __future__ import annotations

import calendar as weeks
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.models.register import CalendarYear
from app.services import accounts, calendar
from app.services.calendar import FIRST_YEAR, LAST_YEAR
from app.services.errors import Conflict, Invalid, NotFound, ServiceError
from app.services.numbering import OFFICE_ZONE
from app.web.errors import service_message
from app.web.guards import context, permission, signed_in
from app.web.language import is_english

blueprint = Blueprint("administration", __name__, url_prefix="/administration")
ACCOUNT_FIELDS = ("username", "name", "email", "employer_uscc", "password")


@blueprint.get("/")
@permission("calendar.edit")
def this_year() -> Any:
    return redirect(url_for("administration.year", year=context().now.astimezone(OFFICE_ZONE).year))


@blueprint.get("/calendar/<int:year>")
@permission("calendar.edit")
def year(year: int) -> str:
    return _calendar_page(_known(year))


@blueprint.post("/calendar/<int:year>/days")
@permission("calendar.edit")
def set_day(year: int) -> Any:
    """Make one day a working day or a day off."""
    found, values = context(), _values("day", "kind", "name", "source")
    errors = _wrong_day(_known(year), values)
    if errors:
        return _calendar_page(year, values, errors), 422
    calendar.set_day(
        found.session,
        date.fromisoformat(values["day"]),
        values["kind"],
        values["name"],
        values["source"],
        found.now,
    )
    flash(_("已更新 %(day)s。", day=values["day"]), "success")
    _warn_of_open_limits(year)
    return redirect(url_for("administration.year", year=year))


@blueprint.post("/calendar/<int:year>/publish")
@permission("calendar.edit")
def publish(year: int) -> Any:
    """Mark a year as published, with the circular that says so."""
    found, values = context(), _values("circular")
    if not 0 < len(values["circular"]) <= 100:
        return _calendar_page(_known(year), values, [("circular", _("请填写公布依据，不超过 100 字。"))]), 422
    calendar.publish_year(found.session, _known(year), values["circular"], found.now)
    flash(_("%(year)d 年日历已标记为正式公布。", year=year), "success")
    _warn_of_open_limits(year)
    return redirect(url_for("administration.year", year=year))


@blueprint.get("/accounts")
@permission("account.edit")
def list_accounts() -> str:
    return _accounts_page(dict.fromkeys(ACCOUNT_FIELDS, ""))


@blueprint.post("/accounts")
@permission("account.edit")
def create_account() -> Any:
    values, chosen = _values(*ACCOUNT_FIELDS, strip=False), request.form.getlist("groups")
    try:
        user = accounts.create_account(context(), values, chosen)
    except (Invalid, Conflict) as error:
        return _accounts_page({**values, "password": ""}, _problems(error), chosen), 422
    flash(_("已创建账户 %(name)s。", name=user.username), "success")
    return redirect(url_for("administration.account", user_id=user.id))


@blueprint.get("/accounts/<int:user_id>")
@permission("account.edit")
def account(user_id: int) -> str:
    return _account_page(user_id)


@blueprint.post("/accounts/<int:user_id>/state")
@permission("account.edit")
def switch(user_id: int) -> Any:
    """Switch an account off, or on again."""
    wanted = request.form.get("active")
    if wanted not in {"0", "1"}:
        raise Invalid("请选择停用或启用。", "Choose whether to switch the account off or on.")
    user = accounts.switch(context(), user_id, is_active=wanted == "1")
    flash(
        _("已启用 %(name)s。", name=user.username)
        if user.is_active
        else _("已停用 %(name)s。", name=user.username),
        "success",
    )
    return redirect(url_for("administration.account", user_id=user_id))


@blueprint.post("/accounts/<int:user_id>/groups")
@permission("account.edit")
def change_groups(user_id: int) -> Any:
    chosen = request.form.getlist("groups")
    try:
        user = accounts.change_groups(context(), user_id, chosen)
    except Invalid as error:
        return _account_page(user_id, _problems(error), chosen), 422
    flash(_("已更新 %(name)s 的岗位。", name=user.username), "success")
    return redirect(url_for("administration.account", user_id=user_id))


@blueprint.post("/accounts/<int:user_id>/second-factor")
@permission("account.edit")
def remove_second_factor(user_id: int) -> Any:
    user = accounts.remove_second_factor(context(), user_id)
    flash(_("已解除 %(name)s 的两步验证。", name=user.username), "success")
    return redirect(url_for("administration.account", user_id=user_id))


@blueprint.post("/accounts/<int:user_id>/heads")
@permission("account.edit")
def change_heads(user_id: int) -> Any:
    """Say which groups the person heads: who sees how much the others have to do."""
    user = accounts.change_heads(context(), user_id, request.form.getlist("heads"))
    flash(_("已更新 %(name)s 负责的岗位。", name=user.username), "success")
    return redirect(url_for("administration.account", user_id=user_id))


@blueprint.get("/organisations")
@permission("account.edit")
def organisations() -> str:
    rows = accounts.list_organisations(context().session)
    return render_template("administration/organisations.html", rows=rows, tab="organisations")


def _calendar_page(
    year: int, values: dict[str, str] | None = None, errors: list[tuple[str, str]] | None = None
) -> str:
    found = context()
    row = found.session.get(CalendarYear, year)
    return render_template(
        "administration/calendar.html",
        tab="calendar",
        year=year,
        months=_months(year),
        is_provisional=calendar.calendar_of(found.session).table(year).is_provisional,
        source=row.source if row else calendar.SEED_SOURCE,
        exceptions=calendar.named_days(found.session, year),
        open_limits=calendar.count_open(found.session, year),
        values=values or {},
        errors=errors or [],
        has_errors=bool(errors),
        previous_year=year - 1 if year > FIRST_YEAR else None,
        next_year=year + 1 if year < LAST_YEAR else None,
    )


def _months(year: int) -> list[list[list[tuple[date, bool, str] | None]]]:
    """Twelve months of weeks of days: (day, working, name); None fills the ends of a month."""
    session = context().session
    table, names = calendar.calendar_of(session), {d.day: d.name for d in calendar.named_days(session, year)}
    grid = weeks.Calendar(firstweekday=0)
    return [
        [
            [
                (
                    date(year, month, n),
                    table.is_working(date(year, month, n)),
                    names.get(date(year, month, n), ""),
                )
                if n
                else None
                for n in week
            ]
            for week in grid.monthdayscalendar(year, month)
        ]
        for month in range(1, 13)
    ]


def _wrong_day(year: int, values: dict[str, str]) -> list[tuple[str, str]]:
    errors = []
    try:
        if date.fromisoformat(values["day"]).year != year:
            raise ValueError
    except ValueError:
        errors.append(("day", _("请填写 %(year)d 年内的日期。", year=year)))
    if values["kind"] not in {"working", "off"}:
        errors.append(("kind", _("请选择工作日或休息日。")))
    if len(values["name"]) > 60:
        errors.append(("name", _("名称不超过 60 字。")))
    if not 0 < len(values["source"]) <= 100:
        errors.append(("source", _("请填写依据，不超过 100 字。")))
    return errors


def _warn_of_open_limits(year: int) -> None:
    tasks, timers = calendar.count_open(context().session, year)
    if tasks or timers:
        flash(
            _(
                "%(year)d 年内有 %(tasks)d 项待办期限和 %(timers)d 个计时仍按原日历，不会自动重算，请逐项核对。",
                year=year,
                tasks=tasks,
                timers=timers,
            ),
            "warning",
        )


def _known(year: int) -> int:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise NotFound
    return year


def _accounts_page(
    values: dict[str, str], errors: list[tuple[str, str]] | None = None, chosen: list[str] | None = None
) -> str:
    session = context().session
    return render_template(
        "administration/accounts.html",
        tab="accounts",
        users=accounts.list_users(session),
        groups=accounts.list_groups(session),
        values=values,
        errors=errors or [],
        has_errors=bool(errors),
        chosen=chosen or [],
    )


def _account_page(
    user_id: int, errors: list[tuple[str, str]] | None = None, chosen: list[str] | None = None
) -> str:
    session = context().session
    user = accounts.get_user(session, user_id)
    return render_template(
        "administration/account.html",
        tab="accounts",
        user=user,
        is_own=user.id == signed_in().id,
        groups=accounts.list_groups(session),
        held=accounts.count_held(session, user),
        heads=accounts.headed_by(session, user),
        chosen=[group.key for group in user.groups] if chosen is None else chosen,
        errors=errors or [],
        has_errors=bool(errors),
    )


def _problems(error: ServiceError) -> list[tuple[str, str]]:
    """(field, words) of a refusal, for the summary on top of the form."""
    if isinstance(error, Invalid) and error.errors:
        return [(field, words[is_english()]) for field, words in error.errors.items()]
    return [("", service_message(error))]


def _values(*names: str, strip: bool = True) -> dict[str, str]:
    given = {name: request.form.get(name, "") for name in names}
    return {
        name: value if name == "password" and not strip else value.strip() for name, value in given.items()
    }
