"""Sealed steps (`zr:sealed`): a hash at submission, nobody but the author sees the answers until they are opened."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.identity import User
from app.models.runtime import UserTask
from app.models.scoring import SheetSeal
from app.services.registers.fingerprint import fingerprint, plain


class SealBroken(Exception):
    """A sheet is not what was sealed; `expert` is the principal who handed it in."""

    def __init__(self, expert: str) -> None:
        super().__init__(expert)
        self.expert = expert


def is_sealing(task: UserTask) -> bool:
    """Whether the diagram says that the answers of this step are sealed."""
    return (task.policy or {}).get("sealed") == "true"


def seal(session: Session, task: UserTask, values: Mapping[str, Any], now: datetime) -> str:
    """Seal what is handed in with a step; the SHA-256 over a secret nonce and the answers, for the history."""
    nonce = secrets.token_hex(32)
    row = SheetSeal(
        task_id=task.id,
        instance_id=task.instance_id,
        expert=f"user:{task.assignee_id or task.completed_by_id}",
        nonce=nonce,
        sha256=commitment(nonce, values),
        sealed_at=now,
    )
    session.add(row)
    session.flush()
    return row.sha256


def commitment(nonce: str, values: Mapping[str, Any]) -> str:
    """The hash that binds the author to the answers without telling them."""
    return fingerprint({"answers": plain(values), "nonce": nonce})


def sealed_tasks(session: Session, instance_id: int) -> frozenset[int]:
    """Ids of the completed steps of a case whose answers nobody has opened."""
    query = select(SheetSeal.task_id).where(
        SheetSeal.instance_id == instance_id, SheetSeal.opened_at.is_(None)
    )
    return frozenset(session.scalars(query))


def readable(
    session: Session, instance_id: int, user: User | None, tasks: Iterable[UserTask]
) -> list[UserTask]:
    """Those of the completed steps of a case whose answers this reader may see as far as seals go."""
    closed = sealed_tasks(session, instance_id)
    return [
        task
        for task in tasks
        if task.id not in closed or (user is not None and task.completed_by_id == user.id)
    ]


def open_sheets(
    session: Session, instance_id: int, sheets: Iterable[Mapping[str, Any]], now: datetime
) -> dict[str, str]:
    """Open the newest sealed sheet of each expert named; expert → hash of those that were sealed until now.

    Raises SealBroken where the stored answers do not fit their seal, or the sheet is not made of them.
    """
    opened: dict[str, str] = {}
    for sheet in sheets:
        row = _newest(session, instance_id, str(sheet["expert"]))
        if row is None or row.opened_at is not None:
            continue
        answers = row.task.data or {}
        if commitment(row.nonce, answers) != row.sha256 or not _is_made_of(sheet, answers):
            raise SealBroken(row.expert)
        row.opened_at = now
        opened[row.expert] = row.sha256
    session.flush()
    return opened


def _newest(session: Session, instance_id: int, expert: str) -> SheetSeal | None:
    query = select(SheetSeal).where(SheetSeal.instance_id == instance_id, SheetSeal.expert == expert)
    return session.scalar(query.order_by(SheetSeal.task_id.desc()).limit(1))


def _is_made_of(sheet: Mapping[str, Any], answers: Mapping[str, Any]) -> bool:
    """Whether points, justifications and comment of a sheet are those that were handed in."""
    return _points(sheet) == _points(answers) and _text(sheet, "comment") == _text(answers, "comment")


def _points(of: Mapping[str, Any]) -> list[tuple[Decimal, str]]:
    return [(Decimal(str(row.get("score") or 0)), _text(row, "reason")) for row in of.get("scores") or ()]


def _text(of: Mapping[str, Any], key: str) -> str:
    return str(of.get(key) or "")
