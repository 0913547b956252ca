"""Reading what belongs to one field: limits, options, default and look."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from app.engine.form.model import (
    CHOICE_TYPES,
    INPUT_TYPES,
    MANY_OF,
    TEXT_TYPES,
    UNSET,
    Choices,
    Limits,
    Look,
    Option,
    Setting,
)
from app.engine.form.moments import read_moment
from app.engine.form.pattern import Pattern, PatternRefused, compile_pattern
from app.engine.form.source import KEY, Json, Reading, read_number
from app.engine.form.vocabulary import DISPLAYS, FORMATS, VALIDATE_KEYS, WIDTHS
from app.engine.form.words import UNITS, Text
from app.engine.rules import MASKS, NUMBER_RULES, TEXT_RULES

_MAX_OPTIONS = 2_000
_MAX_FILE = 200_000_000
_SIZE = re.compile(r"(\d{1,9})\s*(B|KB|MB)?", re.IGNORECASE | re.ASCII)
_EXTENSION = re.compile(r"\.[a-z0-9]{1,10}", re.ASCII)
_KEY_KIND = re.compile(r"[a-z][a-z_]{1,39}", re.ASCII)
_TOKEN = re.compile(r"[a-z][a-z0-9 -]{1,40}", re.ASCII)


def read_limits(
    kind: str, subtype: str, identity: str, node: Json, properties: Json, reading: Reading
) -> Limits:
    """What the schema asks of the value."""
    validate = node.get("validate") or {}
    if not isinstance(validate, Mapping):
        reading.refuse("json", identity, "validate 应为对象", "validate must be an object")
        validate = {}
    for name in sorted(set(map(str, validate)) - VALIDATE_KEYS):
        reading.refuse("unknown", identity, f"validate 中不认识的键 {name}", f"unknown key validate.{name}")
    least, most = _read_bounds(kind, subtype, identity, node, validate, reading)
    check = properties.get("check")
    fewest, most_items = _item_bounds(kind, validate, properties)
    return Limits(
        required=reading.flag(identity, "validate.required", validate.get("required")),
        least=least,
        most=most,
        min_length=reading.count(identity, "validate.minLength", validate.get("minLength")),
        max_length=reading.count(identity, "validate.maxLength", validate.get("maxLength")),
        min_items=reading.count(identity, *fewest),
        max_items=reading.count(identity, *most_items),
        max_zi=reading.count(identity, "max_zi", properties.get("max_zi")),
        min_zi=reading.count(identity, "min_zi", properties.get("min_zi")),
        pattern=_read_pattern(kind, identity, validate.get("pattern"), reading),
        pattern_error=reading.text(
            identity,
            "patternErrorMessage",
            validate.get("patternErrorMessage"),
            properties.get("pattern_error_en"),
        ),
        rule=_read_rule(kind, identity, validate, properties, reading),
        check=reading.feel(identity, "check", check) if check not in (None, "") else None,
        check_message=reading.text(
            identity, "check_message", properties.get("check_message"), properties.get("check_message_en")
        ),
        duplicate_key=_read_key_kind(identity, properties.get("duplicate_key"), reading),
        decimals=reading.integer(identity, "decimalDigits", node.get("decimalDigits"), 0, 10),
        extensions=_read_extensions(identity, node.get("accept"), reading),
        multiple=reading.flag(identity, "multiple", node.get("multiple")),
        max_size=_read_size(identity, properties.get("max_size"), reading),
    )


def _item_bounds(
    kind: str, validate: Mapping[str, Any], properties: Json
) -> tuple[tuple[str, Any], tuple[str, Any]]:
    """Where the least and the greatest number of items of that type stand, and what stands there."""
    if kind == "dynamiclist":
        return ("min_rows", properties.get("min_rows")), ("max_rows", properties.get("max_rows"))
    if kind == "filepicker":
        return ("minItems", validate.get("minItems")), ("max_files", properties.get("max_files"))
    return ("validate.minItems", validate.get("minItems")), ("validate.maxItems", validate.get("maxItems"))


def _read_bounds(
    kind: str, subtype: str, identity: str, node: Json, validate: Json, reading: Reading
) -> tuple[Setting, Setting]:
    def read(name: str) -> Setting:
        raw = validate.get(name)
        if kind == "datetime":
            wanted = Text("ISO 日期时间或 FEEL", "an ISO date or time or FEEL")
            return reading.setting(
                identity, f"validate.{name}", raw, lambda text: read_moment(subtype, str(text)), wanted
            )
        if kind == "number":
            return reading.number(identity, f"validate.{name}", raw)
        if raw not in (None, ""):
            reading.refuse(
                "contradiction",
                identity,
                f"validate.{name} 只用于 number 和 datetime",
                f"validate.{name} is for number and datetime only",
            )
        return UNSET

    least, most = read("min"), read("max")
    if kind == "datetime" and node.get("disallowPassedDates") is True and not least.is_set:
        source = {"date": "today()", "datetime": "now()"}.get(subtype)
        least = Setting(expression=reading.feel(identity, "disallowPassedDates", source)) if source else least
    return least, most


def _read_pattern(kind: str, identity: str, raw: object, reading: Reading) -> Pattern | None:
    if raw in (None, ""):
        return None
    if not isinstance(raw, str) or kind not in TEXT_TYPES:
        reading.refuse("pattern", identity, "pattern 只用于文字", "pattern is for texts only")
        return None
    try:
        return compile_pattern(raw)
    except PatternRefused as error:
        reading.refuse("pattern", identity, f"正则表达式不可用：{error}", f"pattern: {error}")
        return None


def _read_rule(
    kind: str, identity: str, validate: Mapping[str, Any], properties: Json, reading: Reading
) -> str | None:
    rule, typed = properties.get("rule"), validate.get("validationType")
    if typed in ("custom", ""):
        typed = None
    if typed is not None and typed not in ("email", "phone"):
        reading.refuse(
            "rule", identity, f"不认识 validationType {typed!r}", f"unknown validationType {typed!r}"
        )
        typed = None
    if rule and typed and rule != typed:
        reading.refuse(
            "contradiction", identity, "rule 与 validationType 不一致", "rule and validationType differ"
        )
    name = rule or typed
    if not name:
        return None
    known: frozenset[str] = frozenset(TEXT_RULES) if kind in TEXT_TYPES else NUMBER_RULES
    if not isinstance(name, str) or name not in known:
        listed = " ".join(sorted(known))
        reading.refuse(
            "rule",
            identity,
            f"不认识规则 {name!r}，可用：{listed}",
            f"unknown rule {name!r}, not one of {listed}",
        )
        return None
    return name


def _read_extensions(identity: str, raw: object, reading: Reading) -> tuple[str, ...]:
    if raw in (None, ""):
        return ()
    parts = [part.strip().lower() for part in raw.split(",")] if isinstance(raw, str) else []
    found = tuple(part for part in parts if _EXTENSION.fullmatch(part))
    if not found or len(found) < len([part for part in parts if part]):
        reading.refuse(
            "value", identity, "accept 应为扩展名，如 .pdf,.docx", "accept must list extensions: .pdf,.docx"
        )
    return found


def _read_size(identity: str, raw: object, reading: Reading) -> int:
    if raw in (None, ""):
        return Limits().max_size
    match = _SIZE.fullmatch(str(raw).strip())
    factor = {"": 1, "B": 1, "KB": 1_000, "MB": 1_000_000}
    size = int(match[1]) * factor[(match[2] or "").upper()] if match else 0
    if not 0 < size <= _MAX_FILE:
        reading.refuse("value", identity, "max_size 应为 1 B 至 200 MB", "max_size must be 1 B to 200 MB")
    return size


def read_choices(kind: str, identity: str, node: Json, reading: Reading) -> Choices:
    """The options of a choice field; exactly one source must be given."""
    if kind not in CHOICE_TYPES:
        return Choices()
    fixed, path, source = node.get("values"), node.get("valuesKey"), node.get("valuesExpression")
    given = [raw for raw in (fixed, path, source) if raw not in (None, "")]
    if len(given) != 1:
        reading.refuse(
            "contradiction",
            identity,
            "选项应当且只能由 values、valuesKey、valuesExpression 之一给出",
            "options need exactly one of values, valuesKey, valuesExpression",
        )
        return Choices()
    if source not in (None, ""):
        return Choices(expression=reading.feel(identity, "valuesExpression", source))
    if path not in (None, ""):
        if not isinstance(path, str) or not KEY.fullmatch(path):
            reading.refuse("value", identity, "valuesKey 应为变量路径", "valuesKey must be a path of names")
            return Choices()
        return Choices(expression=reading.feel(identity, "valuesKey", path))
    return Choices(fixed=read_options(identity, fixed, reading))


def read_options(identity: str, nodes: object, reading: Reading) -> tuple[Option, ...]:
    """Values with what people read for them."""
    if not isinstance(nodes, list) or not nodes or len(nodes) > _MAX_OPTIONS:
        reading.refuse("value", identity, "values 应为非空列表", "values must be a list that is not empty")
        return ()
    options: list[Option] = []
    for entry in nodes:
        node = entry if isinstance(entry, Mapping) else {}
        value, label = node.get("value"), node.get("label")
        if (
            not isinstance(value, (str, int, Decimal))
            or not isinstance(label, str)
            or not label
            or value == ""
        ):
            reading.refuse(
                "value", identity, "每个选项需要 value 和 label", "each option needs value and label"
            )
            continue
        if not isinstance(value, (str, bool)):
            value = Decimal(value)
        if any(str(option.value) == str(value) for option in options):
            reading.refuse("key", identity, f"选项值 {value} 重复", f"option value {value} occurs twice")
        options.append(Option(value, Text(label, str(node.get("label_en") or ""))))
    return tuple(options)


def read_default(kind: str, identity: str, node: Json, properties: Json, reading: Reading) -> Setting:
    """What is shown while nothing is stored."""
    computed, literal = properties.get("default"), node.get("defaultValue")
    if computed not in (None, ""):
        if literal not in (None, ""):
            reading.refuse(
                "contradiction",
                identity,
                "defaultValue 与 default 只能用一个",
                "defaultValue and default both given",
            )
        return Setting(expression=reading.feel(identity, "default", computed))
    if literal in (None, "") or kind not in INPUT_TYPES:
        return UNSET
    value = _typed_default(kind, literal)
    if value is None:
        reading.refuse("value", identity, "defaultValue 类型不符", "defaultValue has the wrong type")
        return UNSET
    return Setting(literal=value)


def _typed_default(kind: str, literal: Any) -> Any:
    if kind == "number":
        try:
            return read_number(literal)
        except (ValueError, ArithmeticError):
            return None
    if kind == "checkbox":
        return literal if isinstance(literal, bool) else None
    if kind in MANY_OF:
        return tuple(literal) if isinstance(literal, list) else None
    if kind == "filepicker":
        return None
    if kind in CHOICE_TYPES and isinstance(literal, (int, Decimal)):
        return literal if isinstance(literal, bool) else Decimal(literal)
    return literal if isinstance(literal, str) else None


def read_look(kind: str, identity: str, node: Json, properties: Json, reading: Reading) -> Look:
    """How the component is to be shown."""
    appearance = node.get("appearance") if isinstance(node.get("appearance"), Mapping) else {}
    layout = node.get("layout") if isinstance(node.get("layout"), Mapping) else {}
    clauses = properties.get("clauseRef") or ""
    unit = properties.get("unit") or None
    if unit is not None and unit not in UNITS:
        reading.refuse("rule", identity, f"不认识单位 {unit!r}", f"unknown unit {unit!r}")
        unit = None
    return Look(
        clauses=tuple(clauses.split()) if isinstance(clauses, str) else (),
        prefix=reading.phrase(
            identity, "prefix", (appearance or {}).get("prefixAdorner"), properties.get("prefix_en")
        ),
        suffix=reading.phrase(
            identity, "suffix", (appearance or {}).get("suffixAdorner"), properties.get("suffix_en")
        ),
        unit=unit,
        mask=reading.one_of(identity, "mask", properties.get("mask"), MASKS),
        autocomplete=_read_autocomplete(identity, properties.get("autocomplete"), reading),
        columns=reading.integer(identity, "columns", properties.get("columns"), 1, 4),
        span=reading.integer(identity, "layout.columns", (layout or {}).get("columns"), 1, 16),
        width=reading.one_of(identity, "width", properties.get("width"), WIDTHS),
        rows=reading.integer(identity, "rows", properties.get("rows"), 1, 40),
        display=reading.one_of(identity, "display", properties.get("display"), DISPLAYS) or "auto",
        row_label=reading.text(
            identity, "row_label", properties.get("row_label"), properties.get("row_label_en")
        ),
        add_label=reading.text(
            identity, "add_label", properties.get("add_label"), properties.get("add_label_en")
        ),
        format=reading.one_of(identity, "format", properties.get("format"), FORMATS) or "text",
        decimals=reading.integer(identity, "decimals", properties.get("decimals"), 0, 10),
        outline=node.get("showOutline") is True,
        step=_read_step(identity, node.get("increment"), reading) if kind == "number" else None,
    )


def _read_autocomplete(identity: str, raw: object, reading: Reading) -> str | None:
    if raw in (None, ""):
        return None
    if isinstance(raw, str) and _TOKEN.fullmatch(raw):
        return raw
    reading.refuse("value", identity, "autocomplete 不可用", "autocomplete is no HTML token")
    return None


def _read_key_kind(identity: str, raw: object, reading: Reading) -> str | None:
    if raw in (None, ""):
        return None
    if isinstance(raw, str) and _KEY_KIND.fullmatch(raw):
        return raw
    reading.refuse(
        "value",
        identity,
        "duplicate_key 应为小写英文，如 contract",
        "duplicate_key is a word such as contract",
    )
    return None


def _read_step(identity: str, raw: object, reading: Reading) -> Decimal | None:
    if raw in (None, ""):
        return None
    try:
        step = read_number(raw)
    except (ValueError, ArithmeticError):
        step = Decimal(0)
    if step <= 0:
        reading.refuse("value", identity, "increment 应为正数", "increment must be a positive number")
        return None
    return step
