"""Countersigning, adding and removing signers, delegating: the seats of a task and their votes.

会签、或签、依次审批 come from the diagram; 加签 and 委派 give a task of one person seats. Who may act when is decided
by `app.engine.operations.seats`; here it is stored, addressed and recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.engine.operations import seats as algebra
from app.engine.operations.seats import OperationRefused, Seat, Sheet
from app.models.history import HistoryEvent
from app.models.identity import User
from app.models.operations import TaskSeat
from app.models.runtime import UserTask
from app.services.context import Context
from app.services.errors import Conflict, Invalid, NotPermitted
from app.services.principals import people_by_principal
from app.services.task_operations import acting, people, substitutes
from app.services.task_operations.acting import Act

REFUSALS = {
    "not_your_turn": ("现在还没有轮到您，或您已经表态。", "It is not your turn, or you have acted already."),
    "has_seat": ("所选人员已在会签、加签之列。", "One of these persons has a seat already."),
    "no_seat": ("此人不在可减签的人员之列。", "This person has no seat that can be removed."),
    "has_acted": ("此人已经表态，不能变更。", "This person has acted already."),
    "last_seat": ("至少要保留一人。", "At least one person has to stay."),
    "delegated": ("已委派他人办理，尚未送回。", "The task is delegated and has not come back."),
}
VOTES = {"agree": ("同意", "agree"), "refuse": ("不同意", "refuse"), "abstain": ("弃权", "abstain")}


def rows_of(context: Context, task: UserTask) -> Sequence[TaskSeat]:
    """The seats of a task in their order, with removed ones."""
    query = (
        select(TaskSeat)
        .where(TaskSeat.task_id == task.id)
        .options(joinedload(TaskSeat.user), joinedload(TaskSeat.acted_by))
        .order_by(TaskSeat.position, TaskSeat.id)
        .execution_options(populate_existing=True)
    )
    return context.session.scalars(query).all()


def sheet_of(context: Context, task: UserTask) -> Sheet | None:
    """The seats as the algebra sees them; None for a task of one person."""
    rows = rows_of(context, task)
    if not rows:
        return None
    return Sheet(acting.policy_of(task).rule, tuple(_seat(row) for row in rows))


def _seat(row: TaskSeat) -> Seat:
    return Seat(row.user_id, row.kind, row.anchor_id, row.weight, row.state, row.vote, row.id)  # type: ignore[arg-type]


def asks_for(context: Context, task_id: int) -> str:
    """What the actor has to say on the task now: `opinion`, `ballot`, or nothing. Its holder uses the form instead."""
    task = context.session.get(UserTask, task_id)
    if task is None or task.status != "open" or context.actor is None:
        return ""
    sheet = sheet_of(context, task)
    if sheet is None:
        return ""
    person = substitutes.covered_by(context, context.actor, task) or context.actor
    seat = sheet.seat(person.id)
    if seat is None or seat.kind == "holder" or person.id not in sheet.turn:
        return ""
    return "ballot" if seat.kind == "voter" else "opinion"


def require_holders_turn(context: Context, task: UserTask) -> bool:
    """Whether the task has seats at all. Raises Conflict while others have to act before it can be completed."""
    sheet = sheet_of(context, task)
    if sheet is None or sheet.outcome is not None:
        return sheet is not None
    if sheet.rule is not None:
        raise Conflict("会签尚未形成结果，不能办结。", "The vote is not decided yet.")
    if task.assignee_id not in sheet.turn:
        raise Conflict("加签或委派的人员尚未办理完毕。", "Those who were asked have not all acted yet.")
    return True


def seat_signers(context: Context, task: UserTask, signers: Sequence[tuple[str, int]]) -> bool:
    """Give a new task the seats of its diagram; whoever may not act gets none. False when nobody is left."""
    position = 0
    taken: set[int] = set()
    behind = people_by_principal(context.session, [principal for principal, _ in signers])
    for principal, weight in signers:
        for person in behind[principal]:
            if person.id in taken or not people.may_act(context.session, person, task):
                continue
            taken.add(person.id)
            position += 1
            context.session.add(
                TaskSeat(task_id=task.id, user_id=person.id, position=position, kind="signer", weight=weight,
                         state="open", created_at=context.now)
            )  # fmt: skip
    if position:
        task.candidates = [f"user:{person}" for person in sorted(taken)]
        task.assignee_id = task.claimed_at = None
        readdress(context, task)
    return position > 0


def vote(context: Context, task_id: int, choice: str, opinion: str) -> tuple[Act, str | None]:
    """Vote or say an opinion; the act, and what is decided by it. Raises Conflict, Invalid.

    What the decision does with the task is the caller's: see `task.vote`.
    """
    act = acting.begin(context, task_id)
    if choice not in VOTES:
        raise Invalid("请选择同意、不同意或弃权。", "Choose to agree, refuse or abstain.")
    if choice != "agree" and not opinion.strip():
        raise Invalid("不同意或弃权须说明理由。", "Say why you do not agree.")
    sheet = _require_sheet(context, act.task)
    if (seat := sheet.seat(act.person.id)) is not None and seat.kind == "voter":
        raise Conflict("请在表决页上表决。", "Vote on the page of the ballot.")
    changed = _try(lambda: algebra.cast(sheet, act.person.id, choice))  # type: ignore[arg-type]
    row = next(r for r in rows_of(context, act.task) if r.user_id == act.person.id and r.state == "open")
    row.opinion, row.acted_at, row.acted_by_id = opinion.strip()[:2000], context.now, act.actor.id
    act.task.opened_at = act.task.opened_at or context.now
    _store(context, act.task, sheet, changed)
    acting.record(act, "task_signed", vote=choice, opinion=row.opinion, seat=row.kind)
    outcome = changed.outcome
    if outcome is not None and changed.rule is not None:
        chair = changed.counted[0].person
        acting.assign(context, act.task, chair)
        acting.record(act, "task_decided", outcome=outcome, **counts(changed))
    return act, outcome


def asked_by(context: Context, task: UserTask, person: int) -> HistoryEvent | None:
    """Who asked this person to act on the task, and why; None for signers whom the diagram names."""
    query = select(HistoryEvent).where(
        HistoryEvent.instance_id == task.instance_id,
        HistoryEvent.kind.in_(("task_signers_added", "task_delegated")),
    )
    for event in context.session.scalars(query.order_by(HistoryEvent.seq.desc())):
        asked = event.detail.get("persons") or [event.detail.get("to")]
        if event.detail.get("task") == task.id and person in asked:
            return event
    return None


def holder_acted(context: Context, task: UserTask) -> bool:
    """The holder has submitted; False when somebody added after the holder has to act first."""
    sheet = sheet_of(context, task)
    if sheet is None or sheet.rule is not None or task.assignee_id is None:
        return True
    changed = _try(lambda: algebra.cast(sheet, task.assignee_id, "agree"))
    _store(context, task, sheet, changed)
    return changed.outcome is not None


def is_given_back(context: Context, task: UserTask) -> bool:
    """Whether somebody after the holder refused, so that the holder has to submit again."""
    sheet = sheet_of(context, task)
    return sheet is not None and any(s.kind == "holder" and s.state == "open" for s in sheet.counted)


def add_signers(context: Context, task_id: int, user_ids: Sequence[int], where: str, reason: str) -> UserTask:
    """Ask others to act before, after or beside the actor (加签). Raises NotPermitted, Invalid, Conflict."""
    act = acting.begin(context, task_id, "add_sign")
    text = acting.require_reason(reason)
    if where not in ("before", "after", "parallel"):
        raise Invalid("请选择加签方式。", "Choose where to add them.")
    if not 0 < len(user_ids) <= 20:
        raise Invalid("请选择加签人员。", "Choose whom to add.")
    invited = _allowed(act, user_ids)
    _change(act, lambda sheet: algebra.add(sheet, act.person.id, [one.id for one in invited], where))  # type: ignore[arg-type]
    acting.record(act, "task_signers_added", where=where, reason=text,
                  persons=[one.id for one in invited], names=[one.name for one in invited])  # fmt: skip
    return act.task


def delegate(context: Context, task_id: int, user_id: int, reason: str) -> UserTask:
    """Let somebody prepare the task, which comes back to the holder (委派). Raises NotPermitted, Conflict."""
    act = acting.begin_held(context, task_id, "delegate")
    text = acting.require_reason(reason)
    (to,) = _allowed(act, [user_id])
    _change(act, lambda sheet: algebra.delegate(sheet, act.person.id, to.id))
    acting.record(act, "task_delegated", to=to.id, to_name=to.name, reason=text)
    return act.task


def remove_signer(context: Context, task_id: int, user_id: int, reason: str) -> UserTask:
    """Take somebody who has not acted out of the signers (减签). Raises NotPermitted, Conflict."""
    act = acting.begin(context, task_id, "remove_sign")
    text = acting.require_reason(reason)
    sheet = _require_sheet(context, act.task)
    if sheet.seat(act.person.id) is None:
        raise NotPermitted("您不在会签、加签之列。", "You have no seat in this task.")
    seat = sheet.seat(user_id)
    if seat is not None and seat.anchor != act.person.id and sheet.counted[0].person != act.person.id:
        raise NotPermitted(
            "只有加签人或排在首位的人可以减签。", "Only who added the person, or the first one, can remove."
        )
    removed = acting.require_person(context, user_id)
    _change(act, lambda known: algebra.remove(known, user_id))
    acting.record(act, "task_signer_removed", to=user_id, to_name=removed.name, reason=text)
    return act.task


def convene(act: Act, persons: Sequence[int]) -> None:
    """Give the members of a board their seats beside the holder. Raises Conflict."""
    _change(act, lambda sheet: algebra.convene(sheet, act.person.id, persons))


def take_vote(context: Context, task: UserTask, person: int) -> None:
    """The member has voted on the ballot, or somebody recorded it: nothing is left to do. Raises Conflict."""
    sheet = _require_sheet(context, task)
    _store(context, task, sheet, _try(lambda: algebra.cast(sheet, person, "agree")))


def leave_board(context: Context, task: UserTask, person: int) -> bool:
    """Take the seat of a member who leaves before voting away; False when the person has no such seat."""
    sheet = sheet_of(context, task)
    seat = sheet.seat(person) if sheet is not None else None
    if sheet is None or seat is None or seat.kind != "voter":
        return False
    _store(context, task, sheet, _try(lambda: algebra.remove(sheet, person)))
    return True


def dismiss(context: Context, task: UserTask) -> None:
    """The ballot is closed, or somebody has left: nobody has to vote any more."""
    sheet = sheet_of(context, task)
    if sheet is not None:
        _store(context, task, sheet, algebra.dismiss(sheet))


def move_seat(context: Context, task: UserTask, person: int, to: int, *, stays: bool = False) -> None:
    """Let somebody take over a seat; nothing for a task without seats. Raises Conflict.

    The chair of a board can pass to one of its members; whoever presided stays a member where `stays`.
    """
    sheet = sheet_of(context, task)
    seat = sheet.seat(person) if sheet is not None else None
    if sheet is None or seat is None:
        return
    if seat.kind == algebra.HOLDER and any(other.kind == algebra.VOTER for other in sheet.counted):
        changed = _try(lambda: algebra.preside(sheet, person, to, stays=stays))
    else:
        changed = _try(lambda: algebra.move(sheet, person, to))
    _store(context, task, sheet, changed)


def counts(sheet: Sheet) -> dict[str, int]:
    """How the votes stand."""
    found = {name: sum(seat.vote == name for seat in sheet.counted) for name in VOTES}
    return {**found, "total": len(sheet.counted)}


def result_of(context: Context, task: UserTask) -> dict[str, Any]:
    """What the votes add to the task's result, under the name that the diagram gives."""
    policy = acting.policy_of(task)
    sheet = sheet_of(context, task) if policy.decision_variable else None
    if sheet is None or sheet.rule is None:
        return {}
    votes = [
        {"person": row.user.principal, "name": row.user.name, "vote": row.vote, "opinion": row.opinion}
        for row in rows_of(context, task)
        if row.state == "acted"
    ]
    return {policy.decision_variable: {"outcome": sheet.outcome, "votes": votes, **counts(sheet)}}


