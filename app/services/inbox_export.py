"""A list of the inbox as a workbook: written row by row, capped, and never read as formulas."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import IO
from zoneinfo import ZoneInfo

import xlsxwriter

MOST = 5_000
ZONE = ZoneInfo("Asia/Shanghai")
Cell = str | int | Decimal | datetime | None


def write_workbook(
    stream: IO[bytes], title: str, heads: Sequence[str], rows: Iterable[Sequence[Cell]]
) -> int:
    """Write a workbook of one sheet with one row of heads; gives how many rows follow it.

    Texts are stored as texts whatever they begin with: `=`, `+`, `-` and `@` are never formulas, addresses no links.
    Times are in Beijing time.
    """
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
               "strings_to_numbers": False}  # fmt: skip
    count = 0
    with xlsxwriter.Workbook(stream, options) as book:
        sheet = book.add_worksheet(title[:31])
        bold, moment = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        money = book.add_format({"num_format": "#,##0.00"})
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(heads) - 1, 20)
        for column, head in enumerate(heads):
            sheet.write_string(0, column, head, bold)
        for count, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                if isinstance(value, datetime):
                    sheet.write_datetime(count, column, value.astimezone(ZONE).replace(tzinfo=None), moment)
                elif isinstance(value, Decimal):
                    sheet.write_number(count, column, float(value), money)
                elif isinstance(value, int):
                    sheet.write_number(count, column, value)
                elif value:
                    sheet.write_string(count, column, value)
    return count
