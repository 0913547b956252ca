"""The web: one blueprint a desk. Views load, guard, validate, call one service and answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, Response, g, request, url_for
from flask_babel import Babel
from flask_babel import gettext as _
from flask_login import LoginManager
from flask_wtf.csrf import CSRFProtect

from app.models.identity import User
from app.services import access
from app.services.identity import load_user
from app.web import (
    account,
    administration,
    api,
    apply,
    auth,
    ballots,
    books,
    cases,
    dashboards,
    documents,
    drafts,
    health,
    inbox,
    inbox_bulk,
    inbox_frame,
    inbox_views,
    inbox_workload,
    interests,
    joining,
    labels,
    letter_views,
    notifications,
    operations,
    organisation,
    progress,
    public,
    registers,
    scoring,
    sheets,
    single_sign_on,
    studio,
    substitutes,
    task_operations,
    task_page,
    times,
    titles,
    uploads,
    working_days,
)
from app.web.assets import register_assets
from app.web.content_policy import CSP
from app.web.cookies import SessionCookie
from app.web.errors import register_errors
from app.web.guards import actor, context, register_guards
from app.web.language import is_english, register_texts, select_language
from app.web.numbers import RowNumber, whole_number

DESKS = (
    api, documents, drafts, public, auth, health, apply, inbox, inbox_views, inbox_bulk, inbox_workload, task_page,
    cases, interests, registers, books, studio, operations, administration, notifications, uploads, sheets,
    dashboards, scoring, account, joining, organisation, single_sign_on, task_operations, ballots, substitutes,
    working_days)  # fmt: skip
FILTERS: dict[str, Callable[..., Any]] = {
    "moment": times.moment,
    "day": times.day,
    "clock": times.clock,
    "seconds": times.seconds,
    "due": times.due,
    "days_left": times.days_left,
    "letter_part": letter_views.letter_part,
    "words": labels.words,
    "part_title": labels.part_title,
    "titled": titles.titled,
    "title_of": titles.title_of,
    "in_both": titles.in_both,
    "unit": labels.unit,
    "task_name": progress.task_name,
}


def register(app: Flask) -> None:
    """Wire sessions, languages, guards, error pages and desks into the application."""
    app.url_map.converters["int"] = RowNumber
    Babel(app, locale_selector=select_language, default_locale="zh_Hans_CN", default_timezone="Asia/Shanghai",
          default_translation_directories="web/translations")  # fmt: skip
    register_texts(app)
    app.session_interface = SessionCookie()
    CSRFProtect(app)
    manager = LoginManager(app)
    manager.user_loader(_load_user)
    manager.session_protection = "basic"
    register_guards(app)
    register_errors(app)
    register_assets(app)
    for blueprint in dict.fromkeys(desk.blueprint for desk in DESKS):
        app.register_blueprint(blueprint)
    app.context_processor(_page_context)
    app.after_request(_protect)
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.globals.update(
        is_english=is_english,
        may=lambda name: access.may(actor(), name),
        case_state=labels.case_state,
        holder_names=labels.holder_names,
        clock_name=labels.clock_name,
        org_types=labels.ORG_TYPES,
        unread=notifications.unread,
        evidence_panel=sheets.panel_of,
        case_twins=sheets.case_twins,
        file_state=uploads.file_state,
        measures=labels.MEASURES,
        outlook=progress.outlook,
        served=labels.SERVED,
        appeal_kinds=labels.APPEAL_KINDS,
        appeal_outcomes=labels.APPEAL_OUTCOMES,
    )


def _load_user(session_id: str) -> User | None:
    """The user of a session; nobody when the sessions of its epoch have ended."""
    number = whole_number(session_id.partition(".")[0])
    user = load_user(g.unit.session, number) if number else None
    return user if user and user.get_id() == session_id else None


def _page_context() -> dict[str, Any]:
    user = actor()
    found = context()
    return {
        "language": "en" if is_english() else "zh-CN",
        "navigation": _navigation(user),
        "account": {"name": user.name, "post": _post(user)} if user else None,
        "sign_in_url": url_for("auth.sign_in"),
        "sign_out_url": url_for("auth.sign_out"),
        "account_url": url_for("account.show"),
        "notices_url": url_for("notifications.list_notifications"),
        "search_url": url_for("cases.search") if user else None,
        "demo": found.settings.demo,
        "now": found.now,
    }


def _navigation(user: User | None) -> list[tuple[str, str, int, bool]]:
    """Entries of the main navigation that this user may open."""
    counts = inbox_frame.badge_counts() if access.may(user, "inbox.use") else None
    open_tasks = min(counts.mine + counts.claimable, 100) if counts else 0
    entries = [
        ("public.home", _("申报与公示"), 0, access.PUBLIC),
        ("apply.my_cases", _("我的事项"), 0, "apply.use"),
        ("inbox.mine", _("待办"), open_tasks, "inbox.use"),
        ("cases.all_cases", _("案件"), 0, "case.read_office"),
        ("registers.overview", _("台账"), 0, "register.read"),
        ("scoring.overview", _("集体审议"), 0, "board.read"),
        ("dashboards.overview", _("看板"), 0, "dashboard.read"),
        ("books.overview", _("统计与登记"), 0, "book.read"),
        ("studio.definitions", _("流程管理"), 0, "studio.read"),
        ("operations.jobs", _("运行管理"), 0, "operations.read"),
        (
            "administration.this_year",
            _("系统管理") if access.may(user, "account.edit") else _("工作日历"),
            0,
            "calendar.read",
        ),
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
    return labels.listed((group.name_en if is_english() else group.name) for group in user.groups[:2])


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
