"""Drafts of task forms on pages: what a page was based on, keeping what it sent, and disputed fields."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import request

from app.engine.form import Path
from app.engine.form.typed import ROW_ID, typed_tree
from app.services import disputes, drafts
from app.services.context import Context
from app.services.drafts import Base, Saved
from app.services.task import Work
from app.web.forms import BoundForm
from app.web.forms.nodes import DisputeView
from app.web.times import seconds

_BASE = re.compile(r"[0-9]{1,9}", re.ASCII)
_TURN = re.compile(r"[0-9]{1,15}", re.ASCII)
_WRITER = re.compile(r"[A-Za-z0-9_-]{1,40}", re.ASCII)


def sent_base() -> Base | None:
    """The revision that the sent page names; None when it names none."""
    revision, writer, turn = (request.form.get(name, "") for name in ("base", "writer", "turn"))
    if not _BASE.fullmatch(revision):
        return None
    return Base(
        int(revision),
        writer if _WRITER.fullmatch(writer) else "",
        int(turn) if _TURN.fullmatch(turn) else None,
    )


def initial_of(work: Work, context: Context) -> dict[str, Any]:
    """What the page of a task holds while nobody has typed anything."""
    return typed_tree(work.form.survey(work.values, work.variables, context.environment().scope))


def keep(context: Context, work: Work, form: BoundForm, choice: str = "") -> tuple[Work, Saved]:
    """Save what a page sent, merged with what others saved; the task with its new draft."""
    saved = drafts.save_draft(
        context, work.task.id, form.raw, base=sent_base(), initial=initial_of(work, context), choice=choice
    )
    return replace(work, draft=saved.draft), saved


def is_settled(work: Work) -> bool:
    """Whether what the page sent can be handed in: it shows the newest draft, and nothing in it is disputed."""
    base = sent_base()
    if work.draft is None:
        return True
    return not work.draft.conflicts and (base is None or drafts.is_current(work, base))


def show_draft(form: BoundForm, work: Work) -> BoundForm:
    """The form with the revision it is based on and with what is disputed in it."""
    form.base = str(work.draft.revision if work.draft else 0)
    if work.draft is not None and work.draft.conflicts:
        form.disputes = views_of(work.draft.conflicts, form.raw)
    return form


def views_of(
    conflicts: Sequence[Mapping[str, Any]], values: Mapping[str, Any]
) -> dict[Path, tuple[DisputeView, ...]]:
    """Disputes by the path of their field on the page (row numbers from 0)."""
    found: dict[Path, tuple[DisputeView, ...]] = {}
    for one in conflicts:
        path = _page_path(one["path"], values)
        if path is not None:
            found[path] = (*found.get(path, ()), _view(one))
    return found


def _view(one: Mapping[str, Any]) -> DisputeView:
    return DisputeView(
        disputes.token_of(one),
        one["by"],
        seconds(one["at"]),
        one["value"],
        one["here"],
        seconds(one["here_at"]),
        one["removed"],
    )


def _page_path(steps: Sequence[str], tree: Any) -> Path | None:
    path: list[str | int] = []
    for step in steps:
        if step.startswith(ROW_ID) and isinstance(tree, list):
            ids = [
                row.get(ROW_ID, f"={place}") if isinstance(row, Mapping) else ""
                for place, row in enumerate(tree)
            ]
            if step[1:] not in ids:
                return None
            place = ids.index(step[1:])
            path.append(place)
            tree = tree[place]
        else:
            path.append(step)
            tree = tree.get(step) if isinstance(tree, Mapping) else None
    return tuple(path)
