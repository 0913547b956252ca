"""Cells that no form could take are still read: as texts that it refuses in its own words."""

from __future__ import annotations

import pytest

from app.engine.evidence.cells import Problem, read_cell
from app.engine.evidence.columns import Column
from app.engine.form.model import Component
from app.engine.form.words import Text

LABEL = Text("甲", "A")


@pytest.mark.parametrize("kind", ["date", "time", "datetime"])
@pytest.mark.parametrize("value", [float("inf"), float("-inf")])
def test_a_number_beyond_all_days_is_no_moment(kind: str, value: float) -> None:
    column = Column(("d",), Component("d", "datetime", ("d",), kind), LABEL, LABEL)
    assert read_cell(column, value) == str(value)


def test_a_number_beyond_all_numbers_is_a_text_or_a_problem() -> None:
    for kind in ("textfield", "number", "checkbox", "select"):
        read = read_cell(Column(("x",), Component("x", kind, ("x",)), LABEL, LABEL), float("inf"))
        assert read == "inf" or isinstance(read, Problem)
