"""My organisations: who acts for them, invitations, roles, leaving."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.models.identity import Organisation
from app.services import invitations, outbox, throttle
from app.services.errors import Invalid
from app.web.errors import field_errors
from app.web.guards import context, permission, signed_in

blueprint = Blueprint("organisation", __name__, url_prefix="/organisations")


@blueprint.get("/")
@permission("apply.use")
def list_own() -> Any:
    """The one organisation, or a choice among several."""
    orgs = {row.org_id: row.org for row in signed_in().memberships}
    if len(orgs) == 1:
        return redirect(url_for("organisation.show", org_id=next(iter(orgs))))
    return render_template("organisation/list.html", orgs=list(orgs.values()))


@blueprint.get("/<int:org_id>")
@permission("apply.use")
def show(org_id: int) -> str:
    return _page(org_id)


@blueprint.post("/<int:org_id>/invitations")
@permission("apply.use")
def invite(org_id: int) -> Any:
    found, email = context(), request.form.get("email", "").strip()
    throttle.check(found, "invite", signed_in().principal)
    throttle.count(found, "invite", signed_in().principal)
    try:
        invitations.invite(found, org_id, email, request.form.getlist("roles"))
    except Invalid as error:
        return _page(org_id, field_errors(error), email), 422
    flash(_("邀请已发往 %(email)s，7 天内有效。", email=email), "success")
    return redirect(url_for("organisation.show", org_id=org_id))


@blueprint.post("/<int:org_id>/invitations/<int:invitation_id>/revoke")
@permission("apply.use")
def revoke(org_id: int, invitation_id: int) -> Any:
    invitations.revoke(context(), org_id, invitation_id)
    flash(_("邀请已撤销。"), "success")
    return redirect(url_for("organisation.show", org_id=org_id))


@blueprint.post("/<int:org_id>/members/<int:user_id>")
@permission("apply.use")
def change_roles(org_id: int, user_id: int) -> Any:
    """Give a colleague these roles; without any the person is removed."""
    invitations.change_roles(context(), org_id, user_id, request.form.getlist("roles"))
    flash(_("成员角色已更新。"), "success")
    return redirect(url_for("organisation.show", org_id=org_id))


@blueprint.post("/<int:org_id>/leave")
@permission("apply.use")
def leave(org_id: int) -> Any:
    invitations.leave(context(), org_id)
    flash(_("您已退出该单位。"), "success")
    return redirect(url_for("public.home"))


def _page(org_id: int, errors: dict[str, str] | None = None, email: str = "") -> str:
    found = context()
    members = invitations.members_of(found, org_id)
    mine = next((roles for user, roles in members if user.id == signed_in().id), [])
    invited = invitations.open_invitations(found, org_id)
    mails = [
        mail
        for link in invited
        for mail in outbox.kept_links(found, link.created_at)
        if mail.address == link.email
    ]
    return render_template("organisation/show.html", org=found.session.get_one(Organisation, org_id), members=members,
                           is_signer="signer" in mine, invited=invited, mails=mails,
                           errors=errors or {}, email=email, has_errors=bool(errors))  # fmt: skip
