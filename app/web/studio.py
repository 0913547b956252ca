"""Process administration: definitions, versions, diagrams, parameters, and deploying changed files."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Any

import orjson
from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import func, select
from werkzeug.datastructures import FileStorage

from app.engine.diagram import render_svg
from app.engine.diagram.planes import list_planes
from app.models.repository import Deployment, ProcessDefinition
from app.models.runtime import ProcessInstance
from app.services import policy, repository
from app.services.errors import Invalid, NotDeployable, NotFound
from app.web.guards import context, permission, signed_in

blueprint = Blueprint("studio", __name__, url_prefix="/studio")
MAX_FILES = 50
_KEY = re.compile(r"[a-z][a-z0-9_]*")
FOLDER_OF = {".bpmn": "bpmn", ".dmn": "bpmn", ".typ": "letters"}


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


@blueprint.get("/deploy")
@permission("studio.deploy")
def deploy() -> str:
    return render_template("studio/deploy.html", problems=(), note="")


@blueprint.post("/deploy")
@permission("studio.deploy")
def deploy_submit() -> Any:
    """Check the uploaded files with everything in force; deploy all of them or nothing."""
    note = request.form.get("note", "").strip()
    try:
        files = _uploaded(request.files.getlist("files"))
        deployed = repository.deploy_upload(context(), files, note)
    except NotDeployable as error:
        return render_template("studio/deploy.html", problems=error.problems, note=note, has_errors=True), 422
    names = "、".join(f"{row.name} v{row.version}" for row in deployed.definitions) or _("没有流程变化")
    flash(_("部署成功：%(names)s。运行中的案件保持原版本。", names=names), "success")
    return redirect(url_for("studio.definitions"))


@blueprint.get("/parameters")
@permission("studio.read")
def parameters() -> str:
    deployment_id, policies = _policies()
    values = policy.parameters_of(context().session, deployment_id)
    return render_template("studio/parameters.html", policies=policies, values=values,
                           unset=set(policy.unset_parameters(policies, values)))  # fmt: skip


@blueprint.post("/parameters/<key>")
@permission("studio.deploy")
def set_parameter(key: str) -> Any:
    deployment_id, _policies_found = _policies()
    try:
        value = orjson.loads(request.form.get("value", ""))
    except orjson.JSONDecodeError as error:
        raise Invalid(
            f"参数 {key} 的值不是有效的 JSON：{error}", f"The value of {key} is not valid JSON."
        ) from error
    policy.set_parameter(context(), deployment_id, key, value, signed_in())
    flash(_("参数 %(key)s 已更新，新启动的案件适用。", key=key), "success")
    return redirect(url_for("studio.parameters"))


def _counts(*conditions: Any) -> dict[int, int]:
    """Cases by definition."""
    query = select(ProcessInstance.definition_id, func.count()).where(*conditions)
    return {key: n for key, n in context().session.execute(query.group_by(ProcessInstance.definition_id))}


def _policies() -> tuple[int, dict[str, dict[str, Any]]]:
    session = context().session
    latest = session.scalar(select(Deployment.id).order_by(Deployment.id.desc()).limit(1))
    if latest is None:
        raise NotFound
    return latest, policy.policies_of(session, latest)


def _version(key: str, version: int) -> ProcessDefinition:
    query = select(ProcessDefinition).where(
        ProcessDefinition.key == key, ProcessDefinition.version == version
    )
    row = context().session.scalar(query)
    if row is None:
        raise NotFound
    return row


def _uploaded(uploads: list[FileStorage]) -> dict[str, bytes]:
    """Files by their place in a bundle; forms carry their folder in their name as `process__form.json`."""
    chosen = [upload for upload in uploads if upload.filename]
    if not chosen or len(chosen) > MAX_FILES:
        raise Invalid(f"请选择 1 至 {MAX_FILES} 个文件。", f"Choose 1 to {MAX_FILES} files.")
    files = {}
    for upload in chosen:
        name = PurePosixPath((upload.filename or "").replace("\\", "/")).name
        path = PurePosixPath(name)
        if path.suffix == ".json" and path.stem.count("__") == 1:
            process, form = path.stem.split("__")
            if not (_KEY.fullmatch(process) and _KEY.fullmatch(form)):
                raise Invalid(f"不能部署文件 {name}。", f"The file {name} cannot be deployed.")
            files[f"forms/{process}/{form}.json"] = upload.read()
        elif path.suffix in FOLDER_OF:
            files[f"{FOLDER_OF[path.suffix]}/{name}"] = upload.read()
        else:
            raise Invalid(f"不能部署文件 {name}。", f"The file {name} cannot be deployed.")
    return files
