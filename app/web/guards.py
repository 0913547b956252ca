"""What stands before every view: the context of the request, who asks, and the permission that the route names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, abort, current_app, flash, g, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from app.models.identity import User
from app.services import access, second_factor
from app.services.clock import read_clock
from app.services.context import Context
from app.services.errors import NotPermitted

ARRIVED = "zhirong.arrived_at"
View = TypeVar("View", bound=Callable[..., Any])
FRAMEWORK_ENDPOINTS = frozenset({"static"})


def permission(name: str) -> Callable[[View], View]:
    """Name the permission of a view. A view without one answers 500: deny by default."""

    def mark(view: View) -> View:
        view.permission = name  # type: ignore[attr-defined]
        return view

    return mark


def only_reads(view: View) -> View:
    """Mark a POST that only computes from what was sent: it gets a reading session and waits for no writer."""
    view.only_reads = True  # type: ignore[attr-defined]
    return view


def is_only_reading(app: Flask) -> bool:
    """Whether the view of this request writes nothing although it is asked by POST."""
    return getattr(app.view_functions.get(request.endpoint or ""), "only_reads", False)


def context() -> Context:
    """The use-case context of this request: its session, time, settings and actor.

    The time is when the request arrived: neither a slow body nor waiting for a lock makes anybody late.
    """
    if "context" not in g:
        session = g.unit.session
        app: Any = current_app
        now = read_clock(session, app.settings.demo, request.environ.get(ARRIVED))
        g.context = Context(session, now, app.settings, actor())
    found: Context = g.context
    return found


def actor() -> User | None:
    """Who is signed in, or None."""
    user: User | None = current_user._get_current_object() if current_user.is_authenticated else None
    return user


def signed_in() -> User:
    """Who is signed in. Raises NotPermitted for visitors; guarded views never see that."""
    user = actor()
    if user is None:
        raise NotPermitted("请先登录。", "Sign in first.")
    return user


def register_guards(app: Flask) -> None:
    app.before_request(_check_permission)


def required_permission(app: Flask, endpoint: str) -> str | None:
    """The permission that an endpoint names; None when it names none."""
    return getattr(app.view_functions[endpoint], "permission", None)


def _check_permission() -> Any:
    endpoint = request.endpoint
    if endpoint is None or endpoint in FRAMEWORK_ENDPOINTS:
        return None
    needed = required_permission(current_app, endpoint)
    if needed is None:
        abort(500, f"{endpoint} names no permission")
    user = actor()
    if access.may(user, needed):
        return _second_factor_first(user, endpoint)
    if user is None and request.blueprint == "api":
        abort(401)
    if user is None:
        target = request.full_path if request.method == "GET" else url_for("public.home")
        return redirect(url_for("auth.sign_in", next=target.rstrip("?")))
    raise NotPermitted("您没有办理此事项的权限。", "You do not have permission for this.")


def _second_factor_first(user: User | None, endpoint: str) -> Any:
    """Whoever must sign in in two steps sets that up before anything else."""
    app: Any = current_app
    if user is None or endpoint.partition(".")[0] in {"account", "auth"}:
        return None
    if not second_factor.must_set_up(app.settings, user):
        return None
    flash(_("您的岗位要求两步验证，请先完成设置。"), "warning")
    return redirect(url_for("account.show"))
