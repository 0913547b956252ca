"""Drafts: changes on top of a deployment, saved file by file; nothing that was ever saved is lost or overwritten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.engine.errors import Problem
from app.models.identity import User
from app.models.repository import Content, DeploymentFile
from app.models.studio import Draft, DraftFile, DraftPresence, DraftRevision
from app.services import access, repository
from app.services.context import Context
from app.services.errors import Conflict, EditConflict, Invalid, NotFound, NotPermitted, NotSavable
from app.services.repository import Deployed
from app.services.studio.save_checks import checks_on_save

MAX_FILE_BYTES = 2_000_000
MAX_TITLE = 200
PRESENT = timedelta(seconds=60)


@dataclass(frozen=True)
class DraftText:
    """One file of a draft; revision 0 is the file as the base has it."""

    data: bytes
    revision: int
    saved_at: datetime | None
    saved_by: str


@dataclass(frozen=True)
class Revision:
    """One entry of a file's history; `data` is None where the draft removed the file."""

    revision: int
    data: bytes | None
    saved_at: datetime | None
    saved_by: str


@dataclass(frozen=True)
class Editor:
    """Somebody who has a file open."""

    name: str
    path: str
    seen_at: datetime


def take_draft(context: Context, deployment_id: int | None, title: str) -> Draft:
    """A new draft from a version, or from the one in force. Raises NotFound, Invalid for an empty or long title."""
    owner = access.require(context.actor, "studio.edit")
    title = title.strip()
    if not 0 < len(title) <= MAX_TITLE:
        raise Invalid(
            f"请填写草稿名称（不超过 {MAX_TITLE} 字）。", f"Give a title of 1 to {MAX_TITLE} characters."
        )
    base = repository.find_deployment(context.session, deployment_id)
    draft = Draft(title=title, base_deployment_id=base.id, owner_id=owner.id, created_at=context.now)
    context.session.add(draft)
    context.session.flush()
    return draft


def find_draft(context: Context, draft_id: int) -> Draft:
    """The draft, whatever its state. Raises NotFound."""
    draft = context.session.get(Draft, draft_id)
    if draft is None:
        raise NotFound
    return draft


def list_drafts(session: Session, *, ended: bool = False) -> Sequence[Draft]:
    """Drafts that are worked on or wait for approval, or those that ended; newest first."""
    open_states = Draft.state.in_(("editing", "in_review"))
    query = select(Draft).where(~open_states if ended else open_states)
    return session.scalars(query.order_by(Draft.id.desc()).limit(200)).all()


def changed_files(session: Session, draft: Draft) -> dict[str, DraftFile]:
    """What the draft changed, by path; a row without a hash removed the file."""
    query = select(DraftFile).where(DraftFile.draft_id == draft.id).order_by(DraftFile.path)
    return {row.path: row for row in session.scalars(query)}


def draft_files(context: Context, draft: Draft) -> dict[str, bytes]:
    """The whole bundle: the base overlaid with the changes."""
    session = context.session
    files = repository.deployment_files(session, draft.base_deployment_id)
    changes = changed_files(session, draft)
    query = select(Content.sha256, Content.data)
    found = query.where(Content.sha256.in_({row.sha256 for row in changes.values() if row.sha256}))
    contents = {row.sha256: row.data for row in session.execute(found)}
    for path, row in changes.items():
        if row.sha256 is None:
            files.pop(path, None)
        else:
            files[path] = contents[row.sha256]
    return dict(sorted(files.items()))


def read_file(context: Context, draft: Draft, path: str) -> DraftText:
    """One file as the draft has it now. Raises NotFound when it has none of that name."""
    found = _newest(context.session, draft, path)
    if found.data is None:
        raise NotFound
    return DraftText(found.data, found.revision, found.saved_at, found.saved_by)


