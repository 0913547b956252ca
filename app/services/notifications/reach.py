"""From a line in a mailbox to mails and text messages for the persons behind it, as each of them wishes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.models.outbox import CHANNELS
from app.models.register import Document, Notification
from app.services import jobs, outbox
from app.services.context import Context
from app.services.notifications import digest
from app.services.notifications.choices import Wishes, unsubscribe_token, wishes_of
from app.services.notifications.kinds import DIGEST, OFF, Kind, kind_of
from app.services.principals import people_behind
from app.services.registers import mailbox


@dataclass(frozen=True)
class News:
    """What a person is told, in both languages; an empty English text means: as in Chinese."""

    kind: str
    subject: str
    text: str
    subject_en: str = ""
    text_en: str = ""
    case_no: str = ""
    document: Document | None = None

    def in_language(self, language: str) -> tuple[str, str]:
        if language == "en" and self.subject_en:
            return self.subject_en, self.text_en or self.text
        return self.subject, self.text


@jobs.job_handler(mailbox.REACH)
def _reach(context: Context, args: dict[str, Any]) -> None:
    """Fan the lines of one notice out: a person in two of its groups is told once."""
    query = select(Notification).where(Notification.id.in_(args["lines"])).order_by(Notification.id)
    lines = context.session.scalars(query).all()
    if lines:
        first = lines[0]
        news = News(first.kind, first.subject, first.text, first.subject_en, first.text_en, first.case_no,
                    first.document)  # fmt: skip
        reach(context, [line.principal for line in lines], news, args["key"])


def reach(context: Context, principals: Sequence[str], news: News, key: str) -> int:
    """Queue or collect what each person behind the principals wants, once for each `key`; how many messages."""
    kind, made = kind_of(news.kind), 0
    for wishes in wishes_of(context.session, list(people_behind(context.session, principals))):
        for channel in CHANNELS:
            if wishes.address(channel) and wishes.mode(kind, channel) != OFF:
                made += _tell(context, wishes, channel, kind, news, key)
    return made


def _tell(context: Context, wishes: Wishes, channel: str, kind: Kind, news: News, key: str) -> bool:
    user = wishes.user
    subject, text = news.in_language(user.language)
    is_collected = wishes.mode(kind, channel) == DIGEST
    if channel == "mail" and not is_collected:
        text = _with_footer(context, user.id, user.language, kind, news, text)
    delivery = outbox.queue(
        context,
        channel,
        wishes.address(channel),
        subject,
        text,
        kind=kind.key,
        user=user,
        dedup=f"{channel}:{user.id}:{key}"[:200],
        case_no=news.case_no,
        document=news.document,
        due_at=wishes.allowed_from(context.now),
        collect=is_collected,
    )
    if delivery is not None and is_collected:
        digest.request(context, user.id, channel, wishes.next_digest(context.now))
    return delivery is not None


def _with_footer(context: Context, user_id: int, language: str, kind: Kind, news: News, text: str) -> str:
    """The text with the way to the case and, where one may, the way to hear no more of this."""
    site, english = context.settings.site.rstrip("/"), language == "en"
    parts = [text] if text else []
    if site and news.case_no:
        parts.append(("Open the case: " if english else "查看案件：") + f"{site}/cases/{news.case_no}")
    if site and not kind.is_mandatory:
        token = unsubscribe_token(context.settings.secret, user_id, kind.key)
        name = kind.name_en if english else kind.name
        words = f"No more mail of the kind “{name}”: " if english else f"不再接收“{name}”邮件："
        parts.append(f"{words}{site}/notifications/unsubscribe?token={token}")
    return "\n\n".join(parts)
