"""The clauses of the policies, as the deployed bundles give them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.register import Clause


def load_clauses(session: Session, policies: Mapping[str, Mapping[str, Any]]) -> int:
    """Make the register of clauses equal to the policies'; gives how many rows changed.

    A clause that a policy no longer has stays: older cases cite it.
    """
    known = {row.code: row for row in session.scalars(select(Clause))}
    changed = 0
    for name, policy in policies.items():
        for position, entry in enumerate(policy.get("clauses", ()), start=1):
            values = {
                "policy": name,
                "position": position,
                "title": entry["zh"],
                "title_en": entry.get("en", ""),
                "text": entry["text"],
                "note": entry.get("note", ""),
            }
            changed += _store(session, known.get(entry["id"]), entry["id"], values)
    session.flush()
    return changed


def clauses(session: Session) -> list[Clause]:
    """All clauses in the order of their policies."""
    return list(session.scalars(select(Clause).order_by(Clause.policy, Clause.position)))


def _store(session: Session, row: Clause | None, code: str, values: Mapping[str, Any]) -> bool:
    if row is None:
        session.add(Clause(code=code, **values))
        return True
    differing = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in differing.items():
        setattr(row, name, value)
    return bool(differing)
