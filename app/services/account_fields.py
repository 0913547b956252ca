"""What a person may be called and choose as a password: the same rules at every door."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.engine.rules import is_email
from app.services.errors import Invalid
from app.services.identity import MIN_PASSWORD

NAME_LENGTH, EMAIL_LENGTH, PASSWORD_LENGTH = 60, 120, 200
USERNAME = re.compile(r"[a-z0-9][a-z0-9_.-]{1,59}")
Errors = dict[str, tuple[str, str]]


def wrong_person(values: Mapping[str, str]) -> Errors:
    """What is wrong with username, name, email and password, by field, as (Chinese, English)."""
    errors: Errors = {}
    if not USERNAME.fullmatch(values["username"]):
        errors["username"] = (
            "用户名为 2 至 60 个小写字母、数字、点、横线或下划线。",
            "A user name has 2 to 60 lower-case letters, digits, dots, hyphens or underscores.",
        )
    if not 0 < len(values["name"].strip()) <= NAME_LENGTH:
        errors["name"] = (
            f"请填写姓名或岗位名，不超过 {NAME_LENGTH} 字。",
            f"Give a name of at most {NAME_LENGTH} characters.",
        )
    if not is_email(values["email"]) or len(values["email"]) > EMAIL_LENGTH:
        errors["email"] = ("电子邮箱格式不正确。", "The e-mail address is not valid.")
    return {**errors, **wrong_password(values["password"], values["username"])}


def wrong_password(password: str, username: str) -> Errors:
    """What is wrong with a password, under the field `password`."""
    if not MIN_PASSWORD <= len(password) <= PASSWORD_LENGTH:
        text = f"密码为 {MIN_PASSWORD} 至 {PASSWORD_LENGTH} 个字符。"
        return {"password": (text, f"A password has {MIN_PASSWORD} to {PASSWORD_LENGTH} characters.")}
    if len(set(password)) < 4 or (username and username in password.lower()):
        return {
            "password": (
                "密码过于简单，或包含用户名。",
                "The password is too simple or contains the user name.",
            )
        }
    return {}


def refuse(errors: Errors) -> None:
    """Raise Invalid when there is anything wrong."""
    if errors:
        raise Invalid("请更正标出的内容。", "Correct the marked fields.", errors)
