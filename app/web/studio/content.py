"""Parameters of the policies: those in force to read, those of a draft to change."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.models.studio import Draft
from app.services import policy, repository
from app.services.errors import EditConflict, Invalid, NotFound
from app.services.studio import drafts
from app.services.studio import parameters as draft_parameters
from app.web.errors import field_errors, service_message
from app.web.guards import context, permission
from app.web.numbers import whole_number
from app.web.studio.desk import blueprint


@blueprint.get("/parameters")
@permission("studio.read")
def parameters() -> str:
    """The values that new cases start with; they change by releasing a draft."""
    session = context().session
    active = repository.active_deployment(session)
    if active is None:
        raise NotFound
    policies = policy.policies_of(session, active.id)
    values = policy.parameters_of(session, active.id)
    return render_template("studio/parameters.html", policies=policies, values=values,
                           unset=set(policy.unset_parameters(policies, values)))  # fmt: skip


@blueprint.get("/drafts/<int:draft_id>/parameters")
@permission("studio.read")
def edit_parameters(draft_id: int) -> str:
    return _page(drafts.find_draft(context(), draft_id))


@blueprint.post("/drafts/<int:draft_id>/parameters")
@permission("studio.edit")
def change_parameters(draft_id: int) -> Any:
    """Set the parameters of one policy file, all or none; what was typed stays when something is wrong."""
    found, values = context(), request.form.to_dict()
    draft = drafts.find_draft(found, draft_id)
    revision = whole_number(values.get("revision", "")) or 0
    try:
        count = draft_parameters.change(found, draft, values.get("policy", ""), revision, values)
    except EditConflict as error:
        return _page(draft, values, {"": service_message(error)}), 409
    except Invalid as error:
        return _page(draft, values, field_errors(error) or {"": service_message(error)}), 422
    flash(_("已修改 %(count)s 项参数，随草稿发布后生效。", count=count), "success")
    return redirect(url_for("studio.edit_parameters", draft_id=draft_id))


def _page(draft: Draft, typed: dict[str, str] | None = None, errors: dict[str, str] | None = None) -> str:
    sheet = draft_parameters.parameters_of(context(), draft)
    return render_template("studio/draft_parameters.html", draft=draft, sheet=sheet, typed=typed or {},
                           errors=errors or {}, has_errors=bool(errors), shown=draft_parameters.shown,
                           may_write=draft.state == "editing")  # fmt: skip
