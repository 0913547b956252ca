"""Whom to tell that the scanner put a file away: who handed it in, and who works on the case by now."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.register import Attachment
from app.models.runtime import ProcessInstance, UserTask
from app.services import files
from app.services.context import Context
from app.services.registers import mailbox


def announce(context: Context, sha256: str) -> None:
    """Tell the uploaders of a file and, where it was handed in already, the handlers of the case."""
    rows = context.session.scalars(select(Attachment).where(Attachment.sha256 == sha256))
    for row in rows.all():
        _tell_uploader(context, row)
        if row.instance is not None and is_handed_in(context.session, row):
            tell_handlers(
                context,
                row.instance,
                f"案件 {row.instance.number} 的材料“{row.name}”未通过病毒检查",
                f"“{row.name}” of case {row.instance.number} did not pass the virus scan",
                "文件已隔离，不能打开；已通知提交人补交，也可以在办理中要求补正。",
                "It was put away. Whoever handed it in was asked for another file; you may ask for a supplement too.",
                f"quarantine-office:{row.id}",
            )


def is_handed_in(session: Session, attachment: Attachment) -> bool:
    """Whether a completed form of the case refers to the file, or it came instead of one."""
    if attachment.replaces_id is not None:
        return True
    query = select(UserTask.data).where(
        UserTask.instance_id == attachment.instance_id, UserTask.status == "completed"
    )
    return any(attachment.id in files.references(data) for data in session.scalars(query))


def tell_handlers(
    context: Context, instance: ProcessInstance, zh: str, en: str, text: str, text_en: str, dedup: str
) -> None:
    """Tell those of the office who hold the open tasks of a case now."""
    query = select(UserTask).where(UserTask.instance_id == instance.id, UserTask.status == "open")
    people = sorted({who for task in context.session.scalars(query) for who in _of_the_office(task)})
    mailbox.tell(context.session, people, zh, text, context.now, subject_en=en, text_en=text_en,
                 case_no=instance.number, dedup=dedup)  # fmt: skip


def _of_the_office(task: UserTask) -> Iterator[str]:
    if any(principal.startswith(("org:", "ticket:")) for principal in task.candidates):
        return
    yield from [f"user:{task.assignee_id}"] if task.assignee_id else task.candidates


def _tell_uploader(context: Context, row: Attachment) -> None:
    number = row.instance.number if row.instance is not None else ""
    mailbox.tell(
        context.session,
        [row.owner],
        f"文件“{row.name}”未通过病毒检查，已隔离",
        "文件不能打开，也不会被采用。尚未提交的，请在表单里删除后换一个文件；已经提交的，请在案件页补交。",
        context.now,
        subject_en=f"“{row.name}” did not pass the virus scan and was put away",
        text_en="Nobody can open it. If the form is still open, remove it and choose another file; "
        "if you have submitted it, hand another in on the page of the case.",
        case_no=number,
        dedup=f"quarantine:{row.id}",
    )
