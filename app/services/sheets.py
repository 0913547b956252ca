"""Sheets (XLSX) of strangers, read with caution: nothing is opened that unpacks to too much or declares entities."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import openpyxl
from openpyxl.cell.cell import ERROR_CODES

from app.services.errors import Invalid

MAX_BYTES = 5_000_000
MAX_UNPACKED = 50_000_000
MAX_COLUMNS = 100


class SheetRefused(Invalid):
    """The file is no sheet that could be read."""


@dataclass(frozen=True, slots=True)
class BadCell:
    """A cell that holds no value: an error of Excel's, or a formula that was never worked out."""

    typed: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a sheet with its number, as the program that made it shows it."""

    number: int
    cells: tuple[Any, ...]

    @property
    def is_blank(self) -> bool:
        """Whether nothing stands in it."""
        return all(cell is None or (isinstance(cell, str) and not cell.strip()) for cell in self.cells)


def values_of(data: bytes) -> Iterator[Sequence[Any]]:
    """Rows of the first sheet as plain values. Raises SheetRefused, perhaps only on the way."""
    _check(data, MAX_UNPACKED)
    yield from _rows(data, "", computed=True)


def read_sheet(data: bytes, title: str, most: int, max_unpacked: int = MAX_UNPACKED) -> list[Line]:
    """The filled rows of the sheet called `title`, else of the first visible one; at most `most`. Raises SheetRefused.

    Formulas count with the value that was worked out last; where there is none, and for errors, a BadCell stands.
    """
    _check(data, max_unpacked)
    found: list[Line] = []
    pairs = zip(
        _rows(data, title, computed=True),
        _rows(data, title, computed=False),
        strict=True,
    )
    for number, (values, written) in enumerate(pairs, start=1):
        cells = tuple(_cell(value, text) for value, text in zip(values, written, strict=True))
        line = Line(number, cells)
        if line.is_blank:
            continue
        if len(found) == most:
            raise SheetRefused(f"一次最多导入 {most} 行。", f"At most {most} rows at a time.")
        found.append(line)
    return found


def _cell(value: Any, written: Any) -> Any:
    is_formula = (isinstance(written, str) and written.startswith("=")) or (
        written is not None and not isinstance(written, str) and value is None
    )
    if is_formula and value is None:
        typed = written if isinstance(written, str) else "="
        return BadCell(
            typed[:80],
            "单元格是没有计算结果的公式，请粘贴为数值",
            "The cell is a formula without a result; paste it as a value",
        )
    if isinstance(value, str) and value in ERROR_CODES:
        return BadCell(value, f"单元格是错误值 {value}", f"The cell holds the error {value}")
    return value


def _rows(data: bytes, title: str, *, computed: bool) -> Iterator[tuple[Any, ...]]:
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=computed)
        try:
            sheet = _chosen(book, title)
            yield from sheet.iter_rows(values_only=True, max_col=MAX_COLUMNS)
        finally:
            book.close()
    except SheetRefused:
        raise
    except Exception as error:  # openpyxl raises whatever a broken part makes it stumble over
        raise SheetRefused("XLSX 文件已损坏，无法打开。", "The XLSX file is damaged.") from error


def _chosen(book: Any, title: str) -> Any:
    sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    if not sheets:
        raise SheetRefused("文件中没有可见的工作表。", "The file has no visible sheet.")
    return next((sheet for sheet in sheets if sheet.title == title), sheets[0])


def _check(data: bytes, max_unpacked: int) -> None:
    """A file that unpacks to too much, holds macros or declares XML entities is not opened."""
    if len(data) > MAX_BYTES:
        raise SheetRefused("文件超过 5 MB。", "The file is larger than 5 MB.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_parts(archive, max_unpacked)
    except SheetRefused:
        raise
    except Exception as error:  # zipfile raises many kinds for broken and foreign archives
        raise SheetRefused(
            "文件不是 XLSX 表格，或已损坏。", "The file is no XLSX sheet, or it is damaged."
        ) from error


def _check_parts(archive: zipfile.ZipFile, left: int) -> None:
    for part in archive.infolist():
        with archive.open(part) as stream:
            content = stream.read(left + 1)  # what is really there, not what the directory says
        left -= len(content)
        if left < 0:
            raise SheetRefused("文件解压后过大。", "The file is too large when unpacked.")
        is_active = part.filename.lower().endswith("vbaproject.bin")
        if is_active or b"<!DOCTYPE" in content.replace(b"\0", b"").upper():
            raise SheetRefused("文件含有宏或外部定义，不能导入。", "Macros and declarations are refused.")
