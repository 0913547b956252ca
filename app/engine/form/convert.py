"""What was sent to what is stored: any JSON value in, a typed value or a complaint out; never raises."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.engine.form.model import MANY_OF, ONE_OF, TEXT_TYPES, Component, Option
from app.engine.form.moments import read_moment
from app.engine.form.words import Complaint
from app.engine.rules import TEXT_RULES

MAX_TEXT = 100_000
_MAX_ITEMS = 2_000
_MAX_MARKS = 20
_NUMBER = re.compile(r"[+-]?(?:\d{1,18}|\d{1,3}(?:,\d{3}){1,5})(?:\.\d{0,10})?", re.ASCII)
_BREAKS = re.compile(r"\r\n?|[\u2028\u2029\x85]")
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")

_FORMAT = Complaint("{label}的格式不正确", "{label} has a wrong format")
_TOO_LONG = Complaint("{label}过长", "{label} is too long")
_NUMBER_WANTED = Complaint("{label}应为数字，如 12.50", "{label} must be a number, such as 12.50")
_OPTION_WANTED = Complaint("{label}中选择的项不存在，请重新选择", "{label}: choose one of the options")
_FILE_WANTED = Complaint(
    "{label}中有附件不存在或已删除，请重新上传", "{label}: a file is missing, upload it again"
)
_MOMENTS = {
    "date": Complaint("{label}应为日期，如 2026-03-01", "{label} must be a date, such as 2026-03-01"),
    "time": Complaint("{label}应为时间，如 09:30", "{label} must be a time, such as 09:30"),
    "datetime": Complaint(
        "{label}应为日期和时间，如 2026-03-01 09:30",
        "{label} must be a date and time, such as 2026-03-01 09:30",
    ),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """A typed value, or what is wrong with what was sent."""

    value: Any = None
    complaint: Complaint | None = None


Files = Mapping[str, Mapping[str, Any]]


def read_value(component: Component, raw: object, options: Sequence[Option], files: Files) -> Reading:
    """The stored form of `raw` for an input component; empty is None, [] or False by type."""
    kind = component.type
    if kind in TEXT_TYPES:
        return _read_text(component, raw)
    if kind == "number":
        return _read_number(raw)
    if kind == "checkbox":
        return _read_checkbox(raw)
    if kind == "datetime":
        return _read_moment(component.subtype, raw)
    if kind in ONE_OF:
        return _read_option(raw, options)
    return _read_options(raw, options) if kind in MANY_OF else _read_files(raw, files)


def clean_text(text: str, *, multiline: bool) -> str:
    """NFC, LF, no control, direction or unpaired surrogate characters, no blanks around."""
    text = _BREAKS.sub("\n", text)
    if not text.isascii():
        text = unicodedata.normalize("NFC", _without_mark_piles(text))
    kept = (sign for sign in text if sign in "\n\t" or _is_wanted(sign))
    text = "".join(kept)
    return text.strip() if multiline else re.sub(r"[\n\t]+", " ", text).strip()


def _is_wanted(sign: str) -> bool:
    return unicodedata.category(sign) not in ("Cc", "Cs", "Cn") and sign not in _BIDI


def _without_mark_piles(text: str) -> str:
    """Long piles of combining marks cost quadratic time to normalise and are never writing."""
    kept: list[str] = []
    pile = 0
    for sign in text:
        pile = pile + 1 if unicodedata.combining(sign) else 0
        if pile <= _MAX_MARKS:
            kept.append(sign)
    return "".join(kept)


def _read_text(component: Component, raw: object) -> Reading:
    if raw is None:
        return Reading()
    if not isinstance(raw, str):
        return Reading(complaint=_FORMAT)
    if len(raw) > MAX_TEXT:
        return Reading(complaint=_TOO_LONG)
    text = clean_text(raw, multiline=component.type == "textarea")
    if component.limits.rule is not None:
        text = TEXT_RULES[component.limits.rule].spell(text)
    return Reading(text or None)


def _read_number(raw: object) -> Reading:
    if raw is None:
        return Reading()
    if isinstance(raw, bool) or not isinstance(raw, (str, int, float, Decimal)):
        return Reading(complaint=_NUMBER_WANTED)
    if isinstance(raw, int) and raw.bit_length() > 80:
        return Reading(complaint=_NUMBER_WANTED)
    if isinstance(raw, (float, Decimal)):
        return _read_number(_digits(Decimal(str(raw))))
    text = str(raw)
    if len(text) > 60:
        return Reading(complaint=_NUMBER_WANTED)
    text = re.sub(r"[\s¥]", "", unicodedata.normalize("NFKC", text)).replace("\u2212", "-")
    if not text:
        return Reading()
    if not _NUMBER.fullmatch(text):
        return Reading(complaint=_NUMBER_WANTED)
    return Reading(Decimal(text.replace(",", "").removesuffix(".")))


def _digits(number: Decimal) -> str:
    if not number.is_finite() or abs(number.adjusted()) > 20 or len(number.as_tuple().digits) > 40:
        return "x"
    return format(number.normalize() if number else Decimal(0), "f")


def _read_checkbox(raw: object) -> Reading:
    if raw is None or raw is False or raw in ("", "false", "off", "0"):
        return Reading(False)
    if raw is True or raw in ("true", "on", "1", "y"):
        return Reading(True)
    return Reading(False, _FORMAT)


def _read_moment(subtype: str, raw: object) -> Reading:
    if raw is None or raw == "":
        return Reading()
    if not isinstance(raw, str) or len(raw) > 60:
        return Reading(complaint=_MOMENTS[subtype])
    text = unicodedata.normalize("NFKC", raw).strip()
    if not text:
        return Reading()
    try:
        return Reading(read_moment(subtype, text))
    except ValueError:
        return Reading(complaint=_MOMENTS[subtype])


def option_key(value: object) -> str | None:
    """How an option's value is written in a page; None for what cannot be one."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, int) and value.bit_length() > 80:
        return None
    if isinstance(value, (int, float, Decimal)):
        return _digits(Decimal(str(value)))
    return None


