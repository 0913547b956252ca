"""Files of a draft for the editors, as JSON: read, save against a revision, say who is editing."""

from __future__ import annotations

from typing import Any, TypeVar

from flask import Response, g, jsonify, request

from app.models.studio import Draft
from app.services.errors import EditConflict, Invalid
from app.services.studio import drafts
from app.services.studio.process_editing import refuse_losses
from app.web.errors import service_message
from app.web.guards import context, permission
from app.web.studio.desk import answers_json, blueprint

Value = TypeVar("Value", str, int)


@blueprint.get("/drafts/<int:draft_id>/files/<path:path>")
@permission("studio.read")
@answers_json
def draft_file(draft_id: int, path: str) -> Response:
    draft = drafts.find_draft(context(), draft_id)
    found = drafts.read_file(context(), draft, path)
    return jsonify(
        text=found.data.decode(errors="replace"),
        revision=found.revision,
        saved_at=_moment(found.saved_at),
        saved_by=found.saved_by,
        editors=_editors(draft, path),
    )


@blueprint.put("/drafts/<int:draft_id>/files/<path:path>")
@permission("studio.edit")
@answers_json
def save_draft_file(draft_id: int, path: str) -> Any:
    """Keep the text as a new revision, or answer with the one that was saved meanwhile."""
    draft = drafts.find_draft(context(), draft_id)
    text, revision = _body("text", str), _body("revision", int)
    try:
        data = text.encode()
    except UnicodeEncodeError as error:
        raise Invalid(
            "文本含有无法保存的字符。", "The text holds characters that cannot be stored."
        ) from error
    refuse_losses(context(), draft, path, data, _removed())
    try:
        saved = drafts.write_file(context(), draft, path, data, revision)
    except EditConflict as conflict:
        return _conflict(draft, path, conflict), 409
    return jsonify(revision=saved.revision, saved_at=_moment(saved.saved_at))


@blueprint.post("/drafts/<int:draft_id>/presence")
@permission("studio.edit")
@answers_json
def mark_presence(draft_id: int) -> Response:
    draft = drafts.find_draft(context(), draft_id)
    path = _body("path", str)
    drafts.mark_presence(context(), draft, path)
    return jsonify(editors=_editors(draft, path))


def _conflict(draft: Draft, path: str, conflict: EditConflict) -> Response:
    """What was saved meanwhile, so that the editor can show both; a removed file has no text."""
    g.unit.session.rollback()
    history = drafts.file_history(context(), draft, path)
    theirs = history[0].data if history else None
    return jsonify(
        error=service_message(conflict),
        name=conflict.name,
        at=_moment(conflict.at),
        revision=conflict.revision,
        text=None if theirs is None else theirs.decode(errors="replace"),
    )


def _editors(draft: Draft, path: str) -> list[dict[str, Any]]:
    found = drafts.editors_of(context(), draft)
    return [{"name": row.name, "seen_at": _moment(row.seen_at)} for row in found if row.path == path]


def _moment(at: Any) -> str | None:
    return at.isoformat() if at else None


def _removed() -> list[str]:
    """What the editor says its author took away on purpose."""
    body = request.get_json(silent=True)
    named = body.get("removed") if isinstance(body, dict) else None
    return [item for item in named if isinstance(item, str)] if isinstance(named, list) else []


def _body(name: str, kind: type[Value]) -> Value:
    """A value of the JSON body. Raises Invalid when it is missing or of another type."""
    body = request.get_json(silent=True)
    value = body.get(name) if isinstance(body, dict) else None
    if not isinstance(value, kind) or isinstance(value, bool):
        raise Invalid(f"请求缺少 {name}。", f"The request lacks {name}.")
    return value
