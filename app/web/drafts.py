"""Around the form of a task: what is still missing, the whole application to be checked or printed, earlier saves."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _

from app.models.runtime import UserTask
from app.services import access, cases, drafts, repository, task
from app.services.errors import NotFound
from app.services.registers import receipts
from app.services.task import Work
from app.web.draft_forms import show_draft
from app.web.form_pages import attachment_url, language, submitted_form, task_form
from app.web.forms import BoundForm, ShownForm, show_form
from app.web.guards import context, permission, signed_in
from app.web.task_views import Part, parts_of
from app.web.times import clock

blueprint = Blueprint("drafts", __name__)


@dataclass
class Missing:
    """What one part still lacks: sentences with the address of their field, or fields of a part not yet begun."""

    part: Part
    items: list[tuple[str, str]] = field(default_factory=list)
    later: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Sheet:
    """One part as it will be handed in: its values, and how much is wrong with it."""

    part: Part
    shown: ShownForm | None
    problems: int
    by: str
    at: Any


@blueprint.get("/tasks/<int:task_id>/missing")
@permission("inbox.use")
def show_missing(task_id: int) -> str:
    """Everything that the application still lacks, over all its parts; each item leads to its field."""
    work = task.open_task(context(), task_id)
    found = [_missing_in(part, work) for part in _parts(work.task)]
    count = sum(len(part.items) for part in found)
    return render_template("apply/missing.html", task=work.task, found=found, count=count)


@blueprint.get("/tasks/<int:task_id>/review")
@permission("inbox.use")
def review(task_id: int) -> str:
    """All parts read-only, as they will be handed in."""
    work = task.open_task(context(), task_id)
    return render_template("apply/review.html", **_application(work))


@blueprint.get("/tasks/<int:task_id>/print")
@permission("inbox.use")
def print_view(task_id: int) -> str:
    """The same on paper: A4, nothing folded."""
    work = task.open_task(context(), task_id)
    return render_template("apply/print.html", **_application(work))


@blueprint.get("/tasks/<int:task_id>/history")
@permission("inbox.use")
def show_history(task_id: int) -> str:
    """The saves of the draft, newest first."""
    found = context()
    work = task.open_task(found, task_id)
    sittings = drafts.sittings(found.session, task_id)
    labels = _labels(task_form(work, found))
    return render_template("apply/history.html", task=work.task, work=work, sittings=sittings, labels=labels)


@blueprint.get("/tasks/<int:task_id>/history/<int:revision>")
@permission("inbox.use")
def show_revision(task_id: int, revision: int) -> str:
    """What the form was at one save, to be read; it can be made the newest."""
    found = context()
    work = task.open_task(found, task_id)
    content = drafts.content_at(found.session, work.draft, revision)
    if work.draft is None or content is None:
        raise NotFound
    row = drafts.find_revision(found.session, task_id, revision)
    shown = _shown(work, task_form(replace(work, draft=None), found, draft=content))
    return render_template(
        "apply/revision.html", task=work.task, work=work, row=row, revision=revision, shown=shown
    )


@blueprint.post("/tasks/<int:task_id>/history/<int:revision>/restore")
@permission("inbox.use")
def restore(task_id: int, revision: int) -> Any:
    draft = drafts.restore(context(), task_id, revision)
    flash(
        _("已恢复到所选版本（%(time)s），之前的内容仍在保存记录中。", time=clock(draft.saved_at)), "success"
    )
    return redirect(url_for("inbox.show_task", task_id=task_id))


def _parts(shown: UserTask) -> list[Part]:
    """The parts of the application around a task, else the task alone."""
    name = shown.name_en if language() == "en" and shown.name_en else shown.name
    url = url_for("inbox.show_task", task_id=shown.id)
    return parts_of(shown) or [Part(name, url, "part", True, shown.element_id, shown)]


def _missing_in(part: Part, work: Work) -> Missing:
    found = Missing(part)
    if part.task is None:
        found.later = _asked_later(part, work)
    elif part.task.status == "open" and _is_mine(part.task):
        form = _judged(part.task)
        found.items = [(f"{part.url}#{identity}", sentence) for identity, sentence in form.summary]
        disputed = [
            (identity, form.labels[path]) for path, identity in form.ids.items() if path in form.disputes
        ]
        found.items += [
            (f"{part.url}#{identity}", _("“%(label)s”两人填写不一致，请选定", label=label))
            for identity, label in disputed
        ]
    return found


def _asked_later(part: Part, work: Work) -> list[str]:
    """Names of what a part that nobody has begun will ask for, as far as can be told now."""
    found = context()
    definition = repository.pinned_definition(found.session, work.instance.definition_id)
    element = definition.element(work.task.process_key, part.element_id)
    if element is None or not element.form_key:
        return []
    form = definition.task_form(work.task.process_key, part.element_id, element.form_key)
    accepted = form.accept({}, work.variables, found.environment().scope, stored=work.values, partial=True)
    labels = {state.path: state.label.said(language()) for state in accepted.all_states}
    return [labels[path] for path in accepted.missing]


def _judged(open_task: UserTask) -> BoundForm:
    """The form of an open task with everything that stands against handing it in."""
    found = context()
    work = task.open_task(found, open_task.id)
    form = task_form(work, found)
    form.reject(form.situation.accept(form.raw, {}, partial=False).errors)
    return show_draft(form, work)


def _is_mine(found: UserTask) -> bool:
    return access.is_candidate(signed_in(), found)


def _application(work: Work) -> dict[str, Any]:
    """All parts, and the hashes that the receipt will list if they are handed in as they are."""
    hashes, whole = receipts.expected(context(), work)
    return {"task": work.task, "sheets": _sheets(work), "hashes": hashes, "whole": whole}


def _sheets(work: Work) -> list[Sheet]:
    return [_sheet(part, work) for part in _parts(work.task)]


def _sheet(part: Part, work: Work) -> Sheet:
    shown = part.task
    if shown is None or (shown.status == "open" and not _is_mine(shown)):
        return Sheet(part, None, 0, "", None)
    if shown.status == "open":
        own = task.open_task(context(), shown.id)
        form = _judged(shown)
        return Sheet(part, _shown(own, form), len(form.summary), "", None)
    if shown.id not in {t.id for t in cases.submissions_for(context().session, work.instance, signed_in())}:
        return Sheet(part, None, 0, "", None)
    by = shown.completed_by.name if shown.completed_by else ""
    sheet = submitted_form(work.instance, shown, context())
    return Sheet(part, sheet, 0, by, shown.completed_at)


def _shown(work: Work, form: BoundForm) -> ShownForm:
    """The values of a form that is being filled in, to be read."""
    return show_form(
        work.form,
        form.accepted.values,
        language(),
        work.variables,
        context().environment().scope,
        reveal=True,
        attachment_url=attachment_url,
    )


def _labels(form: BoundForm) -> dict[str, str]:
    """What people call the top-level keys of a form."""
    found: dict[str, list[str]] = {}
    for path, label in form.labels.items():
        if label and path and not any(isinstance(step, int) for step in path):
            found.setdefault(str(path[0]), []).append(label)
    return {key: names[0] for key, names in found.items()}
