"""Cases as people read them: lists, who holds a case, what happened, what was decided, what was handed in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, false, or_, select
from sqlalchemy.orm import Session, joinedload

from app.engine.form import Form
from app.models.history import DecisionRecord, HistoryEvent
from app.models.identity import Group, Membership, Organisation, User
from app.models.register import Document, Freeze, Receipt
from app.models.runtime import Inbox, ProcessInstance, UserTask
from app.services import access, conflicts, history, policy, repository, search
from app.services.scoring import seals

PAGE = 20
UNNAMED = ("经办人员", "an officer")
# What the applicant sees of a case's history; the office sees these and OFFICE_KINDS.
OPEN_KINDS = frozenset({
    "started", "case_state", "action", "ended", "cancelled", "clock_started", "clock_suspended", "clock_resumed",
    "clock_stopped", "limits_recomputed", "file_replaced", "intervention", "intervention_undone",
})  # fmt: skip
OFFICE_KINDS = OPEN_KINDS | {
    "task_completed", "task_claimed", "task_released", "task_transferred", "timer_fired", "message_received",
    "message_sent", "decision_made", "service_completed", "identity_opened", "migrated", "migration_undone",
    "task_returned", "task_taken_back", "task_withdrawn", "task_signed", "task_decided", "task_submitted",
    "task_signers_added", "task_signer_removed", "task_delegated", "task_copied", "task_asked", "task_answered",
    "task_urged", "task_rerouted", "task_recused", "task_effective_day",
    "ballot_opened", "ballot_cast", "ballot_recorded", "ballot_closed",
}  # fmt: skip


@dataclass(frozen=True)
class CasePage:
    cases: Sequence[ProcessInstance]
    next_id: int | None


@dataclass(frozen=True)
class Holder:
    """Who has to act now: the open task and whom it is addressed to; the reader's own or free to be claimed."""

    task: UserTask
    names: tuple[str, ...]
    is_reader: bool
    names_en: tuple[str, ...] = ()

    def called(self, *, english: bool) -> tuple[str, ...]:
        """The names in a language: posts have one in each, people and organisations only their own."""
        return self.names_en if english and self.names_en else self.names


@dataclass(frozen=True)
class Stage:
    """One step of the case's step line: `state` is done, now, todo or failed."""

    zh: str
    en: str
    state: str
    reached_at: datetime | None


def list_cases(
    session: Session,
    user: User,
    *,
    text: str = "",
    status: str = "",
    process: str = "",
    before: int | None = None,
) -> CasePage:
    """Cases that the user may see, newest first; `text` is what app.services.search finds."""
    query = _visible(session, user).options(joinedload(ProcessInstance.org))
    if text:
        hits = search.matching(text)
        query = query.where(ProcessInstance.id.in_(hits) if hits is not None else false())
    if status:
        query = query.where(ProcessInstance.status == status)
    if process:
        query = query.where(ProcessInstance.process_key == process)
    if before:
        query = query.where(ProcessInstance.id < before)
    rows = session.scalars(query.order_by(ProcessInstance.id.desc()).limit(PAGE + 1)).all()
    return CasePage(_open_to(session, user, rows[:PAGE]), rows[PAGE - 1].id if len(rows) > PAGE else None)


def _open_to(session: Session, user: User, rows: Sequence[ProcessInstance]) -> Sequence[ProcessInstance]:
    """Without the cases from which the user has to stand aside; a page that lost some is shorter."""
    tied = conflicts.tied_organisations(session, user)
    return [
        row
        for row in rows
        if row.org_id not in tied or access.is_party(user, row) or not conflicts.bars(session, user, row)
    ]


def holders(session: Session, instance: ProcessInstance, user: User) -> list[Holder]:
    """The open tasks of a case with the people, posts or organisations that hold them.

    Outside the office nobody learns the names of officers and experts.
    """
    return holders_of(session, [instance], user)


def holders_of(session: Session, instances: Sequence[ProcessInstance], user: User) -> list[Holder]:
    """The same for the open tasks of several cases."""
    by_id = {instance.id: instance for instance in instances}
    query = (
        select(UserTask)
        .where(UserTask.instance_id.in_(by_id), UserTask.status == "open")
        .options(joinedload(UserTask.assignee))
        .order_by(UserTask.due_at, UserTask.id)
    )
    tasks = session.scalars(query).all()
    names = _principal_names(session, {p for task in tasks for p in task.candidates}) if tasks else {}
    return [_holder(task, names, by_id[task.instance_id], user) for task in tasks]