def _find_option(raw: object, options: Sequence[Option]) -> Option | None:
    wanted = option_key(raw)
    return next(
        (option for option in options if wanted is not None and option_key(option.value) == wanted), None
    )


def _read_option(raw: object, options: Sequence[Option]) -> Reading:
    if raw is None or raw == "":
        return Reading()
    option = _find_option(raw, options)
    return Reading(option.value) if option is not None else Reading(complaint=_OPTION_WANTED)


def _read_options(raw: object, options: Sequence[Option]) -> Reading:
    if raw is None or raw == "":
        return Reading([])
    items = raw if isinstance(raw, (list, tuple)) else [raw]
    if len(items) > _MAX_ITEMS:
        return Reading([], _OPTION_WANTED)
    wanted = {option_key(item) for item in items if item != ""}
    known = {option_key(option.value) for option in options}
    if not wanted <= known:
        return Reading([], _OPTION_WANTED)
    return Reading([option.value for option in options if option_key(option.value) in wanted])


def _read_files(raw: object, files: Files) -> Reading:
    if raw is None or raw == "":
        return Reading([])
    items = raw if isinstance(raw, (list, tuple)) else [raw]
    if len(items) > _MAX_ITEMS:
        return Reading([], _FILE_WANTED)
    found: dict[str, Mapping[str, Any]] = {}
    for item in items:
        identity = item.get("id") if isinstance(item, Mapping) else item
        if not isinstance(identity, (str, int)) or option_key(identity) not in files:
            return Reading([], _FILE_WANTED)
        found[str(option_key(identity))] = files[str(option_key(identity))]
    return Reading([reference_of(file) for file in found.values()])


def reference_of(file: Mapping[str, Any]) -> dict[str, Any]:
    """What is stored of an attachment."""
    return {name: file.get(name) for name in ("id", "name", "size", "sha256")}


def is_empty(value: object) -> bool:
    """Whether nothing was filled in: null, no items, not ticked."""
    return value is None or value is False or value == "" or value == [] or value == {}
