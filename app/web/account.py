"""My account: name and language, address, password, sessions, the second factor."""

from __future__ import annotations

from typing import Any

import segno
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_user

from app.services import access, oidc, own_account, second_factor
from app.services.errors import Invalid, NotFound, TooOften
from app.web.errors import field_errors, service_message
from app.web.guards import context, permission, signed_in

blueprint = Blueprint("account", __name__, url_prefix="/account")


@blueprint.get("/")
@permission(access.SIGNED_IN)
def show() -> str:
    return _page()


@blueprint.post("/profile")
@permission(access.SIGNED_IN)
def change_profile() -> Any:
    try:
        own_account.change_profile(context(), request.form.get("name", ""), request.form.get("language", ""))
    except Invalid as error:
        return _page(field_errors(error)), 422
    flash(_("已保存。"), "success")
    return redirect(url_for("account.show"))


@blueprint.post("/password")
@permission(access.SIGNED_IN)
def change_password() -> Any:
    try:
        user = own_account.change_password(
            context(), request.form.get("old", ""), request.form.get("password", "")
        )
    except Invalid as error:
        return _page(field_errors(error)), 422
    except TooOften as error:
        return _page({"old": service_message(error)}), 429
    login_user(user)  # this session goes on under the new epoch
    flash(_("密码已修改，其他会话已全部退出。"), "success")
    return redirect(url_for("account.show"))


@blueprint.post("/sessions/end")
@permission(access.SIGNED_IN)
def end_sessions() -> Any:
    login_user(own_account.end_sessions(context()))
    flash(_("其他会话已全部退出。"), "success")
    return redirect(url_for("account.show"))


@blueprint.post("/email")
@permission(access.SIGNED_IN)
def ask_new_email() -> Any:
    email = request.form.get("email", "")
    try:
        own_account.ask_new_email(context(), email)
    except Invalid as error:
        return _page(field_errors(error) or {"email": service_message(error)}, email), 422
    flash(_("确认邮件已发往 %(email)s，请在 24 小时内打开其中的链接。", email=email), "success")
    return redirect(url_for("account.show"))


@blueprint.get("/email")
@permission(access.SIGNED_IN)
def confirm_email() -> str:
    return render_template("account/email.html", token=request.args.get("token", ""))


@blueprint.post("/email/confirm")
@permission(access.SIGNED_IN)
def confirm_email_submit() -> Any:
    own_account.confirm_email(context(), request.form.get("token", ""))
    flash(_("电子邮箱已更新。"), "success")
    return redirect(url_for("account.show"))


@blueprint.post("/second-factor/begin")
@permission(access.SIGNED_IN)
def begin_second_factor() -> Any:
    second_factor.begin(context())
    return redirect(url_for("account.second_factor_page"))


@blueprint.get("/second-factor")
@permission(access.SIGNED_IN)
def second_factor_page() -> str:
    return _second_factor_page()


@blueprint.post("/second-factor/confirm")
@permission(access.SIGNED_IN)
def confirm_second_factor() -> Any:
    try:
        codes = second_factor.confirm(context(), request.form.get("code", ""))
    except (Invalid, TooOften) as error:
        return _second_factor_page(service_message(error)), 422
    return render_template("account/recovery_codes.html", codes=codes)


@blueprint.post("/second-factor/codes")
@permission(access.SIGNED_IN)
def renew_recovery_codes() -> Any:
    """New recovery codes, against a code of the authenticator."""
    try:
        second_factor.check_code(context(), signed_in(), request.form.get("code", ""))
    except (Invalid, TooOften) as error:
        return _page({"code": service_message(error)}), 422
    return render_template("account/recovery_codes.html", codes=second_factor.renew_recovery_codes(context()))


@blueprint.post("/second-factor/off")
@permission(access.SIGNED_IN)
def switch_off_second_factor() -> Any:
    try:
        second_factor.switch_off(context(), request.form.get("code", ""))
    except (Invalid, TooOften) as error:
        return _page({"code": service_message(error)}), 422
    login_user(signed_in())
    flash(_("两步验证已关闭。"), "success")
    return redirect(url_for("account.show"))


def _page(errors: dict[str, str] | None = None, typed_email: str = "") -> str:
    settings = context().settings
    return render_template("account/show.html", user=signed_in(), errors=errors or {}, has_errors=bool(errors),
                           typed_email=typed_email,
                           must_set_up=second_factor.must_set_up(settings, signed_in()),
                           provider=settings.oidc_name if oidc.is_configured(settings) else "",
                           linked=oidc.is_linked(context()))  # fmt: skip


def _second_factor_page(error: str = "") -> str:
    try:
        address = second_factor.pending_address(context())
    except NotFound:
        return render_template("account/second_factor.html", picture=None, error=error)
    picture = segno.make(address, error="m").svg_data_uri(scale=5, border=2)
    secret = address.partition("secret=")[2].partition("&")[0]
    return render_template(
        "account/second_factor.html", picture=picture, secret=secret, error=error, has_errors=bool(error)
    )