def readdress(context: Context, task: UserTask) -> None:
    """Put the task into the inboxes of those whose turn it is."""
    context.session.flush()
    sheet = sheet_of(context, task)
    if sheet is None or sheet.outcome is not None:
        acting.address(context, task)
        return
    acting.address(context, task, [f"user:{person}" for person in sheet.turn])


def _change(act: Act, change: Any) -> None:
    sheet = sheet_of(act.context, act.task)
    if sheet is None:
        if act.task.assignee_id != act.person.id:
            raise NotPermitted("请先认领任务。", "Claim the task first.")
        act.context.session.add(
            TaskSeat(task_id=act.task.id, user_id=act.person.id, position=1, kind="holder", state="open",
                     created_at=act.context.now)
        )  # fmt: skip
        sheet = _require_sheet(act.context, act.task)
    changed = _try(lambda: change(sheet))
    _store(act.context, act.task, sheet, changed)


def _store(context: Context, task: UserTask, before: Sheet, after: Sheet) -> None:
    """Make rows, candidates and inboxes equal to the sheet."""
    rows = {row.id: row for row in rows_of(context, task)}
    for position, seat in enumerate(after.seats, 1):
        row = rows.get(seat.key)
        if row is None:
            row = TaskSeat(task_id=task.id, created_at=context.now)
            context.session.add(row)
        row.user_id, row.kind, row.anchor_id, row.weight = seat.person, seat.kind, seat.anchor, seat.weight
        row.state, row.vote, row.position = seat.state, seat.vote, position
    seated = [f"user:{seat.person}" for seat in after.counted if seat.kind != "holder"]
    invited = [principal for principal in seated if principal not in task.candidates]
    gone = {f"user:{s.person}" for s in before.counted} - {f"user:{s.person}" for s in after.counted}
    task.candidates = [p for p in [*task.candidates, *invited] if p not in gone]
    readdress(context, task)


def _allowed(act: Act, user_ids: Sequence[int]) -> list[User]:
    """These persons, who may all act on the task. Raises NotPermitted, SeparationViolated."""
    found = []
    known = {one.id for one in people.colleagues(act.context, act.task)}
    for user_id in dict.fromkeys(user_ids):
        person = acting.require_person(act.context, user_id)
        acting.check_separation(act.context, person, None, act.task)
        if person.id not in known:
            raise NotPermitted("只能选择办理岗位上的其他人员。", "Choose other people who hold a post.")
        found.append(person)
    return found


def _require_sheet(context: Context, task: UserTask) -> Sheet:
    sheet = sheet_of(context, task)
    if sheet is None:
        raise NotPermitted("此任务没有会签或加签。", "Nobody signs this task besides its holder.")
    return sheet


def _try(change: Any) -> Sheet:
    try:
        sheet: Sheet = change()
    except OperationRefused as refused:
        raise Conflict(*REFUSALS[refused.code]) from refused
    return sheet
