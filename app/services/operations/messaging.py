"""Operations that tell people and processes something."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.services.context import Context
from app.services.delegates import DelegateContext, delegate, on_message
from app.services.registers import mailbox


@delegate
def notify(
    ctx: DelegateContext, *, to: Any, subject: str, text: str = "", subject_en: str = "", text_en: str = ""
) -> dict[str, Any]:
    """Tell people, in the system and as each of them wishes; `to` is a principal or a list of them. Gives count.

    Readers of English read subject_en and text_en, where they are given.
    """
    given = to if isinstance(to, list) else [to]
    principals = [principal for principal in given if isinstance(principal, str) and principal]
    told = mailbox.tell(ctx.session, principals, subject, text, ctx.now, subject_en=subject_en, text_en=text_en,
                        case_no=ctx.instance.number)  # fmt: skip
    return {"count": told}


@delegate
def send_messages(ctx: DelegateContext, *, message: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    """Send one message to each of `items` {key, payload}. Gives count."""
    for item in items:
        ctx.emit(message, str(item["key"]), dict(item.get("payload") or {}))
    return {"count": len(items)}


@on_message("MSG-OBJECTION-CLOSED")
def _objection_closed(context: Context, key: str, payload: Mapping[str, Any]) -> None:
    """The division, which answers for the list in publicity, hears that an objection to it is decided."""
    number = str(payload.get("objection_no", ""))
    mailbox.tell(context.session, ["group:division"], f"公示 {key} 的异议 {number} 已办结", "", context.now,
                 subject_en=f"Objection {number} to {key} is closed", case_no=number,
                 dedup=f"objection closed:{number}")  # fmt: skip
