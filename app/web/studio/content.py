"""Parameters of the policies in force: read them and set them."""

from __future__ import annotations

from typing import Any

import orjson
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.services import policy, repository
from app.services.errors import Invalid, NotFound
from app.web.guards import context, permission, signed_in
from app.web.studio.desk import blueprint


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


def _policies() -> tuple[int, dict[str, dict[str, Any]]]:
    session = context().session
    active = repository.active_deployment(session)
    if active is None:
        raise NotFound
    return active.id, policy.policies_of(session, active.id)
