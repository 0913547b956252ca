"""Interventions in one running case: seen before they are done, with a reason, recorded, undone while nothing followed.

Where money is involved one operator proposes and another confirms. The case's history tells everybody concerned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import undefer

from app.models.history import HistoryEvent
from app.models.identity import User
from app.models.migrations import Intervention
from app.models.register import Agreement, Payment, Receivable
from app.models.runtime import ProcessInstance, UserTask
from app.services import access, conflicts, repository, runtime
from app.services.context import Context
from app.services.errors import Conflict, NotFound, NotPermitted, SeparationViolated
from app.services.history import record_event
from app.services.studio import intervening, snapshots
from app.services.task_operations.acting import require_reason

# Kind → its name on pages and in the history.
NAMES = {
    "variable": ("修改数据项", "Edit a variable"), "return": ("退回到先前环节", "Move to an earlier step"),
    "skip": ("跳过环节", "Skip a step"), "retry": ("重试失败的作业", "Retry a failed job"),
    "suspend": ("暂停案件", "Suspend the case"), "resume": ("恢复案件", "Resume the case"),
    "cancel": ("终止案件", "Cancel the case"),
}  # fmt: skip
PROTECTIVE = frozenset({"suspend", "resume"})  # nothing is decided by them: one person is enough
INWARD = frozenset(
    {"intervention", "element_started", "element_completed", "element_cancelled", "case_state"}
)
REACHING = ("service", "send", "businessRule", "script")  # types of elements that did something themselves


@dataclass(frozen=True)
class Preview:
    """What an intervention would do: the difference, and the digest of the rows that it was seen on."""

    kind: str
    args: Mapping[str, Any]
    difference: Sequence[Mapping[str, str]]
    seen: str
    needs_two: bool
    can_be_undone: bool


def find_case(context: Context, number: str) -> ProcessInstance:
    """The case, for somebody who may intervene in it. Raises NotFound, NotPermitted, SeparationViolated."""
    query = select(ProcessInstance).where(ProcessInstance.number == number)
    row = context.session.scalar(query.options(undefer(ProcessInstance.state)))
    if row is None:
        raise NotFound
    _require_clear(context, row)
    return row


def preview(context: Context, number: str, kind: str, args: Mapping[str, Any]) -> Preview:
    """Do it, look, and take it back: what is shown is what would happen. Raises what doing it raises."""
    row = runtime.lock_instance(context, find_case(context, number).id)
    before, seen = intervening.describe(context, row), snapshots.digest(snapshots.take(context, row))
    seq, needs_two = row.history_seq, kind not in PROTECTIVE and involves_money(context, row)
    nested = context.session.begin_nested()
    intervening.act(context, row, kind, args)
    context.session.flush()
    difference = intervening.compare(before, intervening.describe(context, row))
    inside = kind != "retry" and _stayed_inside(context, row, seq)
    nested.rollback()
    return Preview(kind, dict(args), difference, seen, needs_two, inside)


def carry_out(
    context: Context, number: str, kind: str, args: Mapping[str, Any], reason: str, seen: str
) -> Intervention:
    """Do what was previewed; where money is involved, propose it. Raises Invalid, Conflict, NotPermitted."""
    actor, text = _actor(context), require_reason(reason, 500)
    row = runtime.lock_instance(context, find_case(context, number).id)
    _require_same(context, row, seen)
    is_proposal = kind not in PROTECTIVE and involves_money(context, row)
    # Whoever confirms sees what would happen.
    told = preview(context, number, kind, args).difference if is_proposal else ()
    found = Intervention(instance=row, kind=kind, args=dict(args), reason=text, state="proposed", seen=seen,
                         proposed_by_id=actor.id, proposed_at=context.now,
                         difference=[dict(line) for line in told])  # fmt: skip
    if is_proposal:
        same = select(Intervention).where(
            Intervention.instance_id == row.id, Intervention.state == "proposed", Intervention.seen == seen
        )
        if context.session.scalar(same.limit(1)) is not None:
            raise Conflict(
                "本案已有待确认的干预提议。", "An intervention in this case waits for confirmation."
            )
        context.session.add(found)
        context.session.flush()
        return found
    context.session.add(found)
    _do(context, row, found)
    return found


def confirm(context: Context, intervention_id: int) -> Intervention:
    """Do what a colleague proposed. Raises NotFound, Conflict, SeparationViolated for whoever proposed it."""
    row, found = _taken(context, intervention_id, "proposed")
    actor = _actor(context)
    if found.proposed_by_id == actor.id:
        raise SeparationViolated(
            "涉及资金的干预须由另一名运维人员确认。",
            "Where money is involved another operator has to confirm.",
        )
    _require_same(context, row, found.seen)
    found.confirmed_by_id = actor.id
    _do(context, row, found)
    return found


def refuse(context: Context, intervention_id: int) -> Intervention:
    """Do not do what was proposed; also for whoever proposed it. Raises NotFound, Conflict."""
    _row, found = _taken(context, intervention_id, "proposed")
    found.state, found.done_at = "refused", context.now
    return found


def undo(context: Context, intervention_id: int) -> Intervention:
    """Put the case back as it was. Raises NotFound, Conflict when something followed, SeparationViolated."""
    row, found = _taken(context, intervention_id, "done")
    actor = _actor(context)
    if found.confirmed_by_id is not None and found.proposed_by_id == actor.id:
        raise SeparationViolated(
            "涉及资金的干预不能由提议人撤销。", "Whoever proposed it cannot undo it: money is involved."
        )
    if (
        found.before is None
        or not found.after
        or snapshots.digest(snapshots.take(context, row)) != found.after
    ):
        raise Conflict("干预之后案件已有变化，不能撤销。", "Something followed: it cannot be undone.")
    snapshots.put_back(context, row, found.before)
    intervening.wake(context, row)
    found.state = "undone"
    _record(context, row, found, "intervention_undone")
    return found


def list_of(context: Context, row: ProcessInstance) -> Sequence[Intervention]:
    """Everything that was done or proposed in a case, the newest first."""
    query = select(Intervention).where(Intervention.instance_id == row.id).order_by(Intervention.id.desc())
    return context.session.scalars(query).all()


def involves_money(context: Context, row: ProcessInstance) -> bool:
    """Whether an award, an agreement, a payment, a debt or a step of the finance office belongs to the case."""
    numbers = [row.number, row.subject]
    if row.amount is not None:
        return True
    for model in (Agreement, Payment, Receivable):
        if context.session.scalar(select(model.id).where(model.case_no.in_(numbers)).limit(1)) is not None:
            return True
    definition = repository.pinned_definition(context.session, row.definition_id)
    return any((element.duty or "").startswith("finance") for element in definition.elements.values())


def _do(context: Context, row: ProcessInstance, found: Intervention) -> None:
    before, told, seq = snapshots.take(context, row), intervening.describe(context, row), row.history_seq
    _record(context, row, found, "intervention")
    intervening.act(context, row, found.kind, found.args)
    context.session.flush()
    found.difference = [dict(line) for line in intervening.compare(told, intervening.describe(context, row))]
    found.state, found.done_at, found.before = "done", context.now, before
    if found.kind != "retry" and _stayed_inside(context, row, seq):
        found.after = snapshots.digest(snapshots.take(context, row))
    context.session.flush()


def _record(context: Context, row: ProcessInstance, found: Intervention, kind: str) -> None:
    zh, en = NAMES[found.kind]
    detail = {"what": zh, "what_en": en, "reason": found.reason, "intervention": found.kind}
    record_event(context.session, row, kind, now=context.now, actor=context.actor,
                 process_key=row.process_key, detail=detail)  # fmt: skip


def _stayed_inside(context: Context, row: ProcessInstance, seq: int) -> bool:
    """Whether nothing left the case: no message, no service, no decision, no legal clock, no end."""
    if not snapshots.stayed_inside(context.session, row, seq, INWARD):
        return False
    definition = repository.pinned_definition(context.session, row.definition_id)
    query = select(HistoryEvent).where(HistoryEvent.instance_id == row.id, HistoryEvent.seq > seq)
    elements = [
        definition.element(each.process_key, each.element_id) for each in context.session.scalars(query)
    ]
    return not any(element is not None and element.type.startswith(REACHING) for element in elements)


def _require_same(context: Context, row: ProcessInstance, seen: str) -> None:
    if snapshots.digest(snapshots.take(context, row)) != seen:
        raise Conflict(
            "案件在预览之后已有变化，请重新预览。", "The case has changed since: preview it again."
        )


def _taken(context: Context, intervention_id: int, state: str) -> tuple[ProcessInstance, Intervention]:
    session = context.session
    owner = session.scalar(select(Intervention.instance_id).where(Intervention.id == intervention_id))
    if owner is None:
        raise NotFound
    row = runtime.lock_instance(context, owner)
    _require_clear(context, row)
    found = session.get_one(
        Intervention, intervention_id, options=[undefer(Intervention.before)], populate_existing=True
    )
    if found.state != state:
        raise Conflict("此项干预已经处理。", "This intervention has been dealt with.")
    return row, found


def _actor(context: Context) -> User:
    return access.require(context.actor, "case.intervene")


def _require_clear(context: Context, row: ProcessInstance) -> None:
    """Nobody intervenes in a case of the own organisation, with an interest, or whose money passed their hands."""
    user, session = _actor(context), context.session
    if "system_admin" in access.groups_of(user):
        raise SeparationViolated(
            "系统管理员不得干预案件。", "A system administrator may not intervene in cases."
        )
    if access.is_party(user, row):
        raise NotPermitted("不得干预本单位的案件。", "Nobody intervenes in a case of the own organisation.")
    conflicts.require_clear(session, user, row)
    handled = select(UserTask.id).where(
        UserTask.completed_by_id == user.id,
        UserTask.duty.startswith("finance"),
        or_(UserTask.instance_id == row.id, UserTask.subject == row.subject),
    )
    if session.scalar(handled.limit(1)) is not None:
        raise SeparationViolated("您经办过本案资金，不得干预。", "You handled money of this case.")
