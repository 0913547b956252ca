"""Findings about decision tables, as a deployment and the editor see them."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.engine.definition import Bundle, check_bundle
from app.engine.dmn import parse_decisions
from app.engine.dmn.analysis import analyse
from tests.engine.dmn.models import decision, definitions, input_data, literal, needs, table, table_of

CONTENT = Path(__file__).parents[3] / "bpmn"


def found(*elements: str) -> list[tuple[str, str, str | None]]:
    problems = check_bundle(Bundle({}, {"d_t": definitions("".join(elements))}), {})
    return [(p.code, p.severity, p.element_id) for p in problems if p.code.startswith("table_")]


@pytest.mark.parametrize(
    ("rows", "attributes", "expected"),
    [
        ([["<= 5", "1"], [">= 5", "2"], ["null", "3"]], "", [("table_overlap", "error", "r2")]),
        (
            [["< 5", "1"], ["> 5", "2"]],
            "",
            [("table_catch_all", "warning", "d_t"), ("table_gap", "warning", "d_t")],
        ),
        (
            [["< 5", "1"], ["-", "2"], ["9", "3"]],
            'hitPolicy="FIRST"',
            [("table_unreachable", "warning", "r3")],
        ),
        ([["<= 5", "1"], [">= 5", "2"]], 'hitPolicy="COLLECT"', []),
    ],
)
def test_tables(rows: list[list[str]], attributes: str, expected: list[tuple[str, str, str]]) -> None:
    assert found(decision("t", table(["x"], ["k"], rows, attributes=attributes))) == expected


@pytest.mark.parametrize(
    ("columns", "severity"),
    [
        (["x", "y"], "error"),
        (["x.a", "x.b"], "error"),
        (["x", "x.b"], "warning"),
        (["x.a", "x.a + 1"], "warning"),
        (["count(x)", "sum(x)"], "warning"),
    ],
)
def test_an_overlap_of_columns_that_depend_on_each_other_is_no_error(
    columns: list[str], severity: str
) -> None:
    rows = [["1", "-", "1"], ["-", "2", "2"], ["not(1)", "not(2)", "3"]]
    found_there = found(decision("t", table(columns, ["k"], rows)))
    assert ("table_overlap", severity, "r2") in found_there


def test_columns_that_two_decisions_compute_may_depend_on_each_other() -> None:
    parts = input_data("n") + decision("a", literal("n + 1"), needs("Input", "i_n"))
    parts += decision("b", literal("n + 2"), needs("Input", "i_n"))
    rows = [["1", "-", "1"], ["-", "2", "2"], ["not(1)", "not(2)", "3"]]
    logic = table(["a", "b"], ["k"], rows)
    found_there = found(parts, decision("t", logic, needs("Decision", "d_a", "d_b")))
    assert ("table_overlap", "warning", "r2") in found_there


@pytest.mark.parametrize("path", sorted(CONTENT.glob("*.dmn")), ids=lambda path: path.stem)
def test_our_own_tables_are_complete(path: Path) -> None:
    parse_decisions(path.read_bytes())
    problems = check_bundle(Bundle({}, {path.stem: path.read_bytes()}), {})
    assert [p.message_en for p in problems if p.code.startswith("table_")] == []


def test_findings_are_said_in_both_languages() -> None:
    rows = [["<= 5", "> y", "1"], [">= 5", "-", "2"], ["7", "-", "3"]]
    for policy in ("UNIQUE", "FIRST"):
        for each in analyse(table_of(table(["x", "z"], ["k"], rows, attributes=f'hitPolicy="{policy}"'))):
            assert each.message
            assert each.message_zh


def test_a_huge_table_is_not_analysed() -> None:
    rows = [[f"[{n}..{n + 2})", "1"] for n in range(600)]
    assert [each.kind for each in analyse(table_of(table(["x"], ["k"], rows)))] == ["too_large"]
