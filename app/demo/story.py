"""Driving real processes as the people of the demonstration would: nothing is written past the engine."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.demo import samples
from app.models.identity import User
from app.models.runtime import ProcessInstance, UserTask
from app.services import applications, attachments, files, identity, task
from app.services.context import Context

SHANGHAI = ZoneInfo("Asia/Shanghai")
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n" \
      b"trailer<</Root 1 0 R>>\n%%EOF\n"  # fmt: skip


def acting(context: Context, username: str) -> Context:
    """The same unit of work with this person acting."""
    user = context.session.scalars(select(User).where(User.username == username)).one()
    return context.acting_as(identity.load_user(context.session, user.id))


def complete(context: Context, username: str, number: str, element_id: str, **data: Any) -> None:
    """Complete the open task at this element; raises what the person would be shown."""
    found = first_open(context, number, element_id)
    as_person = acting(context, username)
    known = attachments.referable(as_person, found.instance)
    task.complete_task(as_person, found.id, data, key=uuid4().hex, result_url="/", files=known)


def first_open(context: Context, number: str, element_id: str) -> UserTask:
    """The oldest open task at an element. Raises LookupError naming the tasks that are open."""
    query = (
        select(UserTask)
        .join(UserTask.instance)
        .where(ProcessInstance.number == number, UserTask.status == "open")
    )
    tasks = context.session.scalars(query.order_by(UserTask.id)).all()
    for found in tasks:
        if found.element_id == element_id:
            return found
    raise LookupError(f"{number}: {element_id} is not open, but {[t.element_id for t in tasks]}")


def upload(context: Context, username: str, number: str, name: str = "证明材料.pdf") -> list[str]:
    """Hand a small PDF in to a case; the value of a file field."""
    person = acting(context, username).actor
    instance = context.session.scalars(select(ProcessInstance).where(ProcessInstance.number == number)).one()
    kept = files.attach(
        context.session,
        context.settings.files_dir,
        io.BytesIO(PDF),
        name,
        person.principal if person else "",
        context.now,
        instance_id=instance.id,
        uploaded_by_id=person.id if person else None,
    )
    return [str(kept.id)]


def live_deadline(now: datetime, days: int = 20) -> str:
    """The end of a day some weeks ahead: the seed's deadline of 7 April 2023 moved to a live date."""
    day = now.astimezone(SHANGHAI).date() + timedelta(days=days)
    return f"{day.isoformat()}T23:59:59+08:00"


def open_call(context: Context, **changes: Any) -> str:
    """An officer drafts the call, another person approves it; its number."""
    call = applications.start_by_hand(acting(context, "division"), "call_management")
    draft: dict[str, Any] = {"deadline": live_deadline(context.now), **changes}
    complete(context, "division", call.number, "t_draft", **draft)
    complete(context, "board", call.number, "t_appr", outcome="agree", opinion="同意发布。")
    return call.number


def declare(context: Context, username: str, signer: str, call_no: str, org_type: str, deals: int) -> str:
    """An organisation prepares its declaration up to the last check before submitting; its case number."""
    person = acting(context, username)
    assert person.actor is not None  # noqa: S101
    case = applications.start_application(person, call_no, person.actor.memberships[0].org_id)
    number = case.number
    steps: list[tuple[str, str, Mapping[str, Any]]] = [
        (username, "t_pre", samples.prechecked(org_type, deals)),
        (username, "t_form", samples.declaration(org_type)),
        (username, "t_deals", {"deals": samples.deal_rows(org_type, deals),
                               "deal_files": upload(context, username, number)}),
        (username, "t_plan", samples.plan(org_type)),
        (signer, "t_commit", samples.commitment("签署人（样例）")),
        (signer, "t_op", samples.opinion("签署人（样例）")),
    ]  # fmt: skip
    for who, element_id, data in steps:
        complete(context, who, number, element_id, **data)
    return number


def submit(context: Context, username: str, number: str) -> None:
    """Check and submit the declaration."""
    complete(context, username, number, "t_sub", action="submit", confirmed=True)
