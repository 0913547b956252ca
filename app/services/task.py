"""Task operations: claim, release, transfer, complete. Each locks the instance, then reads the task again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import bindparam, delete, exists, select
from sqlalchemy.orm import joinedload

from app.engine.form import Form
from app.engine.form.convert import Files
from app.engine.instance import UserTaskView
from app.engine.operations.ballots import read_terms
from app.models.ballots import Ballot
from app.models.drafts import FormDraftRevision
from app.models.identity import User
from app.models.operations import TaskSeat
from app.models.runtime import FormDraft, ProcessInstance, RequestKey, UserTask
from app.services import access, attachments, conflicts, repository, runtime
from app.services.context import Context
from app.services.errors import Conflict, Invalid, NotFound, NotPermitted, TaskEnded, TaskTaken
from app.services.history import record_event
from app.services.registers import duplicates
from app.services.task_operations import acting, ballots, effective, signing, substitutes

_BEGUN = (
    select(UserTask, FormDraft, RequestKey, exists().where(TaskSeat.task_id == UserTask.id))
    .outerjoin(FormDraft, FormDraft.task_id == UserTask.id)
    .outerjoin(RequestKey, RequestKey.key == bindparam("key"))
    .where(UserTask.id == bindparam("task"))
    .execution_options(populate_existing=True)
)


@dataclass(frozen=True)
class Work:
    """An open task with everything its page needs."""

    task: UserTask
    instance: ProcessInstance
    form: Form
    variables: dict[str, Any]
    values: dict[str, Any]
    draft: FormDraft | None
    ballot: dict[str, Any] | None = None
    may_have_seats: bool = True  # of signers, added ones or voters


def open_task(context: Context, task_id: int) -> Work:
    """The task with its form, prefilled. Raises NotFound, TaskEnded, TaskTaken, SeparationViolated."""
    task = require_form(context, task_id)
    return _work(context, task, task.instance, context.session.get(FormDraft, task.id))


def claim(context: Context, task_id: int) -> UserTask:
    """Take a task from its candidates. Claiming one's own task again changes nothing."""
    row, task = _locked(context, task_id)
    user = _actor(context)
    if task.assignee_id == user.id:
        return task
    if task.assignee_id is not None:
        raise _taken(task)
    if acting.policy_of(task).rule is not None:
        raise Conflict("会签任务由各会签人表态，不能认领。", "Signers vote on this task; nobody claims it.")
    access.check_separation(context.session, user, task)
    _assign(context, task, user.id)
    task.opened_at = task.opened_at or context.now  # also without scripts: nobody takes back what was claimed
    _record(context, row, task, "task_claimed")
    return task


def release(context: Context, task_id: int) -> UserTask:
    """Give a claimed task back to its candidates. Raises NotPermitted when it is not the actor's or had none."""
    row, task = _locked(context, task_id)
    if task.assignee_id != _actor(context).id or task.candidates == [f"user:{task.assignee_id}"]:
        raise NotPermitted("只有认领人可以退回候选组。", "Only the person who claimed it can release it.")
    if signing.sheet_of(context, task) is not None:
        raise Conflict("加签或委派期间不能退回候选组。", "Others have been asked: it cannot be released now.")
    _assign(context, task, None)
    _record(context, row, task, "task_released")
    return task


def transfer(context: Context, task_id: int, to_user_id: int, reason: str) -> UserTask:
    """Hand a task over to another candidate (转办), who must pass the same checks. Raises NotPermitted, Invalid."""
    row, task = _locked(context, task_id)
    acting.require_allowed(task, "transfer")
    behalf = substitutes.covered_by(context, _actor(context), task)
    user = behalf or _actor(context)
    if task.assignee_id != user.id:
        raise NotPermitted("请先认领任务再转办。", "Claim the task before handing it over.")
    if not reason.strip():
        raise Invalid("请填写转办理由。", "Give a reason for the hand-over.")
    to = context.session.get(User, to_user_id)
    if to is None or not to.is_active or not set(access.principals_of(to)) & set(task.candidates):
        raise NotPermitted("对方不在该任务的候选范围内。", "That person is not a candidate for this task.")
    access.check_separation(context.session, to, task)
    signing.move_seat(context, task, user.id, to.id, stays=ballots.awaits_vote(context, user, task))
    _assign(context, task, to.id)
    acting.record_task(context, row, task, "task_transferred", behalf=behalf, to=to.id, to_name=to.name,
                       reason=reason, before=user.id, before_name=user.name)  # fmt: skip
    return task


