"""Forms on our pages: a task's form, a public form, and stored values to be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from secrets import token_urlsafe
from typing import Any

from flask import g, request, session, url_for
from werkzeug.datastructures import FileStorage

from app.engine.form import Form, Language
from app.engine.form.model import CHOICE_TYPES, Limits
from app.models.runtime import ProcessInstance, UserTask
from app.services import access, attachments, cases, files, outside, runtime
from app.services.context import Context
from app.services.task import Work
from app.services.task_operations import acting
from app.web import draft_forms
from app.web.forms import BoundForm, Node, ShownForm, UploadRefused, build_form, show_form
from app.web.forms.shown import Shown
from app.web.language import is_english

ROWS_OF_A_TABLE = 3
PLAIN = frozenset({"value_line", "figure"})


def task_form(
    work: Work,
    context: Context,
    *,
    sent: bool = False,
    draft: Mapping[str, Any] | None = None,
    keeps_files: bool = True,
) -> BoundForm:
    """The form of an open task, from its stored values and draft, or from the request when it was sent."""
    task = work.task
    owner = context.ticket or (context.actor.principal if context.actor else "")
    form = build_form(
        work.form,
        work.variables,
        context.environment().scope,
        language(),
        work.draft.data if work.draft else draft,
        stored=work.values,
        formdata=request.form if sent else None,
        uploads=request.files if sent and keeps_files else None,
        files=_files_of(work, context),
        attachment_url=attachment_url,
        save_file=_saver(context, owner, task.instance_id) if sent and keeps_files else None,
    )
    outside.settle(context.session)
    form.owner = owner
    if not sent:
        return draft_forms.show_draft(form, work)
    form.base = request.form.get("base", "")
    return form


def public_form(form: Form, variables: Mapping[str, Any], context: Context, *, sent: bool) -> BoundForm:
    """A form for a visitor; files are kept under a name that only this visitor's session knows."""
    owner = _visitor()
    found = build_form(
        form,
        variables,
        context.environment().scope,
        language(),
        formdata=request.form if sent else None,
        uploads=request.files if sent else None,
        files=attachments.of_owner(context.session, owner),
        save_file=_saver(context, owner, None) if sent else None,
    )
    outside.settle(context.session)
    return found


def submitted_form(
    instance: ProcessInstance,
    task: UserTask,
    context: Context,
    link: Callable[[str], str | None] | None = None,
) -> ShownForm:
    """What was handed in with a completed task, to be read: masked unless the reader has to do with the case.

    `link` says where the name of a file leads, if not to its download.
    """
    form = cases.form_of(context.session, instance, task)
    variables = _variables_of(instance, context) if task.process_key == instance.process_key else {}
    if acting.has_ballot(task):
        variables = {**variables, "ballot": {**(task.data or {}), "is_closed": True}}
    shown = show_form(
        form,
        task.data or {},
        language(),
        variables,
        context.environment().scope,
        reveal=may_reveal(instance, context),
        attachment_url=link or attachment_url,
    )
    nodes = [node for node in shown.nodes if not (_is_empty(node) or _speaks_of_others(node, variables))]
    for node in _flat(nodes):
        _align_rows(node)
    return ShownForm(shown.language, nodes)


def labels_of_choices(form: Form, values: Mapping[str, Any], context: Context) -> dict[str, str]:
    """What people read for the chosen values of a form, by key."""
    shown = show_form(form, values, language(), {}, context.environment().scope)
    return {".".join(node.component.key): str(node.shown.text) for node in _flat(shown.nodes)
            if node.component.type in CHOICE_TYPES}  # fmt: skip


def attachment_url(attachment_id: str) -> str | None:
    """Where an attachment can be had."""
    return url_for("cases.attachment", attachment_id=int(attachment_id)) if attachment_id.isdigit() else None


def known_files(form: BoundForm) -> dict[str, Mapping[str, Any]]:
    """Attachments that the values of a sent form may refer to, by id."""
    return {**form.situation.files, **form.new_files}


def _files_of(work: Work, context: Context) -> dict[str, Mapping[str, Any]]:
    if not any(component.type == "filepicker" for component in work.form.walk()):
        return {}
    return attachments.referable(context, work.instance)


def _flat(nodes: Iterable[Node]) -> Iterator[Node]:
    for node in nodes:
        yield node
        yield from _flat(node.children)


def _align_rows(node: Node) -> None:
    """Read many rows of plain values as a table, whatever they were entered as; hidden cells stay empty."""
    cells = [cell for row in node.rows for cell in row.nodes]
    if node.as_table or len(node.rows) < ROWS_OF_A_TABLE or any(cell.kind not in PLAIN for cell in cells):
        return
    columns = {cell.component.id: cell for cell in cells}
    places = {child.id: place for place, child in enumerate(node.component.children)}
    node.columns = [replace(columns[key]) for key in sorted(columns, key=lambda key: places.get(key, 0))]
    for row in node.rows:
        there = {cell.component.id: cell for cell in row.nodes}
        row.nodes[:] = [
            there.get(column.component.id) or replace(column, shown=Shown()) for column in node.columns
        ]
    node.as_table = True


def _is_empty(node: Node) -> bool:
    return (node.kind == "table" and not node.cells) or (
        node.kind == "documentPreview" and not node.shown.files
    )


def _speaks_of_others(node: Node, variables: Mapping[str, Any]) -> bool:
    """Whether a text needs variables that are gone; it would have holes."""
    body = node.component.body
    return (
        node.component.type in ("text", "html")
        and not variables
        and body is not None
        and bool(body.zh.expressions)
    )


def _variables_of(instance: ProcessInstance, context: Context) -> dict[str, Any]:
    """The variables of a case as they are now, read once for each page."""
    known: dict[int, dict[str, Any]] = g.setdefault("variables_of_cases", {})
    if instance.id not in known:
        known[instance.id] = runtime.load_instance(context, instance).variables
    return known[instance.id]


def may_reveal(instance: ProcessInstance, context: Context) -> bool:
    """Whether the reader sees masked values of a case in full."""
    user = context.actor
    if user is None:
        return False
    is_member = any(membership.org_id == instance.org_id for membership in user.memberships)
    return is_member or access.touches(context.session, user, instance)


def language() -> Language:
    """The language of this page."""
    return "en" if is_english() else "zh"


def _visitor() -> str:
    if "visitor" not in session:
        session["visitor"] = token_urlsafe(16)
    return f"visitor:{session['visitor']}"


def _saver(
    context: Context, owner: str, instance_id: int | None
) -> Callable[[FileStorage, Limits], Mapping[str, Any]]:
    def save(upload: FileStorage, limits: Limits) -> Mapping[str, Any]:
        try:
            kept = attachments.take(
                context,
                upload.stream,
                upload.filename or "",
                owner,
                instance_id=instance_id,
                limit=limits.max_size,
                archives=".zip" in limits.extensions,
            )
        except files.FileRefused as error:
            raise UploadRefused(error.message, error.message_en) from error
        return attachments.reference(kept)

    return save
