"""What the clock tells people: tasks that came in, that are due soon, that are overdue.

Found by looking, not noted by every step: completing a task costs nothing for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select

from app.engine.operations.policy import Warnings, read_warnings
from app.models.identity import GroupMember
from app.models.runtime import Job, UserTask
from app.services import jobs
from app.services.calendar import calendar_of
from app.services.context import Context
from app.services.notifications.reach import News, reach
from app.services.notifications.sending import notify
from app.services.numbering import OFFICE_ZONE

JOB = "new_tasks"
EVERY = timedelta(minutes=1)
OVERLAP = timedelta(minutes=2)  # a transaction may commit after a later one was seen
LONGEST = 30  # working days: the earliest reminder that a step can ask for


def ensure_watch(context: Context) -> None:
    """See to it that somebody looks for new tasks; those that are open already are not told of again."""
    if context.session.scalar(select(Job.id).where(Job.dedup == JOB)) is None:
        _watch_again(context)


@jobs.job_handler(JOB)
def _tell_new_tasks(context: Context, args: dict[str, Any]) -> None:
    since = datetime.fromisoformat(args["since"]) - OVERLAP
    query = select(UserTask).where(UserTask.created_at >= since, UserTask.status == "open")
    for task in context.session.scalars(query.order_by(UserTask.id)):
        reach(context, holders(task), _news(task, "task_new", "新的待办", "New task"), f"task:{task.id}")
    _watch_again(context)


def remind(context: Context) -> int:
    """Tell of tasks that are due soon or overdue, once for each due time; how many lines.

    When, and who is told of what is overdue, is configured at each step: `zr:remind`, `zr:escalate`, `zr:escalateTo`;
    otherwise two working days before, and at once to the heads of the groups.
    """
    calendar, today = calendar_of(context.session), _today(context)
    until = _end_of(calendar.add_working_days(today, LONGEST))
    query = select(UserTask).where(UserTask.status == "open", UserTask.due_at <= until)
    tasks = context.session.scalars(query.order_by(UserTask.id)).all()
    heads = _heads(context, tasks)
    told = 0
    for task in tasks:
        rules, due = read_warnings(task.policy or {}), task.due_at or context.now
        last = due.astimezone(OFFICE_ZONE).date()
        if due > context.now:
            left = calendar.working_days_between(today, last)
            passed = [days for days in rules.before if left <= days]
            if passed:
                told += _tell(
                    context, task, holders(task), "due_soon", "办理期限将至", "Due soon", min(passed)
                )
            continue
        told += _tell(context, task, holders(task), "overdue", "任务已逾期", "Overdue")
        if calendar.working_days_between(last, today) >= rules.after:
            above = [*heads[task.id], *([rules.to] if rules.to else [])]
            told += _tell(context, task, above, "escalation", "下属任务逾期", "Overdue in your group")
    return told


def holders(task: UserTask) -> list[str]:
    """Whose turn it is: the one who claimed the task, else everybody who may."""
    return [f"user:{task.assignee_id}"] if task.assignee_id else list(task.candidates)


def _tell(
    context: Context,
    task: UserTask,
    principals: Iterable[str],
    kind: str,
    words: str,
    words_en: str,
    before: int | None = None,
) -> int:
    news = _news(task, kind, words, words_en)
    at = task.due_at.astimezone(OFFICE_ZONE) if task.due_at else None
    return notify(
        context,
        kind,
        principals,
        news.subject,
        f"办理期限：{at:%Y-%m-%d %H:%M}" if at else "",
        subject_en=news.subject_en,
        text_en=f"Due: {at:%Y-%m-%d %H:%M}" if at else "",
        case_no=news.case_no,
        dedup=f"{kind}:{task.id}:{at:%Y%m%d}{_step(before)}" if at else f"{kind}:{task.id}",
    )


def _step(before: int | None) -> str:
    """Each reminder of a step is one of its own; the usual one, two working days before, has no number."""
    return "" if before in (None, *Warnings.before) else f":{before}"


def _news(task: UserTask, kind: str, words: str, words_en: str) -> News:
    name_en = task.name_en or task.name
    return News(kind, f"{words}：{task.name}（{task.subject}）", "", f"{words_en}: {name_en} ({task.subject})",
                "", task.subject)  # fmt: skip


def _heads(context: Context, tasks: Sequence[UserTask]) -> dict[int, list[str]]:
    """The heads of the groups that each task was addressed to."""
    found: dict[str, list[str]] = {}
    query = select(GroupMember.group_key, GroupMember.user_id).where(GroupMember.is_head)
    for key, user_id in context.session.execute(query.order_by(GroupMember.user_id)):
        found.setdefault(f"group:{key}", []).append(f"user:{user_id}")
    return {
        task.id: [head for candidate in task.candidates for head in found.get(candidate, ())]
        for task in tasks
    }


def _watch_again(context: Context) -> None:
    args = {"since": context.now.isoformat()}
    jobs.enqueue(context.session, JOB, args, due_at=context.now + EVERY, now=context.now, dedup=JOB)


def _today(context: Context) -> date:
    return context.now.astimezone(OFFICE_ZONE).date()


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(0), OFFICE_ZONE)
