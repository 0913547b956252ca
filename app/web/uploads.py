"""Uploads in pieces, for scripts: JSON in the reader's language. Without scripts files travel with their form."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Blueprint, g, jsonify, request, url_for

from app.models.files import Upload
from app.services import scanning, uploads
from app.services.errors import Invalid, NotFound, ServiceError
from app.services.files import FileRefused
from app.web.errors import STATUS, service_message
from app.web.form_pages import attachment_url
from app.web.forms.shown import show_size
from app.web.guards import context, permission

blueprint = Blueprint("uploads", __name__)
Answer = tuple[Any, int]


def answers_json(view: Callable[..., Answer]) -> Callable[..., Answer]:
    """Refusals as JSON with the message; nothing of a refused request is kept."""

    @wraps(view)
    def answer(*args: Any, **values: Any) -> Answer:
        try:
            return view(*args, **values)
        except ServiceError as error:
            g.unit.session.rollback()
            status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 422)
            told: dict[str, Any] = {"error": service_message(error)}
            if isinstance(error, uploads.PieceMisplaced):
                told["received"] = error.received
            return jsonify(told), status

    return answer


@blueprint.post("/tasks/<int:task_id>/uploads")
@permission("inbox.use")
@answers_json
def begin(task_id: int) -> Answer:
    """Begin an upload, or go on with the unfinished one of the same file."""
    sent = request.form
    upload = uploads.begin(
        context(),
        task_id,
        sent.get("field", "")[:300],
        sent.get("name", ""),
        _number(sent.get("size", "")),
        sent.get("fingerprint", ""),
    )
    return jsonify(_described(upload)), 201


@blueprint.get("/uploads/<upload_id>")
@permission("inbox.use")
@answers_json
def show(upload_id: str) -> Answer:
    """How far an upload is."""
    return jsonify(_described(uploads.own(context(), upload_id))), 200


@blueprint.post("/uploads/<upload_id>")
@permission("inbox.use")
@answers_json
def add(upload_id: str) -> Answer:
    """The next piece, as a file of a form so that the whole body is read before anything is locked."""
    piece = request.files.get("piece")
    if piece is None:
        raise Invalid("没有收到数据。", "No data arrived.")
    data = piece.stream.read(uploads.PIECE + 1)
    offset, sha256 = _number(request.form.get("offset", "")), request.form.get("sha256", "")
    try:
        upload = uploads.add_piece(context(), upload_id, offset, data, sha256)
    except FileRefused as error:
        g.unit.session.rollback()
        uploads.cancel(context(), upload_id)  # this is kept: the same file would be refused again
        return jsonify({"error": service_message(error), "refused": True}), 422
    return jsonify(_described(upload)), 200


@blueprint.post("/uploads/<upload_id>/cancel")
@permission("inbox.use")
@answers_json
def cancel(upload_id: str) -> Answer:
    uploads.cancel(context(), upload_id)
    return jsonify({}), 200


def file_state(attachment_id: str) -> str:
    """`pending` or `quarantined` while a file may not be had because of the virus scan, else nothing."""
    found = context()
    if not found.settings.clamd or not attachment_id.isdigit():
        return ""
    return scanning.state_of(found.session, int(attachment_id))


def _described(upload: Upload) -> dict[str, Any]:
    found = context()
    told: dict[str, Any] = {
        "url": url_for("uploads.add", upload_id=upload.id),
        "received": upload.received,
        "size": upload.size,
        "piece": uploads.PIECE,
    }
    attachment = uploads.attachment_of(found, upload)
    if attachment is not None:
        state = scanning.states_of(found.session, [attachment.sha256]).get(attachment.sha256, "")
        told["attachment"] = {
            "id": str(attachment.id),
            "name": attachment.name,
            "size": show_size(attachment.size),
            "sha256": attachment.sha256,
            "url": attachment_url(str(attachment.id)),
            "state": state,
        }
    return told


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise NotFound
    return int(text)
