"""An organisation registers itself: known by its unified social credit code, confirmed by mail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import select

from app.engine.rules import TEXT_RULES, is_uscc
from app.models.identity import Organisation, User
from app.services import identity, outbox
from app.services.account_fields import Errors, refuse, wrong_person
from app.services.context import Context
from app.services.errors import Conflict
from app.services.mailed_links import make_link, read_link

LASTS = timedelta(days=1)
ORG_TYPES = ("bank", "insurer", "guarantor", "enterprise", "other")
PERSON = ("username", "name", "email", "password")
ORG_NAME_LENGTH, CODE_LENGTH = 120, 18
KNOWN = (
    "该单位已经登记，请由本单位的签署人在“单位成员”中邀请您加入。",
    "This organisation is registered already; ask its signer to invite you.",
)


def request_registration(context: Context, values: Mapping[str, str]) -> None:
    """Send the link that completes a registration; nothing exists before it is followed.

    `values`: uscc, org_name, org_type, username, name, email, password; the code and the address may be written with
    blanks, small letters or full-width signs. Raises Invalid with `errors` by field.
    """
    values = {**values, **{kind: TEXT_RULES[kind].spell(values[kind]) for kind in ("uscc", "email")}}
    refuse({**_wrong_organisation(context, values), **_wrong_names(context, values)})
    data = {key: values[key].strip() for key in ("uscc", "org_name", "org_type", "username", "name")}
    data["password_hash"] = identity.hash_password(values["password"])
    link = make_link(context, "register", "/register/confirm", values["email"], LASTS, data=data)
    outbox.queue_mail(
        context,
        values["email"],
        "请确认单位注册",
        f"{data['org_name']}（{data['uscc']}）正在知融注册，请在 24 小时内打开以下链接完成：\n\n{link}\n\n"
        f"Open the link within 24 hours to complete the registration.\n\n如非本人操作，请忽略本邮件。",
        kind=outbox.FORGOTTEN,
    )


def confirm_registration(context: Context, token: str) -> User:
    """Make the organisation and its first signer. Raises NotFound for a bad link, Conflict when somebody was faster."""
    link = read_link(context, "register", token, to_spend=True)
    data = link.data
    errors = {**_wrong_organisation(context, data), **_taken_name(context, data["username"])}
    if errors:
        message = next(iter(errors.values()))
        raise Conflict(*message)
    link.used_at = context.now
    user = identity.add_user(
        context,
        username=data["username"],
        name=data["name"],
        email=link.email,
        password_hash=data["password_hash"],
    )
    org = identity.create_organisation(
        context, uscc=data["uscc"], name=data["org_name"], org_type=data["org_type"]
    )
    identity.add_member(context.session, user, org, "editor", "signer")
    link.data = {"uscc": data["uscc"]}
    return user


def _wrong_organisation(context: Context, values: Mapping[str, str]) -> Errors:
    errors: Errors = {}
    code = values["uscc"]
    if not is_uscc(code):
        errors["uscc"] = _wrong_code(code)
    elif context.session.scalar(select(Organisation.id).where(Organisation.uscc == code)):
        errors["uscc"] = KNOWN
    if not 1 < len(values["org_name"].strip()) <= ORG_NAME_LENGTH:
        errors["org_name"] = ("请填写单位全称。", "Give the full name of the organisation.")
    if values["org_type"] not in ORG_TYPES:
        errors["org_type"] = ("请选择单位类型。", "Choose the kind of organisation.")
    return errors


def _wrong_code(code: str) -> tuple[str, str]:
    """What is wrong with a credit code: its length before its check character, which a slip of one sign breaks."""
    if code and len(code) != CODE_LENGTH:
        return (
            f"统一社会信用代码应为 {CODE_LENGTH} 位，您填写了 {len(code)} 位。",
            f"The unified social credit code has {CODE_LENGTH} characters; you gave {len(code)}.",
        )
    return (
        "统一社会信用代码不正确，请对照营业执照逐位核对；代码中没有字母 I、O、S、V、Z。",
        "The unified social credit code is wrong. Compare each character with the licence; "
        "it has none of the letters I, O, S, V, Z.",
    )


def _wrong_names(context: Context, values: Mapping[str, str]) -> Errors:
    person = {key: values[key] for key in PERSON}
    return {**_taken_name(context, values["username"]), **wrong_person(person)}


def _taken_name(context: Context, username: str) -> Errors:
    if identity.find_user(context.session, username) is None:
        return {}
    return {"username": ("用户名已被使用，请换一个。", "This user name is taken; choose another.")}
