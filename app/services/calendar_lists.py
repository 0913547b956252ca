"""Lists of holidays and make-up days as people have them: typed, pasted, CSV or XLSX; every mistake with its row."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from app.services import sheets
from app.services.calendar import SeedDay
from app.services.errors import Invalid

MAX_ROWS = 400
MAX_BYTES = 1_000_000
MAX_NAME = 60
_OFF = frozenset({"休息日", "休息", "休", "放假", "节假日", "假日", "假", "off", "holiday"})
_WORKING = frozenset({"工作日", "工作", "上班", "班", "调休上班", "补班", "working", "work", "workday"})
_HEADS = frozenset({"日期", "date", "day"})
_DAY = re.compile(r"(?:(\d{4})\s*[-/.年])?\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_DAY_ALONE = re.compile(r"(\d{1,2})\s*日?")
_WEEKDAY = re.compile(r"[（(]\s*(?:周|星期)[一二三四五六日天]\s*[)）]")
_RANGE = re.compile(r"\s*(?:至|到|~|～|—+|--|–)\s*")
_SPLIT = re.compile(r"\s*[,，;；\t]\s*|\s+")


@dataclass(frozen=True)
class RowError:
    """What is wrong with one row of a list."""

    row: int
    zh: str
    en: str


@dataclass(frozen=True)
class DayList:
    """The days of a list, in order, and what is wrong with it."""

    days: tuple[SeedDay, ...]
    errors: tuple[RowError, ...]


def read_text(text: str, year: int) -> DayList:
    """One day or range a line: date, kind, name, apart by comma, tab or blank; a CSV file is such a text."""
    lines: list[tuple[int, list[str]]] = []
    for number, line in enumerate(text.lstrip("\ufeff").splitlines(), start=1):
        if line.strip():
            lines.append((number, _cells(line)))
    return _read(lines, year)


def read_file(data: bytes, name: str, year: int) -> DayList:
    """An XLSX sheet (columns: date, kind, name) or a CSV file in UTF-8 or GB18030. Raises Invalid for anything else."""
    if len(data) > MAX_BYTES:
        raise Invalid("文件过大。", "The file is too large.")
    if name.lower().endswith(".xlsx"):
        lines = sheets.read_sheet(data, "", MAX_ROWS + 1)
        return _read([(line.number, [_shown(cell) for cell in line.cells]) for line in lines], year)
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return read_text(data.decode(encoding), year)
        except UnicodeDecodeError:
            continue
    raise Invalid("只能导入 XLSX 或 CSV 文件。", "Only XLSX and CSV files can be read.")


def _cells(line: str) -> list[str]:
    line = _WEEKDAY.sub("", line)
    if any(sign in line for sign in ",\t"):
        return [
            cell.strip()
            for cell in next(csv.reader(io.StringIO(line), delimiter="," if "," in line else "\t"))
        ]
    return [cell for cell in _SPLIT.split(line.strip(), maxsplit=2) if cell]


def _shown(cell: Any) -> str:
    if isinstance(cell, datetime | date):
        return f"{cell:%Y-%m-%d}"
    return "" if cell is None or isinstance(cell, sheets.BadCell) else str(cell).strip()


def _read(lines: Iterable[tuple[int, Sequence[str]]], year: int) -> DayList:
    found: dict[date, tuple[int, SeedDay]] = {}
    errors: list[RowError] = []
    for count, (number, cells) in enumerate(lines):
        if count > MAX_ROWS:
            errors.append(RowError(number, f"最多 {MAX_ROWS} 行", f"at most {MAX_ROWS} rows"))
            break
        if count == 0 and cells and cells[0].strip().lower() in _HEADS:
            continue
        try:
            days = list(_row(cells, year))
        except _Wrong as wrong:
            errors.append(RowError(number, wrong.zh, wrong.en))
            continue
        for day in days:
            before = found.get(day.day)
            if before is not None and before[1].kind != day.kind:
                errors.append(
                    RowError(
                        number, f"{day.day} 与第 {before[0]} 行矛盾", f"{day.day} contradicts row {before[0]}"
                    )
                )
            found[day.day] = (number, day)
    return DayList(tuple(found[day][1] for day in sorted(found)), tuple(errors))


class _Wrong(Exception):
    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


def _row(cells: Sequence[str], year: int) -> Iterator[SeedDay]:
    given = [cell for cell in cells if cell]
    if len(given) < 2:
        raise _Wrong("应有日期和类型（工作日或休息日）", "a row needs a date and a kind (working or off)")
    name = " ".join(given[2:])
    if len(name) > MAX_NAME:
        raise _Wrong(f"名称不超过 {MAX_NAME} 字", f"a name has at most {MAX_NAME} characters")
    word = given[1].lower()
    kind = "off" if word in _OFF else "working" if word in _WORKING else ""
    if not kind:
        raise _Wrong(
            f"不认识类型“{given[1]}”：请填工作日或休息日", f"unknown kind “{given[1]}”: working or off"
        )
    first, last = _span(given[0], year)
    for n in range((last - first).days + 1):
        yield SeedDay(first + timedelta(days=n), kind, name)


def _span(text: str, year: int) -> tuple[date, date]:
    parts = _RANGE.split(text.strip())
    first = _day(parts[0], year, None)
    last = _day(parts[1], year, first) if len(parts) == 2 else first
    if len(parts) > 2 or last < first:
        raise _Wrong(f"“{text}”不是日期范围", f"“{text}” is no range of days")
    return first, last


def _day(text: str, year: int, start: date | None) -> date:
    whole, alone = _DAY.fullmatch(text.strip()), _DAY_ALONE.fullmatch(text.strip())
    try:
        if whole is not None:
            found = date(int(whole[1] or year), int(whole[2]), int(whole[3]))
        elif alone is not None and start is not None:
            found = start.replace(day=int(alone[1]))
        else:
            raise ValueError
    except ValueError:
        raise _Wrong(f"“{text}”不是日期", f"“{text}” is no date") from None
    if found.year != year:
        raise _Wrong(f"{found} 不在 {year} 年", f"{found} is not in {year}")
    return found
