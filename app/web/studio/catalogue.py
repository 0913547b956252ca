"""The catalogue: policies, processes and versions of what is in force, was, or will be."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import select

from app.engine.diagram import render_svg
from app.engine.diagram.planes import list_planes
from app.models.repository import ProcessDefinition
from app.models.runtime import ProcessInstance
from app.services import repository
from app.services.errors import NotFound
from app.services.studio import base, catalogue, release
from app.services.studio.file_names import names_of
from app.web.form_pages import language
from app.web.guards import context, permission
from app.web.language import is_english
from app.web.numbers import whole_number
from app.web.studio.desk import attachment, blueprint


@blueprint.get("/")
@permission("studio.read")
def definitions() -> str:
    session = context().session
    active = repository.active_deployment(session)
    return render_template(
        "studio/definitions.html",
        active=active,
        policies=catalogue.list_policies(session, active.id) if active else (),
        files=catalogue.files_of(session, active.id) if active else {},
        definitions=repository.list_current(session),
        counts=catalogue.count_cases(session, ProcessInstance.status == "active"),
        versions=catalogue.list_versions(session),
        waiting=repository.waiting_release(session),
        drafts=catalogue.count_drafts(session),
    )


@blueprint.get("/processes/<key>")
@permission("studio.read")
def process(key: str) -> str:
    session = context().session
    versions = repository.list_versions(session, key)
    if not versions:
        raise NotFound
    wanted = whole_number(request.args.get("version", ""))
    shown = next((row for row in versions if row.version == wanted), versions[0])
    definition = repository.definition_of(session, shown)
    planes = list_planes(definition.diagram_xml(key), key, language())
    chosen = request.args.get("of", key)
    if chosen not in {plane.id for plane in planes}:
        raise NotFound
    name = definition.name_en if is_english() and definition.name_en else definition.name
    drawn = render_svg(definition.diagram_xml(key), {}, process_id=chosen, title=name, language=language())
    svg = Markup(drawn)  # noqa: S704  escaped there
    running = catalogue.count_cases(session, ProcessInstance.status == "active")
    return render_template("studio/process.html", versions=versions, shown=shown, svg=svg, running=running,
                           counts=catalogue.count_cases(session), planes=planes, chosen=chosen)  # fmt: skip


@blueprint.get("/processes/<key>/<int:version>/source")
@permission("studio.read")
def source(key: str, version: int) -> Response:
    row = _version(key, version)
    data = repository.deployment_file(context().session, row.deployment_id, f"bpmn/{key}.bpmn")
    return attachment(data, f"{key}-v{version}.bpmn")


@blueprint.post("/processes/<key>/suspend")
@permission("studio.deploy")
def suspend(key: str) -> Any:
    """Stop or allow new instances; running ones go on."""
    row = repository.suspend_process(context(), key, is_suspended=request.form.get("suspended") == "1")
    flash(_("已暂停启动新案件。") if row.is_suspended else _("已恢复启动新案件。"), "success")
    return redirect(url_for("studio.process", key=key))


@blueprint.get("/versions/<int:deployment_id>/")
@permission("studio.read")
def version(deployment_id: int) -> str:
    session = context().session
    shown = repository.find_deployment(session, deployment_id)
    before = catalogue.previous_of(session, shown)
    hashes = base.hashes_of(session, shown.id)
    return render_template(
        "studio/version.html",
        shown=shown,
        state=catalogue.state_of(shown, repository.active_deployment(session)),
        before=before,
        case=release.case_of(session, shown.id),
        changes=base.changes_between(base.hashes_of(session, before.id), hashes) if before else {},
        files=catalogue.files_of(session, shown.id),
        titles=names_of(repository.deployment_files(session, shown.id), english=is_english()),
        policies=catalogue.list_policies(session, shown.id),
        definitions=catalogue.definitions_of(session, shown.id),
        running=catalogue.count_cases(session, ProcessInstance.status == "active"),
        counts=catalogue.count_cases(session),
    )


@blueprint.get("/versions/<int:deployment_id>/files/<path:path>")
@permission("studio.read")
def version_file(deployment_id: int, path: str) -> Response:
    data = repository.deployment_file(context().session, deployment_id, path)
    return attachment(data, path.rpartition("/")[2])


@blueprint.post("/versions/<int:deployment_id>/withdraw")
@permission("studio.deploy")
def withdraw_release(deployment_id: int) -> Any:
    """Take a release back before its date."""
    release.withdraw(context(), deployment_id)
    flash(_("第 %(n)s 号发布已撤回，现行版本继续适用。", n=deployment_id), "success")
    return redirect(url_for("studio.version", deployment_id=deployment_id))


def _version(key: str, version: int) -> ProcessDefinition:
    query = select(ProcessDefinition).where(
        ProcessDefinition.key == key, ProcessDefinition.version == version
    )
    row = context().session.scalar(query)
    if row is None:
        raise NotFound
    return row
