"""Release: a draft is submitted, frozen, decided on by somebody else and put in force at its instant.

The steps are those of the process `policy_lifecycle`; its service tasks end here. What is released is byte for byte
what was approved: the hash of the content is kept at submission and compared at release.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.repository import Deployment
from app.models.runtime import ProcessInstance
from app.models.studio import Draft, DraftSubmission
from app.services import access, messages, repository, runtime
from app.services.context import Context
from app.services.errors import Conflict, Invalid, NotDeployable, NotFound
from app.services.studio import base, checks, drafts

PROCESS = "policy_lifecycle"
WITHDRAWN = "MSG-RELEASE-WITHDRAWN"
MAX_NOTE = 1_000


def submit(context: Context, draft: Draft, note: str) -> ProcessInstance:
    """Begin the case that decides on a draft; the draft can no longer be written.

    Raises NotPermitted, Invalid for an empty or long note, Conflict when the draft is not being edited, equals what
    is in force, or is decided on already, NotDeployable with what stands against it.
    """
    drafts.require_editing(context, draft)
    note = note.strip()
    if not 0 < len(note) <= MAX_NOTE:
        raise Invalid(
            f"请填写送审说明（不超过 {MAX_NOTE} 字）。", f"Give a note of 1 to {MAX_NOTE} characters."
        )
    if open_case(context.session, draft) is not None:
        raise Conflict(
            "此草稿已送审，请在待办中继续办理。", "The draft has been submitted; go on in the inbox."
        )
    files = drafts.draft_files(context, draft)
    active = repository.active_deployment(context.session)
    if active is not None and active.digest == repository.digest_of(files):
        raise Conflict("草稿与现行版本相同，无需发布。", "The draft equals the version in force.")
    blocking = checks.blocking_problems(context, files)
    if blocking:
        raise NotDeployable(blocking)
    try:
        row = repository.current_definition(context.session, PROCESS)
    except NotFound as error:
        raise Conflict("发布流程没有部署或已暂停。", "The release process is not deployed.") from error
    release = {"draft_id": draft.id, "title": draft.title, "note": note}
    return runtime.start_process(context, row, {"release": release})


def freeze(context: Context, draft_id: int, instance: ProcessInstance, note: str) -> DraftSubmission:
    """Let nobody write the draft until it is decided on; keep the hash of its content. Raises NotFound, Conflict."""
    draft = _locked(context, draft_id)
    if draft.state != "editing":
        raise Conflict("草稿已不在编辑中，不能送审。", "The draft is no longer being edited.")
    draft.state = "in_review"
    files = drafts.draft_files(context, draft)
    found = DraftSubmission(
        draft_id=draft.id,
        instance_id=instance.id,
        digest=repository.digest_of(files),
        note=note,
        submitted_by_id=context.actor.id if context.actor else None,
        submitted_at=context.now,
    )
    context.session.add(found)
    context.session.flush()
    return found


def reopen(context: Context, draft_id: int) -> None:
    """Let a submitted draft be written again. Raises NotFound, Conflict when it is not in review."""
    draft = _locked(context, draft_id)
    if draft.state != "in_review":
        raise Conflict("草稿不在审核中。", "The draft is not in review.")
    draft.state = "editing"


def plan(
    context: Context, draft_id: int, digest: str, *, note: str, effective_at: datetime | None
) -> Deployment:
    """Release what was approved, by the actor, at once or from an instant on.

    Raises Conflict when the content is not what was submitted, and what `drafts.release_draft` raises.
    """
    draft = _locked(context, draft_id)
    approver = access.require(context.actor, "studio.approve")
    if repository.digest_of(drafts.draft_files(context, draft)) != digest:
        raise Conflict("草稿内容与送审时不同，不能发布。", "The draft is not what was submitted.")
    at = max(effective_at or context.now, context.now)
    released = drafts.release_draft(context, draft, note=note, effective_at=at, approver=approver)
    if released.deployment is None:
        raise Conflict("草稿与现行版本相同，无需发布。", "The draft equals the version in force.")
    return released.deployment


def switch(context: Context, deployment_id: int) -> Deployment | None:
    """Put a release in force whose instant has come, if nobody did; None when it was withdrawn. Raises NotFound."""
    query = select(Deployment).where(Deployment.id == deployment_id).with_for_update()
    deployment = context.session.scalar(query.execution_options(populate_existing=True))
    if deployment is None:
        raise NotFound
    if deployment.withdrawn_at is not None:
        return None
    if deployment.activated_at is None:
        files = repository.deployment_files(context.session, deployment.id)
        repository.activate(context, deployment, files)
    return deployment


def withdraw(context: Context, deployment_id: int) -> Deployment:
    """Take a release back before its date and end the case that waits for it. Raises NotFound."""
    deployment = repository.withdraw_release(context, deployment_id)
    actor = context.actor.name if context.actor else ""
    messages.send_if_awaited(context, WITHDRAWN, str(deployment_id), {"by": actor})
    return deployment


def submissions_of(session: Session, draft: Draft) -> Sequence[DraftSubmission]:
    """Every submission of a draft, newest first."""
    query = select(DraftSubmission).where(DraftSubmission.draft_id == draft.id)
    return session.scalars(query.order_by(DraftSubmission.id.desc())).all()


def cases_of(session: Session, draft: Draft) -> Sequence[ProcessInstance]:
    """The cases that decide or decided on a draft, newest first."""
    mine = select(DraftSubmission.instance_id).where(DraftSubmission.draft_id == draft.id)
    query = select(ProcessInstance).where(ProcessInstance.id.in_(mine))
    return session.scalars(query.order_by(ProcessInstance.id.desc())).all()


def open_case(session: Session, draft: Draft) -> ProcessInstance | None:
    """The case that decides on a draft now, None when there is none."""
    query = (
        select(ProcessInstance)
        .join(DraftSubmission, DraftSubmission.instance_id == ProcessInstance.id)
        .where(DraftSubmission.draft_id == draft.id, ProcessInstance.status == "active")
    )
    return session.scalars(query.limit(1)).first()


def case_of(session: Session, deployment_id: int) -> ProcessInstance | None:
    """The case that decided on a released version, None when it came another way."""
    query = (
        select(ProcessInstance)
        .join(DraftSubmission, DraftSubmission.instance_id == ProcessInstance.id)
        .join(Draft, Draft.id == DraftSubmission.draft_id)
        .where(Draft.released_deployment_id == deployment_id)
    )
    return session.scalars(query.order_by(DraftSubmission.id.desc()).limit(1)).first()


def changed_in_force(session: Session, draft: Draft) -> dict[str, str]:
    """What releasing the draft would change in what is in force: added, changed or removed, by path."""
    active = repository.active_deployment(session)
    if active is None:
        return {}
    after = base.hashes_of_draft(session, draft)
    return base.changes_between(base.hashes_of(session, active.id), after)


def _locked(context: Context, draft_id: int) -> Draft:
    draft = drafts.find_draft(context, draft_id)
    context.session.refresh(draft, with_for_update=True)
    return draft