def _holder(
    task: UserTask, names: Mapping[str, tuple[str, str]], instance: ProcessInstance, user: User
) -> Holder:
    free = task.assignee_id in (None, user.id) and access.is_candidate(user, task)
    if task.assignee and access.reads_as_office(user, instance):
        return Holder(task, (task.assignee.name,), free)
    found = [names.get(p, UNNAMED if p.startswith("user:") else (p, p)) for p in task.candidates]
    return Holder(task, tuple(zh for zh, _en in found), free, tuple(en for _zh, en in found))


def events_for(session: Session, instance: ProcessInstance, user: User) -> list[HistoryEvent]:
    """The history that this reader may see, newest first. Members of an organisation see their own acts by name."""
    events = history.timeline(session, instance.id)
    if access.reads_as_office(user, instance):
        shown = [event for event in events if event.kind in OFFICE_KINDS]
    else:
        colleagues = _colleague_ids(session, user)
        shown = [
            event
            for event in events
            if event.kind in OPEN_KINDS or (event.kind == "task_completed" and event.actor_id in colleagues)
        ]
    return shown[::-1]


def stages(session: Session, instance: ProcessInstance) -> list[Stage]:
    """The step line that the policy draws for this kind of case; empty when it draws none."""
    drawn = _drawn_stages(session, instance)
    if not drawn:
        return []
    reached = _states_reached(session, instance)
    index = max((i for i, stage in enumerate(drawn) if reached.keys() & set(stage["states"])), default=0)
    failed = instance.status != "active" and instance.case_state not in drawn[-1]["states"]
    found = []
    for position, stage in enumerate(drawn):
        ended = instance.status != "active" and position == index
        state = "done" if position < index else "todo" if position > index else "now"
        if ended:
            state = "failed" if failed else "done"
        first = min((reached[s] for s in stage["states"] if s in reached), default=None)
        found.append(Stage(stage["zh"], stage["en"], state, first))
    return found


def decisions_for(session: Session, instance: ProcessInstance) -> Sequence[DecisionRecord]:
    """Decisions taken in this case, newest first."""
    query = (
        select(DecisionRecord)
        .where(DecisionRecord.instance_id == instance.id)
        .order_by(DecisionRecord.decided_at.desc(), DecisionRecord.id.desc())
    )
    return session.scalars(query).all()


def documents_for(session: Session, instance: ProcessInstance, user: User) -> Sequence[Document]:
    """Documents of the case: all for the office, those addressed to them for everybody else.

    Internal ones that also tell of a case from which the reader stands aside are left out.
    """
    query = select(Document).where(
        or_(Document.instance_id == instance.id, Document.case_no == instance.number)
    )
    if not access.reads_as_office(user, instance):
        query = query.where(Document.to_principal.in_(access.principals_of(user)))
    found = session.scalars(query.order_by(Document.id.desc()))
    return [row for row in found if not (row.is_internal and conflicts.bars_letter(session, user, row.data))]


def receipt_of(session: Session, instance: ProcessInstance) -> Receipt | None:
    """The receipt of the last submission."""
    return session.scalar(
        select(Receipt).where(Receipt.case_no == instance.number).order_by(Receipt.id.desc()).limit(1)
    )


def is_frozen(session: Session, instance: ProcessInstance) -> bool:
    query = select(Freeze.id).where(Freeze.case_no == instance.number, Freeze.released_at.is_(None))
    return session.scalar(query.limit(1)) is not None


def submissions_for(session: Session, instance: ProcessInstance, user: User) -> list[UserTask]:
    """Completed tasks whose form the reader may see, in order of completion.

    Nobody sees sealed answers but their author. The office sees all else but scores of others while somebody still
    scores; an organisation sees what its members entered.
    """
    query = (
        select(UserTask)
        .where(UserTask.instance_id == instance.id, UserTask.status == "completed")
        .options(joinedload(UserTask.completed_by))
        .order_by(UserTask.completed_at, UserTask.id)
    )
    tasks = seals.readable(session, instance.id, user, session.scalars(query))
    if access.reads_as_office(user, instance):
        sees_scores = access.may(user, "case.read_all") and not _is_scoring(session, instance)
        return [t for t in tasks if t.duty != "score" or sees_scores or t.completed_by_id == user.id]
    principals = set(access.principals_of(user))
    return [task for task in tasks if principals & set(task.candidates)]


