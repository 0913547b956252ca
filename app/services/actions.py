"""Acts on a case beside its tasks: messages that the case waits for and that a person may send."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from app.models.identity import User
from app.models.runtime import ProcessInstance, Subscription
from app.services import access, messages, runtime
from app.services.context import Context
from app.services.errors import Invalid, NotPermitted
from app.services.history import record_event


@dataclass(frozen=True)
class Action:
    """A message with its words; `holder` is the group that may send it, `applicant` the members of the case's org."""

    message: str
    holder: str
    zh: str
    en: str
    warning_zh: str
    warning_en: str


ACTIONS = (
    Action("MSG-WITHDRAW", "applicant", "撤回申报", "Withdraw",
           "撤回后本案终结，不能恢复。", "Withdrawing ends the case for good."),
    Action("MSG-APPEAL-WITHDRAWN", "applicant", "撤回复核申请", "Withdraw the appeal",
           "撤回后复核终止，对同一文书不能再次申请。", "This ends it; the letter cannot be appealed again."),
    Action("MSG-CALL-CANCELLED", "board", "取消批次", "Cancel the call",
           "取消后本批次全部案件终结。", "Cancelling ends every case of this call."),
    Action("MSG-PUBLICITY-TERMINATE", "board", "终止公示", "End the publicity",
           "终止公示须经批准并公布理由。", "Ending it needs approval and a published reason."),
)  # fmt: skip


def available(context: Context, instance: ProcessInstance, user: User) -> list[Action]:
    """What this user may do with the case now: the case waits for the message and the user may send it."""
    query = select(Subscription.message).where(Subscription.instance_id == instance.id)
    waiting = set(context.session.scalars(query))
    return [action for action in ACTIONS if action.message in waiting and _may(user, instance, action)]


def carry_out(context: Context, instance: ProcessInstance, name: str, reason: str) -> None:
    """Send the message `name` to this case. Raises NotPermitted when the case no longer waits for it, Invalid."""
    user = context.actor
    row = runtime.lock_instance(context, instance.id)
    action = next((a for a in available(context, row, user) if a.message == name), None) if user else None
    if action is None:
        raise NotPermitted("案件当前状态不允许此操作。", "The case's state does not allow this now.")
    if not reason.strip():
        raise Invalid("请填写理由。", "Give a reason.")
    query = select(Subscription.key).where(Subscription.instance_id == row.id, Subscription.message == name)
    key = context.session.scalars(query.limit(1)).one()
    record_event(context.session, row, "action", now=context.now, actor=user,
                 detail={"message": name, "reason": reason.strip()})  # fmt: skip
    payload = {
        "reason": reason.strip(),
        "by": user.principal if user else None,
        "at": context.now.isoformat(),
    }
    messages.send_message(context, name, key, payload, sender_id=row.id)


def _may(user: User, instance: ProcessInstance, action: Action) -> bool:
    if action.holder == "applicant":
        return access.may(user, "apply.use") and access.is_party(user, instance)
    return action.holder in access.posts_of(user)
