"""The inbox: lists of tasks."""

from __future__ import annotations

from flask import render_template

from app.web.guards import context, permission
from app.web.inbox_frame import blueprint, next_url, read_page, side_lists

LISTS = ("mine", "claimable", "overdue", "done")


@blueprint.get("/inbox")
@permission("inbox.use")
def mine() -> str:
    return _list_page("mine")


@blueprint.get("/inbox/<any(claimable, overdue, done):name>")
@permission("inbox.use")
def list_tasks(name: str) -> str:
    return _list_page(name)


def _list_page(name: str) -> str:
    page = read_page(context(), name)
    return render_template(
        "inbox/list.html", name=name, page=page, lists=side_lists(name), next_url=next_url(name, page)
    )
