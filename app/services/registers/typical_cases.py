"""The pool of typical cases: filled by accepted reports, read and taken along by the office."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, joinedload

from app.models.identity import Organisation
from app.models.register import TypicalCase
from app.models.runtime import ProcessInstance
from app.services.registers import agreements

PAGE = 20
MOST = 5_000  # rows of a workbook


@dataclass(frozen=True)
class Wanted:
    """What of the pool is asked for; everything empty: all of it."""

    text: str = ""
    org_type: str = ""
    recommended: bool = False


@dataclass(frozen=True)
class Pool:
    cases: Sequence[TypicalCase]
    next_id: int | None


def add(
    session: Session,
    instance: ProcessInstance,
    agreement_no: str,
    cases: Sequence[Mapping[str, Any]],
    now: datetime,
    *,
    period: str,
    document_no: str,
    recommended: bool,
) -> int:
    """Take the cases of an accepted report in, once for each report; gives how many are there."""
    agreement = agreements.find(session, agreement_no)
    org = agreement.org if agreement is not None else None
    known = set(session.scalars(select(TypicalCase.position).where(TypicalCase.instance_id == instance.id)))
    for position, case in enumerate(cases, start=1):
        if position in known:
            continue
        session.add(
            TypicalCase(
                instance=instance,
                position=position,
                case_no=agreement.case_no if agreement is not None else instance.subject,
                agreement_no=agreement_no,
                org=org,
                org_name=agreement.org_name if agreement is not None else "",
                period=period[:120],
                title=str(case.get("title") or "")[:200],
                text=str(case.get("text") or ""),
                files=list(case.get("file") or []),
                document_no=document_no,
                is_recommended=recommended,
                added_at=now,
            )
        )
    session.flush()
    return len(cases)


def pool(session: Session, wanted: Wanted, before: int | None = None) -> Pool:
    """A page of the pool, newest first; `before` an id gives the next one."""
    query = _chosen(wanted)
    if before is not None:
        query = query.where(TypicalCase.id < before)
    rows = session.scalars(query.limit(PAGE + 1)).all()
    return Pool(rows[:PAGE], rows[PAGE - 1].id if len(rows) > PAGE else None)


def all_of(session: Session, wanted: Wanted) -> Iterator[TypicalCase]:
    """Everything that is asked for, newest first, up to `MOST`."""
    yield from session.scalars(_chosen(wanted).limit(MOST))


def _chosen(wanted: Wanted) -> Select[TypicalCase]:
    query = select(TypicalCase).options(joinedload(TypicalCase.org)).order_by(TypicalCase.id.desc())
    if wanted.recommended:
        query = query.where(TypicalCase.is_recommended)
    if wanted.org_type:
        query = query.join(Organisation, Organisation.id == TypicalCase.org_id)
        query = query.where(Organisation.org_type == wanted.org_type)
    for word in wanted.text.split():
        columns = (TypicalCase.title, TypicalCase.text, TypicalCase.org_name, TypicalCase.period)
        query = query.where(or_(*(column.contains(word, autoescape=True) for column in columns)))
    return query
