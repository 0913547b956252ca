"""When somebody leaves (离职转办): all open tasks and seats go to colleagues, each checked as if handed over alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select

from app.models.identity import User
from app.models.operations import TaskSeat
from app.models.runtime import ProcessInstance, UserTask
from app.services import access, runtime
from app.services.context import Context
from app.services.errors import Conflict, ServiceError
from app.services.task_operations import acting, signing


@dataclass(frozen=True)
class Left:
    """What became of one task: `to` has it now, without `to` its group has, with `error` nothing was done."""

    task: UserTask
    to: User | None
    error: ServiceError | None = None


def tasks_of(context: Context, user: User) -> Sequence[UserTask]:
    """Open tasks that the person has or still has a say in."""
    seated = select(TaskSeat.task_id).where(TaskSeat.user_id == user.id, TaskSeat.state == "open")
    query = (
        select(UserTask)
        .where(UserTask.status == "open", or_(UserTask.assignee_id == user.id, UserTask.id.in_(seated)))
        .order_by(UserTask.instance_id, UserTask.id)
    )
    return context.session.scalars(query).all()


def transfer_all(context: Context, user_id: int, to_user_id: int | None, reason: str) -> list[Left]:
    """Hand all tasks of a leaver over to one colleague, or without one back to their groups.

    A task that the colleague may not do stays, with its reason. Cases are locked in the order of their ids.
    """
    text = acting.require_reason(reason)
    leaver = acting.require_person(context, user_id)
    to = acting.require_person(context, to_user_id) if to_user_id is not None else None
    found = tasks_of(context, leaver)
    ids = sorted({task.instance_id for task in found})
    context.session.execute(
        select(ProcessInstance.id)
        .where(ProcessInstance.id.in_(ids))
        .order_by(ProcessInstance.id)
        .with_for_update()
    ).all()
    return [_hand_over(context, task.id, leaver, to, text) for task in found]


def _hand_over(context: Context, task_id: int, leaver: User, to: User | None, reason: str) -> Left:
    row = runtime.lock_instance_of(context, task_id)
    task = acting.fresh(context, task_id)
    try:
        with context.session.begin_nested():
            _give(context, row, task, leaver, to, reason)
    except ServiceError as error:
        return Left(task, None, error)
    return Left(task, to)


def _give(
    context: Context, row: ProcessInstance, task: UserTask, leaver: User, to: User | None, reason: str
) -> None:
    acting.require_open(task)
    if signing.leave_board(context, task, leaver.id):  # nobody inherits a vote
        acting.record_task(
            context, row, task, "task_signer_removed", reason=reason, to=leaver.id, to_name=leaver.name
        )
        return
    shared = [principal for principal in task.candidates if principal != leaver.principal]
    if to is None:
        if not shared or signing.sheet_of(context, task) is not None:
            raise Conflict("该任务没有候选组，须指定接办人。", "No group can take this task: name somebody.")
        acting.assign(context, task, None)
    else:
        if to.id == leaver.id or not (_shares(to, shared) or _same_post(to, leaver)):
            raise Conflict("接办人不在该任务的候选范围内。", "That person is not a candidate for this task.")
        access.check_separation(context.session, to, task)
        signing.move_seat(context, task, leaver.id, to.id)
        if task.assignee_id == leaver.id:
            task.candidates = [*shared, to.principal] if not _shares(to, shared) else shared
            acting.assign(context, task, to.id)
            signing.readdress(context, task)
    acting.record_task(context, row, task, "task_transferred", reason=reason, to=to.id if to else None,
                       to_name=to.name if to else "", before=leaver.id, before_name=leaver.name)  # fmt: skip


def _shares(to: User, principals: Sequence[str]) -> bool:
    return bool(set(access.principals_of(to)) & set(principals))


def _same_post(to: User, leaver: User) -> bool:
    return bool(access.groups_of(to) & access.groups_of(leaver) & access.OFFICE)
