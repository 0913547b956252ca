"""Cells of a sheet as people type them to what a form reads: 2025年3月1日, １２，０００元, 1.2亿, √."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from app.engine.evidence.columns import Column
from app.engine.form.convert import option_key
from app.engine.form.model import MANY_OF, ONE_OF
from app.engine.form.words import Complaint

EXACT_DIGITS = 15  # Excel keeps no more of a number
_FIRST_DAY = date(1899, 12, 30)  # Excel's day 0, with its leap year 1900
_SERIALS = range(20_000, 80_000)  # 1954 to 2119
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?", re.ASCII)
_COMPACT = re.compile(r"(19|20)\d{6}", re.ASCII)
_AMOUNT = re.compile(r"([+-]?(?:\d[\d,]*\.?\d*|\.\d+))(万亿|[亿万千百]?)(元|人民币|圆)?", re.ASCII)
_MULTIPLES = {"": 1, "百": 100, "千": 1_000, "万": 10_000, "亿": 100_000_000, "万亿": 10**12}
_UNIT_WORTH = {None: 1, "yuan": 1, "wan": 10_000, "yi": 100_000_000}
_SEPARATORS = re.compile(r"[、,，;；/\n]+")
_YES = frozenset({"是", "有", "对", "√", "✓", "✔", "☑", "y", "yes", "true", "1", "t"})
_NO = frozenset(
    {"否", "无", "不是", "没有", "错", "×", "✗", "✕", "☐", "n", "no", "false", "0", "f", "-", "x"}
)

_DIGITS_LOST = Complaint(
    "{label}超过 15 位，表格软件已丢失末尾数字；请把该列设为“文本”格式后重新填写",
    "{label} has more than 15 digits, of which the spreadsheet lost the last; format the column as text",
)
_NOT_A_DATE = Complaint("{label}应为数字，单元格里是日期", "{label} must be a number; the cell holds a date")
_YES_OR_NO = Complaint("{label}应填“是”或“否”", "{label}: write yes or no")


@dataclass(frozen=True, slots=True)
class Problem:
    """A cell that says nothing a form could take."""

    complaint: Complaint


def read_cell(column: Column, value: object) -> Any:
    """What the form reads for this cell: a text, a number, a list of choices; None for an empty cell, or a Problem."""
    if isinstance(value, str):
        value = value.strip()
    if value is None or value == "":
        return None
    if isinstance(value, float) and not math.isfinite(value):
        value = str(value)  # written with more than a float holds: refused by the form in its own words
    return _reader_of(column)(column, value)


def _reader_of(column: Column) -> Callable[[Column, Any], Any]:
    kind = column.component.type
    if kind in ONE_OF:
        return _read_choice
    if kind in MANY_OF:
        return _read_choices
    readers = {"number": _read_number, "datetime": _read_moment, "checkbox": _read_tick}
    return readers.get(kind, _read_text)


def _read_text(_column: Column, value: Any) -> Any:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, (datetime, date, time)):
        return _iso(value)
    if isinstance(value, (int, float, Decimal)):
        number = Decimal(str(value))
        if number.is_finite() and number.adjusted() >= EXACT_DIGITS:
            return Problem(_DIGITS_LOST)
        return _plain(number)
    return str(value)


def _read_number(column: Column, value: Any) -> Any:
    if isinstance(value, (datetime, date, time)):
        return Problem(_NOT_A_DATE)
    if isinstance(value, bool):
        return str(value)  # refused by the form in its own words
    if isinstance(value, float):
        return _plain(Decimal(format(value, f".{EXACT_DIGITS}g")))
    if isinstance(value, (int, Decimal)):
        return _plain(Decimal(value))
    text = re.sub(r"[\s¥￥]", "", unicodedata.normalize("NFKC", value)).removeprefix("人民币")
    match = _AMOUNT.fullmatch(text.replace("\u2212", "-"))
    if match is None or not (match[2] or match[3]):
        return value
    worth = _UNIT_WORTH[column.component.look.unit]
    if not match[2] and worth != 1:  # 1,200,000元 in a column of 万元
        return _plain(_decimal(match[1]) / worth)
    return _plain(_decimal(match[1]) * _MULTIPLES[match[2]] / worth)


def _decimal(text: str) -> Decimal:
    return Decimal(text.replace(",", "").rstrip(".") or "0")


def _read_moment(column: Column, value: Any) -> Any:
    kind = column.component.subtype
    if isinstance(value, (datetime, date, time)):
        return _cut(kind, _iso(value))
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _read_day_number(kind, float(value))
    text = unicodedata.normalize("NFKC", str(value)).strip()
    if kind == "time":
        return text.replace("时", ":").replace("分", "").replace("点", ":")
    day = _DAY.match(text)
    if day is not None:
        rest = text[day.end() :].strip()
        return f"{int(day[1]):04}-{int(day[2]):02}-{int(day[3]):02}" + (f"T{rest}" if rest else "")
    if _COMPACT.fullmatch(text):
        return f"{text[:4]}-{text[4:6]}-{text[6:]}"
    return text


def _read_day_number(kind: str, number: float) -> str:
    """A cell that lost its date format: Excel's day number, or a date typed as 20250301."""
    whole = int(number)
    if _COMPACT.fullmatch(str(whole)) and whole == number:
        return f"{str(whole)[:4]}-{str(whole)[4:6]}-{str(whole)[6:]}"
    if whole in _SERIALS and kind != "time":
        at = datetime.combine(_FIRST_DAY, time()) + timedelta(days=number)
        return _cut(kind, _iso(at))
    return format(number, "g")


def _cut(kind: str, text: str) -> str:
    """A date of a cell with a time of midnight, the time of one with a day."""
    if kind == "date":
        return text[:10]
    return text[-8:][:5] if kind == "time" else text[:16]


def _iso(value: date | datetime | time) -> str:
    if isinstance(value, datetime):
        return value.replace(microsecond=0, tzinfo=None).isoformat()
    return value.replace(microsecond=0, tzinfo=None).isoformat() if isinstance(value, time) else str(value)


def _read_tick(_column: Column, value: Any) -> Any:
    if isinstance(value, bool):
        return value
    text = _fold(str(int(value)) if isinstance(value, float) and value == int(value) else str(value))
    if text in _YES or text in _NO:
        return text in _YES
    return Problem(_YES_OR_NO)


def _read_choice(column: Column, value: Any) -> Any:
    text = str(_read_text(column, value))
    wanted = _fold(text)
    for option in column.options:
        if wanted in {_fold(option.label.zh), _fold(option.label.en), _fold(str(option_key(option.value)))}:
            return option_key(option.value)
    return text


def _read_choices(column: Column, value: Any) -> Any:
    parts = [part for part in _SEPARATORS.split(str(_read_text(column, value))) if part.strip()]
    return [_read_choice(column, part.strip()) for part in parts]


def _fold(text: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).casefold()


def _plain(number: Decimal) -> str:
    return format(number.normalize(), "f") if number else "0"
