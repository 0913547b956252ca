"""The catalogue: processes with their versions and diagrams."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import func, select

from app.engine.diagram import render_svg
from app.engine.diagram.planes import list_planes
from app.models.repository import Deployment, ProcessDefinition
from app.models.runtime import ProcessInstance
from app.services import repository
from app.services.errors import NotFound
from app.web.guards import context, permission
from app.web.studio.desk import blueprint


@blueprint.get("/")
@permission("studio.read")
def definitions() -> str:
    session = context().session
    counts = _counts(ProcessInstance.status == "active")
    deployments = session.scalars(select(Deployment).order_by(Deployment.id.desc()).limit(20)).all()
    return render_template("studio/definitions.html", definitions=repository.list_current(session), counts=counts,
                           deployments=deployments)  # fmt: skip


@blueprint.get("/processes/<key>")
@permission("studio.read")
def process(key: str) -> str:
    session = context().session
    versions = repository.list_versions(session, key)
    if not versions:
        raise NotFound
    wanted = request.args.get("version", type=int)
    shown = next((row for row in versions if row.version == wanted), versions[0])
    definition = repository.definition_of(session, shown)
    planes = list_planes(definition.diagram_xml(key), key)
    chosen = request.args.get("of", key)
    if chosen not in {plane.id for plane in planes}:
        raise NotFound
    svg = Markup(render_svg(definition.diagram_xml(key), {}, process_id=chosen, title=shown.name))  # noqa: S704  escaped there
    counts = _counts()
    return render_template("studio/process.html", versions=versions, shown=shown, svg=svg, counts=counts,
                           definition=definition, planes=planes, chosen=chosen)  # fmt: skip


@blueprint.get("/processes/<key>/<int:version>/source")
@permission("studio.read")
def source(key: str, version: int) -> Response:
    row = _version(key, version)
    data = repository.deployment_file(context().session, row.deployment_id, f"bpmn/{key}.bpmn")
    headers = {"Content-Disposition": f'attachment; filename="{key}-v{version}.bpmn"'}
    return Response(data, mimetype="application/xml", headers=headers)


@blueprint.post("/processes/<key>/suspend")
@permission("studio.deploy")
def suspend(key: str) -> Any:
    """Stop or allow new instances; running ones go on."""
    row = repository.suspend_process(context(), key, is_suspended=request.form.get("suspended") == "1")
    flash(_("已暂停启动新案件。") if row.is_suspended else _("已恢复启动新案件。"), "success")
    return redirect(url_for("studio.process", key=key))


def _counts(*conditions: Any) -> dict[int, int]:
    """Cases by definition."""
    query = select(ProcessInstance.definition_id, func.count()).where(*conditions)
    return {key: n for key, n in context().session.execute(query.group_by(ProcessInstance.definition_id))}


def _version(key: str, version: int) -> ProcessDefinition:
    query = select(ProcessDefinition).where(
        ProcessDefinition.key == key, ProcessDefinition.version == version
    )
    row = context().session.scalar(query)
    if row is None:
        raise NotFound
    return row
