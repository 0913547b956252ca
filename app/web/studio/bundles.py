"""Bundles through the browser: upload changed files."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from app.services import repository
from app.services.errors import Invalid, NotDeployable
from app.web.guards import context, permission
from app.web.studio.desk import blueprint

MAX_FILES = 50
_KEY = re.compile(r"[a-z][a-z0-9_]*")
FOLDER_OF = {".bpmn": "bpmn", ".dmn": "bpmn", ".typ": "letters"}


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
