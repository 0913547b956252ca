from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.dmn.analysis import analyse, boundary_inputs
from app.engine.feel import compile_unary_tests
from tests.engine.dmn.models import table, table_of


def findings(inputs: list[str], rows: list[list[str]], **options: Any) -> list[tuple[str, tuple[str, ...]]]:
    return [(each.kind, each.rule_ids) for each in analyse(table_of(table(inputs, ["k"], rows, **options)))]


def test_a_complete_exclusive_table_has_no_findings() -> None:
    rows = [
        ['"bank"', ">= 20", "1"],
        ['"bank"', "< 20", "2"],
        ['not("bank", null)', "-", "3"],
        ["null", "-", "4"],
        ['"bank"', "null", "5"],
    ]
    assert findings(["kind", "n"], rows) == []


@pytest.mark.parametrize(
    ("rows", "options", "expected"),
    [
        ([["< 5", "1"], ["> 5", "2"]], {}, [("gap", ()), ("no_catch_all", ())]),
        ([["< 5", "1"], [">= 5", "2"]], {}, [("no_catch_all", ())]),
        ([["< 5", "1"], [">= 5", "2"]], {"default": "3"}, []),
        ([["<= 5", "1"], [">= 5", "2"]], {"default": "3"}, [("overlap", ("r1", "r2"))]),
        ([["<= 5", "1"], [">= 5", "1.0"]], {"default": "3", "attributes": 'hitPolicy="ANY"'}, []),
        (
            [["<= 5", "1"], [">= 5", "2"]],
            {"default": "3", "attributes": 'hitPolicy="ANY"'},
            [("overlap", ("r1", "r2"))],
        ),
        (
            [["> 5", "1"], ["> 7", "2"], ["-", "3"]],
            {"attributes": 'hitPolicy="FIRST"'},
            [("unreachable", ("r2",))],
        ),
        (
            [["> 5", "1"], ["[1..0]", "2"], ["-", "3"]],
            {"attributes": 'hitPolicy="FIRST"'},
            [("unreachable", ("r2",))],
        ),
        (
            [["-", "1"], ["> 7", "2"]],
            {"attributes": 'hitPolicy="PRIORITY"', "output_values": ["1,2"]},
            [("unreachable", ("r2",))],
        ),
        ([["-", "1"], ["> 7", "2"]], {"attributes": 'hitPolicy="PRIORITY"', "output_values": ["2,1"]}, []),
        ([["> 5", "1"]], {"attributes": 'hitPolicy="COLLECT"'}, []),
        ([["> limit", "1"], ["-", "2"]], {"attributes": 'hitPolicy="FIRST"'}, [("not_analysed", ("r1",))]),
        ([['"a"', "1"]], {"input_values": '"a","b"'}, [("gap", ()), ("no_catch_all", ())]),
        ([['"a"', "1"], ['"b"', "2"], ["null", "3"]], {"input_values": '"a","b"'}, [("no_catch_all", ())]),
    ],
)
def test_findings(
    rows: list[list[str]], options: dict[str, Any], expected: list[tuple[str, tuple[str, ...]]]
) -> None:
    assert findings(["x"], rows, **options) == expected


def test_columns_with_one_expression_have_one_value() -> None:
    rows = [["> 5", "-", "1"], ["-", "<= 5", "2"]]
    assert [kind for kind, _ in findings(["x", "x"], rows)] == ["no_catch_all"]


def test_witnesses_show_the_finding() -> None:
    found = analyse(table_of(table(["d"], ["k"], [['< date("2026-01-01")', "1"], ['> @"2026-01-02"', "2"]])))
    assert date(2026, 1, 1) in [each.witness["d"] for each in found if each.kind == "gap"]
    assert found[0].message.startswith("no row applies: d = 2026-01-0")


def test_a_table_too_large_to_search_says_so() -> None:
    columns = 14
    rows = [
        [("> 5" if number == column else "-") for column in range(columns)] + ["1"]
        for number in range(columns)
    ]
    rows += [
        [("< 3" if number == column else "-") for column in range(columns)] + ["2"]
        for number in range(columns)
    ]
    found = findings([f"x{number}" for number in range(columns)], rows, attributes='hitPolicy="FIRST"')
    assert found[-1] == ("too_large", ())


def test_boundaries_of_numbers_and_dates() -> None:
    rows = [[">= 20", '< date("2026-02-01")', "1"], ["< 10.50", "-", "2"]]
    found = boundary_inputs(table_of(table(["n", "d"], ["k"], rows)))
    numbers = [(each.limit, each.offset, each.inputs["n"]) for each in found if each.expression == "n"]
    assert numbers == [
        (Decimal("10.50"), -1, Decimal("10.49")),
        (Decimal("10.50"), 0, Decimal("10.50")),
        (Decimal("10.50"), 1, Decimal("10.51")),
        (Decimal(20), -1, Decimal("19.99")),
        (Decimal(20), 0, Decimal(20)),
        (Decimal(20), 1, Decimal("20.01")),
    ]
    dates = [each.inputs for each in found if each.expression == "d"]
    assert [each["d"] for each in dates] == [date(2026, 1, 31), date(2026, 2, 1), date(2026, 2, 2)]
    assert all(each["n"] >= 20 for each in dates)


LIMITS = st.integers(0, 6)
CELLS = st.one_of(
    LIMITS.map(lambda n: f">= {n}"),
    LIMITS.map(lambda n: f"< {n}"),
    LIMITS.map(str),
    st.tuples(LIMITS, LIMITS).map(lambda p: f"[{min(p)}..{max(p)})" if p[0] != p[1] else f"[{p[0]}..{p[0]}]"),
    st.just("-"),
)


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=5))
def test_gaps_and_overlaps_are_exactly_those_of_all_inputs(cells: list[tuple[str, str]]) -> None:
    rows = [[*cell, str(number)] for number, cell in enumerate(cells)]
    found = analyse(table_of(table(["x", "y"], ["k"], rows)))
    values = [Decimal(n) / 2 for n in range(-2, 15)]
    tests = [[compile_unary_tests(text) for text in cell] for cell in cells]
    hits = [
        tuple(i for i, (a, b) in enumerate(tests) if a.matches(x, {}) and b.matches(y, {}))
        for x in values
        for y in values
    ]
    assert any(each.kind == "gap" for each in found) == (() in hits)
    pairs = {(f"r{a + 1}", f"r{b + 1}") for hit in hits for n, a in enumerate(hit) for b in hit[n + 1 :]}
    assert {each.rule_ids for each in found if each.kind == "overlap"} >= pairs
    for each in found:
        if each.kind == "overlap":
            a, b = (int(rule[1:]) - 1 for rule in each.rule_ids)
            x, y = each.witness["x"], each.witness["y"]
            assert all(tests[row][0].matches(x, {}) and tests[row][1].matches(y, {}) for row in (a, b))
