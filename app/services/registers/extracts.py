"""Extracts of outside credit registries from a table (CSV or XLSX): every row is right, or nothing is imported."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.engine.rules import is_uscc
from app.models.register import RegistryReply
from app.services import access, sheets
from app.services.context import Context
from app.services.errors import Invalid
from app.services.numbering import OFFICE_ZONE
from app.services.registers import credit

MAX_BYTES = sheets.MAX_BYTES
MAX_ROWS = 5_000
MAX_CELL = 2_000
COLUMNS = {
    "source": ("source", "来源"),
    "uscc": ("uscc", "统一社会信用代码"),
    "verdict": ("verdict", "结论", "查询结论"),
    "note": ("note", "说明"),
    "replied_at": ("replied_at", "查询时间"),
}
OPTIONAL = frozenset({"note"})
SOURCE_NAMES = {
    "gsxt": ("国家企业信用信息公示系统", "National enterprise credit system"),
    "credit_china": ("信用中国", "Credit China"),
    "ip_pledge": ("知识产权质押信息平台", "IP pledge platform"),
}
VERDICT_NAMES = {
    "clear": ("无失信", "Clear"),
    "court_dishonest": ("失信被执行人", "Dishonest judgment debtor"),
    "serious_illegal": ("严重违法失信", "Seriously illegal"),
    "hit": ("命中失信", "Dishonesty on record"),
    "penalty_3y": ("三年内行政处罚", "Penalty within three years"),
    "abnormal_list": ("经营异常名录", "Abnormal list"),
    "undecided": ("需人工裁量", "Needs a ruling"),
}
_SOURCE = re.compile(r"[a-z][a-z0-9_]{1,39}")
_VERDICTS = {zh: code for code, (zh, _en) in VERDICT_NAMES.items()} | {code: code for code in credit.VERDICTS}
_SOURCES = {zh: code for code, (zh, _en) in SOURCE_NAMES.items()}


@dataclass(frozen=True)
class Row:
    """One row that can be imported; `number` counts lines of the file, the head is line 1."""

    number: int
    source: str
    uscc: str
    verdict: str
    note: str
    replied_at: datetime


@dataclass(frozen=True)
class WrongRow:
    number: int
    zh: str
    en: str


class TableRefused(Invalid):
    """The file, or some of its rows, cannot be imported; `rows` says which and why."""

    def __init__(self, zh: str, en: str, rows: Sequence[WrongRow] = ()) -> None:
        super().__init__(zh, en)
        self.rows = tuple(rows)


def import_table(context: Context, name: str, data: bytes) -> int:
    """Import every row of a table of replies; how many. Raises TableRefused, and then nothing is kept."""
    access.require(context.actor, "extract.import")
    found = [_read_row(context, number, cells) for number, cells in _table(data)]
    rows = [row for row in found if isinstance(row, Row)]
    wrong = [row for row in found if isinstance(row, WrongRow)]
    wrong += _contradictions(context.session, rows)
    if wrong:
        wrong.sort(key=lambda row: row.number)
        raise TableRefused(
            f"共 {len(wrong)} 行有误，全部未导入。",
            f"{len(wrong)} rows are wrong; nothing was imported.",
            wrong,
        )
    if not rows:
        raise TableRefused("文件中没有数据行。", "The file has no rows.")
    detail = {"file": name[:200], "sha256": hashlib.sha256(data).hexdigest()}
    for row in rows:
        credit.import_reply(
            context.session,
            row.source,
            row.uscc,
            row.verdict,
            row.replied_at,
            context.now,
            note=row.note,
            detail={**detail, "row": row.number},
        )
    return len(rows)


def newest(session: Session, before: int | None = None, limit: int = 100) -> Sequence[RegistryReply]:
    """Imported replies, the last imported first; `before` an id gives the next page."""
    query = select(RegistryReply)
    if before is not None:
        query = query.where(RegistryReply.id < before)
    return session.scalars(query.order_by(RegistryReply.id.desc()).limit(limit)).all()


def _read_row(context: Context, number: int, cells: dict[str, Any]) -> Row | WrongRow:
    source, verdict = _text(cells["source"]), _text(cells["verdict"])
    source, verdict = _SOURCES.get(source, source), _VERDICTS.get(verdict, verdict)
    uscc, note = _text(cells["uscc"]).upper(), _text(cells.get("note"))
    if not _SOURCE.fullmatch(source):
        return WrongRow(number, "来源不正确。", "The source is not known.")
    if not is_uscc(uscc):
        return WrongRow(number, "统一社会信用代码不正确。", "The unified social credit code is wrong.")
    if verdict not in credit.VERDICTS:
        return WrongRow(number, "查询结论不在可选范围内。", "Unknown verdict.")
    if len(note) > MAX_CELL:
        return WrongRow(
            number, f"说明超过 {MAX_CELL} 字。", f"The note is longer than {MAX_CELL} characters."
        )
    replied_at = _instant(cells["replied_at"])
    if replied_at is None:
        return WrongRow(
            number,
            "查询时间不正确，应为 2026-11-03 或 2026-11-03 14:22。",
            "The time is wrong; write 2026-11-03 or 2026-11-03 14:22.",
        )
    if replied_at > context.now:
        return WrongRow(number, "查询时间不能晚于现在。", "The reply lies in the future.")
    return Row(number, source, uscc, verdict, note, replied_at)


def _contradictions(session: Session, rows: Sequence[Row]) -> list[WrongRow]:
    """Rows that say something else than an earlier row, or than what was imported before, about the same query."""
    stored = select(RegistryReply).where(RegistryReply.uscc.in_({row.uscc for row in rows}))
    known = {(r.source, r.uscc, r.replied_at): (r.verdict, r.note) for r in session.scalars(stored)}
    found = []
    for row in rows:
        told = known.setdefault((row.source, row.uscc, row.replied_at), (row.verdict, row.note))
        if told != (row.verdict, row.note):
            found.append(
                WrongRow(
                    row.number,
                    "同一来源、单位、时间已有不同结论。",
                    "Another reply to the same query says something else.",
                )
            )
    return found


def _text(value: Any) -> str:
    return " ".join(str(value).split()) if value is not None else ""


def _instant(value: Any) -> datetime | None:
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time.min)
    if not isinstance(value, datetime):
        try:
            value = datetime.fromisoformat(_text(value).replace("/", "-"))
        except ValueError:
            return None
    try:
        found: datetime = value if value.tzinfo else value.replace(tzinfo=OFFICE_ZONE)
        return found if 2000 <= found.astimezone(OFFICE_ZONE).year <= 2100 else None
    except OverflowError:
        return None


def _table(data: bytes) -> Iterator[tuple[int, dict[str, Any]]]:
    """Rows by column key with their line; empty ones are left out."""
    if len(data) > MAX_BYTES:
        raise TableRefused("文件超过 5 MB。", "The file is larger than 5 MB.")
    lines = _sheet(data) if data[:2] == b"PK" else _comma_separated(data)
    head = [_text(cell) for cell in next(lines, ())]
    places = {key: head.index(word) for key, words in COLUMNS.items() for word in words if word in head}
    if missing := [words[-1] for key, words in COLUMNS.items() if key not in places and key not in OPTIONAL]:
        raise TableRefused(
            f"首行缺少列：{'、'.join(missing)}。", f"The first row lacks columns: {', '.join(missing)}."
        )
    for number, line in enumerate(lines, start=2):
        if number > MAX_ROWS + 1:
            raise TableRefused(f"一次最多导入 {MAX_ROWS} 行。", f"At most {MAX_ROWS} rows at a time.")
        cells = list(line)
        if any(_text(cell) for cell in cells):
            yield number, {key: cells[at] if at < len(cells) else None for key, at in places.items()}


def _comma_separated(data: bytes) -> Iterator[Sequence[Any]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise TableRefused("文件不是 CSV 或 XLSX。", "The file is neither CSV nor XLSX.")
    if "\0" in text:
        raise TableRefused("文件不是 CSV 或 XLSX。", "The file is neither CSV nor XLSX.")
    try:
        yield from csv.reader(io.StringIO(text, newline=""))
    except csv.Error as error:
        raise TableRefused("CSV 文件已损坏。", "The CSV file is damaged.") from error


def _sheet(data: bytes) -> Iterator[Sequence[Any]]:
    """Rows of the first sheet of an XLSX file."""
    try:
        yield from sheets.values_of(data)
    except sheets.SheetRefused as error:
        raise TableRefused(error.message, error.message_en) from error
