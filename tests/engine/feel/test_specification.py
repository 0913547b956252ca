"""Every built-in function, operator, property and literal form of DMN 1.5, 10.3, against one table."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.engine.feel import Scope, compile_expression, format_value
from app.engine.feel.frames import BUILT_INS, RootFrame
from app.engine.feel.scope import Run

TABLE = (Path(__file__).parent / "specification.txt").read_text(encoding="utf-8")
ROWS = [line.rpartition(" =>")[::2] for line in TABLE.splitlines() if not line.startswith("#")]
SCOPE = Scope(now=datetime(2024, 2, 29, 12, 0, tzinfo=UTC), zone="UTC")


@pytest.mark.parametrize(("text", "expected"), ROWS, ids=[row[0] for row in ROWS])
def test_the_value_is_that_of_the_specification(text: str, expected: str) -> None:
    value = compile_expression(text).run(RootFrame({}, Run(SCOPE)))
    assert format_value(value) == expected.removeprefix(" ")


@pytest.mark.parametrize("name", sorted(BUILT_INS))
def test_every_built_in_function_is_in_the_table(name: str) -> None:
    assert any(f"{name}(" in text for text, _ in ROWS)
