"""For machines: is the application alive, can it reach its database, and is that of its own version."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, jsonify
from sqlalchemy import text

from app import schema
from app.services.access import PUBLIC
from app.web.guards import context, permission

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@permission(PUBLIC)
def check() -> Response | tuple[Response, int]:
    context().session.execute(text("SELECT 1"))
    app: Any = current_app
    found = schema.find_mismatch(app.database.engine)
    if found is None:
        return jsonify(status="ok")
    return jsonify(status="schema", database=found.found, program=found.wanted, reason=str(found)), 503
