"""Objectors: people without an account, known by receipt number and code, who hold tasks as `ticket:<number>`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from app.engine.form import Form, parse_form
from app.models.register import Document, Notice, Objection
from app.models.runtime import Inbox, Subscription
from app.services import attachments, policy, repository, task, throttle
from app.services.context import Context
from app.services.errors import Conflict, NotFound
from app.services.registers import letters, objections, publicity
from app.services.task import Work


def objection_form(context: Context, notice: Notice) -> tuple[Form, dict[str, Any]]:
    """The form for objecting to a notice, as the bundle names it, and the variables that it sees."""
    session = context.session
    definition = repository.started_by_message(session, "MSG-OBJECTION")
    if definition is None:
        raise NotFound
    policies = policy.policies_of(session, definition.deployment_id)
    key = next((p["objection_form"] for p in policies.values() if p.get("objection_form")), None)
    if key is None:
        raise NotFound
    content = publicity.content_of(notice)
    items = [{"value": item.key, "label": item.label} for item in notice.items if item.state != "removed"]
    variables = {"notice": {**content, "number": notice.number, "options": items}}
    schema = repository.deployment_file(session, definition.deployment_id, f"forms/{key}.json")
    return parse_form(schema, key), variables


def find(context: Context, address: str, receipt_no: str, code: str) -> Objection | None:
    """The objection of a receipt number and code; None, and counted, when either is wrong. Raises TooOften.

    None instead of an error, so that the caller's transaction commits the count.
    """
    throttle.check(context, "look_up", address)
    try:
        return objections.find_by_ticket(context.session, receipt_no, code)
    except NotFound:
        throttle.count(context, "look_up", address)
        return None


def submit(context: Context, notice: Notice, values: Mapping[str, Any]) -> objections.Ticket:
    """Hand the objection in; the ticket's code is shown once."""
    ticket = objections.submit_objection(context, notice.number, values)
    attachments.hand_over(context.session, values.get("evidence") or (), f"objection:{ticket.receipt_no}")
    return ticket


def may_withdraw(context: Context, objection: Objection) -> bool:
    """Whether the process waits for a withdrawal now: it does until the finding is before the approver."""
    waits = select(Subscription.instance_id).where(
        Subscription.message == objections.WITHDRAWN, Subscription.key == objection.number
    )
    return context.session.scalar(waits.limit(1)) is not None


def withdraw(context: Context, objection: Objection) -> None:
    """Take the objection back. Raises ObjectionEnded, and Conflict while the process does not wait for that."""
    if objection.state != "closed" and not may_withdraw(context, objection):
        raise Conflict(
            "异议正在登记或者已经送审，现在不能撤回。",
            "The objection is being registered or is before the approver: it cannot be withdrawn now.",
        )
    objections.withdraw_objection(context, objection, "")


def acting_as(context: Context, objection: Objection) -> Context:
    """The context of the ticket's holder."""
    return replace(context, actor=None, ticket=f"ticket:{objection.number}" if objection.number else None)


def letter_to(context: Context, objection: Objection) -> Document | None:
    """The newest letter that was sent to the objector, if any."""
    holder = acting_as(context, objection)
    sent = select(Document).where(
        Document.to_principal == holder.ticket, Document.sent_at.is_not(None), Document.annulled_at.is_(None)
    )
    return context.session.scalars(sent.order_by(Document.id.desc()).limit(1)).first()


def open_letter(context: Context, objection: Objection) -> Document:
    """Sign for that letter and read it. Raises NotFound when there is none."""
    holder, found = acting_as(context, objection), letter_to(context, objection)
    if found is None or holder.ticket is None:
        raise NotFound
    return letters.open_document(holder, found.number, (holder.ticket,))


def open_work(context: Context, objection: Objection) -> Work | None:
    """The task that waits for the objector, if any."""
    holder = acting_as(context, objection)
    if holder.ticket is None:
        return None
    query = select(Inbox.task_id).where(Inbox.principal == holder.ticket).limit(1)
    task_id = context.session.scalar(query)
    return task.open_task(holder, task_id) if task_id is not None else None
