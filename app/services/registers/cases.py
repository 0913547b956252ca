"""A case by its number, and who it is about."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.identity import Organisation
from app.models.register import Freeze
from app.models.runtime import ProcessInstance


def find_case(session: Session, case_no: str) -> ProcessInstance | None:
    """The instance of this number."""
    return session.scalar(select(ProcessInstance).where(ProcessInstance.number == case_no))


def find_org(session: Session, case_no: str) -> Organisation | None:
    """The applicant of a case."""
    instance = find_case(session, case_no)
    return instance.org if instance else None


def find_org_by_uscc(session: Session, uscc: str) -> Organisation | None:
    """The organisation of this unified social credit code."""
    return session.scalar(select(Organisation).where(Organisation.uscc == uscc))


def party(org: Organisation | None) -> dict[str, str] | None:
    """An organisation as processes hold it."""
    if org is None:
        return None
    return {"principal": org.principal, "name": org.name, "uscc": org.uscc, "type": org.org_type}


def is_frozen(session: Session, case_no: str) -> bool:
    """Whether an investigation holds the case."""
    query = select(Freeze.id).where(Freeze.case_no == case_no, Freeze.released_at.is_(None)).limit(1)
    return session.scalar(query) is not None
