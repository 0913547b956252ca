"""What people change about their own account: name, language, address, password, sessions."""

from __future__ import annotations

from datetime import timedelta

import structlog

from app.engine.rules import TEXT_RULES, is_email
from app.models.identity import User
from app.services import identity, jobs, outbox, throttle
from app.services.account_fields import NAME_LENGTH, refuse, wrong_password
from app.services.context import Context
from app.services.errors import Invalid, NotFound
from app.services.mailed_links import make_link, read_link, spend_others

RESET_LASTS = timedelta(minutes=30)
EMAIL_LASTS = timedelta(days=1)
LANGUAGES = ("zh", "en")
RESET_JOB = "password_reset"
log = structlog.get_logger(__name__)


def change_profile(context: Context, name: str, language: str) -> None:
    """The name as colleagues see it and the language of pages and mails. Raises Invalid by field."""
    errors = {}
    if not 0 < len(name.strip()) <= NAME_LENGTH:
        errors["name"] = (
            f"请填写姓名或岗位名，不超过 {NAME_LENGTH} 字。",
            f"Give a name of at most {NAME_LENGTH} characters.",
        )
    if language not in LANGUAGES:
        errors["language"] = ("请选择语言。", "Choose a language.")
    refuse(errors)
    user = _own(context)
    user.name, user.language = name.strip(), language


def change_password(context: Context, old: str, new: str) -> User:
    """A new password; every other session of the account ends. Raises Invalid by field, TooOften."""
    user = _own(context)
    throttle.check(context, "password", user.principal)
    if not identity.verify_password(user.password_hash, old):
        throttle.count(context, "password", user.principal)
        raise WrongOldPassword
    refuse(wrong_password(new, user.username))
    _set_password(user, new)
    return user


class WrongOldPassword(Invalid):
    def __init__(self) -> None:
        errors = {"old": ("原密码不正确。", "The old password is wrong.")}
        super().__init__("请更正标出的内容。", "Correct the marked fields.", errors)


def end_sessions(context: Context) -> User:
    """Sign the account out everywhere."""
    user = _own(context)
    user.session_epoch += 1
    return user


def ask_new_email(context: Context, email: str) -> None:
    """Send a link to the new address; the old one stays until it is followed. Raises Invalid by field."""
    user, email = _own(context), TEXT_RULES["email"].spell(email)
    if not is_email(email):
        refuse({"email": ("电子邮箱格式不正确。", "The e-mail address is not valid.")})
    spend_others(context, "email", user.id)
    link = make_link(context, "email", "/account/email", email, EMAIL_LASTS, user_id=user.id)
    text = f"请在 24 小时内打开以下链接，确认新的邮箱：\n\n{link}\n\nOpen the link within 24 hours to confirm it."
    outbox.queue_mail(context, email, "请确认新的电子邮箱", text, kind=outbox.FORGOTTEN)


def confirm_email(context: Context, token: str) -> None:
    """Take the new address over; only the account that asked may. Raises NotFound."""
    link, user = read_link(context, "email", token, to_spend=True), _own(context)
    if link.user_id != user.id:
        raise NotFound
    link.used_at, user.email = context.now, link.email


def request_reset(context: Context, who: str) -> None:
    """Mail links to whoever has this user name or address; takes as long, and answers the same, when nobody has."""
    jobs.enqueue(context.session, RESET_JOB, {"who": who[:120]}, due_at=context.now, now=context.now)


@jobs.job_handler(RESET_JOB)
def _mail_reset(context: Context, args: dict[str, str]) -> None:
    for user in identity.find_by_name_or_email(context.session, args["who"]):
        spend_others(context, "reset", user.id)
        link = make_link(context, "reset", "/reset", user.email, RESET_LASTS, user_id=user.id)
        text = (
            f"账户 {user.username} 申请重置密码，请在 30 分钟内打开以下链接：\n\n{link}\n\n"
            "Open the link within 30 minutes to choose a new password.\n\n如非本人操作，请忽略本邮件，密码不会改变。"
        )
        outbox.queue_mail(context, user.email, "重置密码", text, kind=outbox.FORGOTTEN, user=user)


def reset_account(context: Context, token: str, *, to_spend: bool = False) -> User:
    """Whose password this link resets. Raises NotFound."""
    link = read_link(context, "reset", token, to_spend=to_spend)
    user = context.session.get(User, link.user_id)
    if user is None or not user.is_active:
        raise NotFound
    return user


def reset_password(context: Context, token: str, new: str) -> User:
    """Set the password and end every session; the link works once. Raises NotFound, Invalid by field."""
    user = reset_account(context, token, to_spend=True)
    refuse(wrong_password(new, user.username))
    spend_others(context, "reset", user.id)
    _set_password(user, new)
    log.info("password reset", account=user.username, at=context.now.isoformat())
    return user


def _set_password(user: User, new: str) -> None:
    user.password_hash = identity.hash_password(new)
    user.session_epoch += 1


def _own(context: Context) -> User:
    if context.actor is None:
        raise NotFound
    return context.actor
