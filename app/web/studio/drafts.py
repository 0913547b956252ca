"""Drafts as pages: the list, taking one, its workspace."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for

from app.services.studio import drafts
from app.web.guards import context, permission
from app.web.studio.desk import blueprint


@blueprint.get("/drafts/")
@permission("studio.read")
def draft_list() -> str:
    session = context().session
    return render_template("studio/draft_list.html", drafts=drafts.list_drafts(session),
                           ended=drafts.list_drafts(session, ended=True), title="")  # fmt: skip


@blueprint.post("/drafts/")
@permission("studio.edit")
def take_draft() -> Any:
    """Begin a draft from a version, or from the one in force."""
    found = drafts.take_draft(
        context(), request.form.get("deployment", type=int), request.form.get("title", "")
    )
    return redirect(url_for("studio.draft", draft_id=found.id))


@blueprint.get("/drafts/<int:draft_id>/")
@permission("studio.read")
def draft(draft_id: int) -> str:
    found = drafts.find_draft(context(), draft_id)
    files = drafts.draft_files(context(), found)
    return render_template("studio/draft.html", draft=found, files=files,
                           changes=drafts.changed_files(context().session, found))  # fmt: skip