def require_form(context: Context, task_id: int) -> UserTask:
    """An open task whose form whoever asks may fill in. Raises NotFound, TaskEnded, TaskTaken, SeparationViolated."""
    task = _visible(context, task_id)
    _require_actable(context, task)
    return task


def may_complete(context: Context, task: UserTask) -> bool:
    """Whether the form is the actor's to fill in now: claimed, or of somebody whom the actor stands in for."""
    user = _actor(context)
    if task.assignee_id is None:
        return False
    behalf = substitutes.covered_by(context, user, task)
    return task.assignee_id == user.id or (behalf is not None and behalf.id == task.assignee_id)


def reach(context: Context, task_id: int) -> UserTask:
    """A task that is or was addressed to whoever asks, or that of a case of theirs to watch over. Raises NotFound."""
    try:
        return _visible(context, task_id)
    except NotFound:
        task = context.session.get(UserTask, task_id)
        if task is None or not access.may_see_instance(_actor(context), task.instance, context.session):
            raise
        return task


def look_at(context: Context, task_id: int) -> Work:
    """An open task with its form, to be read by whoever reaches it. Raises NotFound, TaskEnded, RecusalRequired."""
    task = reach(context, task_id)
    _require_open(context, task)
    conflicts.require_clear(context.session, _actor(context), task.instance)
    return _work(context, task, task.instance, context.session.get(FormDraft, task.id))


def note_opened(context: Context, task_id: int) -> None:
    """Somebody who may act on the task looks at it. Raises NotFound, TaskEnded, TaskTaken, SeparationViolated."""
    _, task = _locked(context, task_id)
    _require_actable(context, task)
    task.opened_at = task.opened_at or context.now


def lock_form(context: Context, task_id: int) -> UserTask:
    """Lock the case of an open task whose form the actor may fill in. Raises NotFound, TaskEnded, TaskTaken."""
    _, task = _locked(context, task_id)
    user = _actor(context)
    _require_not_taken(context, user, task)
    access.check_separation(context.session, user, task)
    return task


def complete_task(
    context: Context,
    task_id: int,
    data: Mapping[str, Any],
    *,
    key: str,
    result_url: str,
    files: Files | None = None,
) -> str:
    """Complete a task with form data, exactly once for each `key`; answer where the result is.

    `files` are the attachments that were uploaded with this form, by id. The second of two clicks gets the first
    one's result. Raises Invalid with messages by field, TaskEnded, TaskTaken, DeadlinePassed.
    """
    begun = begin_task(context, task_id, key)
    if isinstance(begun, str):
        return begun
    return finish_task(context, begun, data, key=key, result_url=result_url, files=files)


def begin_task(context: Context, task_id: int, key: str) -> Work | str:
    """Lock the case; the open task, or where the result is when the form with this key was carried out before.

    Raises NotFound, TaskEnded, TaskTaken, SeparationViolated.
    """
    row = runtime.lock_instance_of(context, task_id)
    task, draft, done, has_seats = context.session.execute(_BEGUN, {"task": task_id, "key": key}).one()
    if done is not None:
        if done.user_id != (context.actor.id if context.actor else None):
            raise Conflict("页面已失效，请重新打开后再提交。", "This page is no longer valid; open it again.")
        return str(done.result_url)
    _require_actable(context, task)
    return replace(_work(context, task, row, draft), may_have_seats=has_seats)


