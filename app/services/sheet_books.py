"""Sheets that we write: the template of a list with choices and notes, and its rows. Texts are never formulas."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import xlsxwriter

from app.engine.evidence import Column
from app.engine.form import Language, Text
from app.engine.form.convert import option_key
from app.engine.form.model import CHOICE_TYPES, MANY_OF
from app.engine.form.state import dig
from app.engine.form.words import YES_NO

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NOTES, CHOICES = Text("填写说明", "How to fill in"), "选项"
EXACT_DIGITS = 15
_NOT_IN_TITLES = re.compile(r"[\[\]:*?/\\']")
_KINDS = {
    "number": Text("数字", "Number"),
    "datetime": Text("日期，如 2025-03-01", "Date such as 2025-03-01"),
    "checkbox": Text("填“是”或“否”", "Yes or no (是 / 否)"),
    "select": Text("从下拉列表中选择", "Choose from the list"),
    "radio": Text("从下拉列表中选择", "Choose from the list"),
    "checklist": Text("可填多项，用顿号分开", "One or more, separated by 、"),
    "taglist": Text("可填多项，用顿号分开", "One or more, separated by 、"),
}
_TEXT = Text("文字", "Text")
_GENERAL = (
    Text(
        "前两行是表头，请勿改动；从第 3 行起一行填一笔。", "The first two rows are heads. One deal a row from row 3 on."
    ),
    Text("带 * 的列必填；空行不导入。", "Columns with * must be filled in; empty rows are left out."),
    Text("编号列已设为文本，超过 15 位的编号不会丢失末尾数字。", "Number columns are texts and keep all digits."),
    Text("请粘贴数值，不要粘贴公式。导入时逐行核对，有一处错误则全部不导入。",
         "Paste values, not formulas. Every row is checked; with one mistake nothing is imported."),
)  # fmt: skip


def sheet_title(label: str) -> str:
    """The label as the name of a sheet."""
    return _NOT_IN_TITLES.sub(" ", label).strip()[:31] or "1"


def write_book(
    label: str, columns: Sequence[Column], rows: Sequence[Mapping[str, Any]], language: Language, room: int
) -> bytes:
    """A sheet with these rows and room for as many as the list may have, notes, and lists to choose from."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        styles = _Styles(book)
        sheet = book.add_worksheet(sheet_title(label))
        notes = book.add_worksheet(NOTES.zh)
        choices = book.add_worksheet(CHOICES)
        choices.hide()
        last = 1 + max(room, len(rows))
        for place, column in enumerate(columns):
            _write_head(sheet, place, column, styles)
            _validate(sheet, choices, place, column, last)
            for number, row in enumerate(rows, start=2):
                _write_value(sheet, number, place, column, dig(row, column.key), styles)
        sheet.freeze_panes(2, 0)
        _write_notes(notes, columns, language, styles)
    return out.getvalue()


class _Styles:
    """Formats of one workbook."""

    def __init__(self, book: Any) -> None:
        self.head = book.add_format({"bold": True, "bg_color": "#E8EEF7", "border": 1, "text_wrap": True})
        self.second = book.add_format(
            {"font_color": "#5A6475", "font_size": 9, "border": 1, "text_wrap": True}
        )
        self.text = book.add_format({"num_format": "@"})
        self.date = book.add_format({"num_format": "yyyy-mm-dd"})
        self.wrap = book.add_format({"text_wrap": True, "valign": "top"})

    def of(self, column: Column) -> Any:
        kind = column.component.type
        if kind == "number":
            return None
        return self.date if _is_day(column) else self.text


def _is_day(column: Column) -> bool:
    return column.component.type == "datetime" and column.component.subtype == "date"


def _write_head(sheet: Any, place: int, column: Column, styles: _Styles) -> None:
    star = " *" if column.required else ""
    sheet.write_string(0, place, column.title.zh + star, styles.head)
    sheet.write_string(1, place, (column.title.en or ".".join(column.key)) + star, styles.second)
    width = min(40, max(12, 2 * len(column.title.zh) + 4))
    sheet.set_column(place, place, width, styles.of(column))


