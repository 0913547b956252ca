"""Operations that prove a policy before it is published, and that release a version of the policies."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from app.models.identity import User
from app.services.context import Context
from app.services.delegates import DelegateContext, DelegateError, delegate
from app.services.registers import readiness
from app.services.repository import SUPERSEDED, active_deployment
from app.services.studio import checks, drafts, release

SHOWN_FINDINGS = 20


@delegate
def verify_release(ctx: DelegateContext, *, process_id: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """Check the deployed bundle, the parameters that must be set and the clauses that are cited.

    Gives ok, findings (sentences), problems {code, severity, file, element_id, message, message_en},
    missing_parameters, unknown_clauses, clauses.
    """
    deployment_id = ctx.instance.definition.deployment_id
    return readiness.verify(ctx.session, deployment_id, process_id, parameters)


@delegate
def freeze_draft(ctx: DelegateContext, *, draft_id: int, note: str) -> dict[str, Any]:
    """Freeze a draft until its release is decided on.

    Gives draft_id, title, note, digest (hash over all files), changes (number of files), clauses (number).
    """
    context = _context(ctx)
    submission = release.freeze(context, draft_id, ctx.instance, note)
    draft = submission.draft
    return {
        "draft_id": draft.id,
        "title": draft.title,
        "note": note,
        "digest": submission.digest,
        "changes": len(release.changed_in_force(ctx.session, draft)),
        "clauses": len(checks.clause_ids(drafts.draft_files(context, draft))),
    }


@delegate
def check_draft(ctx: DelegateContext, *, draft_id: int) -> dict[str, Any]:
    """Check a whole draft as its check page does.

    Gives ok, errors and warnings (numbers), findings and findings_en (what stands against releasing it).
    """
    context = _context(ctx)
    found = checks.check(context, drafts.draft_files(context, drafts.find_draft(context, draft_id)))
    wrong = [finding.problem for finding in found.findings if finding.is_error]
    return {
        "ok": not wrong,
        "errors": len(wrong),
        "warnings": len(found.findings) - len(wrong),
        "findings": [f"{p.file}：{p.message_zh}" for p in wrong[:SHOWN_FINDINGS]],
        "findings_en": [f"{p.file}: {p.message_en}" for p in wrong[:SHOWN_FINDINGS]],
    }


@delegate
def reopen_draft(ctx: DelegateContext, *, draft_id: int) -> None:
    """Let a draft be edited again that was submitted and returned."""
    release.reopen(_context(ctx), draft_id)


@delegate
def plan_release(
    ctx: DelegateContext,
    *,
    draft_id: int,
    digest: str,
    note: str,
    when: Literal["now", "at"],
    effective_at: datetime | None = None,
) -> dict[str, Any]:
    """Release a draft whose content still has this hash; the one who acts is its approver.

    Gives deployment_id, effective_at.
    """
    at = effective_at if when == "at" else None
    deployment = release.plan(_context(ctx), draft_id, digest, note=note, effective_at=at)
    return {"deployment_id": deployment.id, "effective_at": deployment.effective_at}


@delegate
def switch_version(ctx: DelegateContext, *, deployment_id: int) -> dict[str, Any]:
    """Put a released version in force. Gives activated_at. Error RELEASE_WITHDRAWN when it was taken back."""
    deployment = release.switch(_context(ctx), deployment_id)
    if deployment is None:
        raise DelegateError("RELEASE_WITHDRAWN", f"release {deployment_id} was withdrawn")
    active = active_deployment(ctx.session)
    if active is not None and active.id != deployment.id:  # the next one was faster than this case
        ctx.emit(SUPERSEDED, str(deployment.id), {"by": active.id}, dedup=f"superseded:{deployment.id}")
    return {"activated_at": deployment.activated_at}


def _context(ctx: DelegateContext) -> Context:
    actor = ctx.session.get(User, ctx.actor_id) if ctx.actor_id is not None else None
    return Context(ctx.session, ctx.now, ctx.settings, actor)
