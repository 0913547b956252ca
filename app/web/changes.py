"""What an applicant changed since the last submission, for whoever judges: see `_macros/changes.html`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.engine.form.diff import Change, diff_values
from app.engine.form.state import MISSING, State
from app.models.runtime import ProcessInstance, UserTask
from app.services import cases
from app.services.context import Context
from app.web.form_pages import attachment_url, language, may_reveal
from app.web.forms.shown import Shown, show_state
from app.web.forms.words import word
from app.web.labels import listed


@dataclass(frozen=True)
class ChangeView:
    """One change to be read: `place` names the row, `kind` is changed, added or removed."""

    kind: str
    label: str
    place: str
    before: Shown
    after: Shown


def changes_of(context: Context, instance: ProcessInstance, submitted: UserTask) -> list[ChangeView]:
    """What a submission changed in answers that applicants had handed in before in the same case; first ones, nothing.

    Answers are the same when their key is the same, whichever form asked: a supplement shows what it changed in
    the declaration.
    """
    before = _answers_before(context, submitted)
    after = submitted.data or {}
    known = {key: value for key, value in after.items() if key in before}
    if not known:
        return []
    form = cases.form_of(context.session, instance, submitted)
    reveal = may_reveal(instance, context)
    return [
        _view(change, reveal)
        for change in diff_values(form, {key: before[key] for key in known}, known)
        if change.state.component.key[:1] and str(change.state.path[0]) in known
    ]


def _answers_before(context: Context, submitted: UserTask) -> dict[str, Any]:
    query = (
        select(UserTask)
        .where(
            UserTask.instance_id == submitted.instance_id,
            UserTask.status == "completed",
            UserTask.id < submitted.id,
        )
        .order_by(UserTask.completed_at, UserTask.id)
    )
    found: dict[str, Any] = {}
    for row in context.session.scalars(query):
        if any(principal.startswith(("org:", "ticket:")) for principal in row.candidates):
            found |= row.data or {}
    return found


def _view(change: Change, reveal: bool) -> ChangeView:
    label = change.state.label.said(language())
    place = " ".join(word("row", language(), number=number) for number in change.rows)
    if change.row is not None:
        whole = Shown("；".join(_cells(change.row.states, reveal)))
        gone = change.kind == "removed"
        return ChangeView(change.kind, label, place, whole if gone else Shown(), Shown() if gone else whole)
    return ChangeView(change.kind, label, place, _shown(change.before, reveal), _shown(change.after, reveal))


def _cells(states: tuple[State, ...], reveal: bool) -> list[str]:
    found: list[str] = []
    for state in states:
        if state.component.type == "group":
            found += _cells(state.states, reveal)
        elif state.component.is_input:
            shown = _shown(state, reveal)
            text = shown.text or listed(file.name for file in shown.files)
            if text:
                found.append(f"{state.label.said(language())}：{text}")
    return found


def _shown(state: State | None, reveal: bool) -> Shown:
    if state is None or state.stored is MISSING:
        return Shown()
    return show_state(state, state.value, language(), reveal=reveal, link=attachment_url)
