"""The forms of tasks as JSON: read, save, hand in, by the same rules as the page; and the saving of drafts by scripts.

Sessions and tokens are the page's (`X-CSRFToken`). Every refusal is `{error, message, errors?}` with its status.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, get_template_attribute, jsonify, request, url_for
from flask_wtf.csrf import CSRFError, generate_csrf
from werkzeug.exceptions import HTTPException

from app.engine.feel import to_json
from app.engine.form import Message, Path, State
from app.models.identity import User
from app.services import drafts, task
from app.services.context import Context
from app.services.errors import Invalid, ServiceError, TaskEnded
from app.services.task import Work
from app.web import draft_forms
from app.web.errors import STATUS, service_message
from app.web.form_pages import language, task_form
from app.web.guards import context, permission
from app.web.numbers import whole_number
from app.web.times import seconds

blueprint = Blueprint("api", __name__, url_prefix="/api")


@blueprint.get("/tasks/<int:task_id>")
@permission("inbox.use")
def read_task(task_id: int) -> Response:
    """The form of an open task: its fields as they stand, the values, the draft and its revision."""
    found = context()
    work = task.open_task(found, task_id)
    form = task_form(work, found)
    return jsonify(
        task={
            "id": task_id,
            "element": work.task.element_id,
            "name": work.task.name,
            "case": work.instance.number,
        },
        fields=[_field(state) for state in form.accepted.states if not state.hidden],
        values=to_json(work.values),
        draft=work.draft.data if work.draft else None,
        revision=work.draft.revision if work.draft else 0,
        missing=[list(path) for path in form.accepted.missing],
        csrf_token=generate_csrf(),
    )


@blueprint.post("/tasks/<int:task_id>")
@permission("inbox.use")
def complete_task(task_id: int) -> Any:
    """Hand in `{data, key}`, or with `action: save` keep `{data, revision}` as a draft, merged with others'."""
    found, sent = context(), request.get_json(silent=True)
    data = sent.get("data") if isinstance(sent, Mapping) else None
    if not isinstance(sent, Mapping) or not isinstance(data, Mapping):
        raise Invalid("请求应为 JSON：{data, key}。", "Send JSON: {data, key}.")
    if sent.get("action") == "save":
        return _save_data(found, task_id, data, sent.get("revision"))
    key = sent.get("key")
    if not isinstance(key, str) or not 8 <= len(key) <= 64:
        raise Invalid("请给出 8 至 64 字的 key。", "Give a key of 8 to 64 characters.")
    work = task.begin_task(found, task_id, key)
    if isinstance(work, str):
        return jsonify(result=work)
    known = task_form(work, found).situation.files
    return jsonify(
        result=task.finish_task(
            found, work, data, key=key, result_url=url_for("inbox.after", task_id=task_id), files=known
        )
    )


@blueprint.get("/tasks/<int:task_id>/draft")
@permission("inbox.use")
def read_draft(task_id: int) -> Any:
    """What others saved since the revision `since`: nothing, or the form as it is now."""
    found = context()
    since = whole_number(request.args.get("since", "")) or 0
    newest = drafts.newest_revision(found, task_id)
    if newest <= since:
        return jsonify(base=str(newest))
    work = task.open_task(found, task_id)
    return jsonify(**_told(found, work), html=_html(work, found))


@blueprint.post("/tasks/<int:task_id>/draft")
@permission("inbox.use")
def save_draft(task_id: int) -> Any:
    """Keep what a page holds, sent as its form; `redraw` asks for the form in any case.

    Answers `base`, what the page is based on once it shows `html`, if there is any; 409 when somebody else had
    filled in a field differently: both values are kept and shown at the field.
    """
    found = context()
    work = task.open_task(found, task_id)
    form = task_form(work, found, sent=True)
    work, saved = draft_forms.keep(found, work, form)
    told = _told(found, work)
    if saved.differs or request.form.get("redraw"):
        told["html"] = _html(work, found)
    return jsonify(**told), 409 if saved.disputed else 200


def _save_data(found: Context, task_id: int, data: Mapping[str, Any], revision: Any) -> Any:
    work = task.open_task(found, task_id)
    base = drafts.Base(revision) if isinstance(revision, int) and revision >= 0 else None
    initial = draft_forms.initial_of(work, found)
    saved = drafts.save_draft(found, task_id, data, base=base, initial=initial)
    body = jsonify(revision=saved.draft.revision, draft=saved.draft.data, conflicts=saved.draft.conflicts)
    return body, 409 if saved.disputed else 200


def _told(found: Context, work: Work) -> dict[str, Any]:
    draft = work.draft
    revision = draft.revision if draft else 0
    by = found.session.get(User, draft.saved_by_id) if draft and draft.saved_by_id else None
    return {
        "base": str(revision),
        "saved": seconds(draft.saved_at) if draft else "",
        "by": by.name if by and by is not found.actor else "",
    }


def _html(work: Work, found: Context) -> str:
    return str(get_template_attribute("_macros/fields.html", "render_form")(task_form(work, found)))


def _field(state: State) -> dict[str, Any]:
    component = state.component
    found: dict[str, Any] = {
        "id": component.id,
        "type": component.type,
        "path": list(state.path),
        "label": state.said(component.label, language()),
        "editable": component.is_input and state.editable,
    }
    if component.holds_value and component.type != "dynamiclist":
        found["value"] = to_json(state.value)
    if state.options:
        found["options"] = [
            {"value": to_json(o.value), "label": o.label.said(language())} for o in state.options
        ]
    inner = [state.states, *(row.states for row in state.rows)]
    shown = [[_field(one) for one in states if not one.hidden] for states in inner]
    if component.type == "group":
        found["fields"] = shown[0]
    elif component.type == "dynamiclist":
        found["rows"] = shown[1:]
    return found


@blueprint.errorhandler(ServiceError)
def _refused(error: ServiceError) -> Any:
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 400)
    body: dict[str, Any] = {"error": type(error).__name__, "message": service_message(error)}
    if isinstance(error, Invalid):
        body["errors"] = [_said(path, messages) for path, messages in error.errors.items()]
    return _answer(body, 410 if isinstance(error, TaskEnded) else status)


@blueprint.errorhandler(CSRFError)
def _token_wrong(error: CSRFError) -> Any:
    return _answer({"error": "csrf", "message": str(error.description)}, 400)


@blueprint.errorhandler(HTTPException)
def _http_error(error: HTTPException) -> Any:
    return _answer({"error": error.name, "message": str(error.description)}, error.code or 500)


def _answer(body: dict[str, Any], status: int) -> Any:
    context().session.rollback()
    return jsonify(body), status


def _said(path: Path, messages: list[Message]) -> dict[str, Any]:
    return {"path": list(path), "messages": [message.said(language()) for message in messages]}