def finish_task(
    context: Context,
    work: Work,
    data: Mapping[str, Any],
    *,
    key: str,
    result_url: str,
    files: Files | None = None,
) -> str:
    """Complete a task that `begin_task` gave. Raises Invalid with messages by field, DeadlinePassed."""
    scope = context.environment().scope
    accepted = work.form.accept(data, work.variables, scope, stored=work.values, files=files)
    errors = {**attachments.quarantined(context, accepted.states), **accepted.errors}
    if errors:
        raise Invalid("表单有误，请按提示更正。", "There is a problem with the form.", errors)
    if work.ballot is not None:
        ballots.require_settled(context, work.task, accepted.values)
    asks = work.may_have_seats and context.actor is not None
    has_seats = asks and signing.require_holders_turn(context, work.task)
    actor_id = context.actor.id if context.actor else None
    context.session.add(RequestKey(key=key, user_id=actor_id, result_url=result_url, created_at=context.now))
    if work.draft is not None:
        context.session.execute(delete(FormDraftRevision).where(FormDraftRevision.task_id == work.task.id))
        context.session.delete(work.draft)
    duplicates.note_rows(context, work.instance, accepted)
    _complete(context, work, accepted.values, has_seats=has_seats)
    return result_url


def _complete(context: Context, work: Work, values: Mapping[str, Any], *, has_seats: bool) -> None:
    """Complete the task, or keep what was submitted until those have acted who were added after its holder."""
    voted = ballots.result_of(context, work.task) if work.ballot is not None else {}
    values = {**values, **effective.result_of(work.task), **voted}
    if context.actor is not None:
        behalf = substitutes.covered_by(context, context.actor, work.task)
        work.task.on_behalf_of_id = behalf.id if behalf is not None else None
        if has_seats and not signing.holder_acted(context, work.task):
            work.task.data = dict(values)
            acting.record_task(context, work.instance, work.task, "task_submitted", behalf=behalf)
            return
    runtime.complete(context, work.instance, work.task, {**values, **signing.result_of(context, work.task)})


def sign(context: Context, task_id: int, choice: str, opinion: str) -> UserTask:
    """Vote or say an opinion on a task (会签、加签、委派); what that decides is carried out at once.

    A decided vote completes the task where its form asks for nothing more, else its first signer fills the form in.
    A confirmation after the holder completes with what the holder submitted. Raises Conflict, Invalid.
    """
    act, outcome = signing.vote(context, task_id, choice, opinion)
    task, holder = act.task, act.task.assignee
    if outcome == "done" and task.data is not None:
        submitted = context.acting_as(holder)
        runtime.complete(submitted, act.row, task, task.data)
    elif outcome is not None and act.policy.rule is not None:
        work = _work(context, task, act.row, context.session.get(FormDraft, task.id))
        typed = work.draft.data if work.draft is not None else {}
        accepted = work.form.accept(typed, work.variables, context.environment().scope, stored=work.values)
        if not accepted.errors:
            _complete(context, work, accepted.values, has_seats=True)
    elif task.data is not None and signing.is_given_back(context, task):
        task.data = None
    return task


def put_to_vote(context: Context, task_id: int) -> Ballot:
    """Open the ballot of a task on what its holder has drafted so far. Raises Invalid, NotPermitted, Conflict."""
    act = acting.begin_held(context, task_id, "")
    work = _work(context, act.task, act.row, context.session.get(FormDraft, task_id))
    if work.ballot is None:
        raise NotPermitted("本环节不经表决。", "Nothing is voted on at this step.")
    fields = read_terms(work.ballot).fields
    typed = work.draft.data if work.draft is not None else {}
    wished = {**work.variables, "ballot": {"is_closed": True, "passed": True}}  # else right as it stands
    accepted = work.form.accept(typed, wished, context.environment().scope, stored=work.values)
    if errors := {path: said for path, said in accepted.errors.items() if path[0] in fields}:
        raise Invalid(
            "请先填写并暂存要交付表决的内容。", "First fill in and save what is put to the vote.", errors
        )
    return ballots.open_ballot(act, work.ballot, {name: accepted.values.get(name) for name in fields})


