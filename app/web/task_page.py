"""The page of a task: what is needed to judge it, its form, and what may be done with it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.models.history import HistoryEvent
from app.models.identity import User
from app.models.runtime import UserTask
from app.services import access, inbox, repository, task
from app.services.errors import Invalid
from app.services.task import Work
from app.services.task_operations import returning, signing
from app.web import draft_forms, task_operations
from app.web.form_pages import known_files, task_form
from app.web.forms import BoundForm
from app.web.guards import context, permission, signed_in
from app.web.inbox_frame import blueprint, is_office
from app.web.inbox_rows import list_beside
from app.web.language import is_english
from app.web.letter_views import papers_of
from app.web.numbers import whole_number
from app.web.task_views import evidence_of, parts_of
from app.web.times import clock, limit_of

__all__ = ["blueprint"]


@blueprint.get("/tasks/<int:task_id>")
@permission("inbox.use")
def show_task(task_id: int) -> Any:
    if asked := signing.asks_for(context(), task_id):
        place = "ballots.show" if asked == "ballot" else "task_operations.show_opinion"
        return redirect(url_for(place, task_id=task_id))
    work = task.open_task(context(), task_id)
    return _task_page(work, task_form(work, context()))


@blueprint.post("/tasks/<int:task_id>")
@permission("inbox.use")
def submit_task(task_id: int) -> Any:
    """Complete, save, or change a list's rows, by the button that was pressed."""
    found, key = context(), request.form.get("request_key", "")
    work = task.begin_task(found, task_id, key)
    if isinstance(work, str):
        return redirect(work)  # the second of two clicks
    form = task_form(work, found, sent=True)
    if request.form.get("refresh") == "live":
        return _task_page(work, form)  # a script asks what the page would look like
    choice = request.form.get("choose", "")
    if form.is_row_change or choice or request.form.get("action") == "save":
        return _keep(work, form, choice)
    if not 8 <= len(key) <= 64:
        abort(400)
    if not draft_forms.is_settled(work):
        work, saved = draft_forms.keep(found, work, form)
        if saved.differs or saved.draft.conflicts:
            return _task_page(work, task_form(work, found), merged=True), 409
    result = url_for("inbox.after", task_id=task_id)
    try:
        target = task.finish_task(found, work, form.raw, key=key, result_url=result, files=known_files(form))
    except Invalid as error:
        work, _saved = draft_forms.keep(found, work, form)
        form.reject(error.errors)
        return _task_page(work, draft_forms.show_draft(form, work)), 422
    flash(_("已提交：%(name)s", name=work.task.name), "success")
    return redirect(target)


def _keep(work: Work, form: BoundForm, choice: str) -> Any:
    """Save what the page sent, as a button of it asked, and show the page again."""
    work, saved = draft_forms.keep(context(), work, form, choice)
    if form.summary:  # a file was refused: say so beside what was typed
        return _task_page(work, draft_forms.show_draft(form, work))
    if saved.disputed:
        flash(_("已暂存。有内容与其他人填写的不一致，两个值都已保留，请选定。"), "warning")
    elif not form.is_row_change and not choice:
        flash(_("已暂存（%(time)s）。内容尚未提交，可随时继续填写。", time=clock(context().now)), "success")
    return redirect(url_for("inbox.show_task", task_id=work.task.id, _anchor=form.changed_place))


@blueprint.get("/tasks/<int:task_id>/done")
@permission("inbox.use")
def after(task_id: int) -> Any:
    """Where a completed task leads: the applicant to the case, the office to the next task of the list."""
    found = context()
    done = found.session.get(UserTask, task_id)
    if done is None or not (access.is_candidate(signed_in(), done) or done.completed_by_id == signed_in().id):
        abort(404)
    if access.may(signed_in(), "apply.use"):
        mine = inbox.my_tasks(found, signed_in(), inbox.Query()).tasks
        follow = next((other for other in mine if other.instance_id == done.instance_id), None)
        if follow:
            return redirect(url_for("inbox.show_task", task_id=follow.id))
        was_only_asked = not access.may_see_instance(signed_in(), done.instance, found.session)
        if was_only_asked:  # in a case of others
            return redirect(url_for("apply.my_cases"))
        return redirect(url_for("cases.show", number=done.instance.number))
    return redirect(url_for("inbox.mine"))


@blueprint.post("/tasks/<int:task_id>/claim")
@permission("inbox.use")
def claim(task_id: int) -> Any:
    task.claim(context(), task_id)
    return redirect(url_for("inbox.show_task", task_id=task_id))


@blueprint.post("/tasks/<int:task_id>/release")
@permission("inbox.use")
def release(task_id: int) -> Any:
    released = task.release(context(), task_id)
    flash(_("已退回候选组：%(name)s", name=released.name), "success")
    return redirect(url_for("inbox.mine"))


@blueprint.post("/tasks/<int:task_id>/transfer")
@permission("inbox.use")
def transfer(task_id: int) -> Any:
    to = request.form.get("to", "")
    receiver = whole_number(to)
    if receiver is None:
        raise Invalid(_("请选择转办对象。"), "Choose whom to hand it to.")
    task.transfer(context(), task_id, receiver, request.form.get("reason", ""))
    flash(_("已转办。"), "success")
    return redirect(url_for("inbox.mine"))


def _task_page(work: Work, form: BoundForm, *, merged: bool = False) -> Any:
    """The task beside what is needed to judge it; an applicant sees one part of the form after the other."""
    found, shown = context(), work.task
    saved_by = (
        found.session.get(User, work.draft.saved_by_id) if work.draft and work.draft.saved_by_id else None
    )
    returned = returning.why_returned(found, shown)
    common: dict[str, Any] = {
        "work": work,
        "task": shown,
        "form": form,
        "request_key": uuid4().hex,
        "saved_by": saved_by.name if saved_by else "",
        "has_errors": bool(form.summary) or merged,
        "merged": merged,
        "element": repository.definition_of(found.session, shown.instance.definition).element(
            shown.process_key, shown.element_id
        ),
        "limit": limit_of(shown),
        "returned": returned,
        "returned_from": _name_at(shown, returned) if returned is not None else "",
    }
    common |= papers_of(work)
    common["is_office"] = is_office()
    common["opens_case"] = common["is_office"] or access.may_see_instance(
        signed_in(), shown.instance, found.session
    )
    if not common["is_office"]:
        return render_template("inbox/part.html", parts=parts_of(shown), **common)
    return render_template(
        "inbox/task.html",
        **list_beside(found, shown),
        may_complete=task.may_complete(found, shown),
        **task_operations.parts(shown),
        evidence=evidence_of(shown),
        **common,
    )


def _name_at(shown: UserTask, event: HistoryEvent) -> str:
    """The name of the element of an event in the language of the page."""
    definition = repository.definition_of(context().session, shown.instance.definition)
    element = definition.element(event.process_key, event.element_id) if is_english() else None
    return element.name_en if element is not None and element.name_en else event.element_name
