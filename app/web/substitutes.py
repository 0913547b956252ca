"""Who stands in for whom, and what happens to the tasks of somebody who leaves."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.models.identity import User
from app.services import repository
from app.services.errors import Invalid
from app.services.task_operations import leaving, substitutes
from app.web.guards import context, permission, signed_in
from app.web.language import is_english
from app.web.numbers import whole_number

blueprint = Blueprint("substitutes", __name__)
ZONE = ZoneInfo("Asia/Shanghai")


@blueprint.get("/substitutes")
@permission("substitute.appoint")
def show() -> str:
    return _page()


@blueprint.post("/substitutes")
@permission("substitute.appoint")
def appoint() -> Any:
    form = request.form
    try:
        first, last = _day(form.get("first", "")), _day(form.get("last", ""))
        substitutes.appoint(
            context(),
            whole_number(form.get("person", "")) or 0,
            _start_of(first),
            _start_of(last + timedelta(days=1)),
            form.getlist("process"),
            form.get("text", ""),
        )
    except Invalid as error:
        return _page(error.message_en if is_english() else error.message), 422
    flash(_("代理已设置。"), "success")
    return redirect(url_for("substitutes.show"))


@blueprint.post("/substitutes/<int:substitution_id>/end")
@permission("substitute.appoint")
def end(substitution_id: int) -> Any:
    substitutes.end(context(), substitution_id)
    flash(_("代理已终止。"), "success")
    return redirect(url_for("substitutes.show"))


@blueprint.get("/leaving/<int:user_id>")
@permission("account.edit")
def show_leaver(user_id: int) -> str:
    return _leaver_page(user_id)


@blueprint.post("/leaving/<int:user_id>")
@permission("account.edit")
def transfer_all(user_id: int) -> Any:
    """Hand over what can be handed over, and show each result."""
    to = whole_number(request.form.get("person", ""))
    try:
        left = leaving.transfer_all(context(), user_id, to, request.form.get("text", ""))
    except Invalid as error:
        return _leaver_page(user_id, error.message_en if is_english() else error.message), 422
    return render_template("task_operations/left.html", leaver=_user(user_id), left=left)


def _page(error: str = "") -> str:
    found, user = context(), signed_in()
    processes = repository.list_current(found.session)
    return render_template(
        "task_operations/substitutes.html",
        rows=substitutes.concerning(found, user),
        people=substitutes.colleagues(found, user),
        processes=processes,
        names={row.key: row.name_en if is_english() and row.name_en else row.name for row in processes},
        last_day=lambda row: row.ends_at - timedelta(microseconds=1),
        user=user,
        error=error,
    )


def _leaver_page(user_id: int, error: str = "") -> str:
    found, leaver = context(), _user(user_id)
    return render_template(
        "task_operations/leaving.html",
        leaver=leaver,
        tasks=leaving.tasks_of(found, leaver),
        people=substitutes.colleagues(found, leaver),
        error=error,
    )


def _user(user_id: int) -> User:
    user = context().session.get(User, user_id)
    if user is None:
        abort(404)
    return user


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid("请填写起止日期。", "Give the first and the last day.") from None


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time(), ZONE).astimezone(UTC)
