"""The version a draft stands on: what came into force since, and moving the draft onto it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.repository import DeploymentFile
from app.models.studio import Draft
from app.services import repository
from app.services.context import Context
from app.services.studio import drafts


@dataclass(frozen=True)
class Moved:
    """A file that changed in force since the draft was taken; `both` when the draft changed it as well."""

    path: str
    both: bool


def moved_files(session: Session, draft: Draft) -> Sequence[Moved]:
    """What came into force since the draft was taken and would be undone by releasing it as it is."""
    active = repository.find_deployment(session, None)
    if active.id <= draft.base_deployment_id:
        return ()
    base, now = hashes_of(session, draft.base_deployment_id), hashes_of(session, active.id)
    mine = {path: row.sha256 for path, row in drafts.changed_files(session, draft).items()}
    differing = sorted(path for path in base.keys() | now.keys() if base.get(path) != now.get(path))
    return [
        Moved(path, both=path in mine and mine[path] != base.get(path))
        for path in differing
        if mine.get(path, base.get(path)) != now.get(path)
    ]


def move_base(context: Context, draft: Draft) -> Sequence[Moved]:
    """Put the draft on the version in force: its own changes stay, everything else follows.

    Every file that follows gets a revision, so that whoever has it open is told instead of undoing the change.
    Answers what moved; files that both sides changed keep the draft's text and want a look. Raises Conflict.
    """
    drafts.require_editing(context, draft)
    moved = moved_files(context.session, draft)
    active = repository.find_deployment(context.session, None)
    files = repository.deployment_files(context.session, active.id)
    for file in moved:
        if not file.both:
            drafts.follow(context, draft, file.path, files.get(file.path))
    draft.base_deployment_id = active.id
    context.session.flush()
    context.session.refresh(draft, ["base"])
    return moved


def hashes_of(session: Session, deployment_id: int) -> dict[str, str]:
    """The hash of every file of a deployment, by path."""
    query = select(DeploymentFile.path, DeploymentFile.sha256)
    rows = session.execute(query.where(DeploymentFile.deployment_id == deployment_id))
    return {row.path: row.sha256 for row in rows}


def changes_between(before: dict[str, str], after: dict[str, str]) -> dict[str, str]:
    """added, changed or removed, by path."""
    kinds = {}
    for path in sorted(before.keys() | after.keys()):
        if before.get(path) != after.get(path):
            kinds[path] = "removed" if path not in after else "changed" if path in before else "added"
    return kinds


def changes_of(session: Session, draft: Draft) -> dict[str, str]:
    """What releasing the draft would change in its base: added, changed or removed, by path."""
    return changes_between(hashes_of(session, draft.base_deployment_id), hashes_of_draft(session, draft))


def hashes_of_draft(session: Session, draft: Draft) -> dict[str, str]:
    """The hash of every file of a draft, by path."""
    found: dict[str, str | None] = {**hashes_of(session, draft.base_deployment_id)}
    found |= {path: row.sha256 for path, row in drafts.changed_files(session, draft).items()}
    return {path: sha256 for path, sha256 in found.items() if sha256}
