"""Drafts: what was typed into the form of an open task and not yet submitted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.models.runtime import FormDraft
from app.services import task
from app.services.context import Context


def save_draft(context: Context, task_id: int, data: Mapping[str, Any]) -> FormDraft:
    """Keep what was typed (暂存); nothing is validated, nothing else changes."""
    locked = task.lock_form(context, task_id)
    user_id = context.actor.id if context.actor else None
    draft = context.session.get(FormDraft, locked.id)
    if draft is None:
        draft = FormDraft(
            task_id=locked.id, data=dict(data), revision=1, saved_at=context.now, saved_by_id=user_id
        )
        context.session.add(draft)
    else:
        draft.data, draft.revision = dict(data), draft.revision + 1
        draft.saved_at, draft.saved_by_id = context.now, user_id
    return draft
