"""Sign in and out."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_login import login_user, logout_user
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from app.demo import accounts
from app.models.identity import User
from app.services import access, oidc, second_factor
from app.services.access import PUBLIC, SIGNED_IN
from app.services.errors import Invalid, TooOften
from app.services.identity import TooManyAttempts, authenticate, load_user
from app.services.posts import POSTS
from app.web.errors import service_message
from app.web.guards import actor, context, permission
from app.web.language import is_english
from app.web.numbers import whole_number

blueprint = Blueprint("auth", __name__)
HALF_SECONDS = 300  # between the password and the code


class SignInForm(FlaskForm):  # type: ignore[misc]
    username = StringField(
        lazy_gettext("用户名"), [InputRequired(lazy_gettext("请填写用户名。")), Length(max=60)],
        render_kw={"autocomplete": "username"},
    )  # fmt: skip
    password = PasswordField(
        lazy_gettext("密码"), [InputRequired(lazy_gettext("请填写密码。")), Length(max=200)],
        render_kw={"autocomplete": "current-password"},
    )  # fmt: skip


@blueprint.get("/login")
@permission(PUBLIC)
def sign_in() -> Any:
    user = actor()
    if user:
        return redirect(_local_target() or home_of(user))
    return _sign_in_page(SignInForm())


@blueprint.post("/login")
@permission(PUBLIC)
def sign_in_submit() -> Any:
    form = SignInForm()
    if not form.validate():
        return _sign_in_page(form, has_errors=True), 422
    try:
        user = authenticate(context(), form.username.data, form.password.data, request.remote_addr or "")
    except TooManyAttempts as error:
        form.form_errors = [service_message(error)]
        return _sign_in_page(form, has_errors=True), 429
    if user is None:
        form.form_errors = [_("用户名或密码不正确。")]
        return _sign_in_page(form, has_errors=True), 422
    if user.second_factor_at is not None:
        _new_session()
        session["half"] = {"user": user.get_id(), "at": context().now.timestamp(), "next": _local_target()}
        return redirect(url_for("auth.second_step"))
    enter(user)
    return redirect(_local_target() or home_of(user))


@blueprint.get("/login/code")
@permission(PUBLIC)
def second_step() -> Any:
    """The second step of a sign-in: a code of the authenticator, or a recovery code."""
    if _half_entered() is None:
        return redirect(url_for("auth.sign_in"))
    return render_template("auth/second_step.html", error="")


@blueprint.post("/login/code")
@permission(PUBLIC)
def second_step_submit() -> Any:
    half = _half_entered()
    if half is None:
        return redirect(url_for("auth.sign_in"))
    user, target = half
    try:
        second_factor.check_code(context(), user, request.form.get("code", ""))
    except (Invalid, TooOften) as error:
        status = 429 if isinstance(error, TooOften) else 422
        return render_template("auth/second_step.html", error=service_message(error), has_errors=True), status
    enter(user)
    return redirect(target or home_of(user))


def enter(user: User) -> None:
    """Sign somebody in who has proved who it is."""
    _new_session()
    login_user(user)
    session.permanent = True


def _new_session() -> None:
    """A new session identity: nothing planted before the sign-in survives it."""
    language = session.get("lang")
    session.clear()
    if language:
        session["lang"] = language


def _half_entered() -> tuple[User, str | None] | None:
    """Who gave the right password a short while ago, and where to go then."""
    half = session.get("half")
    if not isinstance(half, dict) or context().now.timestamp() - half["at"] > HALF_SECONDS:
        return None
    number = whole_number(str(half["user"]).partition(".")[0])
    user = load_user(context().session, number) if number else None
    return (user, half["next"]) if user and user.get_id() == half["user"] else None


@blueprint.post("/logout")
@permission(SIGNED_IN)
def sign_out() -> Any:
    logout_user()
    session.clear()
    return redirect(url_for("public.home"))


def home_of(user: User) -> str:
    """The desk where this user's work is."""
    if user.memberships:
        return url_for("apply.my_cases")
    for wanted, endpoint in (
        ("inbox.use", "inbox.mine"),
        ("studio.read", "studio.definitions"),
        ("operations.read", "operations.jobs"),
        ("case.read_office", "cases.all_cases"),
    ):
        if access.may(user, wanted):
            return url_for(endpoint)
    return url_for("public.home")


def _sign_in_page(form: SignInForm, **values: Any) -> str:
    return render_template(
        "auth/sign_in.html",
        form=form,
        demo_accounts=_demo_accounts(),
        demo_password=accounts.PASSWORD,
        provider=context().settings.oidc_name if oidc.is_configured(context().settings) else "",
        **values,
    )


def _demo_accounts() -> list[tuple[str, list[str]]]:
    """In demo mode, who may try the product: user names by post or organisation."""
    if not context().settings.demo:
        return []
    found: dict[str, list[str]] = {}
    for account in accounts.ACCOUNTS:
        names = [POSTS[key][1 if is_english() else 0] for key in account.groups]
        found.setdefault("、".join(names) or accounts.ORGANISATIONS[account.org][1], []).append(
            account.username
        )
    return list(found.items())


def _local_target() -> str | None:
    """The page to go back to, if it is one of ours (an open redirect would lend our name to others)."""
    target = request.args.get("next", "")
    local = target.startswith("/") and not target.startswith(("//", "/\\"))
    return (
        target if local and target.isprintable() else None
    )  # tabs are ignored, a line break would end the header