def _is_scoring(session: Session, instance: ProcessInstance) -> bool:
    query = select(UserTask.id).where(
        UserTask.instance_id == instance.id, UserTask.duty == "score", UserTask.status == "open"
    )
    return session.scalar(query.limit(1)) is not None


def related_cases(session: Session, instance: ProcessInstance, user: User) -> list[ProcessInstance]:
    """Other processes about the same case: reviews, objections, investigations that the user may see."""
    query = select(ProcessInstance).where(
        or_(ProcessInstance.subject == instance.subject, ProcessInstance.number == instance.subject),
        ProcessInstance.id != instance.id,
    )
    rows = session.scalars(query.order_by(ProcessInstance.id)).all()
    return [row for row in rows if access.may_see_instance(user, row, session)]


def _visible(session: Session, user: User) -> Select[ProcessInstance]:
    query = select(ProcessInstance)
    if access.may(user, "case.read_all"):
        return query
    own = ProcessInstance.org_id.in_([m.org_id for m in user.memberships] or [-1])
    if not access.may(user, "case.read_office"):
        return query.where(own)
    acted = select(UserTask.instance_id).where(
        or_(UserTask.completed_by_id == user.id, UserTask.assignee_id == user.id)
    )
    offered = select(UserTask.instance_id).where(
        and_(UserTask.status == "open", _addressed_to(session, access.principals_of(user)))
    )
    return query.where(
        or_(
            own,
            ProcessInstance.started_by_id == user.id,
            ProcessInstance.id.in_(acted),
            ProcessInstance.id.in_(offered),
        )
    )


def _addressed_to(session: Session, principals: Sequence[str]) -> Any:
    return UserTask.id.in_(select(Inbox.task_id).where(Inbox.principal.in_(principals)))


def _drawn_stages(session: Session, instance: ProcessInstance) -> list[dict[str, Any]]:
    policies = policy.policies_of(session, instance.definition.deployment_id)
    for found in policies.values():
        if drawn := found.get("stages", {}).get(instance.process_key):
            return list(drawn)
    return []


def _states_reached(session: Session, instance: ProcessInstance) -> dict[str, datetime]:
    query = select(HistoryEvent.detail, HistoryEvent.recorded_at).where(
        HistoryEvent.instance_id == instance.id, HistoryEvent.kind == "case_state"
    )
    reached: dict[str, datetime] = {}
    for detail, at in session.execute(query.order_by(HistoryEvent.seq)):
        reached.setdefault(detail.get("state", ""), at)
    return reached


def _principal_names(session: Session, principals: set[str]) -> Mapping[str, tuple[str, str]]:
    """Principal → its name in Chinese and English."""
    groups = [p.removeprefix("group:") for p in principals if p.startswith("group:")]
    orgs = [int(p.split(":")[1]) for p in principals if p.startswith("org:")]
    rows = session.scalars(select(Group).where(Group.key.in_(groups)))
    names = {f"group:{g.key}": (g.name, g.name_en or g.name) for g in rows}
    for org in session.scalars(select(Organisation).where(Organisation.id.in_(orgs))):
        names[f"org:{org.id}"] = (org.name, org.name)
        names[f"org:{org.id}:signer"] = (f"{org.name}（签署人）", f"{org.name} (signer)")
    return names | {p: ("异议人", "Objector") for p in principals if p.startswith("ticket:")}


def _colleague_ids(session: Session, user: User) -> set[int]:
    orgs = [membership.org_id for membership in user.memberships]
    return set(session.scalars(select(Membership.user_id).where(Membership.org_id.in_(orgs))))


def form_of(session: Session, instance: ProcessInstance, task: UserTask) -> Form:
    """The form of a task as the case's own version has it, without what is hidden at that step."""
    definition = repository.definition_of(session, instance.definition)
    return definition.task_form(task.process_key, task.element_id, task.form_key)
