"""Sign-in by the office's OpenID provider, and linking an account with it."""

from __future__ import annotations

from dataclasses import asdict
from secrets import compare_digest
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _

from app.services import access, oidc
from app.services.errors import NotFound
from app.web.auth import enter, home_of
from app.web.guards import actor, context, permission

blueprint = Blueprint("single_sign_on", __name__, url_prefix="/login/oidc")


@blueprint.get("/")
@permission(access.PUBLIC)
def depart() -> Any:
    """Send the browser to the provider; what it must bring back is remembered in the session.

    A link, not a form: `form-action 'self'` also judges where the answer to a form redirects to.
    """
    departure = oidc.depart(context().settings, _address())
    session["oidc"] = asdict(departure)
    return redirect(departure.url)


@blueprint.get("/back")
@permission(access.PUBLIC)
def arrive() -> Any:
    """The browser is back: check who came. A GET writes nothing, so the last step is a button."""
    remembered = session.pop("oidc", None)
    if not isinstance(remembered, dict) or "url" not in remembered:
        raise NotFound
    departure = oidc.Departure(**remembered)
    if not compare_digest(departure.state.encode(), request.args.get("state", "").encode()):
        raise NotFound
    if "code" not in request.args:
        raise oidc.ProviderFailed(request.args.get("error", "")[:60])
    identity = oidc.arrive(context().settings, _address(), departure, request.args["code"])
    session["arrived"] = {**asdict(identity), "at": context().now.timestamp()}
    return render_template("auth/arrived.html", identity=identity, links=actor() is not None)


@blueprint.post("/finish")
@permission(access.PUBLIC)
def finish() -> Any:
    """Enter the account that belongs to this identity, or link it with the one that is signed in."""
    found, remembered = context(), session.pop("arrived", None)
    if not isinstance(remembered, dict) or found.now.timestamp() - remembered.pop("at") > 300:
        raise NotFound
    identity = oidc.Identity(**remembered)
    if actor() is not None:
        oidc.link(found, identity)
        flash(_("已关联，今后可用%(name)s登录。", name=found.settings.oidc_name), "success")
        return redirect(url_for("account.show"))
    user = oidc.account_of(found, identity)
    enter(user)
    return redirect(home_of(user))


def _address() -> str:
    """Where the provider sends the browser back to: the known address, else the one that was asked."""
    site = context().settings.site.rstrip("/")
    return (
        f"{site}{url_for('single_sign_on.arrive')}"
        if site
        else url_for("single_sign_on.arrive", _external=True)
    )
