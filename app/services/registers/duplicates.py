"""Deals that were handed in before: the numbers of all rows, indexed, so that one look finds them elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session, aliased

from app.engine.evidence import keys_of
from app.engine.form import Accepted
from app.engine.form.state import State, dig
from app.models.evidence import EvidenceKey
from app.models.identity import Organisation
from app.models.runtime import ProcessInstance
from app.services.context import Context

MOST = 500


@dataclass(frozen=True)
class Twin:
    """The same number in two rows: here, and in this case or another one."""

    kind: str
    typed: str
    row: int
    other_row: int
    other_case: ProcessInstance
    other_org: str
    same_case: bool
    same_org: bool


def note_rows(context: Context, instance: ProcessInstance, accepted: Accepted) -> None:
    """Index the numbers of the lists that were handed in, in place of those handed in before."""
    for state in _lists(accepted.states):
        place = ".".join(map(str, state.path))
        mine = (EvidenceKey.instance_id == instance.id, EvidenceKey.place == place)
        rows = dig(accepted.values, [str(step) for step in state.path])
        keys = keys_of(state.component, rows if isinstance(rows, list) else [])
        context.session.execute(delete(EvidenceKey).where(*mine))
        if keys:
            entries = [
                {
                    "kind": key.kind,
                    "value": key.value,
                    "instance_id": instance.id,
                    "place": place,
                    "row": key.row,
                    "typed": key.typed,
                    "at": context.now,
                }
                for key in keys
            ]
            context.session.execute(insert(EvidenceKey), entries)


def twins_of(session: Session, instance: ProcessInstance, limit: int = MOST) -> list[Twin]:
    """Rows of a case whose numbers stand in another row, of this case or of any other; each pair once."""
    mine, other = aliased(EvidenceKey), aliased(EvidenceKey)
    query = (
        select(mine, other, ProcessInstance, Organisation.name)
        .join(other, (other.kind == mine.kind) & (other.value == mine.value))
        .join(ProcessInstance, ProcessInstance.id == other.instance_id)
        .outerjoin(Organisation, Organisation.id == ProcessInstance.org_id)
        .where(
            mine.instance_id == instance.id,
            (other.instance_id != mine.instance_id) | (other.id > mine.id),
        )
        .order_by(mine.place, mine.row, other.id)
        .limit(limit)
    )
    return [_twin(instance, *row) for row in session.execute(query)]


def count_shared(session: Session) -> int:
    """How many numbers stand in more than one row, over all cases."""
    shared = (
        select(EvidenceKey.kind, EvidenceKey.value)
        .group_by(EvidenceKey.kind, EvidenceKey.value)
        .having(func.count() > 1)
    )
    return session.scalar(select(func.count()).select_from(shared.subquery())) or 0


def _twin(
    instance: ProcessInstance, mine: EvidenceKey, other: EvidenceKey, case: ProcessInstance, org: str | None
) -> Twin:
    return Twin(
        kind=mine.kind,
        typed=mine.typed,
        row=mine.row,
        other_row=other.row,
        other_case=case,
        other_org=org or "",
        same_case=case.id == instance.id,
        same_org=case.org_id is not None and case.org_id == instance.org_id,
    )


def _lists(states: Sequence[State]) -> list[State]:
    """The lists of a form that were filled in and know numbers."""
    found = []
    for state in states:
        if state.component.type == "group":
            found += _lists(state.states)
        elif state.component.type == "dynamiclist" and state.editable and _knows_numbers(state):
            found.append(state)
    return found


def _knows_numbers(state: State) -> bool:
    children = list(state.component.children)
    while children:
        child = children.pop()
        if child.limits.duplicate_key:
            return True
        children += child.children
    return False
