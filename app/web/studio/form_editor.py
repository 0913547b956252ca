"""The form editor: its page, findings and preview of the unsaved form, and fields by step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, flash, jsonify, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.engine.form import Component, Language
from app.engine.form.restriction import can_lock
from app.engine.lint import describe
from app.services.errors import Invalid, NotFound
from app.services.studio import drafts, form_editing
from app.services.studio.form_vocabulary import offered
from app.web.errors import service_message
from app.web.forms import BoundForm, build_form
from app.web.guards import context, only_reads, permission
from app.web.language import is_english
from app.web.numbers import whole_number
from app.web.studio.desk import answers_json, blueprint
from app.web.studio.editors import PREVIEW_CSP, editor_page, file_title, find_open_draft, sent, to_viewer

CHOICES = ("hidden", "readonly")


@blueprint.get("/drafts/<int:draft_id>/form/<path:key>")
@permission("studio.read")
def form_editor(draft_id: int, key: str) -> Any:
    draft, path = drafts.find_draft(context(), draft_id), form_editing.form_path(key)
    if elsewhere := to_viewer(draft, path):
        return elsewhere
    title = file_title(path, drafts.read_file(context(), draft, path).data)
    settings: dict[str, Any] = {
        "key": key,
        "findingsUrl": url_for("studio.form_findings", draft_id=draft.id, key=key),
        "vocabulary": offered(is_english()),
    }
    return editor_page("studio/form_editor.html", draft, path, settings, key=key, title=title)


@blueprint.post("/drafts/<int:draft_id>/form-findings/<path:key>")
@permission("studio.edit")
@only_reads
@answers_json
def form_findings(draft_id: int, key: str) -> Response:
    """Why the unsaved form cannot be served, component by component."""
    find_open_draft(draft_id)
    return jsonify(findings=[describe(p) for p in form_editing.problems_of_form(sent("text", str), key)])


@blueprint.post("/drafts/<int:draft_id>/form-preview/<path:key>")
@permission("studio.edit")
@only_reads
def preview_form(draft_id: int, key: str) -> Response:
    """The unsaved form as people will see it; its buttons and conditions work, nothing is kept."""
    draft = find_open_draft(draft_id)
    language: Language = "en" if request.form.get("language") == "en" else "zh"
    form, problem = None, ""
    try:
        form = _preview(draft_files=drafts.draft_files(context(), draft), key=key, language=language)
    except Invalid as error:
        problem = service_message(error)
    page = render_template("studio/form_preview.html", form=form, problem=problem, key=key, address=request.path,
                           form_language=language, sent=request.form)  # fmt: skip
    response = make_response(page)
    response.headers["Content-Security-Policy"] = PREVIEW_CSP
    return response


def _preview(draft_files: Mapping[str, bytes], key: str, language: Language) -> BoundForm:
    form = form_editing.read_form(request.form.get("schema", ""), key)
    variables = form_editing.sample_variables(draft_files, request.form.get("sample", ""))
    typed = request.form if request.form.get("typed") else None
    bound = build_form(form, variables, context().environment().scope, language, formdata=typed)
    if request.form.get("action") == "check":
        bound.validate()
    return bound


@blueprint.get("/drafts/<int:draft_id>/form-fields/<path:key>")
@permission("studio.edit")
def form_fields(draft_id: int, key: str) -> str:
    """Which field people may see and change at which step."""
    draft = find_open_draft(draft_id)
    matrix = form_editing.matrix_of(context(), draft, key)
    return render_template("studio/form_fields.html", draft=draft, key=key, matrix=matrix, can_lock=can_lock,
                           words_of=_words_of)  # fmt: skip


def _words_of(field: Component) -> str:
    """What an author calls a component: its label, else the beginning of its text."""
    phrase = field.label or field.body
    return phrase.template("en" if is_english() else "zh").source if phrase is not None else field.id


@blueprint.post("/drafts/<int:draft_id>/form-fields/<path:key>")
@permission("studio.edit")
def set_form_fields(draft_id: int, key: str) -> Any:
    draft = find_open_draft(draft_id)
    matrix = form_editing.matrix_of(context(), draft, key)
    chosen = {
        (step.process_id, step.element_id, field.id): value
        for step in matrix.steps
        for field in matrix.fields
        if (value := request.form.get(f"{step.process_id}:{step.element_id}:{field.id}")) in CHOICES
    }
    revisions = {
        path: found
        for path in matrix.revisions
        if (found := whole_number(request.form.get(f"revision:{path}", ""))) is not None
    }
    if not matrix.steps:
        raise NotFound
    changed = form_editing.set_access(context(), draft, matrix, chosen, revisions)
    flash(_("已保存，修改了 %(n)s 个流程图。", n=changed) if changed else _("没有变化。"), "success")
    return redirect(url_for("studio.form_fields", draft_id=draft.id, key=key))
