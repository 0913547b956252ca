"""Corners of DMN 1.5, 10.3, clause by clause; a whole clause is one test, and every wrong row is told."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.engine.feel import Scope, compile_expression, format_value
from app.engine.feel.errors import FeelSyntaxError
from app.engine.feel.frames import RootFrame
from app.engine.feel.scope import Run

SCOPE = Scope(now=datetime(2024, 2, 29, 12, 0, tzinfo=UTC), zone="UTC")
REFUSED = "!"


def _clauses() -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    clause = ""
    for line in (Path(__file__).parent / "corners.txt").read_text(encoding="utf-8").splitlines()[1:]:
        if line.startswith("# "):
            clause = line[2:]
        else:
            text, _, expected = line.rpartition(" =>")
            found.setdefault(clause, []).append((text, expected.removeprefix(" ")))
    return found


CLAUSES = _clauses()


def _value(text: str) -> str:
    try:
        return format_value(compile_expression(text).run(RootFrame({}, Run(SCOPE))))
    except FeelSyntaxError:
        return REFUSED


@pytest.mark.parametrize("clause", CLAUSES)
def test_corners_of_a_clause(clause: str) -> None:
    wrong = {text: value for text, expected in CLAUSES[clause] if (value := _value(text)) != expected}
    assert not wrong
