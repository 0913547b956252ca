"""Runtime: running instances. A person, a timer, a message and a start all end in `settle`, which turns engine state
into rows: state, user tasks, inbox, subscriptions, timer job, messages, decisions and history, in one transaction.

A write locks the instance first (architecture §4). An exception anywhere means that nothing is saved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Select, bindparam, delete, insert, select, update
from sqlalchemy.orm import undefer

from app.engine.definition import Definition
from app.engine.instance import Effects, Instance, ServiceCall, UserTaskView
from app.models.history import DecisionRecord
from app.models.repository import ProcessDefinition
from app.models.runtime import Inbox, ProcessInstance, Subscription, UserTask
from app.services import arrivals, clock_binding, delegates, jobs, messages, repository, search, task_rows
from app.services.context import Context
from app.services.errors import Conflict, DeadlinePassed, NotFound
from app.services.history import record_event
from app.services.numbering import next_number
from app.services.policy import parameters_of
from app.services.scoring import seals
from app.services.statistics import passes

DEFAULT_PREFIX = "LC"  # 流程
INSTANCE_EVENTS = frozenset({"instance_started", "instance_completed", "instance_cancelled"})
_FRESH = (
    select(ProcessInstance)
    .options(undefer(ProcessInstance.state))
    .with_for_update()
    .execution_options(populate_existing=True)
)
_LOCKED = _FRESH.where(ProcessInstance.id == bindparam("row_id"))
_OWNER = select(UserTask.instance_id).where(UserTask.id == bindparam("row_id")).scalar_subquery()
_LOCKED_OF_TASK = _FRESH.where(ProcessInstance.id == _OWNER)


@dataclass(frozen=True)
class Step:
    """An instance on its way from one waiting state to the next; `subscribed` and `due` are what its rows say now."""

    row: ProcessInstance
    definition: Definition
    instance: Instance
    subscribed: frozenset[str] = frozenset()
    due: datetime | None = None


def start_process(
    context: Context,
    row: ProcessDefinition,
    variables: Mapping[str, Any],
    *,
    org_id: int | None = None,
    message: str | None = None,
) -> ProcessInstance:
    """Start an instance on this version and run it until it waits. `variables` may override `params`."""
    definition = repository.definition_of(context.session, row)
    number = next_number(context.session, definition.number_prefix or DEFAULT_PREFIX, context.now)
    environment = context.environment()
    scope = {
        "params": parameters_of(context.session, row.deployment_id),
        **variables,
        "instance": {
            "no": number,
            "process": row.key,
            "started_at": context.now.isoformat(),
            "starter": context.actor.principal if context.actor else None,
        },
    }
    instance = Instance.start(definition, scope, environment, message=message)
    saved = ProcessInstance(
        number=number,
        definition=row,
        process_key=row.key,
        title=definition.title(scope, environment)[:300],
        title_en=definition.title_en(scope, environment)[:300],
        subject=definition.subject(scope, environment) or number,
        org_id=org_id,
        started_by_id=context.actor.id if context.actor else None,
        started_at=context.now,
        status="active",
        state=b"",
        is_frozen=False,
        history_seq=0,
        history_hash="",
    )
    context.session.add(saved)
    context.session.flush()
    record_event(context.session, saved, "started", now=context.now, actor=context.actor,
                 process_key=row.key, detail={"version": row.version, "message": message or ""})  # fmt: skip
    settle(context, Step(saved, definition, instance))
    search.index_case(context.session, saved)
    return saved


def lock_instance(context: Context, instance_id: int) -> ProcessInstance:
    """The instance's row, locked and fresh. Always the first statement of a write. Raises NotFound."""
    return _lock(context, _LOCKED, instance_id)


def lock_instance_of(context: Context, task_id: int) -> ProcessInstance:
    """The row of the instance that a task belongs to, locked and fresh. Raises NotFound."""
    return _lock(context, _LOCKED_OF_TASK, task_id)


def _lock(context: Context, statement: Select[ProcessInstance], row_id: int) -> ProcessInstance:
    row = context.session.scalar(statement, {"row_id": row_id})
    if row is None:
        raise NotFound
    return row


def load_instance(context: Context, row: ProcessInstance) -> Instance:
    """The engine's instance of a row, for reading."""
    return Instance.load(repository.pinned_definition(context.session, row.definition_id), row.state)


def begin_step(context: Context, row: ProcessInstance, *, even_suspended: bool = False) -> Step:
    """A locked instance, ready to be told what happened. Raises Conflict while an operator has suspended it."""
    if row.is_suspended and not even_suspended:
        raise Conflict(
            "案件已被人工暂停，恢复后才能办理。", "The case is suspended until an operator resumes it."
        )
    definition = repository.pinned_definition(context.session, row.definition_id)
    instance = Instance.load(definition, row.state)
    subscribed = frozenset(subscription.id for subscription in instance.subscriptions())
    return Step(row, definition, instance, subscribed, instance.next_due())


