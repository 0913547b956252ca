"""Submitting a draft for release: what it changes, what the check says, a note; then a case decides."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.services.errors import Invalid, NotDeployable, NotFound
from app.services.studio import base, checks, drafts, release
from app.web.errors import service_message
from app.web.guards import context, permission
from app.web.studio.desk import blueprint


@blueprint.get("/drafts/<int:draft_id>/release")
@permission("studio.edit")
def release_draft(draft_id: int) -> str:
    return _page(draft_id)


@blueprint.post("/drafts/<int:draft_id>/release")
@permission("studio.edit")
def release_draft_submit(draft_id: int) -> Any:
    """Submit; a second click finds the draft submitted and is told so."""
    note = request.form.get("note", "")
    try:
        case = release.submit(context(), drafts.find_draft(context(), draft_id), note)
    except (Invalid, NotDeployable) as error:
        context().session.rollback()
        return _page(draft_id, note, service_message(error)), 422
    flash(_("已送审，案件编号 %(no)s。草稿在审核期间不能修改。", no=case.number), "success")
    return redirect(url_for("studio.draft", draft_id=draft_id))


def _page(draft_id: int, note: str = "", error: str = "") -> str:
    draft, session = drafts.find_draft(context(), draft_id), context().session
    if draft.state != "editing":
        raise NotFound
    return render_template(
        "studio/release.html",
        draft=draft,
        note=note,
        error=error,
        has_errors=bool(error),
        changes=release.changed_in_force(session, draft),
        moved=base.moved_files(session, draft),
        found=checks.check(context(), drafts.draft_files(context(), draft)),
        case=release.open_case(session, draft),
    )
