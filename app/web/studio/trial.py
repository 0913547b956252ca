"""Trials as pages: start a process of a draft, act as any role, move the clock, send messages, undo, keep as a test."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from app.engine.form.model import Limits
from app.engine.trial import Answer, Completion, Delivery, Played, Wait
from app.engine.trial.run import form_of, values_of
from app.models.studio import Draft
from app.models.trial import TrialRun
from app.services import repository
from app.services.errors import Invalid, NotFound
from app.services.numbering import OFFICE_ZONE
from app.services.studio import catalogue, drafts, kept_tests, trial
from app.services.studio.file_names import names_of
from app.web.errors import service_message
from app.web.form_pages import language
from app.web.forms import BoundForm, UploadRefused, build_form
from app.web.guards import context, permission
from app.web.language import is_english
from app.web.numbers import whole_number
from app.web.studio import trial_page
from app.web.studio.desk import blueprint

MAX_DAYS = 3660


@blueprint.get("/drafts/<int:draft_id>/try/")
@permission("studio.try")
def trials(draft_id: int) -> str:
    """What can be tried, and one's own trials."""
    draft = drafts.find_draft(context(), draft_id)
    files = drafts.draft_files(context(), draft)
    keys = [catalogue.key_of(path) for path in files if path.endswith(".bpmn")]
    names = repository.process_names(context().session, keys, english=is_english())
    tests = sum(kept_tests.is_kept_test(path) for path in files)
    return render_template("studio/trial.html", draft=draft, names=names, tests=tests,
                           runs=trial.own_runs(context(), draft))  # fmt: skip


@blueprint.get("/drafts/<int:draft_id>/try/new/<key>")
@permission("studio.try")
def new_trial(draft_id: int, key: str) -> str:
    """Choose what a trial begins with."""
    draft = drafts.find_draft(context(), draft_id)
    files = drafts.draft_files(context(), draft)
    definition = trial.definition_of(files, key)
    sample = trial_page.pretty(trial.sample_start(files, definition, context().now))
    now = context().now.astimezone(OFFICE_ZONE).strftime("%Y-%m-%dT%H:%M")
    return _start_page(
        draft, key, {"variables": sample, "at": now, "message": trial.default_message(definition)}
    )


def _start_page(draft: Draft, key: str, values: Mapping[str, str], error: str = "") -> str:
    files = drafts.draft_files(context(), draft)
    definition = trial.definition_of(files, key)
    kept = {
        path: files[path] for path in files if kept_tests.is_kept_test(path) and path.split("/")[1] == key
    }
    presets = {path: path.rpartition("/")[2] for path in kept} | names_of(kept, english=is_english())
    return render_template("studio/trial_start.html", draft=draft, definition=definition, key=key, values=values,
                           error=error, presets=presets, has_errors=bool(error))  # fmt: skip


@blueprint.post("/drafts/<int:draft_id>/try/new/<key>")
@permission("studio.try")
def begin_trial(draft_id: int, key: str) -> Any:
    draft = drafts.find_draft(context(), draft_id)
    values = {name: request.form.get(name, "") for name in ("variables", "at", "message")}
    try:
        row = trial.begin(context(), draft, key, variables=trial.read_object(values["variables"]),
                          at=_instant(values["at"]), message=values["message"] or None)  # fmt: skip
    except Invalid as error:
        return _start_page(draft, key, values, service_message(error)), 422
    return _to(row)


@blueprint.post("/drafts/<int:draft_id>/try/from/<path:path>")
@permission("studio.try")
def replay_test(draft_id: int, path: str) -> Any:
    """Look at a kept test step by step, as a trial of one's own."""
    return _to(trial.begin_from_test(context(), drafts.find_draft(context(), draft_id), path))


@blueprint.get("/drafts/<int:draft_id>/try/<int:run_id>/")
@permission("studio.try")
def show_trial(draft_id: int, run_id: int) -> str:
    return _run_page(_run(draft_id, run_id, locked=False))


