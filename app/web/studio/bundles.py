"""Bundles through the browser: download a version or a draft, upload files or a bundle into a draft."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from app.services import repository
from app.services.errors import Invalid, NotSavable
from app.services.studio import bundles, drafts, uploads
from app.web.errors import service_message
from app.web.guards import context, permission
from app.web.numbers import whole_number
from app.web.studio.desk import attachment, blueprint


@blueprint.get("/versions/<int:deployment_id>/bundle")
@permission("studio.read")
def version_bundle(deployment_id: int) -> Response:
    session = context().session
    found = repository.find_deployment(session, deployment_id)
    files = repository.deployment_files(session, found.id)
    return attachment(bundles.pack_deployment(found, files), f"bundle-{found.id}.zip")


@blueprint.get("/drafts/<int:draft_id>/bundle")
@permission("studio.read")
def draft_bundle(draft_id: int) -> Response:
    draft = drafts.find_draft(context(), draft_id)
    data = bundles.pack(drafts.draft_files(context(), draft), title=draft.title, created_at=draft.created_at)
    return attachment(data, f"draft-{draft.id}.zip")


@blueprint.get("/deploy")
@permission("studio.edit")
def deploy() -> str:
    chosen = whole_number(request.args.get("draft", ""))
    draft = drafts.find_draft(context(), chosen) if chosen else None
    return render_template("studio/deploy.html", problems=(), message="", title="", draft=draft)


@blueprint.post("/deploy")
@permission("studio.edit")
def deploy_submit() -> Any:
    """Put the uploaded files into a draft, all or none; what is in force stays as it is."""
    title = request.form.get("title", "").strip()
    chosen = whole_number(request.form.get("draft", ""))
    draft = drafts.find_draft(context(), chosen) if chosen else None
    try:
        target = draft or drafts.take_draft(context(), None, title)
        changed = uploads.upload(context(), target, _uploaded(request.files.getlist("files")))
    except Invalid as error:
        context().session.rollback()
        problems = error.problems if isinstance(error, NotSavable) else ()
        return render_template("studio/deploy.html", problems=problems, message=service_message(error), title=title,
                               draft=draft, has_errors=True), 422  # fmt: skip
    flash(_("已存入草稿，%(n)s 个文件有变化。现行版本不受影响。", n=len(changed)), "success")
    return redirect(url_for("studio.draft", draft_id=target.id, checked=1))


def _uploaded(found: list[FileStorage]) -> list[tuple[str, bytes]]:
    """Names and bytes; of a file too large one byte more than allowed."""
    return [
        (upload.filename, upload.stream.read(bundles.MAX_BUNDLE_BYTES + 1))
        for upload in found
        if upload.filename
    ]
