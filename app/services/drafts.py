"""Drafts: what was typed into the form of an open task and not yet submitted, every save kept, two people merged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.engine.form.merge import merge, overlay, same, within
from app.engine.form.typed import storable
from app.models.drafts import FormDraftRevision
from app.models.runtime import FormDraft
from app.services import disputes, task
from app.services.context import Context
from app.services.errors import NotFound
from app.services.task import Work

PAUSE = timedelta(minutes=10)
_MOST_SAVES = 2_000


@dataclass(frozen=True)
class Base:
    """The revision that a page shows, and which page it is: what it sent since then is known to it as well.

    `turn` grows with what a script sends; what arrives after something later is not taken.
    """

    revision: int
    writer: str = ""
    turn: int | None = None


@dataclass(frozen=True)
class Saved:
    """The draft after a save; `differs` when it is not what the page holds, `disputed` when new disputes arose."""

    draft: FormDraft
    differs: bool
    disputed: bool


@dataclass
class Sitting:
    """Saves of one person without a long pause, newest first; `keys` are the top-level keys that they changed."""

    by: str
    kind: str
    saves: list[FormDraftRevision] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)

    @property
    def last(self) -> FormDraftRevision:
        """The last save."""
        return self.saves[0]


def save_draft(
    context: Context,
    task_id: int,
    data: Mapping[str, Any],
    *,
    base: Base | None = None,
    initial: Mapping[str, Any] | None = None,
    choice: str = "",
    kind: str = "saved",
) -> Saved:
    """Keep what was typed (暂存), merged with what others saved since `base`; nothing is validated.

    `initial` is what the page holds while there is no draft. `choice` settles one conflict (see `disputes.settle`).
    Without `base`, `data` counts as typed upon the newest revision. Raises NotFound, TaskEnded, TaskTaken.
    """
    locked = task.lock_form(context, task_id)
    session = context.session
    draft = session.get(FormDraft, locked.id, populate_existing=True)
    theirs = draft.data if draft else {}
    under = overlay(initial or {}, _content(session, draft, base) if draft else {})
    mine = {} if base and draft and _is_late(session, draft, base) else storable(data)
    merged = merge(under, mine, theirs)
    values, standing = disputes.settle(merged.values, draft.conflicts if draft else [], choice)
    newer = [row for row in _revisions(session, draft, base.revision if base else None)
             if not base or not base.writer or row.writer != base.writer]  # fmt: skip
    found = disputes.gather(standing, merged.conflicts, theirs, values, disputes.Side.of(context), newer)
    known = {disputes.token_of(one) for one in standing}
    disputed = any(disputes.token_of(one) not in known for one in found)
    page = within(merge(under, mine, under).values, values)  # what the page does not send cannot differ
    differs = bool(choice) or disputed or not same(page, values)
    if (
        draft is not None
        and same(within(overlay(initial or {}, theirs), values), values)
        and found == draft.conflicts
    ):
        return Saved(draft, differs, disputed)
    typed = {key: value for key, value in page.items() if not same(value, values.get(key))}
    draft = _append(context, locked.id, draft, values, found, base, typed, kind)
    return Saved(draft, differs, disputed)


def restore(context: Context, task_id: int, revision: int) -> FormDraft:
    """Make an earlier revision the newest one; nothing in between goes. Raises NotFound, TaskEnded, TaskTaken."""
    locked = task.lock_form(context, task_id)
    draft = context.session.get(FormDraft, locked.id, populate_existing=True)
    content = content_at(context.session, draft, revision)
    if draft is None or content is None:
        raise NotFound
    return _append(context, locked.id, draft, content, [], Base(draft.revision), {}, "restored")


def content_at(session: Session, draft: FormDraft | None, revision: int) -> dict[str, Any] | None:
    """What the draft was at a revision; nothing when there was no such revision."""
    if draft is None or not 1 <= revision <= draft.revision:
        return None
    values = dict(draft.data)
    for row in _revisions(session, draft, revision):
        for key, old in row.before.items():
            if old:
                values[key] = old[0]
            else:
                values.pop(key, None)
    return values


def find_revision(session: Session, task_id: int, revision: int) -> FormDraftRevision | None:
    """One save; nothing when there was none or it is older than the history."""
    return session.get(FormDraftRevision, (task_id, revision))


def sittings(session: Session, task_id: int) -> list[Sitting]:
    """The saves of a draft, newest first, those of one person without a pause together."""
    query = (
        select(FormDraftRevision)
        .where(FormDraftRevision.task_id == task_id)
        .options(joinedload(FormDraftRevision.saved_by))
        .order_by(FormDraftRevision.revision.desc())
        .limit(_MOST_SAVES)
    )
    found: list[Sitting] = []
    for row in session.scalars(query):
        by = row.saved_by.name if row.saved_by else ""
        last = found[-1] if found else None
        if last is None or not _belongs(row, last, by):
            last = Sitting(by, row.kind)
            found.append(last)
        last.saves.append(row)
        last.keys |= set(row.before)
    return found


def newest_revision(context: Context, task_id: int) -> int:
    """The number of the newest revision, 0 for none. Raises NotFound, TaskEnded, TaskTaken."""
    task.require_form(context, task_id)
    return context.session.scalar(select(FormDraft.revision).where(FormDraft.task_id == task_id)) or 0


def is_current(work: Work, base: Base) -> bool:
    """Whether the page shows the newest revision of the draft."""
    return base.revision == (work.draft.revision if work.draft else 0)


def _belongs(row: FormDraftRevision, last: Sitting, by: str) -> bool:
    gap: timedelta = last.saves[-1].saved_at - row.saved_at
    return (by, row.kind, last.kind) == (last.by, "saved", "saved") and gap < PAUSE


def _content(session: Session, draft: FormDraft, base: Base | None) -> dict[str, Any]:
    """What a page was based on when it sent its content: the revision it shows, or what it had sent itself later."""
    if base is None or base.revision > draft.revision:
        return draft.data
    own = _last_of(session, draft, base)
    if own is None:
        return content_at(session, draft, base.revision) or {}
    return {**(content_at(session, draft, own.revision) or {}), **own.typed}


def _is_late(session: Session, draft: FormDraft, base: Base) -> bool:
    own = _last_of(session, draft, base)
    return own is not None and base.turn is not None and base.turn < own.turn


def _last_of(session: Session, draft: FormDraft, base: Base) -> FormDraftRevision | None:
    if not base.writer:
        return None
    query = (
        select(FormDraftRevision)
        .where(
            FormDraftRevision.task_id == draft.task_id,
            FormDraftRevision.revision > base.revision,
            FormDraftRevision.writer == base.writer,
        )
        .order_by(FormDraftRevision.revision.desc())
        .limit(1)
    )
    return session.scalar(query)


def _revisions(session: Session, draft: FormDraft | None, after: int | None) -> Sequence[FormDraftRevision]:
    """The revisions after one, newest first."""
    if draft is None or after is None or after >= draft.revision:
        return ()
    query = (
        select(FormDraftRevision)
        .where(FormDraftRevision.task_id == draft.task_id, FormDraftRevision.revision > after)
        .options(joinedload(FormDraftRevision.saved_by))
        .order_by(FormDraftRevision.revision.desc())
    )
    return session.scalars(query).all()


def _append(
    context: Context,
    task_id: int,
    draft: FormDraft | None,
    values: dict[str, Any],
    conflicts: list[Any],
    base: Base | None,
    typed: dict[str, Any],
    kind: str,
) -> FormDraft:
    session, now = context.session, context.now
    user_id = context.actor.id if context.actor else None
    old = draft.data if draft else {}
    changed = [key for key in {**old, **values} if values.get(key, _NOTHING) != old.get(key, _NOTHING)]
    before = {key: [old[key]] if key in old else [] for key in changed}
    if draft is None:
        draft = FormDraft(task_id=task_id, revision=0, data={}, saved_at=now)
        session.add(draft)
    based_on = base.revision if base else draft.revision
    draft.data, draft.conflicts, draft.revision = values, conflicts, draft.revision + 1
    draft.saved_at, draft.saved_by_id = now, user_id
    session.add(
        FormDraftRevision(
            task_id=task_id,
            revision=draft.revision,
            base=based_on,
            kind=kind,
            writer=base.writer if base else "",
            turn=(base.turn or 0) if base else 0,
            before=before,
            typed=typed,
            saved_at=now,
            saved_by_id=user_id,
        )
    )
    return draft


_NOTHING: Any = object()