def _run_page(row: TrialRun, error: str = "") -> str:
    played = trial.watch(context(), row)
    definition, states = played.definition, trial_page.states_of(played)
    shown = [definition.process_id, *(key for key in states if key != definition.process_id)]
    instance = played.instance
    return render_template(
        "studio/trial_run.html",
        draft=row.draft,
        run=row,
        played=played,
        error=error,
        has_errors=bool(error),
        outcome=instance.outcome if instance is not None and played.failure is None else None,
        due=instance.next_due() if instance is not None and played.is_running else None,
        tasks=trial_page.open_tasks(played),
        messages=trial_page.awaited(played),
        steps=trial_page.steps_of(played),
        variables=trial_page.pretty(instance.variables if instance is not None else {}),
        pretty=trial_page.pretty,
        duties=trial_page.duty_names,
        name_of=lambda place: trial_page.name_of(definition, place),
        may_keep=row.draft.state == "editing" and played.failure is None,
        **trial_page.drawing(definition, states, shown),
    )


@blueprint.get("/drafts/<int:draft_id>/try/<int:run_id>/tasks/<place>/<int:item>")
@permission("studio.try")
def trial_task(draft_id: int, run_id: int, place: str, item: int) -> str:
    """The real form of an open task, to be filled in as one of its roles."""
    row = _run(draft_id, run_id, locked=False)
    played = trial.watch(context(), row)
    task = trial_page.find_task(played, place, item)
    return _task_page(row, played, task, _form(row, played, task))


@blueprint.post("/drafts/<int:draft_id>/try/<int:run_id>/tasks/<place>/<int:item>")
@permission("studio.try")
def complete_trial_task(draft_id: int, run_id: int, place: str, item: int) -> Any:
    """Hand the form in, or show it again after a button inside of it."""
    row = _run(draft_id, run_id)
    played = trial.watch(context(), row)
    task = trial_page.find_task(played, place, item)
    form = _form(row, played, task, sent=True)
    handed_in = request.form.get("action") == "complete" and not (form is not None and form.is_row_change)
    if not handed_in:
        return _task_page(row, played, task, form)
    if form is not None and not form.validate():
        return _task_page(row, played, task, form), 422
    role = request.form.get("role", "")
    if task.roles and role not in dict(task.roles):
        raise Invalid("请选择以谁的身份办理。", "Choose whom to act as.")
    values = form.raw if form is not None else {}
    done = Completion(place, item, role, values, trial.uploads_of(row))
    trial.act(context(), row, _revision(), done)
    return _to(row)


def _task_page(row: TrialRun, played: Played, task: trial_page.OpenTask, form: BoundForm | None) -> str:
    asked = request.values.get("role", "")
    role = asked if asked in dict(task.roles) else next(iter(dict(task.roles)), "")
    return render_template("studio/trial_task.html", draft=row.draft, run=row, task=task, form=form, role=role,
                           now=played.now, has_errors=form is not None and bool(form.summary))  # fmt: skip


def _form(
    row: TrialRun, played: Played, task: trial_page.OpenTask, *, sent: bool = False
) -> BoundForm | None:
    form = form_of(played.definition, task.view)
    if form is None:
        return None
    return build_form(
        form,
        task.view.variables(),
        played.env.scope,
        language(),
        stored=values_of(task.view),
        formdata=request.form if sent else None,
        uploads=request.files if sent else None,
        files=trial.uploads_of(row),
        save_file=_saver(row) if sent else None,
    )


def _saver(row: TrialRun) -> Callable[[FileStorage, Limits], Mapping[str, Any]]:
    """Takes the name, size and hash of a file; its bytes are kept nowhere."""

    def save(upload: FileStorage, limits: Limits) -> Mapping[str, Any]:
        digest, size = hashlib.sha256(), 0
        while piece := upload.stream.read(1 << 16):
            digest.update(piece)
            size += len(piece)
            if limits.max_size and size > limits.max_size:
                raise UploadRefused("文件过大。", "The file is too large.")
        return trial.keep_upload(row, upload.filename or "", size, digest.hexdigest())

    return save


@blueprint.post("/drafts/<int:draft_id>/try/<int:run_id>/clock")
@permission("studio.try")
def move_trial_clock(draft_id: int, run_id: int) -> Any:
    """Let time pass: to the next time limit, or by days."""
    row = _run(draft_id, run_id)
    days = (
        None if request.form.get("to") == "next" else whole_number(request.form.get("days", "").strip()) or 0
    )
    if days is not None and not 1 <= days <= MAX_DAYS:
        return _refused(row, Invalid(f"请填写 1 至 {MAX_DAYS} 天。", f"Give 1 to {MAX_DAYS} days."))
    return _act(row, lambda: Wait(days))


