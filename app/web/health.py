"""For machines: is the application alive and can it reach its database."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from sqlalchemy import text

from app.services.access import PUBLIC
from app.web.guards import context, permission

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@permission(PUBLIC)
def check() -> Response:
    context().session.execute(text("SELECT 1"))
    return jsonify(status="ok")
