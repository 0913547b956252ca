"""Ways in without an account: registering an organisation, following an invitation, a forgotten password."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.services import access, invitations, outbox, own_account, registration, throttle
from app.services.errors import Invalid, NotPermitted
from app.web.auth import enter, home_of
from app.web.errors import field_errors
from app.web.guards import actor, context, permission

blueprint = Blueprint("joining", __name__)
REGISTRATION = ("uscc", "org_name", "org_type", "name", "email", "username", "password")  # as on the page
PERSON = ("name", "username", "password")


@blueprint.get("/register")
@permission(access.PUBLIC)
def register() -> str:
    return _registration_page({})


@blueprint.post("/register")
@permission(access.PUBLIC)
def register_submit() -> Any:
    found, values = context(), _values(REGISTRATION)
    _count("register")
    try:
        registration.request_registration(found, values)
    except Invalid as error:
        return _registration_page(values, _in_order(REGISTRATION, field_errors(error))), 422
    return render_template(
        "joining/sent.html", email=values["email"].strip(), mails=outbox.kept_links(found, found.now)
    )


@blueprint.get("/register/confirm")
@permission(access.PUBLIC)
def confirm() -> str:
    return render_template("joining/confirm.html", token=request.args.get("token", ""))


@blueprint.post("/register/confirm")
@permission(access.PUBLIC)
def confirm_submit() -> Any:
    user = registration.confirm_registration(context(), request.form.get("token", ""))
    enter(user)
    flash(_("注册完成，您是本单位的签署人，可在“单位成员”中邀请同事。"), "success")
    return redirect(url_for("organisation.list_own"))


@blueprint.get("/join")
@permission(access.PUBLIC)
def join() -> str:
    return _join_page(request.args.get("token", ""), {})


@blueprint.post("/join")
@permission(access.PUBLIC)
def join_submit() -> Any:
    """Join with the account that is signed in, or with a new one."""
    found, token = context(), request.form.get("token", "")
    if actor() is not None:
        org = invitations.accept(found, token)
        flash(_("您已加入%(name)s。", name=org.name), "success")
        return redirect(url_for("organisation.show", org_id=org.id))
    _count("register")
    values = _values(PERSON)
    try:
        user = invitations.accept_with_new_account(found, token, values)
    except Invalid as error:
        return _join_page(token, values, _in_order(PERSON, field_errors(error))), 422
    enter(user)
    return redirect(home_of(user))


@blueprint.get("/forgot")
@permission(access.PUBLIC)
def forgot() -> str:
    return render_template("joining/forgot.html", sent=False)


@blueprint.post("/forgot")
@permission(access.PUBLIC)
def forgot_submit() -> Any:
    """Says the same whether or not anybody has this name or address."""
    _count("reset")
    own_account.request_reset(context(), request.form.get("who", ""))
    return render_template("joining/forgot.html", sent=True)


@blueprint.get("/reset")
@permission(access.PUBLIC)
def reset() -> str:
    token = request.args.get("token", "")
    return _reset_page(token, {})


@blueprint.post("/reset")
@permission(access.PUBLIC)
def reset_submit() -> Any:
    token = request.form.get("token", "")
    try:
        own_account.reset_password(context(), token, request.form.get("password", ""))
    except Invalid as error:
        return _reset_page(token, field_errors(error)), 422
    flash(_("密码已重置，其他会话已全部退出，请用新密码登录。"), "success")
    return redirect(url_for("auth.sign_in"))


def _count(action: str) -> None:
    """Count the try before it is made; it stays counted whatever becomes of it."""
    found, address = context(), request.remote_addr or ""
    throttle.check(found, action, address)
    throttle.count(found, action, address)


def _values(names: tuple[str, ...]) -> dict[str, str]:
    return {name: request.form.get(name, "") for name in names}


def _in_order(names: tuple[str, ...], errors: dict[str, str]) -> dict[str, str]:
    """What is wrong, from the top of the page to its end."""
    return {name: errors[name] for name in sorted(errors, key=names.index)}


def _registration_page(values: dict[str, str], errors: dict[str, str] | None = None) -> str:
    if actor() is not None:
        raise NotPermitted("请先退出当前账户。", "Sign out first.")
    return render_template("joining/register.html", values=values, errors=errors or {}, types=registration.ORG_TYPES,
                           has_errors=bool(errors))  # fmt: skip


def _join_page(token: str, values: dict[str, str], errors: dict[str, str] | None = None) -> str:
    link, org = invitations.read_invitation(context(), token)
    return render_template("joining/join.html", token=token, org=org, link=link, values=values, errors=errors or {},
                           has_errors=bool(errors))  # fmt: skip


def _reset_page(token: str, errors: dict[str, str]) -> str:
    user = own_account.reset_account(context(), token)
    return render_template("joining/reset.html", token=token, username=user.username, errors=errors,
                           has_errors=bool(errors))  # fmt: skip
