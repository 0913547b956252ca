"""The page of a task: what is needed to judge it, its form, and what may be done with it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.models.identity import User
from app.models.runtime import UserTask
from app.services import access, drafts, inbox, repository, task
from app.services.context import Context
from app.services.errors import Invalid
from app.services.task import Work
from app.web.form_pages import known_files, task_form
from app.web.forms import BoundForm
from app.web.guards import context, permission, signed_in
from app.web.inbox_frame import blueprint, is_office, read_page, side_lists
from app.web.numbers import whole_number
from app.web.task_views import evidence_of, parts_of
from app.web.times import clock, limit_of

__all__ = ["blueprint"]


@blueprint.get("/tasks/<int:task_id>")
@permission("inbox.use")
def show_task(task_id: int) -> Any:
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
    if form.is_row_change:
        return _task_page(work, form)
    if request.form.get("action") == "save":
        drafts.save_draft(found, task_id, form.raw)
        flash(_("已暂存（%(time)s）。内容尚未提交，可随时继续填写。", time=clock(found.now)), "success")
        return redirect(url_for("inbox.show_task", task_id=task_id))
    if not 8 <= len(key) <= 64:
        abort(400)
    result = url_for("inbox.after", task_id=task_id)
    try:
        target = task.finish_task(found, work, form.raw, key=key, result_url=result, files=known_files(form))
    except Invalid as error:
        form.reject(error.errors)
        return _task_page(work, form), 422
    flash(_("已提交：%(name)s", name=work.task.name), "success")
    return redirect(target)


@blueprint.get("/tasks/<int:task_id>/done")
@permission("inbox.use")
def after(task_id: int) -> Any:
    """Where a completed task leads: the applicant to the case, the office to the next task of the list."""
    found = context()
    done = found.session.get(UserTask, task_id)
    if done is None or not access.is_candidate(signed_in(), done):
        abort(404)
    if access.may(signed_in(), "apply.use"):
        follow = next(
            (
                t
                for t in inbox.claimable_tasks(found.session, signed_in()).tasks
                if t.instance_id == done.instance_id
            ),
            None,
        )
        if follow:
            return redirect(url_for("inbox.show_task", task_id=follow.id))
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


def _task_page(work: Work, form: BoundForm) -> Any:
    """The task beside what is needed to judge it; an applicant sees one part of the form after the other."""
    found, user, shown = context(), signed_in(), work.task
    saved_by = (
        found.session.get(User, work.draft.saved_by_id) if work.draft and work.draft.saved_by_id else None
    )
    common: dict[str, Any] = {
        "work": work,
        "task": shown,
        "form": form,
        "request_key": uuid4().hex,
        "saved_by": saved_by.name if saved_by else "",
        "has_errors": bool(form.summary),
        "element": repository.definition_of(found.session, shown.instance.definition).element(
            shown.process_key, shown.element_id
        ),
        "limit": limit_of(shown),
    }
    if not is_office():
        return render_template("inbox/part.html", parts=parts_of(shown), **common)
    name = "mine" if shown.assignee_id == user.id else "claimable"
    return render_template(
        "inbox/task.html",
        name=name,
        page=read_page(found, name, first=True),
        lists=side_lists(name),
        may_complete=shown.assignee_id == user.id,
        colleagues=_colleagues(found, shown),
        evidence=evidence_of(shown),
        **common,
    )


def _colleagues(found: Context, shown: UserTask) -> list[tuple[int, str]]:
    """Other members of the candidate groups: whom the task may be handed to."""
    groups = [c.removeprefix("group:") for c in shown.candidates if c.startswith("group:")]
    members = {
        member.id: member.name for group in groups for member in access.members_of(found.session, group)
    }
    members.pop(signed_in().id, None)
    return sorted(members.items(), key=lambda item: item[1])
