"""Applying: start a case of an open call for an organisation."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import or_, select

from app.models.identity import Organisation
from app.models.runtime import Inbox, ProcessInstance, UserTask
from app.services import access, repository, runtime
from app.services.context import Context
from app.services.errors import NotFound, NotPermitted
from app.services.registers import calls


def start_application(context: Context, call_no: str, org_id: int) -> ProcessInstance:
    """Start a declaration in a call, pinned to the call's parameters.

    Raises NotPermitted when the actor does not act for the organisation, and what `calls.check_open` raises when the
    call is over (by its instant) or the organisation takes part already.
    """
    org = _own_organisation(context, org_id)
    call = calls.get_call(context.session, call_no)
    calls.check_open(context.session, call, org, context.now)
    definition = repository.current_definition(context.session, call.case_process)
    variables = {**calls.start_variables(call), "org": org_variable(org)}
    instance = runtime.start_process(context, definition, variables, org_id=org.id)
    calls.join(context.session, call, instance)
    return instance


def start_by_hand(context: Context, key: str) -> ProcessInstance:
    """Start a process that the actor's groups may start. Raises NotFound for any other."""
    definition = repository.current_definition(context.session, key)
    user = access.require(context.actor, "process.start")
    if not set(access.principals_of(user)) & set(definition.startable_by):
        raise NotFound
    return runtime.start_process(context, definition, {})


def startable(context: Context) -> list[tuple[str, str, str]]:
    """(key, Chinese, English name) of the processes that the actor may start by hand."""
    user = context.actor
    if user is None:
        return []
    own = set(access.principals_of(user))
    rows = repository.list_current(context.session)
    return [
        (row.key, row.name, row.name_en)
        for row in rows
        if own & set(row.startable_by) and not row.is_suspended
    ]


def org_variable(org: Organisation) -> dict[str, object]:
    """The process variable `org` (docs/authoring-processes.md)."""
    return {
        "id": org.id,
        "principal": org.principal,
        "name": org.name,
        "uscc": org.uscc,
        "type": org.org_type,
    }


def own_cases(context: Context) -> Sequence[ProcessInstance]:
    """Cases of the actor's organisations, newest first."""
    user = context.actor
    orgs = [membership.org_id for membership in user.memberships] if user else []
    query = (
        select(ProcessInstance).where(ProcessInstance.org_id.in_(orgs)).order_by(ProcessInstance.id.desc())
    )
    return context.session.scalars(query).all()


def open_tasks_of(context: Context, instances: Sequence[ProcessInstance]) -> dict[int, list[UserTask]]:
    """Open tasks by instance id."""
    query = select(UserTask).where(
        UserTask.instance_id.in_([row.id for row in instances]), UserTask.status == "open"
    )
    found: dict[int, list[UserTask]] = {}
    for task in context.session.scalars(query.order_by(UserTask.id)):
        found.setdefault(task.instance_id, []).append(task)
    return found


def tasks_elsewhere(context: Context) -> Sequence[UserTask]:
    """What waits for the actor in cases that are not their organisation's, such as an objection to it; by due time."""
    user = context.actor
    if user is None:
        return []
    orgs = [membership.org_id for membership in user.memberships]
    is_foreign = or_(ProcessInstance.org_id.is_(None), ProcessInstance.org_id.not_in(orgs))
    reached = select(Inbox.task_id).where(Inbox.principal.in_(access.principals_of(user)))
    query = select(UserTask).join(UserTask.instance).where(UserTask.id.in_(reached), is_foreign)
    return context.session.scalars(query.order_by(UserTask.due_at, UserTask.id)).all()


def _own_organisation(context: Context, org_id: int) -> Organisation:
    user = context.actor
    membership = next((m for m in user.memberships if m.org_id == org_id), None) if user else None
    if membership is None:
        raise NotPermitted("您不是该单位的经办人。", "You do not act for this organisation.")
    return membership.org
