"""The workload of a group, for its head."""

from __future__ import annotations

from flask import render_template
from flask_babel import gettext as _

from app.models.identity import Group
from app.services import inbox, inbox_workload
from app.web.guards import context, permission, signed_in
from app.web.inbox_frame import State, blueprint, side_lists
from app.web.inbox_rows import rows_of
from app.web.language import is_english

__all__ = ["blueprint"]


@blueprint.get("/inbox/workload/<group_key>")
@permission("inbox.use")
def workload(group_key: str) -> str:
    """How much everybody of the group has; every figure leads to its tasks."""
    found = context()
    loads = inbox_workload.workload_of(found, signed_in(), group_key)
    return render_template(
        "inbox/workload.html",
        group=_named(group_key),
        loads=loads,
        lists=side_lists(None),
        group_key=group_key,
    )


@blueprint.get("/inbox/workload/<group_key>/<int:user_id>")
@permission("inbox.use")
def member_tasks(group_key: str, user_id: int) -> str:
    """The open tasks of one member that came to the group."""
    found = context()
    member, entries = inbox_workload.tasks_of_member(found, signed_in(), group_key, user_id)
    page = inbox.Page(entries, None)
    return render_template(
        "inbox/member.html",
        member=member,
        group_key=group_key,
        group=_named(group_key),
        rows=rows_of(found, page, State("done"), ("case", "number", "org")),
        lists=side_lists(None),
    )


def _named(group_key: str) -> str:
    group = context().session.get_one(Group, group_key)
    return (group.name_en if is_english() else group.name) or _("岗位")
