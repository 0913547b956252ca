"""Remarks on a case: notes inside the office, with mentions, and plain letters between the office and the applicant.

What is written for the office is read through `for_reader` only, which gives applicants nothing but what both sides
share. The page, the print and every export of an applicant ask nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.models.comments import CaseComment
from app.models.identity import Group, GroupMember, User
from app.models.runtime import ProcessInstance, UserTask
from app.services import access
from app.services.context import Context
from app.services.errors import Conflict, Invalid, NotFound, NotPermitted
from app.services.notifications import notify

OFFICE, PARTIES = "office", "parties"
LONGEST = 2000
MENTION = re.compile(r"@([^\s@，。；：、,.;:!?！？()（）]{1,60})")


def for_reader(context: Context, instance: ProcessInstance, user: User) -> Sequence[CaseComment]:
    """The remarks that this reader may see, in order: everything for the office, the shared ones for the applicant."""
    query = (
        select(CaseComment)
        .where(CaseComment.instance_id == instance.id)
        .options(joinedload(CaseComment.author))
        .order_by(CaseComment.id)
    )
    if not access.reads_as_office(user, instance):
        query = query.where(CaseComment.audience == PARTIES)
    return context.session.scalars(query).all()


def write(context: Context, instance: ProcessInstance, audience: str, text: str) -> CaseComment:
    """Leave a remark and tell whom it concerns. Raises NotPermitted, Invalid, Conflict.

    Applicants write to the office only; experts, whom no applicant may know, write inside the office only.
    """
    actor = access.require(context.actor, "case.comment")
    office = access.reads_as_office(actor, instance)
    if audience not in audiences(actor, instance):
        raise NotPermitted("您不能这样留言。", "You cannot write this here.")
    if audience == PARTIES and instance.status != "active":
        raise Conflict("案件已办结，不能再往来留言。", "The case has ended; there is no more correspondence.")
    words = text.strip()
    if not words or len(words) > LONGEST:
        raise Invalid(f"请填写内容，不超过 {LONGEST} 字。", f"Write something, at most {LONGEST} characters.")
    named = mentioned(context, instance, words) if audience == OFFICE else []
    row = CaseComment(instance_id=instance.id, author_id=actor.id, audience=audience, from_office=office, text=words,
                      mentions=[person.id for person in named], written_at=context.now)  # fmt: skip
    context.session.add(row)
    context.session.flush()
    _tell(context, instance, row, actor, named)
    return row


def withdraw(context: Context, comment_id: int) -> CaseComment:
    """Take one's own internal note back: its words go, that it was there stays. Raises NotFound."""
    row = context.session.get(CaseComment, comment_id)
    actor = context.actor
    if row is None or actor is None or row.author_id != actor.id or row.audience != OFFICE:
        raise NotFound
    access.require_instance(context.session, actor, row.instance.number)
    if row.withdrawn_at is None:
        row.withdrawn_at, row.text, row.mentions = context.now, "", []
    return row


def audiences(user: User, instance: ProcessInstance) -> tuple[str, ...]:
    """For whom this person may write on this case."""
    if not access.may(user, "case.comment"):
        return ()
    if not access.reads_as_office(user, instance):
        return (PARTIES,) if access.is_party(user, instance) else ()
    only_expert = access.posts_of(user) & access.OFFICE <= {"expert"}
    return (OFFICE,) if only_expert or instance.org_id is None else (OFFICE, PARTIES)


def mentioned(context: Context, instance: ProcessInstance, text: str) -> list[User]:
    """Whom the text names with @, by name or user name. Raises Invalid for anybody who may not see the case."""
    wanted = list(dict.fromkeys(MENTION.findall(text)))
    if not wanted:
        return []
    known = {key: person for person in readers(context, instance) for key in (person.name, person.username)}
    missing = [name for name in wanted if name not in known]
    if missing:
        names = "、".join(missing)
        raise Invalid(
            f"不能提及：{names}（没有此人，或无权查看本案）。",
            f"Cannot mention {', '.join(missing)}: no such person, or the case is not theirs to see.",
        )
    return list({known[name].id: known[name] for name in wanted}.values())


def readers(context: Context, instance: ProcessInstance) -> list[User]:
    """Officers who may see the case on the office's side, by name."""
    query = (
        select(User)
        .join(GroupMember, GroupMember.user_id == User.id)
        .join(Group, Group.key == GroupMember.group_key)
        .where(User.is_active, Group.key.in_(access.OFFICE))
        .distinct()
        .order_by(User.name, User.id)
    )
    return [
        person
        for person in context.session.scalars(query)
        if access.reads_as_office(person, instance)
        and access.may_see_instance(person, instance, context.session)
    ]


def _tell(
    context: Context, instance: ProcessInstance, row: CaseComment, actor: User, named: Sequence[User]
) -> None:
    key = f"comment:{row.id}"
    if row.audience == OFFICE:
        principals = [person.principal for person in named if person.id != actor.id]
        subject = f"{actor.name}在案件 {instance.number} 的批注中提到您"
        subject_en = f"{actor.name} mentioned you on case {instance.number}"
        kind = "mention"
    elif row.from_office:
        principals, kind = [f"org:{instance.org_id}"], "notice"
        subject, subject_en = f"案件 {instance.number} 有新留言", f"A new message on case {instance.number}"
    else:
        principals, kind = _holders(context, instance), "mention"
        subject = f"申报单位就案件 {instance.number} 留言"
        subject_en = f"The applicant wrote on case {instance.number}"
    if principals:
        notify(context, kind, principals, subject, row.text[:200], subject_en=subject_en, text_en=row.text[:200],
               case_no=instance.number, dedup=key)  # fmt: skip


def _holders(context: Context, instance: ProcessInstance) -> list[str]:
    """Who has the case in hand in the office; experts are not written to."""
    query = select(UserTask).where(
        UserTask.instance_id == instance.id, UserTask.status == "open", UserTask.duty != "score"
    )
    found: list[str] = []
    for task in context.session.scalars(query):
        found += [f"user:{task.assignee_id}"] if task.assignee_id else task.candidates
    return [p for p in dict.fromkeys(found) if p.startswith(("user:", "group:"))]
