"""Reading a schema: typed access to its JSON that notes every problem instead of stopping at the first."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from app.engine.environment import HOST_FUNCTIONS
from app.engine.errors import Problem
from app.engine.feel import Expression, FeelError, compile_expression
from app.engine.form.model import UNSET, FormInvalid, Phrase, Setting
from app.engine.form.template import Template, TemplateBroken, parse_template
from app.engine.form.words import Text

MAX_BYTES = 1_000_000
KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}(?:\.[A-Za-z_][A-Za-z0-9_]{0,63}){0,4}", re.ASCII)
TAKEN = frozenset({"instance", "params", "org", "this", "parent", "i"})

Json = Mapping[str, Any]


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def read_json(schema: bytes | str | Json, form_key: str) -> Json:
    """The schema as a mapping with exact decimals; raises FormInvalid for anything else."""
    if isinstance(schema, Mapping):
        return schema
    try:
        if len(schema) > MAX_BYTES:
            raise ValueError("the file is too large")
        data = json.loads(schema, parse_float=Decimal, parse_constant=_refuse_constant)
        if not isinstance(data, dict):
            raise ValueError("the file holds no object")
    except (ValueError, RecursionError) as error:
        reason = str(error) or "nested too deeply"
        problem = Problem(
            "form.json", None, form_key, f"不是有效的 JSON：{reason}", f"no valid JSON: {reason}"
        )
        raise FormInvalid([problem]) from error
    return data


class Reading:
    """What was found wrong so far, and readers that add to it."""

    def __init__(self, form_key: str) -> None:
        self.form_key = form_key
        self.problems: list[Problem] = []
        self.names: set[str] = set()
        self.members: set[tuple[str, str]] = set()

    def refuse(self, code: str, component_id: str | None, zh: str, en: str) -> None:
        """Note one problem."""
        self.problems.append(Problem(f"form.{code}", component_id, self.form_key, zh, en))

    def feel(self, component_id: str, where: str, source: object) -> Expression | None:
        """The expression in `source`, with or without its leading `=`."""
        if not isinstance(source, str) or not source.removeprefix("=").strip():
            self.refuse(
                "feel", component_id, f"{where} 应为 FEEL 表达式", f"{where} must be a FEEL expression"
            )
            return None
        try:
            expression = compile_expression(source.removeprefix("=").strip(), HOST_FUNCTIONS)
        except FeelError as error:
            self.refuse(
                "feel", component_id, f"{where} 的 FEEL 表达式有误：{error.message_zh}", f"{where}: {error}"
            )
            return None
        self.note(component_id, where, expression)
        return expression

    def note(self, component_id: str, where: str, expression: Expression) -> None:
        """Remember the variables of an expression, refuse functions that nobody provides."""
        self.names.update(expression.names)
        self.members.update(expression.members)
        for name in sorted(expression.calls - HOST_FUNCTIONS):
            self.refuse(
                "feel",
                component_id,
                f"{where} 调用了不存在的函数 {name}",
                f"{where}: unknown function {name}",
            )

    def setting(
        self, component_id: str, where: str, raw: object, read: Callable[[object], Any], wanted: Text
    ) -> Setting:
        """A literal that `read` understands (it raises ValueError otherwise) or a text `= FEEL`."""
        if raw is None or raw == "":
            return UNSET
        if isinstance(raw, str) and raw.lstrip().startswith("="):
            return Setting(expression=self.feel(component_id, where, raw.lstrip()))
        try:
            return Setting(literal=read(raw))
        except (ValueError, InvalidOperation):
            self.refuse("value", component_id, f"{where} 应为{wanted.zh}", f"{where} must be {wanted.en}")
            return UNSET

    def flag(self, component_id: str, where: str, raw: object) -> Setting:
        """True, false or FEEL."""
        return self.setting(component_id, where, raw, read_flag, Text("是/否或 FEEL", "true, false or FEEL"))

    def count(self, component_id: str, where: str, raw: object) -> Setting:
        """A whole number from 0 or FEEL."""
        return self.setting(
            component_id, where, raw, read_count, Text("非负整数或 FEEL", "a whole number or FEEL")
        )

    def number(self, component_id: str, where: str, raw: object) -> Setting:
        """A decimal number or FEEL."""
        return self.setting(component_id, where, raw, read_number, Text("数字或 FEEL", "a number or FEEL"))

    def template(self, component_id: str, where: str, raw: object) -> Template | None:
        """The template in `raw`; nothing for an empty text."""
        if raw is None or raw == "":
            return None
        if not isinstance(raw, str):
            self.refuse("value", component_id, f"{where} 应为文字", f"{where} must be text")
            return None
        try:
            template = parse_template(raw)
        except (TemplateBroken, FeelError) as error:
            self.refuse("feel", component_id, f"{where} 中的模板有误：{error}", f"{where}: {error}")
            return None
        for expression in template.expressions:
            self.note(component_id, where, expression)
        return template

    def phrase(self, component_id: str, where: str, zh: object, en: object) -> Phrase | None:
        """A text in Chinese with its English."""
        source = self.template(component_id, where, zh)
        english = self.template(component_id, f"{where}_en", en)
        return Phrase(source, english) if source is not None else None

    def text(self, component_id: str, where: str, zh: object, en: object) -> Text | None:
        """A text without templates in both languages; nothing when the Chinese is empty."""
        if zh in (None, ""):
            return None
        if not isinstance(zh, str) or not isinstance(en, (str, type(None))):
            self.refuse("value", component_id, f"{where} 应为文字", f"{where} must be text")
            return None
        return Text(zh, en or "")

    def key(self, component_id: str, where: str, raw: object) -> tuple[str, ...]:
        """A dotted key as its parts; () and a problem when it is none."""
        if not isinstance(raw, str) or not KEY.fullmatch(raw):
            self.refuse(
                "key",
                component_id,
                f"{where} 应由英文字母、数字、下划线组成：{raw!r}",
                f"{where} must be made of ASCII letters, digits, underscores: {raw!r}",
            )
            return ()
        parts = tuple(raw.split("."))
        if parts[0] in TAKEN:
            self.refuse(
                "key", component_id, f"{where} 不能用保留名 {parts[0]}", f"{where}: {parts[0]} is reserved"
            )
        return parts

    def one_of(self, component_id: str, where: str, raw: object, allowed: frozenset[str]) -> str | None:
        """`raw` when it is one of `allowed`; nothing when it is absent."""
        if raw in (None, ""):
            return None
        if isinstance(raw, str) and raw in allowed:
            return raw
        names = " ".join(sorted(allowed))
        self.refuse(
            "value",
            component_id,
            f"{where} 不认识 {raw!r}，可用：{names}",
            f"{where}: {raw!r} is not one of {names}",
        )
        return None

    def integer(self, component_id: str, where: str, raw: object, low: int, high: int) -> int | None:
        """A literal whole number between `low` and `high`; nothing when absent."""
        if raw is None or raw == "":
            return None
        try:
            number = read_count(raw)
        except (ValueError, InvalidOperation):
            number = -1
        if low <= number <= high:
            return number
        self.refuse(
            "value", component_id, f"{where} 应为 {low} 至 {high} 的整数", f"{where} must be {low} to {high}"
        )
        return None


def read_flag(raw: object) -> bool:
    """True or false, also spelled as text; raises ValueError otherwise."""
    if isinstance(raw, bool):
        return raw
    if raw in ("true", "false"):
        return raw == "true"
    raise ValueError(raw)


def read_number(raw: object) -> Decimal:
    """A finite decimal of sane size; raises ValueError or InvalidOperation otherwise."""
    if isinstance(raw, bool) or not isinstance(raw, (int, float, Decimal, str)):
        raise ValueError(raw)
    number = Decimal(str(raw))
    if not number.is_finite() or abs(number.adjusted()) > 30:
        raise ValueError(raw)
    return number


def read_count(raw: object) -> int:
    """A whole number from 0; raises ValueError or InvalidOperation otherwise."""
    number = read_number(raw)
    if number < 0 or number != int(number):
        raise ValueError(raw)
    return int(number)
