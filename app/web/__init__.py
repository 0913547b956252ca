"""The web: one blueprint a desk. Views load, guard, validate, call one service and answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, Response, g, request, url_for
from flask_babel import Babel
from flask_babel import gettext as _
from flask_login import LoginManager
from flask_wtf.csrf import CSRFProtect

from app.models.identity import User
from app.models.runtime import NO_DUE_DATE
from app.services import access
from app.services.identity import load_user
from app.services.inbox import count_inbox
from app.web import apply, auth, cases, health, inbox, labels, operations, public, registers, studio
from app.web.assets import register_assets
from app.web.errors import register_errors
from app.web.guards import actor, context, register_guards
from app.web.language import is_english, select_language

ZONE = ZoneInfo("Asia/Shanghai")
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
DESKS = (public, auth, health, apply, inbox, cases, registers, studio, operations)


def register(app: Flask) -> None:
    """Wire sessions, languages, guards, error pages and desks into the application."""
    Babel(app, locale_selector=select_language, default_locale="zh_Hans_CN", default_timezone="Asia/Shanghai",
          default_translation_directories="web/translations")  # fmt: skip
    CSRFProtect(app)
    manager = LoginManager(app)
    manager.user_loader(_load_user)
    manager.session_protection = "basic"
    register_guards(app)
    register_errors(app)
    register_assets(app)
    for desk in DESKS:
        app.register_blueprint(desk.blueprint)
    app.context_processor(_page_context)
    app.after_request(_protect)
    app.jinja_env.filters.update(moment=moment, day=day, due=due, words=labels.words, event_words=labels.event_words)
    app.jinja_env.globals.update(
        is_english=is_english,
        may=lambda name: access.may(actor(), name),
        case_state=labels.case_state,
        org_types=labels.ORG_TYPES,
        measures=labels.MEASURES,
    )


def moment(value: datetime | str | None) -> str:
    """An instant in Shanghai time to the minute, e.g. 2026-11-03 14:22."""
    return _local(value).strftime("%Y-%m-%d %H:%M") if value else ""


def day(value: datetime | str | None) -> str:
    """The Shanghai date of an instant."""
    return _local(value).strftime("%Y-%m-%d") if value else ""


def due(value: datetime | None) -> dict[str, str]:
    """Class and words of a due badge: late in red, today in amber, the date in blue, none in grey."""
    if value is None or value >= NO_DUE_DATE:
        return {"kind": "none", "text": _("不限时")}
    now, local = context().now.astimezone(ZONE), _local(value)
    days = (local.date() - now.date()).days
    if local < now:
        return {"kind": "late", "text": _("逾期 %(days)d 天", days=-days) if days else _("今天已逾期")}
    if days == 0:
        return {"kind": "warn", "text": _("今天 %(time)s", time=local.strftime("%H:%M"))}
    text = local.strftime("%m-%d") if local.year == now.year else local.strftime("%Y-%m-%d")
    return {"kind": "info", "text": text}


def _local(value: datetime | str) -> datetime:
    parsed = datetime.fromisoformat(value) if isinstance(value, str) else value
    return parsed.astimezone(ZONE)


def _load_user(user_id: str) -> User | None:
    return load_user(g.unit.session, int(user_id)) if user_id.isdigit() else None


def _page_context() -> dict[str, Any]:
    user = actor()
    found = context()
    return {
        "language": "en" if is_english() else "zh-CN",
        "navigation": _navigation(user),
        "account": {"name": user.name, "post": _post(user)} if user else None,
        "sign_in_url": url_for("auth.sign_in"),
        "sign_out_url": url_for("auth.sign_out"),
        "search_url": url_for("cases.search") if user else None,
        "demo": found.settings.demo,
        "now": found.now,
    }


def _navigation(user: User | None) -> list[tuple[str, str, int, bool]]:
    """Entries of the main navigation that this user may open."""
    counts = count_inbox(context().session, user, context().now) if access.may(user, "inbox.use") and user else None
    open_tasks = min(counts.mine + counts.claimable, 100) if counts else 0
    entries = [
        ("public.home", _("申报与公示"), 0, access.PUBLIC),
        ("apply.my_cases", _("我的事项"), 0, "apply.use"),
        ("inbox.mine", _("待办"), open_tasks, "inbox.use"),
        ("cases.all_cases", _("案件"), 0, "case.read_office"),
        ("registers.overview", _("台账"), 0, "register.read"),
        ("studio.definitions", _("流程管理"), 0, "studio.read"),
        ("operations.jobs", _("运行管理"), 0, "operations.read"),
    ]
    blueprint = request.blueprint
    return [
        (endpoint, label, count, endpoint.split(".")[0] == blueprint)
        for endpoint, label, count, needed in entries
        if access.may(user, needed)
    ]


def _post(user: User) -> str:
    if user.memberships:
        return str(user.memberships[0].org.name)
    return "、".join((group.name_en if is_english() else group.name) for group in user.groups[:2])


def _protect(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CSP)
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
    if request.is_secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.endpoint != "static":
        headers.setdefault("Cache-Control", "no-store")
    return response
