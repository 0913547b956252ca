"""What the applicant's pages say of a case beyond its state: letters and tasks that wait, and what comes next.

What comes next stands in the policy: `outlook.<process>.<case state> = {"zh", "en"}`, `*` for any other state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.models.identity import User
from app.models.register import Document
from app.models.runtime import Inbox, ProcessInstance, UserTask
from app.services import access, policy


@dataclass(frozen=True)
class Outlook:
    """What waits for the reader besides the case's own tasks, and what comes next in plain words.

    `tasks` are those of other cases about this one, such as an objection to it. The words are empty when the policy
    is silent.
    """

    letters: Sequence[Document]
    tasks: Sequence[UserTask] = ()
    zh: str = ""
    en: str = ""


def outlook_of(session: Session, instance: ProcessInstance, user: User) -> Outlook:
    """For one case and one reader."""
    query = select(Document).where(
        or_(Document.instance_id == instance.id, Document.case_no == instance.number),
        Document.to_principal.in_(access.principals_of(user)),
        Document.sent_at.is_not(None),
        Document.opened_at.is_(None),
        Document.annulled_at.is_(None),
    )
    words = _words(session, instance)
    letters = session.scalars(query.order_by(Document.id)).all()
    return Outlook(letters, _tasks_about(session, instance, user), words.get("zh", ""), words.get("en", ""))


def _tasks_about(session: Session, instance: ProcessInstance, user: User) -> Sequence[UserTask]:
    reached = select(Inbox.task_id).where(Inbox.principal.in_(access.principals_of(user)))
    about = (
        select(UserTask)
        .join(UserTask.instance)
        .where(ProcessInstance.subject == instance.number, ProcessInstance.id != instance.id)
        .where(UserTask.id.in_(reached))
    )
    return session.scalars(about.order_by(UserTask.due_at, UserTask.id)).all()


def _words(session: Session, instance: ProcessInstance) -> Mapping[str, str]:
    if instance.status != "active":
        return {}
    policies = policy.policies_of(session, instance.definition.deployment_id)
    for found in policies.values():
        if drawn := found.get("outlook", {}).get(instance.process_key):
            words: Mapping[str, str] = drawn.get(instance.case_state or "", drawn.get("*", {}))
            return words
    return {}
