"""One act on several tasks or cases: what it needs to know is asked on a page of its own, then each has its result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import uuid4

from flask import abort, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.models.runtime import ProcessInstance, UserTask
from app.services import access, inbox_bulk, inbox_cases, inbox_labels, inbox_lists, task
from app.services.context import Context
from app.services.errors import Conflict, Invalid, NotFound, ServiceError
from app.services.inbox_bulk import Result
from app.services.task import Work
from app.services.task_operations import copies
from app.web.errors import service_message
from app.web.form_pages import task_form
from app.web.guards import context, permission, signed_in
from app.web.inbox_frame import State, blueprint, side_lists, state_of
from app.web.language import is_english
from app.web.numbers import whole_number

__all__ = ["blueprint"]

TITLES = {
    "claim": lazy_gettext("批量认领"), "release": lazy_gettext("批量退回候选组"), "transfer": lazy_gettext("批量转办"),
    "complete": lazy_gettext("以同一结论办结"), "label": lazy_gettext("加标签"), "unlabel": lazy_gettext("去标签"),
    "watch": lazy_gettext("关注"), "unwatch": lazy_gettext("取消关注"),
    "urge": lazy_gettext("催办"), "read": lazy_gettext("已阅"),
}  # fmt: skip
ON_TASKS = frozenset({"claim", "release", "transfer", "complete"})
NEEDS_MORE = frozenset({"transfer", "complete", "label", "unlabel", "urge"})


@blueprint.post("/inbox/bulk")
@permission("inbox.use")
def bulk() -> Any:
    """Act on what was picked, or ask first for what the act needs."""
    found, state, action = context(), _state(), request.form.get("action", "")
    if action not in TITLES:
        abort(400)
    tasks, cases = _picked(found)
    if not cases or (action in ON_TASKS and not tasks):
        flash(_("请先选择要办理的条目。"), "warning")
        return redirect(state.url(bulk=1))
    if action in NEEDS_MORE and "confirmed" not in request.form:
        return _ask(state, action, tasks, cases)
    try:
        results = _carry_out(found, action, tasks, cases)
    except ServiceError as error:
        return _ask(state, action, tasks, cases, service_message(error)), 422
    refused = [result.error for result in results if isinstance(result.error, Invalid)]
    if len(refused) == len(results):
        return _ask(state, action, tasks, cases, service_message(refused[0]), refused[0].errors), 422
    return render_template(
        "inbox/bulk_results.html",
        state=state,
        title=TITLES[action],
        results=[(result, _told(result.error) if result.error else "") for result in results],
        done=len([result for result in results if result.error is None]),
        lists=side_lists(state),
    )


def _carry_out(
    found: Context, action: str, tasks: Sequence[UserTask], cases: Sequence[ProcessInstance]
) -> list[Result]:
    if action in ON_TASKS:
        return inbox_bulk.act_on_tasks(found, tasks, _act_on_task(found, action, tasks))
    user, by_id = signed_in(), {case.id: case for case in cases}
    acts: dict[str, Callable[[int], Any]] = {
        "watch": lambda case_id: copies.watch(found, by_id[case_id].number, on=True),
        "unwatch": lambda case_id: copies.watch(found, by_id[case_id].number, on=False),
        "urge": lambda case_id: inbox_cases.urge_case(found, case_id, request.form.get("note", "")),
        "read": lambda case_id: inbox_cases.read_copies(found, user, case_id),
    }
    if action in acts:
        return inbox_bulk.act_on_cases(found, cases, acts[action])
    label_id = whole_number(request.form.get("label", ""))
    if label_id is None:
        raise Invalid("请选择标签。", "Choose a label.")
    change = inbox_labels.add_label if action == "label" else inbox_labels.remove_label
    inbox_labels.own_label(found.session, user, label_id)
    return inbox_bulk.act_on_cases(
        found, cases, lambda case_id: change(found, user, label_id, by_id[case_id])
    )


def _act_on_task(found: Context, action: str, tasks: Sequence[UserTask]) -> Callable[[int], Any]:
    if action == "claim":
        return lambda task_id: task.claim(found, task_id)
    if action == "release":
        return lambda task_id: task.release(found, task_id)
    if action == "transfer":
        to, reason = whole_number(request.form.get("to", "")), request.form.get("reason", "").strip()
        if to is None or not reason:
            raise Invalid("请选择转办对象并填写理由。", "Choose whom to hand them to and give a reason.")
        return lambda task_id: task.transfer(found, task_id, to, reason)
    return _completion(found, tasks)


def _completion(found: Context, tasks: Sequence[UserTask]) -> Callable[[int], Any]:
    """Complete with what was typed once; every task judges it by its own form and variables."""
    key = request.form.get("request_key", "")
    if not 8 <= len(key) <= 40:
        abort(400)
    form = task_form(_works(found, tasks)[0], found, sent=True)

    def complete(task_id: int) -> None:
        own_key = f"{key}-{task_id}"
        begun = task.begin_task(found, task_id, own_key)
        if isinstance(begun, str):
            return  # the second of two clicks
        task.finish_task(found, begun, form.raw, key=own_key, result_url="/inbox")

    return complete


def _told(error: ServiceError) -> str:
    """Why an item was refused, with what its form says of each field."""
    said = [message.said("en" if is_english() else "zh")
            for messages in getattr(error, "errors", {}).values() for message in messages]  # fmt: skip
    return " ".join([service_message(error), *said])


def _works(found: Context, tasks: Sequence[UserTask]) -> list[Work]:
    """What the picked tasks ask for, when it is the same decision. Raises Conflict."""
    if any(row.assignee_id != signed_in().id for row in tasks):
        raise Conflict("只能办结本人已认领的任务。", "You can complete only tasks that you have claimed.")
    works = [task.open_task(found, row.id) for row in tasks]
    inbox_bulk.common_form(works)
    return works


def _ask(
    state: State,
    action: str,
    tasks: Sequence[UserTask],
    cases: Sequence[ProcessInstance],
    error: str = "",
    errors: Mapping[Any, Any] | None = None,
) -> str:
    found, form = context(), None
    if action == "complete":
        try:
            form = task_form(_works(found, tasks)[0], found, sent="confirmed" in request.form)
            form.reject(errors or {})
        except ServiceError as refused:
            error = service_message(refused)
    return render_template(
        "inbox/bulk.html",
        state=state,
        action=action,
        title=TITLES[action],
        tasks=tasks,
        cases=cases,
        picks=request.form.getlist("pick"),
        form=form,
        colleagues=_colleagues(found, tasks),
        labels=inbox_labels.labels_of(found.session, signed_in()),
        values=request.form,
        error=error,
        has_errors=bool(error),
        request_key=uuid4().hex,
        lists=side_lists(state),
    )


def _picked(found: Context) -> tuple[list[UserTask], list[ProcessInstance]]:
    """The picked tasks, and the cases picked or of picked tasks; what the reader may not see is left out."""
    ids: dict[str, list[int]] = {"task": [], "case": [], "copy": []}
    for pick in request.form.getlist("pick")[: 2 * inbox_bulk.MOST]:
        kind, _separator, text = pick.partition(":")
        number = whole_number(text)
        if kind in ids and number is not None:
            ids[kind].append(number)
    tasks = inbox_bulk.pick_tasks(found, signed_in(), ids["task"])
    cases = {row.instance_id: row.instance for row in tasks}
    wanted = [*ids["case"], *inbox_cases.copied_ids(found, signed_in(), ids["copy"])]
    cases |= {row.id: row for row in inbox_bulk.pick_cases(found, signed_in(), wanted)}
    return tasks, list(cases.values())


def _state() -> State:
    name = request.args.get("list", "mine")
    if name not in inbox_lists.LISTS:
        raise NotFound
    return state_of(name)


def _colleagues(found: Context, tasks: Sequence[UserTask]) -> list[tuple[int, str]]:
    """Members of the groups that all of these tasks are addressed to."""
    shared = set.intersection(*(set(row.candidates) for row in tasks)) if tasks else set()
    groups = [c.removeprefix("group:") for c in shared if c.startswith("group:")]
    members = {m.id: m.name for group in groups for m in access.members_of(found.session, group)}
    members.pop(signed_in().id, None)
    return sorted(members.items(), key=lambda item: item[1])
