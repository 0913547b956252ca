"""The inbox: lists of tasks and cases, their filters, and a list as a workbook."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from flask import Response, abort, render_template, request, send_file
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.services import inbox, inbox_export, inbox_labels, inbox_lists
from app.services.context import Context
from app.services.inbox_export import Cell
from app.web.guards import context, permission, signed_in
from app.web.inbox_choices import DUE_NAMES, chips_of, choices_of
from app.web.inbox_frame import (
    OFFICE_LISTS,
    TITLES,
    State,
    badge_counts,
    blueprint,
    is_office,
    list_url,
    next_url,
    read_page,
    saved_views,
    setting,
    side_lists,
    state_of,
)
from app.web.inbox_rows import COLUMN_NAMES, holders_of, rows_of, waiting_words
from app.web.progress import task_name
from app.web.titles import title_of

PANELS = frozenset({"filter", "settings", "labels"})
SORT_NAMES = {
    "due": lazy_gettext("按到期日"), "priority": lazy_gettext("按优先级"),
    "oldest": lazy_gettext("等待最久在前"), "newest": lazy_gettext("最新到达在前"),
}  # fmt: skip
LAYOUT_NAMES = {"split": lazy_gettext("列表与案件并排"), "table": lazy_gettext("整页表格")}
TONE_NAMES = {
    "info": lazy_gettext("蓝"), "ok": lazy_gettext("绿"), "warn": lazy_gettext("黄"), "late": lazy_gettext("红"),
    "mute": lazy_gettext("灰"),
}  # fmt: skip


@blueprint.get("/inbox")
@permission("inbox.use")
def mine() -> str:
    return list_page(_listed("mine"))


@blueprint.get("/inbox/<any(claimable, overdue, done, started, copies, reading, watched):name>")
@permission("inbox.use")
def list_tasks(name: str) -> str:
    return list_page(_listed(name))


@blueprint.get("/inbox/export")
@permission("inbox.use")
def export() -> Response:
    """The list as a workbook, as it is filtered and sorted, up to a cap."""
    state = _listed(request.args.get("list", "mine"))
    handle = BytesIO()
    inbox_export.write_workbook(handle, str(TITLES[state.name]), _heads(), _exported(context(), state))
    handle.seek(0)
    return send_file(
        handle,
        mimetype="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        as_attachment=True,
        download_name=f"{TITLES[state.name]}.xlsx",
    )


def list_page(state: State, *, panel: str = "", **values: Any) -> str:
    """A list with its rows; `panel` opens what stands above them, and `values` are what was typed there."""
    found, shown = context(), setting()
    page = read_page(found, state)
    panel = panel or request.args.get("panel", "")
    return render_template(
        "inbox/list.html",
        state=state,
        title=TITLES[state.name],
        rows=rows_of(found, page, state, shown.columns, acting=True),
        lists=side_lists(state),
        views=saved_views(),
        chips=chips_of(found, state),
        next_url=next_url(state, page),
        setting=shown,
        single=shown.layout == "table",
        panel=panel if panel in PANELS else "",
        picking=request.args.get("bulk") == "1",
        sorts=SORT_NAMES if state.name in inbox_lists.OPEN_LISTS else {},
        column_names=COLUMN_NAMES,
        choices=choices_of(found, state) if panel in {"filter", "labels"} else None,
        due_names=DUE_NAMES,
        layout_names=LAYOUT_NAMES,
        tone_names=TONE_NAMES,
        groups=signed_in().groups,
        is_office=is_office(),
        claimable_url=list_url("claimable") if state.name == "mine" and badge_counts().claimable else None,
        **{"values": {}, "errors": [], "has_errors": bool(values.get("errors")), **values},
    )


def _listed(name: str) -> State:
    """What is asked of a list that this reader has."""
    if name not in inbox_lists.LISTS or (name in OFFICE_LISTS and not is_office()):
        abort(404)
    return state_of(name)


def _heads() -> list[str]:
    names = ("number", "case", "org", "process", "call", "amount", "priority", "arrived")
    return [*(str(COLUMN_NAMES[name]) for name in names), _("任务"), _("到期时间"), _("标签"), _("等待他人")]


def _exported(found: Context, state: State) -> Iterator[list[Cell]]:
    sort = state.sort if state.name in inbox_lists.OPEN_LISTS else "newest"
    query = inbox.Query(state.criteria, sort)
    for page in inbox_lists.pages(found, signed_in(), state.name, query, inbox_export.MOST):
        ids = [entry.case.id for entry in page.entries]
        marks = inbox_labels.labels_on(found.session, signed_in(), ids)
        waiting = (
            {} if state.name in inbox_lists.OPEN_LISTS else waiting_words(holders_of(found, page.entries))
        )
        for row in rows_of(found, page, state, ("org", "process")):
            task, case = row.task, row.case
            yield [
                case.number, title_of(case), row.cells["org"], row.cells["process"], case.call_no, case.amount,
                task.priority if task else None, task.created_at if task else case.started_at,
                task_name(task) if task else "", task.due_at if task else None,
                "、".join(label.name for label in marks.get(case.id, ())), waiting.get(case.id, ""),
            ]  # fmt: skip
