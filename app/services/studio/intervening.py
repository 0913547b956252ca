"""What interventions do to a locked case, by the operations of the engine, and the case in words before and after."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import select

from app.engine.errors import EngineError
from app.engine.returning import ReturnPlan, return_to, returns
from app.models.runtime import Job, ProcessInstance, UserTask
from app.services import jobs, messages, runtime
from app.services.context import Context
from app.services.errors import Conflict, Invalid, NotFound
from app.services.task_operations.returning import HARMLESS, NotReturnable

Line = Mapping[str, str]
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
OURS = frozenset({"instance", "params"})  # who and what the case is; never edited
DEEPEST = 6


def act(context: Context, row: ProcessInstance, kind: str, args: Mapping[str, Any]) -> None:
    """Do it. Raises Invalid, Conflict, NotFound; then nothing of the transaction may be kept."""
    if row.status != "active":
        raise Conflict("案件已经结束。", "The case has already ended.")
    acts: dict[str, Callable[[Context, ProcessInstance, Mapping[str, Any]], None]] = {
        "variable": _set_variable, "return": _lead_back, "skip": _skip, "retry": _retry,
        "suspend": _suspend, "resume": _resume, "cancel": _cancel,
    }  # fmt: skip
    if kind not in acts:
        raise NotFound
    try:
        acts[kind](context, row, args)
    except EngineError as error:
        raise Invalid(f"流程不能这样继续：{error}", f"The process cannot go on like this: {error}") from error


def returns_of(context: Context, row: ProcessInstance) -> Sequence[ReturnPlan]:
    """The earlier steps that the case remembers, the latest first, also those that are barred."""
    return returns(runtime.load_instance(context, row), HARMLESS)


def incidents_of(context: Context, row: ProcessInstance) -> Sequence[Job]:
    """Jobs of the case that failed for the last time."""
    query = select(Job).where(Job.instance_id == row.id, Job.retries <= 0).order_by(Job.id)
    return context.session.scalars(query).all()


def describe(context: Context, row: ProcessInstance) -> dict[str, str]:
    """The case in lines: its state, its open steps, every value of its variables."""
    context.session.flush()
    instance = runtime.load_instance(context, row)
    lines = {
        "status": "suspended" if row.is_suspended else row.status,
        "case_state": row.case_state or "",
        "steps": "、".join(task.name for task in open_tasks(context, row)),
        "failed_jobs": str(len(incidents_of(context, row))),
    }
    return lines | dict(_flat(instance.variables))


def compare(before: Mapping[str, str], after: Mapping[str, str]) -> list[Line]:
    """The lines that differ, in the order in which they were."""
    names = list(dict.fromkeys([*before, *after]))
    return [
        {"what": name, "before": before.get(name, ""), "after": after.get(name, "")}
        for name in names
        if before.get(name) != after.get(name)
    ]


def wake(context: Context, row: ProcessInstance) -> None:
    """See that a case that is not suspended has its timer and is offered the messages that came meanwhile."""
    if row.is_suspended or row.status != "active":
        return
    instance = runtime.load_instance(context, row)
    dedup = Job.dedup == f"timer:{row.id}"
    exists = context.session.scalar(select(Job.id).where(dedup)) is not None
    due = instance.next_due()
    if due is not None or exists:
        jobs.schedule_timer(context.session, row.id, due, context.now, is_new=not exists)
    for waiting in instance.subscriptions():
        messages.request_match(context, waiting.message, waiting.key)


def _set_variable(context: Context, row: ProcessInstance, args: Mapping[str, Any]) -> None:
    name = str(args.get("name", ""))
    if not NAME.fullmatch(name) or name in OURS:
        raise Invalid("不能修改这个数据项。", "This variable cannot be edited.")
    try:
        value = orjson.loads(str(args.get("value", "")))
    except orjson.JSONDecodeError as error:
        raise Invalid(
            "值不是有效的 JSON（文字须加英文双引号）。", "The value is no JSON (texts stand in quotes)."
        ) from error
    step = runtime.begin_step(context, row, even_suspended=True)
    was = step.instance.variables.get(name)
    if was is not None and value is not None and _kind(was) != _kind(value):
        raise Invalid(
            f"“{name}”原为{_kind(was)}，不能改为{_kind(value)}。", f"{name} has another type: {_kind(was)}."
        )
    with step.instance.transition(context.environment()):
        step.instance.set_variables({name: value})
    runtime.settle(context, step)


def _kind(value: Any) -> str:
    """The JSON type of a value in words."""
    if isinstance(value, bool):
        return "是/否"
    if isinstance(value, int | float):
        return "数字"
    return "文字" if isinstance(value, str) else "列表" if isinstance(value, list) else "对象"


def _lead_back(context: Context, row: ProcessInstance, args: Mapping[str, Any]) -> None:
    plan = next(
        (each for each in returns_of(context, row) if str(each.number) == str(args.get("number"))), None
    )
    if plan is None:
        raise NotFound
    if not plan.possible:
        raise NotReturnable(plan)
    step = runtime.begin_step(context, row)
    return_to(step.instance, plan.number, context.environment(), HARMLESS)
    runtime.settle(context, step)


def _skip(context: Context, row: ProcessInstance, args: Mapping[str, Any]) -> None:
    """The step counts as done with these values, by nobody: its task ends as cancelled."""
    task = context.session.get(UserTask, int(args.get("task") or 0))
    if task is None or task.instance_id != row.id or task.status != "open":
        raise NotFound
    try:
        values = orjson.loads(str(args.get("values") or "{}"))
    except orjson.JSONDecodeError as error:
        raise Invalid("结果不是有效的 JSON。", "The result is no JSON.") from error
    if not isinstance(values, dict):
        raise Invalid("结果须是 JSON 对象。", "The result has to be a JSON object.")
    step = runtime.begin_step(context, row)
    step.instance.complete(task.engine_id, values, context.environment())
    runtime.settle(context, step)


def _retry(context: Context, row: ProcessInstance, args: Mapping[str, Any]) -> None:
    wanted = int(args.get("job") or 0)
    if all(job.id != wanted for job in incidents_of(context, row)):
        raise NotFound
    jobs.retry_job(context, wanted)


def _suspend(_context: Context, row: ProcessInstance, _args: Mapping[str, Any]) -> None:
    if row.is_suspended:
        raise Conflict("案件已经暂停。", "The case is suspended already.")
    row.is_suspended = True


def _resume(context: Context, row: ProcessInstance, _args: Mapping[str, Any]) -> None:
    if not row.is_suspended:
        raise Conflict("案件没有暂停。", "The case is not suspended.")
    row.is_suspended = False
    wake(context, row)


def _cancel(context: Context, row: ProcessInstance, _args: Mapping[str, Any]) -> None:
    row.is_suspended = False
    runtime.cancel_instance(context, row, "")


def _flat(values: Mapping[str, Any], prefix: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    for key in sorted(values):
        value, name = values[key], f"{prefix}{key}"
        if isinstance(value, dict) and value and depth < DEEPEST:
            yield from _flat(value, f"{name}.", depth + 1)
        else:
            yield f"var {name}", orjson.dumps(value, default=str).decode()


def open_tasks(context: Context, row: ProcessInstance) -> Sequence[UserTask]:
    """The steps at which the case waits for people."""
    query = select(UserTask).where(UserTask.instance_id == row.id, UserTask.status == "open")
    return context.session.scalars(query.order_by(UserTask.id)).all()
