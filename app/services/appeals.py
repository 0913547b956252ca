"""Appealing against a letter: its addressee opens the form while the time runs that the letter states."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from app.models.identity import Organisation
from app.models.register import Appeal, Document
from app.models.runtime import ProcessInstance
from app.services import access, repository, runtime
from app.services.applications import org_variable
from app.services.calendar import calendar_of
from app.services.context import Context
from app.services.errors import Conflict, NotFound, NotPermitted
from app.services.numbering import OFFICE_ZONE
from app.services.registers import appeals, letters

PROCESS = "appeal"


class NotAppealable(NotPermitted):
    """The letter says nothing of an appeal to the office, or counts no more."""

    def __init__(self) -> None:
        super().__init__(
            "这份文书没有载明可以申请复核，或者已经作废。",
            "This letter allows no appeal to the office, or was annulled.",
        )


class AppealLate(Conflict):
    """The time that the letter states is over."""

    def __init__(self, days: int, served_at: datetime, until: datetime) -> None:
        served, last = (f"{at.astimezone(OFFICE_ZONE):%Y-%m-%d %H:%M}" for at in (served_at, until))
        super().__init__(
            f"申请复核的期限已过：文书于 {served} 送达，载明自送达之日起 {days} 个工作日内申请，"
            f"已于 {last} 届满。可以依法申请行政复议或者提起行政诉讼。",
            f"Too late: the letter was served on {served} and allows {days} working days, until {last}. "
            "Reconsideration and litigation remain possible by law.",
        )


def start(context: Context, number: str) -> ProcessInstance:
    """Open the form of an appeal against a letter; a second click gives the one that is open.

    Raises NotFound for a letter of somebody else, NotSignedFor, NotAppealable, AppealLate, Conflict when it was
    appealed against before.
    """
    user = access.require(context.actor, "apply.use")
    document = context.session.scalar(select(Document).where(Document.number == number).with_for_update())
    if document is None or not letters.is_addressee(document, access.principals_of(user)):
        raise NotFound
    earlier = appeals.of_document(context.session, document)
    if earlier is not None:
        return _opened_before(earlier)
    calendar = calendar_of(context.session)
    until = appeals.until(document, calendar)
    if not appeals.days_of(document) or document.annulled_at is not None:
        raise NotAppealable
    if document.served_at is None or until is None:
        raise letters.NotSignedFor
    if context.now > until:
        raise AppealLate(appeals.days_of(document), document.served_at, until)
    return _open(context, document)


def _opened_before(earlier: Appeal) -> ProcessInstance:
    if earlier.state == "closed":
        raise Conflict("对这份文书已经申请过复核。", "This letter was appealed against before.")
    return earlier.instance


def _open(context: Context, document: Document) -> ProcessInstance:
    session = context.session
    facts = appeals.facts_of(session, document, calendar_of(session))
    org = session.get_one(Organisation, facts["org"]["id"])
    variables = {
        "case_no": document.case_no,
        "decision": {
            **facts,
            "served_at": facts["served_at"].isoformat(),
            "until": facts["until"].isoformat(),
        },
        "org": org_variable(org),
    }
    definition = repository.current_definition(session, PROCESS)
    instance = runtime.start_process(context, definition, variables, org_id=org.id, message="MSG-APPEAL")
    session.add(
        Appeal(
            instance=instance,
            document=document,
            case_no=document.case_no,
            kind=appeals.REVIEW,
            state="draft",
        )
    )
    session.flush()
    return instance
