"""What follows when mail about a letter cannot be delivered: the process that serves it hears MSG-BOUNCED."""

from __future__ import annotations

from sqlalchemy import func, select

from app.models.outbox import Delivery
from app.services import outbox
from app.services.context import Context
from app.services.messages import send_message

STILL_HOPEFUL = ("queued", "sent")


@outbox.on_bounce
def _letter_bounced(context: Context, delivery: Delivery) -> None:
    """Only when nobody at all could be reached: one colleague who got the mail is enough."""
    document = delivery.document
    if document is None or document.opened_at is not None:
        return
    query = select(func.count()).select_from(Delivery).where(
        Delivery.document_id == document.id, Delivery.state.in_(STILL_HOPEFUL), Delivery.id != delivery.id
    )  # fmt: skip
    if context.session.scalar(query):
        return
    payload = {"doc_no": document.number, "reason": delivery.error, "channel": delivery.channel}
    send_message(context, "MSG-BOUNCED", document.number, payload, dedup=f"bounced:{document.number}")