def _validate(sheet: Any, choices: Any, place: int, column: Column, last: int) -> None:
    rule = _rule(choices, place, column)
    if rule is not None:
        sheet.data_validation(2, place, last, place, {"ignore_blank": True, "error_type": "warning", **rule})


def _rule(choices: Any, place: int, column: Column) -> dict[str, Any] | None:
    kind = column.component.type
    if kind == "checkbox":
        return {"validate": "list", "source": [YES_NO[True].zh, YES_NO[False].zh]}
    if kind in CHOICE_TYPES - MANY_OF and column.options:
        for number, option in enumerate(column.options):
            choices.write_string(number, place, option.label.zh)
        first = xlsxwriter.utility.xl_rowcol_to_cell(0, place, True, True)
        final = xlsxwriter.utility.xl_rowcol_to_cell(len(column.options) - 1, place, True, True)
        return {"validate": "list", "source": f"='{CHOICES}'!{first}:{final}"}
    if kind == "number":
        whole = column.component.limits.decimals == 0
        return {"validate": "integer" if whole else "decimal", **_range(column.least, column.most)}
    if _is_day(column):
        days = [date.fromisoformat(str(day)) if day else None for day in (column.least, column.most)]
        return {"validate": "date", **_range(*days)} if any(days) else None
    return None


def _range(least: Any, most: Any) -> dict[str, Any]:
    plain = [float(value) if isinstance(value, Decimal) else value for value in (least, most)]
    if plain[0] is not None and plain[1] is not None:
        return {"criteria": "between", "minimum": plain[0], "maximum": plain[1]}
    if plain[1] is not None:
        return {"criteria": "<=", "value": plain[1]}
    return {"criteria": ">=", "value": plain[0] if plain[0] is not None else -1e15}


def _write_value(sheet: Any, row: int, place: int, column: Column, value: Any, styles: _Styles) -> None:
    if isinstance(value, bool):
        sheet.write_string(row, place, YES_NO[value].zh, styles.text)
    elif isinstance(value, Decimal) and len(value.as_tuple().digits) <= EXACT_DIGITS:
        sheet.write_number(row, place, float(value))
    elif _is_day(column) and isinstance(value, str):
        sheet.write_datetime(row, place, date.fromisoformat(value[:10]), styles.date)
    elif value not in (None, "") and not hasattr(value, "items"):
        sheet.write_string(row, place, _text(column, value), styles.text)


def _text(column: Column, value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return "、".join(_text(column, item) for item in value)
    if column.component.type in CHOICE_TYPES:
        key = option_key(value)
        return next((o.label.zh for o in column.options if option_key(o.value) == key), str(key))
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _write_notes(sheet: Any, columns: Sequence[Column], language: Language, styles: _Styles) -> None:
    for number, text in enumerate(_GENERAL):
        sheet.write_string(number, 0, text.said(language))
    top = len(_GENERAL) + 1
    heads = (
        Text("列", "Column"),
        Text("必填", "Required"),
        Text("怎样填写", "How to fill in"),
        Text("说明", "Notes"),
    )
    for place, head in enumerate(heads):
        sheet.write_string(top, place, head.said(language), styles.head)
    for number, column in enumerate(columns, start=top + 1):
        told = _told(column, language)
        for place, note in enumerate((column.title.said(language), _yes(column, language), *told)):
            sheet.write_string(number, place, note, styles.wrap)
    for place, width in enumerate((30, 8, 36, 70)):
        sheet.set_column(place, place, width)


def _yes(column: Column, language: Language) -> str:
    return YES_NO[True].said(language) if column.required else ""


def _told(column: Column, language: Language) -> tuple[str, str]:
    how = _KINDS.get(column.component.type, _TEXT).said(language)
    bounds = [str(value) for value in (column.least, column.most)]
    if column.least is not None and column.most is not None:
        how = f"{how}（{bounds[0]} – {bounds[1]}）"
    listed = "、".join(option.label.said(language) for option in column.options[:30])
    notes = "；".join(filter(None, (column.hint.said(language), listed)))
    return how, notes