def write_file(context: Context, draft: Draft, path: str, data: bytes, base_revision: int) -> DraftText:
    """Keep a new revision of a file. Equal bytes are no new revision.

    Raises EditConflict when `base_revision` is not the newest, Invalid for a path or size that no bundle takes,
    NotSavable for what the checks refuse, Conflict when the draft is not being edited.
    """
    repository.check_paths([path])
    if len(data) > MAX_FILE_BYTES:
        limit = MAX_FILE_BYTES // 1_000_000
        raise Invalid(f"文件 {path} 超过 {limit} MB。", f"The file {path} is larger than {limit} MB.")
    require_editing(context, draft)
    newest = _unmoved(context.session, draft, path, base_revision)
    if newest.data == data:
        return DraftText(data, newest.revision, newest.saved_at, newest.saved_by)
    if problems := checks_on_save(path, newest.data or b"", data):
        raise NotSavable(problems)
    return _append(context, draft, path, data, newest.revision + 1)


def write_files(context: Context, draft: Draft, files: Mapping[str, bytes]) -> list[str]:
    """Put several files into a draft at once, all or none; the paths that changed. Raises as write_file does."""
    changed: list[str] = []
    problems: list[Problem] = []
    for path, data in files.items():
        before = _newest(context.session, draft, path)
        try:
            if write_file(context, draft, path, data, before.revision).revision != before.revision:
                changed.append(path)
        except NotSavable as refused:
            problems += refused.problems
    if problems:
        raise NotSavable(problems)
    return changed


def remove_file(context: Context, draft: Draft, path: str, base_revision: int) -> None:
    """Take a file out of the draft; its history stays. Raises NotFound, EditConflict, Conflict."""
    require_editing(context, draft)
    newest = _unmoved(context.session, draft, path, base_revision)
    if newest.data is None:
        raise NotFound
    _append(context, draft, path, None, newest.revision + 1)


def file_history(context: Context, draft: Draft, path: str) -> Sequence[Revision]:
    """Every revision of a file, newest first; the last is the base's, if the base has the file."""
    query = (
        select(DraftRevision, Content.data)
        .outerjoin(Content, Content.sha256 == DraftRevision.sha256)
        .where(DraftRevision.draft_id == draft.id, DraftRevision.path == path)
        .order_by(DraftRevision.revision.desc())
    )
    found = [_as_revision(row, data) for row, data in context.session.execute(query)]
    base = _base(context.session, draft, path)
    return found if base.data is None else [*found, base]


def restore(context: Context, draft: Draft, path: str, revision: int) -> None:
    """Make an earlier revision the newest, as one more revision. Raises NotFound, Conflict."""
    require_editing(context, draft)
    history = file_history(context, draft, path)
    wanted = next((entry for entry in history if entry.revision == revision), None)
    if wanted is None:
        raise NotFound
    newest = history[0]
    if wanted.data != newest.data:
        _append(context, draft, path, wanted.data, newest.revision + 1)


def mark_presence(context: Context, draft: Draft, path: str) -> Sequence[Editor]:
    """Note that the actor has this file open; who else has it open."""
    user = access.require(context.actor, "studio.edit")
    repository.check_paths([path])
    session = context.session
    session.execute(select(Draft.id).where(Draft.id == draft.id).with_for_update())
    gone = DraftPresence.seen_at < context.now - PRESENT
    session.execute(delete(DraftPresence).where(DraftPresence.draft_id == draft.id, gone))
    row = session.get(DraftPresence, (draft.id, path, user.id))
    if row is None:
        session.add(DraftPresence(draft_id=draft.id, path=path, user_id=user.id, seen_at=context.now))
    else:
        row.seen_at = context.now
    session.flush()
    return [editor for editor in editors_of(context, draft) if editor.path == path]


def editors_of(context: Context, draft: Draft) -> Sequence[Editor]:
    """Who has which file of the draft open now, without the actor."""
    query = select(DraftPresence).where(
        DraftPresence.draft_id == draft.id, DraftPresence.seen_at >= context.now - PRESENT
    )
    mine = context.actor.id if context.actor else None
    rows = context.session.scalars(query.order_by(DraftPresence.path, DraftPresence.user_id)).all()
    return [Editor(row.user.name, row.path, row.seen_at) for row in rows if row.user_id != mine]


