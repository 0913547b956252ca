"""The frame of the inbox: its blueprint, the lists beside every page of it, and one page of a list."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, g, request, url_for
from flask_babel import gettext as _

from app.services import access, inbox
from app.services.context import Context
from app.web.guards import context, signed_in
from app.web.numbers import whole_number

blueprint = Blueprint("inbox", __name__)


def badge_counts() -> inbox.Counts:
    """The numbers on the badges, counted once for each page."""
    if "counts" not in g:
        g.counts = inbox.count_inbox(context().session, signed_in(), context().now)
    counts: inbox.Counts = g.counts
    return counts


def read_page(found: Context, name: str, *, first: bool = False) -> inbox.Page:
    user, key = signed_in(), None if first else page_key()
    if name == "overdue":
        return inbox.overdue_tasks(found.session, user, found.now, key)
    mine = inbox.my_tasks if is_office() else inbox.open_tasks  # an organisation's tasks need no claim
    readers = {"mine": mine, "claimable": inbox.claimable_tasks, "done": inbox.done_tasks}
    return readers[name](found.session, user, key)


def side_lists(active: str) -> list[tuple[str | None, list[tuple[str, str, int | None, bool]]]]:
    counts = badge_counts()
    entries = [
        ("mine", _("待我办理"), counts.mine if is_office() else counts.mine + counts.claimable),
        *([("claimable", _("可认领"), counts.claimable)] if is_office() else []),
        ("overdue", _("已逾期"), counts.overdue),
        ("done", _("已办"), None),
    ]
    rows = [(label, list_url(name), count, name == active) for name, label, count in entries]
    return [(None, rows)]


def list_url(name: str, **values: Any) -> str:
    return (
        url_for("inbox.mine", **values)
        if name == "mine"
        else url_for("inbox.list_tasks", name=name, **values)
    )


def next_url(name: str, page: inbox.Page) -> str | None:
    if page.next_key is None:
        return None
    at, task_id = page.next_key
    return list_url(name, after=f"{at.isoformat()}~{task_id}")


def page_key() -> tuple[datetime, int] | None:
    """The key after which a page starts; a broken one is refused."""
    text = request.args.get("after")
    if not text:
        return None
    at, _separator, task_id = text.partition("~")
    number = whole_number(task_id)
    try:
        parsed = datetime.fromisoformat(at)
        if parsed.tzinfo is None or number is None:
            abort(400)
        return parsed.astimezone(UTC), number
    except (ValueError, OverflowError):
        abort(400)


def is_office() -> bool:
    return access.may(signed_in(), "case.read_office")
