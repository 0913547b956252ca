"""Forms on our pages: a task's form, a public form, and stored values to be read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from secrets import token_urlsafe
from typing import Any

from flask import request, session
from werkzeug.datastructures import FileStorage

from app.engine.form import Form, Language
from app.services import attachments, files
from app.services.context import Context
from app.services.task import Work
from app.web.forms import BoundForm, ShownForm, UploadRefused, build_form, show_form
from app.web.language import is_english


def task_form(work: Work, context: Context, *, sent: bool = False) -> BoundForm:
    """The form of an open task, from its stored values and draft, or from the request when it was sent."""
    task = work.task
    owner = context.ticket or (context.actor.principal if context.actor else "")
    return build_form(
        work.form,
        work.variables,
        context.environment().scope,
        language(),
        work.draft.data if work.draft else None,
        stored=work.values,
        formdata=request.form if sent else None,
        uploads=request.files if sent else None,
        files=_files_of(work, context),
        save_file=_saver(context, owner, task.instance_id) if sent else None,
    )


def public_form(form: Form, variables: Mapping[str, Any], context: Context, *, sent: bool) -> BoundForm:
    """A form for a visitor; files are kept under a name that only this visitor's session knows."""
    owner = _visitor()
    return build_form(
        form,
        variables,
        context.environment().scope,
        language(),
        formdata=request.form if sent else None,
        uploads=request.files if sent else None,
        files=attachments.of_owner(context.session, owner),
        save_file=_saver(context, owner, None) if sent else None,
    )


def stored_form(form: Form, values: Mapping[str, Any], context: Context) -> ShownForm:
    """Values that were accepted, to be read."""
    return show_form(form, values, language(), {}, context.environment().scope)


def known_files(form: BoundForm) -> dict[str, Mapping[str, Any]]:
    """Attachments that the values of a sent form may refer to, by id."""
    return {**form.situation.files, **form.new_files}


def _files_of(work: Work, context: Context) -> dict[str, Mapping[str, Any]]:
    if not any(component.type == "filepicker" for component in work.form.walk()):
        return {}
    return attachments.of_instance(context.session, work.task.instance_id)


def language() -> Language:
    """The language of this page."""
    return "en" if is_english() else "zh"


def _visitor() -> str:
    if "visitor" not in session:
        session["visitor"] = token_urlsafe(16)
    return f"visitor:{session['visitor']}"


def _saver(
    context: Context, owner: str, instance_id: int | None
) -> Callable[[FileStorage], Mapping[str, Any]]:
    def save(upload: FileStorage) -> Mapping[str, Any]:
        try:
            kept = files.attach(
                context.session,
                context.settings.files_dir,
                upload.stream,  # type: ignore[arg-type]
                upload.filename or "",
                owner,
                context.now,
                instance_id=instance_id,
                uploaded_by_id=context.actor.id if context.actor else None,
            )
        except files.FileRefused as error:
            raise UploadRefused(error.message, error.message_en) from error
        return attachments.reference(kept)

    return save
