"""Declared interests: each officer's own page, and the division's register with its rulings."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.services import interests
from app.services.conflicts import KINDS
from app.services.errors import Invalid
from app.web.errors import field_errors, service_message
from app.web.guards import context, permission, signed_in
from app.web.language import is_english

blueprint = Blueprint("interests", __name__, url_prefix="/interests")
FIELDS = ("kind", "org", "case_no", "ended_on", "note")


@blueprint.get("/")
@permission("interest.declare")
def own() -> str:
    """What the reader declared, and the form for more; a link from a case brings its number."""
    values = {name: request.args.get(name, "")[:120] for name in FIELDS}
    return _own_page(values, {})


@blueprint.post("/")
@permission("interest.declare")
def declare() -> Any:
    values = {name: request.form.get(name, "") for name in FIELDS}
    kind = values.pop("kind")
    try:
        interests.declare(context(), kind, **values)
    except Invalid as error:
        return _own_page({**values, "kind": kind}, field_errors(error)), 422
    flash(_("已申报。涉及该单位的案件将按回避规则处理。"), "success")
    return redirect(url_for("interests.own"))


@blueprint.post("/<int:declaration_id>/end")
@permission("interest.declare")
def end(declaration_id: int) -> Any:
    """Say that one's own tie has ended."""
    try:
        interests.end(context(), declaration_id, request.form.get("ended_on", ""))
    except Invalid as error:
        flash("；".join(field_errors(error).values()) or service_message(error), "error")
    else:
        flash(_("已登记终止日期。"), "success")
    return redirect(url_for("interests.own"))


@blueprint.get("/register")
@permission("interest.read")
def register() -> str:
    """Everybody's declarations, for those who rule on them or watch over it."""
    rows = [(row, interests.needs_ruling(row)) for row in interests.register(context())]
    return render_template("interests/register.html", rows=rows, kinds=_kinds(), reader=signed_in())


@blueprint.post("/<int:declaration_id>/rule")
@permission("interest.rule")
def rule(declaration_id: int) -> Any:
    """Decide on an interest that the table leaves open."""
    interests.rule(context(), declaration_id, request.form.get("ruling", ""), request.form.get("reason", ""))
    flash(_("已记录决定。"), "success")
    return redirect(url_for("interests.register"))


def _own_page(values: dict[str, str], errors: dict[str, str]) -> str:
    return render_template(
        "interests/own.html",
        rows=interests.own(context(), signed_in()),
        kinds=_kinds(),
        values=values,
        errors=errors,
        has_errors=bool(errors),
    )


def _kinds() -> dict[str, str]:
    return {key: words[1 if is_english() else 0] for key, words in KINDS.items()}
