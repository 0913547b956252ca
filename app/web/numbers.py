"""Whole numbers from addresses and forms: such as a row may have, so that no database is asked for more."""

from __future__ import annotations

import re
from typing import Any

from werkzeug.routing import IntegerConverter

LARGEST = 2**31 - 1
_DIGITS = re.compile(r"[0-9]{1,10}")


class RowNumber(IntegerConverter):
    """`<int:…>` in addresses; a larger number is an unknown address."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"max": LARGEST, **options})


def whole_number(text: str) -> int | None:
    """The number that was typed; None for anything else, such as ², signs or more digits than a row number has."""
    value = int(text) if _DIGITS.fullmatch(text) else LARGEST + 1
    return value if value <= LARGEST else None