def complete(context: Context, row: ProcessInstance, task: UserTask, values: Mapping[str, Any]) -> None:
    """Complete a user task with accepted form values and run on. The caller has locked, checked and validated."""
    step = begin_step(context, row)
    _fire_overdue(context, step.instance, task)
    step.instance.complete(task.engine_id, values, context.environment())
    task.status, task.completed_at = "completed", context.now
    task.completed_by_id = context.actor.id if context.actor else None
    task.data = dict(values)
    record_event(
        context.session,
        row,
        "task_completed",
        now=context.now,
        actor=context.actor,
        process_key=task.process_key,
        element_id=task.element_id,
        element_name=task.name,
        detail={"task": task.id, "duty": task.duty, **task_rows.for_whom(task), **_sealed(context, task)},
    )
    search.note_answers(context, row, task)
    settle(context, step)


def _sealed(context: Context, task: UserTask) -> dict[str, Any]:
    """The commitment of a sealed step for its event, which the history's chain and checkpoints then keep."""
    if not seals.is_sealing(task):
        return {}
    return {"sealed_sha256": seals.seal(context.session, task, task.data or {}, context.now)}


def _fire_overdue(context: Context, instance: Instance, task: UserTask) -> None:
    """A limit that has passed comes before the act, even if no worker has fired its timer yet.

    Raises DeadlinePassed when the limit took the task away; the instant of the limit itself is still in time.
    """
    due = instance.next_due()
    if due is None or due >= context.now:
        return
    instance.fire_timers(replace(context.environment(), now=context.now - timedelta(microseconds=1)))
    if all(view.id != task.engine_id for view in instance.user_tasks()):
        raise DeadlinePassed(due)


@jobs.job_handler("timer")
def _fire_timers(context: Context, args: dict[str, Any]) -> None:
    row = lock_instance(context, args["instance_id"])
    if row.status != "active" or row.is_suspended:
        return  # resuming asks for the timer again
    step = replace(begin_step(context, row), due=None)  # this job was the row that held it
    until = context.now - context.settings.timer_grace
    step.instance.fire_timers(replace(context.environment(), now=until))
    settle(context, step)


@jobs.job_handler("match")
def _match(context: Context, args: dict[str, Any]) -> None:
    """Bring one message and one catcher together; nothing to do when either is missing."""
    name, key = args["name"], args["key"]
    waiting = messages.waiting_instance(context, name, key)
    if waiting is None:
        _start_by_message(context, name, key)
        return
    row = lock_instance(context, waiting)
    if messages.waiting_instance(context, name, key) != waiting:
        messages.request_match(context, name, key)  # another worker was faster with this one
        return
    message = messages.oldest_waiting(context, name, key)
    if message is None or row.status != "active" or row.is_suspended:
        return
    step = begin_step(context, row)
    if step.instance.correlate(name, key, message.payload, context.environment()):
        message.consumed_at, message.consumed_by_id = context.now, row.id
        record_event(
            context.session, row, "message_received", now=context.now, detail={"message": name, "key": key}
        )
        settle(context, step)


def _start_by_message(context: Context, name: str, key: str) -> None:
    definition = repository.started_by_message(context.session, name)
    if definition is None:
        return
    message = messages.oldest_waiting(context, name, key)
    if message is None:
        return
    org = message.payload.get("org")
    org_id = org.get("id") if isinstance(org, dict) else None
    row = start_process(context, definition, message.payload, org_id=org_id, message=name)
    message.consumed_at, message.consumed_by_id = context.now, row.id


def cancel_instance(context: Context, row: ProcessInstance, reason: str) -> None:
    """End a locked instance from outside. Raises Conflict when it has ended already."""
    if row.status != "active":
        raise Conflict("案件已经结束。", "The case has already ended.")
    step = begin_step(context, row)
    step.instance.cancel(context.environment())
    record_event(
        context.session, row, "cancelled", now=context.now, actor=context.actor, detail={"reason": reason}
    )
    settle(context, step, ended_as="cancelled")


def settle(context: Context, step: Step, ended_as: str = "completed") -> None:
    """Run waiting services, then write down everything that the step did."""
    row, instance = step.row, step.instance
    while calls := instance.services():
        for call in calls:
            _run_service(context, row, instance, call)
    effects = instance.drain()
    row.state = instance.dump()
    row.case_state = instance.case_state or row.case_state
    _write_history(context, row, step.definition, effects)
    has_ended = instance.completed and row.status == "active"
    if has_ended:
        _end(context, row, instance, ended_as)
    _sync_subject(context, row, step.definition, instance)
    passing = _sync_tasks(context, row, step.definition, instance.user_tasks())
    clock_binding.follow(context, row, step.definition, instance, effects.events)
    passes.note(context, row, passing)
    _sync_subscriptions(context, step)
    if step.due != (due := instance.next_due()):
        jobs.schedule_timer(context.session, row.id, due, context.now, is_new=step.due is None)
    for outgoing in effects.messages:
        messages.send_message(context, outgoing.name, outgoing.key, outgoing.payload, sender_id=row.id)
    if has_ended:
        delegates.instance_ended(context, row)
    context.session.flush()


