"""The draft of a letter for the page of its task: what was drafted, and whether somebody wrote something else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _

from app.services.registers import letter_drafts, signing_room
from app.services.task import Work
from app.web.form_pages import language
from app.web.guards import context
from app.web.labels import words

PARTS = {"facts": _("事实"), "reasons": _("理由和依据"), "decision": _("决定"), "remedies": _("救济途径和期限"),
         "items": _("补正事项"), "contact": _("联系方式"), "opinion": _("意见")}  # fmt: skip


def letter_part(key: str) -> str:
    """What readers call a part of a letter."""
    return str(PARTS.get(key, key))


@dataclass(frozen=True)
class DraftedPart:
    """One paragraph, or list of them, as the decisions drafted it."""

    label: str
    texts: tuple[str, ...]


@dataclass(frozen=True)
class DraftedLetter:
    """Everything that was drafted."""

    parts: tuple[DraftedPart, ...]
    is_edited: bool


def papers_of(work: Work) -> dict[str, Any]:
    """What the page of a task shows of the letter that it drafts, or of the text that it signs."""
    session = context().session
    draft = letter_drafts.draft_of(session, work.task)
    return {
        "letter": _letter(work, draft.data) if draft is not None else None,
        "signs": signing_room.room_of(session, work) is not None,
    }


def _letter(work: Work, drafted: dict[str, Any]) -> DraftedLetter:
    found = context()
    states = work.form.survey(work.values, work.variables, found.environment().scope)
    parts = tuple(
        DraftedPart(state.label.said(language()), tuple(_texts(drafted[state.component.key[0]])))
        for state in states
        if state.component.key and drafted.get(state.component.key[0]) not in (None, "", [])
    )
    return DraftedLetter(parts, letter_drafts.is_edited(found, work, drafted))


def _texts(value: Any) -> Iterator[str]:
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            yield "；".join(words(cell) for cell in item.values() if cell not in (None, "", [], {}))
        elif item not in (None, ""):
            yield words(item)
