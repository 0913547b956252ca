"""How often one address may search, check, verify and object: a mark on the view, a count in the database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from flask import current_app, request

from app.services import throttle
from app.web.guards import context

View = TypeVar("View", bound=Callable[..., Any])


def limited(action: str, asked: str = "") -> Callable[[View], View]:
    """Count each POST of a view as this action of `app.services.throttle`; a GET where it sends `asked`."""

    def mark(view: View) -> View:
        view.limit = (action, asked)  # type: ignore[attr-defined]
        return view

    return mark


def count_request() -> None:
    """Count the request where its view is marked. Raises TooOften.

    Pages themselves never write: what a GET asks for is counted in a short transaction of its own.
    """
    action, asked = getattr(current_app.view_functions.get(request.endpoint or ""), "limit", ("", ""))
    if not action:
        return
    found, address = context(), request.remote_addr or ""
    if request.method == "POST":
        throttle.check(found, action, address)
        throttle.count(found, action, address)
    elif asked and request.args.get(asked, "").strip():
        throttle.check(found, action, address)
        app: Any = current_app
        with app.database.writing() as session:
            throttle.count(replace(found, session=session), action, address)
