"""Parameters of a draft: typed values in the policies of the bundle, released together with everything else.

A parameter is one value, or an object whose members are edited one by one; what is nested deeper is edited as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from app.models.studio import Draft
from app.services import repository
from app.services.context import Context
from app.services.errors import Invalid, NotFound
from app.services.studio import drafts

FOLDER = "policies/"
KINDS = {"number": "number", "text": "text", "boolean": "boolean", "instant": "instant"}
_WORDS = {
    "number": ("请填写数字。", "Give a number."),
    "boolean": ("请选择是或否。", "Choose yes or no."),
    "instant": ("请填写带时区的时刻，如 2026-04-07T23:59:59+08:00。", "Give an instant with its offset."),
    "json": ("不是有效的 JSON。", "This is not valid JSON."),
}


@dataclass(frozen=True)
class Field:
    """One input: a parameter, or a member of one (`key.member`); `kind` number, text, boolean, instant or json."""

    name: str
    label: str
    label_en: str
    kind: str
    value: Any


@dataclass(frozen=True)
class Item:
    """A parameter as its policy describes it, the value in the base, and its inputs."""

    policy: str
    spec: Mapping[str, Any]
    fields: tuple[Field, ...]
    before: Any
    is_changed: bool

    @property
    def is_missing(self) -> bool:
        """Whether it must be set and is not: that blocks the release."""
        return bool(self.spec.get("must_set")) and self.spec.get("default") in (None, "", [], {})


@dataclass(frozen=True)
class Sheet:
    """Every parameter of a draft, and the revisions that an edit of them begins from."""

    items: tuple[Item, ...]
    revisions: Mapping[str, int]


def parameters_of(context: Context, draft: Draft) -> Sheet:
    """The parameters of all policies of a draft, in their order."""
    base = repository.deployment_files(context.session, draft.base_deployment_id)
    items, revisions = [], {}
    for path in sorted(name for name in drafts.draft_files(context, draft) if name.startswith(FOLDER)):
        text = drafts.read_file(context, draft, path)
        revisions[path] = text.revision
        known = {spec["key"]: spec.get("default") for spec in _specs(base.get(path, b"{}"))}
        for spec in _specs(text.data):
            before, now = known.get(spec["key"]), spec.get("default")
            items.append(Item(path, spec, tuple(_fields(spec)), before, before != now))
    return Sheet(tuple(items), revisions)


def change(context: Context, draft: Draft, policy: str, base_revision: int, values: Mapping[str, str]) -> int:
    """Set parameters of one policy; gives how many changed. `values` by the names of the fields.

    Raises NotFound, EditConflict, Invalid with `errors` by field, as (Chinese, English).
    """
    if not policy.startswith(FOLDER):
        raise NotFound
    content: dict[str, Any] = json.loads(drafts.read_file(context, draft, policy).data)
    errors: dict[str, tuple[str, str]] = {}
    changed = 0
    for spec in content.get("parameters", ()):
        given = [(field, values[field.name]) for field in _fields(spec) if field.name in values]
        value = _combine(spec.get("default"), given, errors)
        if not errors and value != spec.get("default"):
            spec["default"], changed = value, changed + 1
    if errors:
        raise Invalid("请更正标出的内容。", "Correct the marked fields.", errors)
    if changed:
        data = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
        drafts.write_file(context, draft, policy, data.encode(), base_revision)
    return changed


def shown(field: Field) -> str:
    """The text of an input for its value; empty for none."""
    if field.value is None:
        return ""
    if field.kind == "json":
        return json.dumps(field.value, ensure_ascii=False)
    return str(field.value).lower() if field.kind == "boolean" else str(field.value)


def _combine(old: Any, given: list[tuple[Field, str]], errors: dict[str, tuple[str, str]]) -> Any:
    """The new value: one for the parameter itself, or the object with the members that were given."""
    value = dict(old) if isinstance(old, dict) and all("." in field.name for field, _ in given) else old
    for field, text in given:
        try:
            parsed = _parse(field.kind, text.strip())
        except (ValueError, InvalidOperation):
            errors[field.name] = _WORDS[field.kind]
            continue
        if "." in field.name:
            value[field.name.partition(".")[2]] = parsed
        else:
            value = parsed
    return value


def _parse(kind: str, text: str) -> Any:
    if not text:
        return None
    if kind == "number":
        number = Decimal(text.replace(",", ""))
        if not number.is_finite():
            raise ValueError(text)
        return int(number) if number == number.to_integral_value() else float(number)
    if kind == "boolean":
        return {"true": True, "false": False}[text] if text in ("true", "false") else _refuse(text)
    if kind == "instant":
        return text if datetime.fromisoformat(text).tzinfo else _refuse(text)
    return json.loads(text) if kind == "json" else text


def _refuse(text: str) -> Any:
    raise ValueError(text)


def _fields(spec: Mapping[str, Any]) -> Iterator[Field]:
    key, value, label = spec["key"], spec.get("default"), str(spec.get("zh", spec["key"]))
    names = spec.get("names", {})
    if isinstance(value, dict) and value:
        for name, member in value.items():
            called = names.get(name, {})
            zh, en = (str(called.get(language, name)) for language in ("zh", "en"))
            yield Field(f"{key}.{name}", zh, en, _kind_of(member), member)
    else:
        yield Field(key, label, str(spec.get("en") or label), KINDS.get(str(spec.get("type")), "json"), value)


def _kind_of(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "text" if isinstance(value, str) else "json"


def _specs(data: bytes) -> list[dict[str, Any]]:
    """The parameters of a policy file; none where it cannot be read: the check says why."""
    try:
        content = json.loads(data)
    except ValueError:
        return []
    listed = content.get("parameters") if isinstance(content, dict) else None
    return [each for each in listed or () if isinstance(each, dict) and isinstance(each.get("key"), str)]