def follow(context: Context, draft: Draft, path: str, data: bytes | None) -> None:
    """Give a file the state that the version in force has, as one more revision."""
    newest = _newest(context.session, draft, path)
    _append(context, draft, path, data, newest.revision + 1)


def contributors(session: Session, draft: Draft) -> frozenset[int]:
    """The ids of everybody who took or ever saved anything in the draft."""
    query = select(DraftRevision.saved_by_id).where(DraftRevision.draft_id == draft.id).distinct()
    return frozenset(user_id for user_id in (draft.owner_id, *session.scalars(query)) if user_id is not None)


def release_draft(
    context: Context, draft: Draft, *, note: str, effective_at: datetime, approver: User
) -> Deployed:
    """Release the draft as it stands; from then on it cannot be written.

    The draft must be in review or being edited; its owner counts as author and must not be the approver. Raises
    what `repository.release` raises, and Conflict when the draft has ended.
    """
    context.session.refresh(draft, with_for_update=True)
    if draft.state not in {"editing", "in_review"}:
        raise Conflict("草稿已发布或已放弃。", "The draft has been released or discarded.")
    if approver.id in contributors(context.session, draft):
        raise NotPermitted(
            "参与编辑的人员不得批准发布。", "Whoever edited the draft may not approve its release."
        )
    author = context.acting_as(draft.owner or context.actor)
    files = draft_files(context, draft)
    released = repository.release(author, files, note=note, effective_at=effective_at, approver=approver)
    draft.state = "released"
    draft.released_deployment_id = released.deployment.id if released.deployment else None
    return released


def discard(context: Context, draft: Draft) -> None:
    """End a draft without releasing it; it can still be read. Raises Conflict when it is not being edited."""
    require_editing(context, draft)
    draft.state = "discarded"


def require_editing(context: Context, draft: Draft) -> User:
    """The actor, who may write the draft now; other writers of it queue until the transaction ends.

    Two never both find their revision to be the newest. Raises NotPermitted, Conflict when it is not being edited.
    """
    user = access.require(context.actor, "studio.edit")
    context.session.refresh(draft, with_for_update=True)
    if draft.state != "editing":
        raise Conflict("草稿已不在编辑中，不能修改。", "The draft is no longer being edited.")
    return user


def _unmoved(session: Session, draft: Draft, path: str, base_revision: int) -> Revision:
    newest = _newest(session, draft, path)
    if newest.revision != base_revision:
        raise EditConflict(newest.saved_by, newest.saved_at, newest.revision)
    return newest


def _newest(session: Session, draft: Draft, path: str) -> Revision:
    row = session.get(DraftFile, (draft.id, path), populate_existing=True)
    if row is None:
        return _base(session, draft, path)
    data = session.get_one(Content, row.sha256).data if row.sha256 else None
    return Revision(row.revision, data, row.saved_at, row.saved_by.name if row.saved_by else "")


def _base(session: Session, draft: Draft, path: str) -> Revision:
    row = session.get(DeploymentFile, (draft.base_deployment_id, path))
    return Revision(0, row.content.data if row else None, draft.base.created_at, "")


def _as_revision(row: DraftRevision, data: bytes | None) -> Revision:
    return Revision(row.revision, data, row.saved_at, row.saved_by.name if row.saved_by else "")


def _append(context: Context, draft: Draft, path: str, data: bytes | None, revision: int) -> DraftText:
    """One more revision, which is the file from now on."""
    session = context.session
    user = access.require(context.actor, "studio.edit")
    sha256 = None if data is None else repository.store_contents(session, {path: data})[path]
    values = {"revision": revision, "sha256": sha256, "saved_at": context.now, "saved_by_id": user.id}
    row = session.get(DraftFile, (draft.id, path))
    if row is None:
        row = DraftFile(draft_id=draft.id, path=path)
        session.add(row)
    for name, value in values.items():
        setattr(row, name, value)
    session.add(DraftRevision(draft_id=draft.id, path=path, **values))
    session.flush()
    return DraftText(data or b"", revision, context.now, user.name)
