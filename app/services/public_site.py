"""What anybody may find on the public site: calls and notices by words and by year, papers of a call, its clauses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from app.models.register import Call, Clause, Document, Notice
from app.services import policy, repository, search
from app.services.errors import NotFound
from app.services.numbering import OFFICE_ZONE
from app.services.registers import calls, publicity

LONGEST_QUESTION = 80
PAGE = 30


@dataclass(frozen=True)
class Findings:
    """Calls and notices that contain every word of a question, the newest first; `is_cut` when there are more."""

    calls: Sequence[Call] = ()
    notices: Sequence[Notice] = ()
    is_cut: bool = False


def find(session: Session, text: str) -> Findings:
    """Calls and notices by their number, title and text; a notice also by the organisations that it lists."""
    words = search.normalise(text[:LONGEST_QUESTION]).split()
    if not words:
        return Findings()
    in_calls = [
        or_(*(field.icontains(word, autoescape=True) for field in (Call.number, Call.title, _notice_text())))
        for word in words
    ]
    in_notices = [
        or_(
            *(
                field.icontains(word, autoescape=True)
                for field in (Notice.number, Notice.title, Notice.snapshot)
            )
        )
        for word in words
    ]
    found = session.scalars(
        select(Call).where(and_(*in_calls)).order_by(Call.id.desc()).limit(PAGE + 1)
    ).all()
    notices = session.scalars(
        select(Notice).where(and_(*in_notices)).order_by(Notice.id.desc()).limit(PAGE + 1)
    ).all()
    return Findings(found[:PAGE], notices[:PAGE], max(len(found), len(notices)) > PAGE)


def years(session: Session) -> list[int]:
    """The years in which calls were opened or notices published, in the office's zone, the newest first."""
    bounds = [
        session.scalar(select(bound(field)))
        for field in (Call.opened_at, Notice.starts_at)
        for bound in (func.min, func.max)
    ]
    found = [at.astimezone(OFFICE_ZONE).year for at in bounds if at is not None]
    return list(range(max(found), min(found) - 1, -1)) if found else []


def past_calls(session: Session, now: datetime, year: int | None = None) -> list[Call]:
    """Calls that are over, the newest first; of one year or all."""
    found = calls.past_calls(session, now)
    return [call for call in found if year in (None, call.opened_at.astimezone(OFFICE_ZONE).year)]


def past_notices(
    session: Session, now: datetime, year: int | None = None, before: int | None = None
) -> tuple[list[Notice], int | None]:
    """Notices that are over and announcements, the newest first, and the id that leads to the next page."""
    period = (_new_year(year), _new_year(year + 1)) if year else None
    found = publicity.notice_archive(session, now, before, PAGE + 1, period)
    return found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None


def papers(session: Session, call: Call) -> list[Document]:
    """The papers of a call that its policy makes public (`public_letters`), the oldest first."""
    letters = {
        letter
        for found in policy.policies_of(session, call.instance.definition.deployment_id).values()
        for letter in found.get("public_letters", ())
    }
    query = select(Document).where(
        Document.instance_id == call.instance_id, Document.letter.in_(letters), Document.annulled_at.is_(None)
    )
    return list(session.scalars(query.order_by(Document.id)))


def paper(session: Session, call: Call, number: str) -> Document:
    """One public paper of a call. Raises NotFound."""
    found = next((row for row in papers(session, call) if row.number == number), None)
    if found is None:
        raise NotFound
    return found


def clauses_of(session: Session, call: Call) -> list[Clause]:
    """The clauses on which the process of the call's cases rests, in the order of the policy."""
    row = repository.current_definition(session, call.case_process)
    definition = repository.definition_of(session, row)
    cited = {
        *definition.clause_refs,
        *(code for element in definition.elements.values() for code in element.clause_refs),
    }
    query = select(Clause).where(Clause.code.in_(cited)).order_by(Clause.policy, Clause.position)
    return list(session.scalars(query))


def _new_year(year: int) -> datetime:
    return datetime(year, 1, 1, tzinfo=OFFICE_ZONE)


def _notice_text() -> ColumnElement[str]:
    text: ColumnElement[str] = Call.body["notice"].as_string()
    return text
