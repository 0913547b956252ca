"""System administration: accounts with their posts, organisations with their people; working_days adds the calendar."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.services import accounts
from app.services.errors import Conflict, Invalid, ServiceError
from app.web.errors import service_message
from app.web.guards import context, permission, signed_in
from app.web.language import is_english

blueprint = Blueprint("administration", __name__, url_prefix="/administration")
ACCOUNT_FIELDS = ("username", "name", "email", "employer_uscc", "password")


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
