"""Evidence rows on pages: sheets out and in, results computed live, numbers that were handed in before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from app.models.runtime import ProcessInstance
from app.services import access, evidence, repository, sheets, task
from app.services.evidence import EvidenceList
from app.services.registers import duplicates
from app.services.sheet_books import MEDIA_TYPE, sheet_title
from app.services.task import Work
from app.web import draft_forms
from app.web.downloads import made_file
from app.web.errors import service_message
from app.web.form_pages import language, task_form
from app.web.guards import actor, context, only_reads, permission
from app.web.judgements import Judgement, judge

blueprint = Blueprint("rows", __name__)
ROWS_NEEDED = "dynamiclist"


@dataclass(frozen=True)
class Panel:
    """What stands beside a form with evidence rows."""

    lists: list[EvidenceList]
    results: list[Judgement]
    twins: list[tuple[str, tuple[int, ...]]]
    is_live: bool


def panel_of(work: Work) -> Panel | None:
    """Lists, results and repeated numbers of an open task as its draft is; nothing for a form without such lists."""
    if not any(component.type == ROWS_NEEDED for component in work.form.walk()):
        return None
    lists = evidence.lists_of(context(), work)
    return _panel(work, lists, lists[0].accepted.values) if lists else None


def case_twins(case: ProcessInstance) -> list[tuple[duplicates.Twin, bool]]:
    """Numbers of a case that stand elsewhere too, for the office, and whether the reader may open the other case."""
    user, session = actor(), context().session
    if user is None or not access.reads_as_office(user, case):
        return []
    twins = duplicates.twins_of(session, case, limit=100)
    others = {twin.other_case.id: twin.other_case for twin in twins}
    open_to = {key: access.may_see_instance(user, other, session) for key, other in others.items()}
    return [(twin, open_to[twin.other_case.id]) for twin in twins]


@blueprint.post("/tasks/<int:task_id>/rows/<list_id>/open")
@permission("inbox.use")
def open_page(task_id: int, list_id: str) -> Any:
    """Keep what was typed into the form, then lead to the page of the list."""
    work = task.open_task(context(), task_id)
    form = task_form(work, context(), sent=True)
    draft_forms.keep(context(), work, form)
    return redirect(url_for("rows.show", task_id=task_id, list_id=list_id))


@blueprint.get("/tasks/<int:task_id>/rows/<list_id>")
@permission("inbox.use")
def show(task_id: int, list_id: str) -> str:
    work, found = _open(task_id, list_id)
    return _page(work, found)


@blueprint.get("/tasks/<int:task_id>/rows/<list_id>/<any(template, export):kind>.xlsx")
@permission("inbox.use")
def download(task_id: int, list_id: str, kind: str) -> Response:
    """The template of the list, or its rows in the same shape."""
    work, found = _open(task_id, list_id)
    data = evidence.sheet_of(found, language(), empty=kind == "template")
    title = sheet_title(found.label.said(language()))
    name = (
        _("%(list)s（模板）.xlsx", list=title)
        if kind == "template"
        else f"{work.instance.number} {title}.xlsx"
    )
    return made_file(data, name, MEDIA_TYPE)


@blueprint.post("/tasks/<int:task_id>/rows/<list_id>")
@permission("inbox.use")
def bring_in(task_id: int, list_id: str) -> Any:
    """Import a sheet: every row, or none with all that is wrong."""
    work, found = _open(task_id, list_id)
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        return _page(work, found, problem=_("请选择文件。")), 422
    data = upload.stream.read(sheets.MAX_BYTES + 1)
    try:
        count = evidence.import_rows(
            context(), work, list_id, data, replace=request.form.get("mode") != "append"
        )
    except evidence.RowsRefused as error:
        return _page(work, found, problem=service_message(error), refused=error), 422
    flash(ngettext("已导入 %(num)d 行，可继续修改。", "已导入 %(num)d 行，可继续修改。", count), "success")
    return redirect(url_for("inbox.show_task", task_id=task_id, _anchor=list_id))


@blueprint.post("/tasks/<int:task_id>/results")
@permission("inbox.use")
@only_reads
def results(task_id: int) -> str:
    """The results for what stands on the page, as a part of a page; nothing is stored."""
    work = task.open_task(context(), task_id)
    form = task_form(work, context(), sent=True, keeps_files=False)
    lists = evidence.lists_in(form.accepted)
    panel = _panel(work, lists, form.accepted.values) if lists else None
    return render_template("sheets/_results.html", panel=panel)


def _open(task_id: int, list_id: str) -> tuple[Work, EvidenceList]:
    work = task.open_task(context(), task_id)
    return work, evidence.find_list(context(), work, list_id)


def _panel(work: Work, lists: list[EvidenceList], values: Mapping[str, Any]) -> Panel:
    previews = evidence.results_of(context(), work, values)
    known = repository.definition_of(context().session, work.instance.definition).decisions
    return Panel(
        lists,
        [judge(one.decision_id, one.name, one.trace, known.get(one.decision_id)) for one in previews],
        [twin for one in lists for twin in evidence.twins(one)],
        is_live=bool(previews) or any(evidence.knows_numbers(one) for one in lists),
    )


def _page(
    work: Work, found: EvidenceList, problem: str = "", refused: evidence.RowsRefused | None = None
) -> str:
    return render_template(
        "sheets/list.html",
        task=work.task,
        found=found,
        panel=_panel(work, [found], found.accepted.values),
        mode=request.form.get("mode", "replace"),
        problem=problem,
        refused=refused,
        has_errors=bool(problem),
        in_english=language() == "en",
    )
