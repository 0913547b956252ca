"""Operation that proves a policy before it is published."""

from __future__ import annotations

from typing import Any

from app.services.delegates import DelegateContext, delegate
from app.services.registers import readiness


@delegate
def verify_release(ctx: DelegateContext, *, process_id: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """Check the deployed bundle, the parameters that must be set and the clauses that are cited.

    Gives ok, findings (sentences), problems {code, severity, file, element_id, message, message_en},
    missing_parameters, unknown_clauses, clauses.
    """
    deployment_id = ctx.instance.definition.deployment_id
    return readiness.verify(ctx.session, deployment_id, process_id, parameters)