def view_of(context: Context, row: ProcessInstance, task: UserTask) -> UserTaskView:
    """The engine's view of an open task. Raises TaskEnded when the engine no longer waits for it."""
    for view in runtime.load_instance(context, row).user_tasks():
        if view.id == task.engine_id:
            return view
    raise TaskEnded("", None)


def _work(context: Context, task: UserTask, instance: ProcessInstance, draft: FormDraft | None) -> Work:
    view = view_of(context, instance, task)
    definition = repository.pinned_definition(context.session, instance.definition_id)
    variables = view.variables()
    if view.ballot is not None:
        variables["ballot"] = ballots.outcome_of(context, task)
    stored = variables.get(view.result_variable or "")
    values = {**view.prefill, **(stored if isinstance(stored, dict) else {})}
    form = definition.task_form(task.process_key, task.element_id, task.form_key)
    return Work(task, instance, form, variables, values, draft, view.ballot)


def _visible(context: Context, task_id: int) -> UserTask:
    task = context.session.scalar(
        select(UserTask)
        .where(UserTask.id == task_id)
        .options(
            joinedload(UserTask.instance), joinedload(UserTask.completed_by), joinedload(UserTask.assignee)
        )
    )
    if task is None or not _reaches(context, task):
        raise NotFound
    return task


def _reaches(context: Context, task: UserTask) -> bool:
    """Whether the task is, or was, addressed to whoever asks."""
    if context.ticket is not None:
        return context.ticket in task.candidates
    user = _actor(context)
    if access.is_candidate(user, task) or task.completed_by_id == user.id:
        return True
    return substitutes.covered_by(context, user, task) is not None


def _require_actable(context: Context, task: UserTask) -> None:
    """Raises NotFound, TaskEnded, TaskTaken, SeparationViolated unless whoever asks may act on the task now."""
    if not _reaches(context, task):
        raise NotFound
    _require_open(context, task)
    if context.ticket is not None:
        return
    user = _actor(context)
    _require_not_taken(context, user, task)
    access.check_separation(context.session, user, task)


def _require_not_taken(context: Context, user: User, task: UserTask) -> None:
    """The task is the user's, nobody's yet, or that of somebody whom the user stands in for. Raises TaskTaken."""
    if task.assignee_id in (None, user.id):
        return
    behalf = substitutes.covered_by(context, user, task)
    if behalf is None or behalf.id != task.assignee_id:
        raise _taken(task)
    access.check_separation(context.session, behalf, task)


def _locked(context: Context, task_id: int) -> tuple[ProcessInstance, UserTask]:
    row = runtime.lock_instance_of(context, task_id)
    task = _fresh(context, task_id)
    if not _reaches(context, task):
        raise NotFound
    _require_open(context, task)
    return row, task


def _fresh(context: Context, task_id: int) -> UserTask:
    query = select(UserTask).where(UserTask.id == task_id).execution_options(populate_existing=True)
    task: UserTask = context.session.scalars(query).one()
    return task


def _require_open(context: Context, task: UserTask) -> None:
    if task.status != "open":
        raise TaskEnded(task.completed_by.name if task.completed_by else "", task.completed_at)


def _taken(task: UserTask) -> TaskTaken:
    name = task.assignee.name if task.assignee else ""
    return TaskTaken(name, task.claimed_at or task.created_at)


def _assign(context: Context, task: UserTask, user_id: int | None) -> None:
    task.assignee_id = user_id
    task.claimed_at = context.now if user_id else None
    signing.readdress(context, task)


def _record(context: Context, row: ProcessInstance, task: UserTask, kind: str, **detail: Any) -> None:
    record_event(
        context.session,
        row,
        kind,
        now=context.now,
        actor=context.actor,
        process_key=task.process_key,
        element_id=task.element_id,
        element_name=task.name,
        detail={"task": task.id, **detail},
    )


def _actor(context: Context) -> User:
    if context.actor is None:
        raise NotPermitted("请先登录。", "Sign in first.")
    return context.actor
