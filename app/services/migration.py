"""Moving running cases to another version of their process: see first what it means, then do it once.

Open tasks keep their row, and with it who has claimed them, their due date and what was typed so far.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from sqlalchemy import delete, select

from app.engine.definition import Definition
from app.engine.errors import MigrationRefused, Problem, StepFailed
from app.engine.instance import Instance
from app.engine.migration import MigrationPlan, migrate, plan_migration
from app.models.repository import ProcessDefinition
from app.models.runtime import ProcessInstance, Subscription, UserTask
from app.services import repository, runtime, task_rows
from app.services.context import Context
from app.services.errors import Conflict, NotFound
from app.services.history import record_event

_NONE: Mapping[str, str] = MappingProxyType({})


class NotMigratable(Conflict):
    """The case cannot move to that version; `problems` holds every reason."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(
            f"案件不能迁移到该版本：{'；'.join(problem.message_zh for problem in problems)}",
            f"The case cannot move to that version: {'; '.join(problem.message_en for problem in problems)}",
        )
        self.problems = problems


def preview(
    context: Context, instance_id: int, target: ProcessDefinition, mapping: Mapping[str, str] = _NONE
) -> MigrationPlan:
    """What moving a case to a version would mean; nothing is written. Raises NotFound.

    The move is tried out, so that what the new version cannot compute shows as a reason.
    """
    row = context.session.get(ProcessInstance, instance_id)
    if row is None:
        raise NotFound
    instance = runtime.load_instance(context, row)
    definition = repository.definition_of(context.session, target)
    plan = plan_migration(instance, definition, mapping)
    if plan.possible:
        try:
            migrate(instance, definition, context.environment(), mapping)
        except StepFailed as error:
            return replace(plan, reasons=(_failure(target, error),))
    return plan


def migrate_instance(
    context: Context, instance_id: int, target: ProcessDefinition, mapping: Mapping[str, str] = _NONE
) -> ProcessInstance:
    """Move a case to a version of its process; a case that is on it already stays as it is.

    Raises NotFound, NotMigratable with every reason.
    """
    row = runtime.lock_instance(context, instance_id)
    if row.definition_id == target.id:
        return row
    step = runtime.begin_step(context, row)
    definition = repository.definition_of(context.session, target)
    try:
        moved = migrate(step.instance, definition, context.environment(), mapping)
    except MigrationRefused as refusal:
        raise NotMigratable(refusal.reasons) from refusal
    except StepFailed as error:
        raise NotMigratable((_failure(target, error),)) from error
    _record(context, row, target, mapping)
    row.definition = target
    _update_tasks(context, row, definition, moved)
    subscribed = step.subscribed - _forget_changed(context, row, step.instance, moved)
    runtime.settle(context, replace(step, definition=definition, instance=moved, subscribed=subscribed))
    return row


def _failure(target: ProcessDefinition, error: StepFailed) -> Problem:
    return Problem(
        "step_failed",
        error.element_id,
        f"{target.key}.bpmn",
        f"按新版本接续时出错（{error.element_id}）：{error.message}",
        f"the new version fails when it takes over ({error.element_id}): {error.message}",
    )


def _record(
    context: Context, row: ProcessInstance, target: ProcessDefinition, mapping: Mapping[str, str]
) -> None:
    detail = {"from": row.definition.version, "to": target.version, "mapping": dict(mapping)}
    record_event(
        context.session,
        row,
        "migrated",
        now=context.now,
        actor=context.actor,
        process_key=row.process_key,
        detail=detail,
    )


def _update_tasks(context: Context, row: ProcessInstance, definition: Definition, moved: Instance) -> None:
    """Open tasks are called, filled in and separated as the new version says."""
    views = {view.id: view for view in moved.user_tasks()}
    query = select(UserTask).where(UserTask.instance_id == row.id, UserTask.status == "open")
    for task in context.session.scalars(query):
        view = views.get(task.engine_id)
        for name, value in task_rows.describe_task(definition, view).items() if view is not None else ():
            setattr(task, name, value)


def _forget_changed(
    context: Context, row: ProcessInstance, before: Instance, moved: Instance
) -> frozenset[str]:
    """Take away the rows of catchers that wait for another message now; they are written anew."""
    now = {each.id: (each.message, each.key) for each in moved.subscriptions()}
    changed = [
        each.id
        for each in before.subscriptions()
        if each.id in now and now[each.id] != (each.message, each.key)
    ]
    if changed:
        context.session.execute(
            delete(Subscription)
            .where(Subscription.instance_id == row.id, Subscription.engine_id.in_(changed))
            .execution_options(synchronize_session=False)
        )
    return frozenset(changed)
