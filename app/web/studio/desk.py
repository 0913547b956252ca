"""The studio's blueprint, and how its views answer editors in JSON."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Blueprint, Response, g, jsonify

from app.engine.lint import describe
from app.services.errors import NotSavable, ServiceError
from app.web.errors import service_message, status_of

blueprint = Blueprint("studio", __name__, url_prefix="/studio")


def answers_json(view: Callable[..., Any]) -> Callable[..., Any]:
    """A view for editors: what is refused is `{"error": …}` with the refusal's status, and nothing is written."""

    @wraps(view)
    def answer(*args: Any, **values: Any) -> Any:
        try:
            return view(*args, **values)
        except ServiceError as error:
            g.unit.session.rollback()
            found: dict[str, Any] = {"error": service_message(error)}
            if isinstance(error, NotSavable):
                found["findings"] = [describe(problem) for problem in error.problems]
            return jsonify(found), status_of(error)

    return answer


def attachment(data: bytes, name: str) -> Response:
    """A download; nothing in it is ever shown as a page of ours."""
    quoted = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in name)
    headers = {"Content-Disposition": f'attachment; filename="{quoted}"', "X-Content-Type-Options": "nosniff"}
    return Response(data, mimetype="application/octet-stream", headers=headers)
