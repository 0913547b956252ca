"""Notifications: what I was told, how I want to be told, and the way out of a kind of mail."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.services import access
from app.services.errors import Invalid, NotFound
from app.services.notifications import choices
from app.services.notifications.kinds import KINDS, MODES
from app.services.outbox import deliveries_of
from app.services.registers import mailbox
from app.web.errors import field_errors, service_message
from app.web.guards import actor, context, permission, signed_in
from app.web.inbox_frame import badge_counts
from app.web.numbers import whole_number

blueprint = Blueprint("notifications", __name__, url_prefix="/notifications")


def unread() -> int:
    """How many lines the one who is signed in has not read, for the bell."""
    return 0 if actor() is None else badge_counts().told


@blueprint.get("/")
@permission(access.SIGNED_IN)
def list_notifications() -> str:
    """The newest lines; those of the person's groups and organisations are shared with colleagues."""
    principals, before = access.principals_of(signed_in()), whole_number(request.args.get("before", ""))
    lines = mailbox.messages_of(context().session, principals, before)
    return render_template("notifications/list.html", lines=lines, page=mailbox.PAGE)


@blueprint.post("/<int:line_id>/read")
@permission(access.SIGNED_IN)
def read(line_id: int) -> Any:
    """Mark one line as read and go on to what it is about."""
    found = context()
    mailbox.mark_read(found.session, line_id, access.principals_of(signed_in()), found.now)
    return redirect(url_for("notifications.list_notifications"))


@blueprint.post("/read")
@permission(access.SIGNED_IN)
def read_all() -> Any:
    found = context()
    mailbox.mark_all_read(found.session, access.principals_of(signed_in()), found.now)
    flash(_("已全部标为已读。"), "success")
    return redirect(url_for("notifications.list_notifications"))


@blueprint.get("/settings")
@permission(access.SIGNED_IN)
def settings() -> str:
    return _settings_page()


@blueprint.post("/settings")
@permission(access.SIGNED_IN)
def save_settings() -> Any:
    modes = {
        (key, channel): request.form.get(f"{key}.{channel}", "") for key in KINDS for channel in _channels()
    }
    hours = {name: request.form.get(name, "") for name in (*choices.HOURS, "mobile", "wecom")}
    try:
        choices.choose(context(), modes, hours)
    except Invalid as error:
        return _settings_page(field_errors(error), hours, service_message(error)), 422
    flash(_("通知设置已保存。"), "success")
    return redirect(url_for("notifications.settings"))


@blueprint.get("/mail")
@permission(access.SIGNED_IN)
def demo_mail() -> str:
    """Demo mode without a mail server: what would have been sent to this person."""
    found = context()
    if not found.settings.demo or found.settings.smtp_url:
        raise NotFound
    return render_template("notifications/mail.html", rows=deliveries_of(found.session, signed_in()))


@blueprint.get("/unsubscribe")
@permission(access.PUBLIC)
def unsubscribe() -> str:
    """Ask before anything changes: mail programs follow links by themselves."""
    token = request.args.get("token", "")
    _user, kind = choices.read_unsubscribe(context(), token)
    return render_template("notifications/unsubscribe.html", kind=kind, token=token, done=False)


@blueprint.post("/unsubscribe")
@permission(access.PUBLIC)
def confirm_unsubscribe() -> str:
    token = request.form.get("token", "")
    _user, kind = choices.unsubscribe(context(), token)
    return render_template("notifications/unsubscribe.html", kind=kind, token=token, done=True)


def _channels() -> tuple[str, ...]:
    """The channels that this installation can use; mail is always one, to be read inside in demo mode."""
    return ("mail", "sms", "wecom") if context().settings.webhook_url else ("mail",)


def _settings_page(
    errors: dict[str, str] | None = None, typed: dict[str, str] | None = None, message: str = ""
) -> str:
    found, user = context(), signed_in()
    wishes = choices.wishes_of(found.session, [user])[0]
    hours = typed or {name: str(getattr(wishes.hours, name)) for name in (*choices.HOURS, "mobile", "wecom")}
    rows = [
        (kind, {channel: wishes.mode(kind, channel) for channel in _channels()}) for kind in KINDS.values()
    ]
    return render_template("notifications/settings.html", rows=rows, hours=hours, channels=_channels(), modes=MODES,
                           errors=errors or {}, message=message, email=user.email, has_errors=bool(errors))  # fmt: skip