@blueprint.post("/drafts/<int:draft_id>/try/<int:run_id>/message")
@permission("studio.try")
def send_trial_message(draft_id: int, run_id: int) -> Any:
    """Deliver a message by hand to whatever waits for it."""
    form = request.form
    return _act(
        _run(draft_id, run_id),
        lambda: Delivery(
            form.get("message", ""), form.get("key", ""), trial.read_object(form.get("payload", ""))
        ),
    )


@blueprint.post("/drafts/<int:draft_id>/try/<int:run_id>/answer")
@permission("studio.try")
def change_trial_answer(draft_id: int, run_id: int) -> Any:
    """Let a service answer something else, and go the same way again."""
    row, form = _run(draft_id, run_id), request.form
    try:
        error = form.get("error", "").strip()[:100]
        given = Answer(error=error) if error else Answer(trial.read_json(form.get("result", "") or "null"))
        lost = trial.answer(context(), row, _revision(), form.get("call", ""), given)
    except Invalid as error_:
        return _refused(row, error_)
    if lost:
        flash(_("结果已修改；后面的 %(n)s 步不再适用，已撤回。", n=lost), "warning")
    else:
        flash(_("结果已修改，后面的步骤已重新执行。"), "success")
    return _to(row)


@blueprint.post("/drafts/<int:draft_id>/try/<int:run_id>/undo")
@permission("studio.try")
def undo_trial_step(draft_id: int, run_id: int) -> Any:
    row = _run(draft_id, run_id)
    trial.undo(context(), row, _revision())
    return _to(row)


@blueprint.post("/drafts/<int:draft_id>/try/<int:run_id>/remove")
@permission("studio.try")
def remove_trial(draft_id: int, run_id: int) -> Any:
    trial.remove(context(), _run(draft_id, run_id))
    flash(_("试运行已删除。"), "success")
    return redirect(url_for("studio.trials", draft_id=draft_id))


@blueprint.post("/drafts/<int:draft_id>/try/<int:run_id>/keep")
@permission("studio.edit")
def keep_trial(draft_id: int, run_id: int) -> Any:
    """Write the trial into the draft as a test."""
    row = _run(draft_id, run_id)
    try:
        trial.keep_as_test(context(), row, request.form.get("title", ""))
    except Invalid as error:
        return _refused(row, error)
    flash(_("已保存为测试。以后每次检查和发布前都会运行。"), "success")
    return redirect(url_for("studio.kept_tests", draft_id=draft_id))


def _act(row: TrialRun, act: Callable[[], Wait | Delivery]) -> Any:
    try:
        trial.act(context(), row, _revision(), act())
    except Invalid as error:
        return _refused(row, error)
    return _to(row)


def _refused(row: TrialRun, error: Invalid) -> tuple[str, int]:
    """The page of the trial again, with what was wrong."""
    return _run_page(row, service_message(error)), 422


def _run(draft_id: int, run_id: int, *, locked: bool = True) -> TrialRun:
    return trial.find(context(), drafts.find_draft(context(), draft_id), run_id, locked=locked)


def _revision() -> int:
    found = whole_number(request.form.get("revision", ""))
    if found is None:
        raise NotFound
    return found


def _to(row: TrialRun) -> Any:
    return redirect(url_for("studio.show_trial", draft_id=row.draft_id, run_id=row.id))


def _instant(text: str) -> datetime:
    """A moment in Beijing time as browsers send it. Raises Invalid."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise Invalid(
            "开始时间有误，如 2026-03-02 10:00。", "The time is wrong; such as 2026-03-02 10:00."
        ) from error
    if not 2000 <= found.year <= 2099:
        raise Invalid("开始时间应在 2000 至 2099 年之间。", "The time must be between 2000 and 2099.")
    local = found if found.tzinfo is not None else found.replace(tzinfo=OFFICE_ZONE)
    return datetime.fromisoformat(local.isoformat())  # a fixed offset: the script names no zone
