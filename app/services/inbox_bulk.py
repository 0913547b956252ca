"""One act on many tasks: each by the same use case as alone, each with a result of its own.

All cases are locked before the first act, in the order of their ids: two such requests cannot wait for each other, and
whoever holds one case alone waits for no second one. A refusal takes back its own item and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.engine.form import Form
from app.models.identity import User
from app.models.runtime import ProcessInstance, UserTask
from app.services import access
from app.services.context import Context
from app.services.errors import Conflict, NotFound, ServiceError
from app.services.task import Work

MOST = 50
DECISION_TYPES = frozenset({"radio", "select", "checkbox", "checklist", "textarea", "textfield"})
LAYOUT_TYPES = frozenset({"text", "html", "separator", "spacer", "group"})


@dataclass(frozen=True)
class Result:
    """What became of one item; without `error` it was done. `task` is missing where the list is one of cases."""

    case: ProcessInstance
    task: UserTask | None
    error: ServiceError | None


Act = Callable[[int], None]


def pick_tasks(context: Context, user: User, ids: Sequence[int]) -> list[UserTask]:
    """The tasks with these ids that are or were addressed to the user, in the given order; at most MOST."""
    wanted = list(dict.fromkeys(ids))[:MOST]
    query = select(UserTask).where(UserTask.id.in_(wanted)).options(joinedload(UserTask.instance))
    found = {task.id: task for task in context.session.scalars(query)}
    return [
        found[n]
        for n in wanted
        if n in found and (access.is_candidate(user, found[n]) or found[n].completed_by_id == user.id)
    ]


def pick_cases(context: Context, user: User, ids: Sequence[int]) -> list[ProcessInstance]:
    """The cases with these ids that the user may see, in the given order; at most MOST."""
    wanted = list(dict.fromkeys(ids))[:MOST]
    rows = context.session.scalars(select(ProcessInstance).where(ProcessInstance.id.in_(wanted)))
    found = {row.id: row for row in rows if access.may_see_instance(user, row, context.session)}
    return [found[n] for n in wanted if n in found]


def act_on_tasks(context: Context, tasks: Sequence[UserTask], act: Act) -> list[Result]:
    """Do the same to each task; `act` is given its id and may raise any ServiceError."""
    _lock_all(context, [task.instance_id for task in tasks])
    return [Result(task.instance, task, _attempt(context, act, task.id)) for task in tasks]


def act_on_cases(context: Context, cases: Sequence[ProcessInstance], act: Act) -> list[Result]:
    """Do the same to each case; `act` is given its id and may raise any ServiceError."""
    _lock_all(context, [case.id for case in cases])
    return [Result(case, None, _attempt(context, act, case.id)) for case in cases]


def common_form(works: Sequence[Work]) -> Form:
    """The one form of all these tasks, when a decision on it means the same for each.

    Raises Conflict when the forms differ, ask for more than a decision, or somebody has begun to fill one in.
    """
    forms = [work.form for work in works]
    if not forms:
        raise NotFound
    if any(form != forms[0] for form in forms):
        raise Conflict(
            "所选任务的表单不同，请分别办理。", "These tasks have different forms; do them one by one."
        )
    if not _is_decision(forms[0]):
        raise Conflict(
            "此表单除结论和意见外还有其他内容，请逐件办理。",
            "This form asks for more than a decision; do these tasks one by one.",
        )
    if any(work.draft is not None or any(work.values.values()) for work in works):
        raise Conflict(
            "所选任务中有已填写的内容，请逐件办理。",
            "Some of these tasks are already filled in; do them one by one.",
        )
    return forms[0]


def _is_decision(form: Form) -> bool:
    """Whether a form asks for nothing but a decision, in words that are the same for every case."""
    types = {component.type for component in form.walk()}
    if not types & DECISION_TYPES or types - DECISION_TYPES - LAYOUT_TYPES:
        return False
    return not any(
        (component.choices and component.choices.expression)
        or (component.body and component.body.zh.expressions)
        for component in form.walk()
    )


def _attempt(context: Context, act: Act, item: int) -> ServiceError | None:
    try:
        with context.session.begin_nested():
            act(item)
    except ServiceError as error:
        return error
    return None


def _lock_all(context: Context, instances: Sequence[int]) -> None:
    query = select(ProcessInstance.id).where(ProcessInstance.id.in_(instances))
    context.session.execute(query.order_by(ProcessInstance.id).with_for_update()).all()