def _run_service(context: Context, row: ProcessInstance, instance: Instance, call: ServiceCall) -> None:
    host = delegates.DelegateContext(
        session=context.session,
        instance=row,
        element_id=call.element_id,
        now=context.now,
        actor_id=context.actor.id if context.actor else None,
        calendar=context.environment().calendar,
        emit=partial(messages.send_message, context, sender_id=row.id),
        settings=context.settings,
    )
    try:
        result = delegates.call(call.delegate, host, call.parameters)
    except delegates.DelegateError as error:
        instance.fail_service(call.id, error.code, str(error), context.environment())
        return
    instance.complete_service(call.id, result, context.environment())


def _write_history(context: Context, row: ProcessInstance, definition: Definition, effects: Effects) -> None:
    for event in effects.events:
        if event.kind in INSTANCE_EVENTS:
            continue  # recorded by the use case, with its actor
        element_id = event.element_id or ""
        element = definition.element(event.process_id, element_id)
        record_event(
            context.session,
            row,
            event.kind,
            now=context.now,
            process_key=event.process_id,
            element_id=element_id,
            element_name=element.name if element else "",
            detail=event.detail,
        )
    for decision in effects.decisions:
        context.session.add(
            DecisionRecord(
                instance_id=row.id,
                subject=row.subject,
                process_key=decision.process_id,
                element_id=decision.element_id,
                decision_id=decision.decision_id,
                decision_name=decision.trace.get("decision_name", decision.decision_id),
                trace=decision.trace,
                decided_at=context.now,
            )
        )


def _sync_subject(context: Context, row: ProcessInstance, definition: Definition, instance: Instance) -> None:
    """A process started by hand learns only later whom and which case it is about; what was done counts for it too."""
    variables, environment = instance.variables, context.environment()
    search.note_facts(row, variables)
    subject = definition.subject(variables, environment)
    known = (row.subject, row.title, row.title_en)
    if subject and subject != row.subject:
        row.subject = subject
        moved = update(UserTask).where(UserTask.instance_id == row.id).values(subject=subject)
        context.session.execute(moved)
    row.title = definition.title(variables, environment)[:300]
    row.title_en = definition.title_en(variables, environment)[:300]
    if (row.subject, row.title, row.title_en) != known:
        search.index_case(context.session, row)


def _sync_tasks(
    context: Context, row: ProcessInstance, definition: Definition, views: Sequence[UserTaskView]
) -> passes.Passing:
    """Make open tasks and inbox rows equal to what the engine waits for; gives the tasks that begin, last or end."""
    session = context.session
    unsettled = passes.unsettled(session, row)
    known = {task.engine_id: task for task, _ in unsettled if task.status == "open"}
    active = {view.id for view in views}
    for engine_id, task in known.items():
        if engine_id not in active:
            task.status = "cancelled"
    new = [task_rows.task_row(row, definition, view, context.now) for view in views if view.id not in known]
    session.add_all(new)
    session.flush()
    if ended := [task.id for task, _ in unsettled if task.status != "open"]:
        gone = delete(Inbox).where(Inbox.task_id.in_(ended))
        session.execute(gone.execution_options(synchronize_session=False))
    entries = [entry for task in new for entry in task_rows.inbox_entries(task)]
    if entries:
        session.execute(insert(Inbox), entries)
    by_id = {view.id: view for view in views}
    arrivals.tell(context, row, [(task, by_id[task.engine_id]) for task in new])
    return [*unsettled, *((task, None) for task in new)]


def _sync_subscriptions(context: Context, step: Step) -> None:
    session, row_id = context.session, step.row.id
    wanted = {subscription.id: subscription for subscription in step.instance.subscriptions()}
    if gone := step.subscribed - wanted.keys():
        session.execute(
            delete(Subscription)
            .where(Subscription.instance_id == row_id, Subscription.engine_id.in_(gone))
            .execution_options(synchronize_session=False)
        )
    for engine_id in wanted.keys() - step.subscribed:
        found = wanted[engine_id]
        session.add(
            Subscription(instance_id=row_id, engine_id=engine_id, message=found.message, key=found.key)
        )
        messages.request_match(context, found.message, found.key)


def _end(context: Context, row: ProcessInstance, instance: Instance, ended_as: str) -> None:
    row.status, row.ended_at, row.outcome = ended_as, context.now, instance.outcome
    record_event(
        context.session, row, "ended", now=context.now, detail={"outcome": instance.outcome or ended_as}
    )
