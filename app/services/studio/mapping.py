"""Which element of the new version stands in for one that is gone: a suggestion that people confirm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.engine.definition import Definition, Element
from app.models.migrations import MigrationBatch, MigrationItem
from app.services import repository

GONE = frozenset({"missing", "moved", "listener_missing"})
ALIKE = 0.5


@dataclass(frozen=True)
class Question:
    """An element without a counterpart: what may stand in, what is chosen, whether it may be given up."""

    process_id: str
    element_id: str
    name: str
    options: Sequence[Element]
    chosen: str | None
    may_give_up: bool

    @property
    def key(self) -> str:
        """As the engine's mapping names the element."""
        return f"{self.process_id}:{self.element_id}"


def suggest(session: Session, batch: MigrationBatch) -> Sequence[Question]:
    """One question for each element at which cases of the batch cannot move, and for each that is mapped."""
    query = select(MigrationItem.reasons, MigrationItem.from_id).where(
        MigrationItem.batch_id == batch.id, MigrationItem.state == "refused"
    )
    wanted: dict[str, tuple[int, bool]] = {}
    for reasons, from_id in session.execute(query):
        for reason in reasons:
            if reason["code"] in GONE:
                key = f"{reason['process']}:{reason['element']}"
                wanted.setdefault(key, (from_id, reason["code"] == "listener_missing"))
    first = session.scalar(select(MigrationItem.from_id).where(MigrationItem.batch_id == batch.id).limit(1))
    for key, value in batch.mapping.items():
        wanted.setdefault(key, (first or batch.target_id, value == ""))
    target = repository.definition_of(session, batch.target)
    return [
        _question(
            repository.pinned_definition(session, from_id), target, key, may_give_up, batch.mapping.get(key)
        )
        for key, (from_id, may_give_up) in sorted(wanted.items())
    ]


def _question(
    old: Definition, target: Definition, key: str, may_give_up: bool, chosen: str | None
) -> Question:
    process_id, _, element_id = key.partition(":")
    gone = old.elements.get(key)
    options = [
        each
        for each in target.elements.values()
        if each.process_id == process_id and (gone is None or each.type == gone.type)
    ]
    if chosen is None and gone is not None:
        chosen = _nearest(gone, [each for each in options if f"{process_id}:{each.id}" not in old.elements])
    return Question(process_id, element_id, gone.name if gone else element_id, options, chosen, may_give_up)


def _nearest(gone: Element, new: Sequence[Element]) -> str | None:
    """The new element of that type whose name is most alike, if any is alike enough."""
    scored = [(SequenceMatcher(None, gone.name, each.name).ratio(), each.id) for each in new]
    best = max(scored, default=(0.0, ""))
    return best[1] if best[0] >= ALIKE else None
