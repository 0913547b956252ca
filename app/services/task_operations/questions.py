"""Questions (沟通): somebody is asked about a task and answers; the task does not move."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.models.identity import User
from app.models.operations import TaskQuestion
from app.models.runtime import UserTask
from app.services import runtime
from app.services.context import Context
from app.services.errors import Conflict, Invalid, NotFound
from app.services.registers import mailbox
from app.services.task_operations import acting, people

LONGEST = 2000


def ask(context: Context, task_id: int, user_id: int, question: str) -> TaskQuestion:
    """Ask a colleague; the same question again, not yet answered, is the same. Raises NotPermitted, Invalid."""
    act = acting.begin(context, task_id, "ask")
    text = question.strip()[:LONGEST]
    if not text:
        raise Invalid("请填写问题。", "Write your question.")
    person = next((one for one in people.colleagues(context, act.task) if one.id == user_id), None)
    if person is None:
        raise Invalid("请选择沟通对象。", "Choose whom to ask.")
    query = select(TaskQuestion).where(
        TaskQuestion.task_id == act.task.id,
        TaskQuestion.asked_by_id == act.actor.id,
        TaskQuestion.asked_of_id == person.id,
        TaskQuestion.answered_at.is_(None),
    )
    for known in context.session.scalars(query):
        if known.question == text:
            return known
    found = TaskQuestion(task_id=act.task.id, instance_id=act.row.id, asked_by_id=act.actor.id,
                         asked_of_id=person.id, question=text, asked_at=context.now)  # fmt: skip
    context.session.add(found)
    context.session.flush()
    acting.record(act, "task_asked", to=person.id, to_name=person.name, question=text)
    _tell(context, found, person, f"沟通：{act.task.name}（{act.row.number}）",
          f"Question: {act.task.name_en or act.task.name} ({act.row.number})", text, act.row.number)  # fmt: skip
    return found


def answer(context: Context, question_id: int, text: str) -> TaskQuestion:
    """Answer a question that one was asked, once. Raises NotFound, Conflict, Invalid."""
    user = acting.actor_of(context)
    known = context.session.get(TaskQuestion, question_id)
    if known is None or known.asked_of_id != user.id:
        raise NotFound
    row = runtime.lock_instance(context, known.instance_id)
    context.session.refresh(known)
    if known.answered_at is not None:
        raise Conflict("您已经答复过。", "You have answered already.")
    if not text.strip():
        raise Invalid("请填写答复。", "Write your answer.")
    known.answer, known.answered_at = text.strip()[:LONGEST], context.now
    acting.record_task(context, row, known.task, "task_answered", to=known.asked_by_id,
                       to_name=known.asked_by.name, question=known.question, answer=known.answer)  # fmt: skip
    _tell(context, known, known.asked_by, f"已答复：{known.task.name}（{row.number}）",
          f"Answered: {known.task.name_en or known.task.name} ({row.number})", known.answer, row.number)  # fmt: skip
    return known


def questions_of(context: Context, task: UserTask) -> Sequence[TaskQuestion]:
    """All questions about a task, in order."""
    query = (
        select(TaskQuestion)
        .where(TaskQuestion.task_id == task.id)
        .options(joinedload(TaskQuestion.asked_by), joinedload(TaskQuestion.asked_of))
        .order_by(TaskQuestion.id)
    )
    return context.session.scalars(query).all()


def open_questions(context: Context, user: User) -> Sequence[TaskQuestion]:
    """Questions that the user has still to answer, in order."""
    query = (
        select(TaskQuestion)
        .where(TaskQuestion.asked_of_id == user.id, TaskQuestion.answered_at.is_(None))
        .options(
            joinedload(TaskQuestion.task),
            joinedload(TaskQuestion.instance),
            joinedload(TaskQuestion.asked_by),
        )
        .order_by(TaskQuestion.id)
        .limit(100)
    )
    return context.session.scalars(query).all()


def _tell(
    context: Context, question: TaskQuestion, to: User, zh: str, en: str, text: str, case_no: str
) -> None:
    mailbox.tell(context.session, [to.principal], zh, text, context.now, kind="mention", subject_en=en,
                 case_no=case_no, dedup=f"question:{question.id}:{to.id}")  # fmt: skip
