from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from app.engine.dmn import DecisionResult
from tests.engine.dmn.models import decision, model_of, table

LOANS = [
    [">= 20", "-", '"pass"', '"COUNT"', "S2-1.3"],
    ["< 20", ">= 1000000000", '"pass"', '"AMOUNT"', "S2-1.3"],
    ["< 20", "< 1000000000", '"fail"', '"SHORT"', "S2-1.3"],
]


def decide(xml: str, **variables: Any) -> DecisionResult:
    return model_of(decision("t", xml)).evaluate("t", variables)


@pytest.mark.parametrize(
    ("n", "amount", "expected"),
    [
        (20, 0, ("pass", "COUNT", 1)),
        (19, "1000000000.00", ("pass", "AMOUNT", 2)),
        (19, "999999999.99", ("fail", "SHORT", 3)),
    ],
)
def test_unique_table_with_two_outputs_and_a_trace(
    n: int, amount: Any, expected: tuple[str, str, int]
) -> None:
    result = decide(table(["n", "amount"], ["result", "reason"], LOANS), n=n, amount=Decimal(amount))
    assert result.value == {"result": expected[0], "reason": expected[1]}
    assert result.errors == ()
    (row,) = result.trace.rows
    assert (row.index, row.rule_id) == (expected[2], f"r{expected[2]}")
    assert row.annotations == {"clause": "S2-1.3"}
    assert row.outputs == result.value
    assert [tuple(each) for each in result.trace.inputs] == [
        ("n", "n", n),
        ("amount", "amount", Decimal(amount)),
    ]


def test_the_trace_is_plain_json() -> None:
    trace = decide(table(["n", "amount"], ["result", "reason"], LOANS), n=20, amount=Decimal("0.5")).trace
    assert json.loads(json.dumps(trace.as_json())) == {
        "decision_id": "d_t",
        "decision_name": "t",
        "inputs": [
            {"label": "n", "expression": "n", "value": 20},
            {"label": "amount", "expression": "amount", "value": 0.5},
        ],
        "rows": [
            {
                "index": 1,
                "rule_id": "r1",
                "table_id": "t",
                "annotations": {"clause": "S2-1.3"},
                "outputs": {"result": "pass", "reason": "COUNT"},
            }
        ],
        "outputs": {"result": "pass", "reason": "COUNT"},
        "required": [],
    }


OVERLAPPING = [["> 10", '"a"', "3"], ["> 5", '"b"', "1"], ["> 20", '"a"', "2"]]
VALUES = ['"b","a"', "1,2,3"]


@pytest.mark.parametrize(
    ("attributes", "x", "expected", "rows"),
    [
        ('hitPolicy="UNIQUE"', 6, {"k": "b", "n": 1}, [2]),
        ('hitPolicy="UNIQUE"', 15, None, [1, 2]),
        ('hitPolicy="ANY"', 15, None, [1, 2]),
        ('hitPolicy="FIRST"', 15, {"k": "a", "n": 3}, [1]),
        ('hitPolicy="PRIORITY"', 25, {"k": "b", "n": 1}, [2, 3, 1]),
        (
            'hitPolicy="OUTPUT ORDER"',
            25,
            [{"k": "b", "n": 1}, {"k": "a", "n": 2}, {"k": "a", "n": 3}],
            [2, 3, 1],
        ),
        (
            'hitPolicy="RULE ORDER"',
            25,
            [{"k": "a", "n": 3}, {"k": "b", "n": 1}, {"k": "a", "n": 2}],
            [1, 2, 3],
        ),
        ('hitPolicy="COLLECT"', 15, [{"k": "a", "n": 3}, {"k": "b", "n": 1}], [1, 2]),
        ('hitPolicy="R"', 1, [], []),
        ('hitPolicy="C"', 1, [], []),
        ('hitPolicy="F"', 1, None, []),
        ("", 1, None, []),
    ],
)
def test_hit_policies(attributes: str, x: int, expected: Any, rows: list[int]) -> None:
    result = decide(table(["x"], ["k", "n"], OVERLAPPING, attributes=attributes, output_values=VALUES), x=x)
    assert result.value == expected
    assert [row.index for row in result.trace.rows] == rows
    conflict = expected is None and len(rows) > 1
    assert bool(result.errors) is conflict
    if conflict:
        assert result.errors[0].element_id == "t"
        assert "rows 1" in result.errors[0].message


@pytest.mark.parametrize(
    ("aggregation", "x", "expected"),
    [
        ("SUM", 25, 6), ("MIN", 25, 1), ("MAX", 15, 3), ("COUNT", 25, 3),
        ("SUM", 0, None), ("MIN", 0, None), ("MAX", 0, None), ("COUNT", 0, 0),
    ],
)  # fmt: skip
def test_aggregation(aggregation: str, x: int, expected: int | None) -> None:
    rows = [["> 10", "3"], ["> 5", "1"], ["> 20", "2"]]
    attributes = f'hitPolicy="COLLECT" aggregation="{aggregation}"'
    assert decide(table(["x"], ["n"], rows, attributes=attributes), x=x).value == expected


def test_aggregation_of_what_cannot_be_aggregated() -> None:
    rows = [["-", '"a"'], ["-", "1"]]
    for aggregation in ("SUM", "MIN", "MAX"):
        attributes = f'hitPolicy="COLLECT" aggregation="{aggregation}"'
        result = decide(table(["x"], ["n"], rows, attributes=attributes), x=1)
        assert result.value is None
        assert aggregation in result.errors[0].message


def test_any_with_equal_outputs_is_no_conflict() -> None:
    rows = [["> 1", "1 + 1"], ["> 2", "2.0"]]
    assert decide(table(["x"], ["n"], rows, attributes='hitPolicy="ANY"'), x=3).value == 2


def test_default_output_counts_when_no_row_does() -> None:
    xml = table(["x"], ["n"], [["> 5", "1"]], default="x * 10")
    assert decide(xml, x=3).value == 30
    assert decide(xml, x=9).value == 1


def test_values_that_are_not_allowed() -> None:
    xml = table(["x"], ["k"], [["-", "x"]], input_values='"a","b"', output_values=['"a"'])
    assert decide(xml, x="a").value == "a"
    assert "not an allowed value" in decide(xml, x="c").errors[0].message
    assert decide(xml, x="c").value is None
    assert decide(xml, x="b").errors[0].element_id == "r1"
    assert decide(xml, x=None).errors == ()


def test_cells_may_use_other_variables_and_the_value_itself() -> None:
    rows = [["> limit", '"above"'], ["? <= limit and ? >= 0", '"within"'], ["-", '"below"']]
    xml = table(["x"], ["k"], rows, attributes='hitPolicy="FIRST"')
    assert [decide(xml, x=x, limit=10).value for x in (11, 10, -1, None)] == [
        "above",
        "within",
        "below",
        "below",
    ]


def test_annotations_of_dmn_js_are_descriptions() -> None:
    xml = table(["x"], ["k"], [["-", "1"]]).replace(
        '<rule id="r1">', '<rule id="r1"><description>第一条</description>'
    )
    assert decide(xml, x=1).trace.rows[0].annotations == {"description": "第一条"}


PRIORITIES = """<itemDefinition name="tUrgency"><typeRef>string</typeRef>
<allowedValues><text>"high","low"</text></allowedValues></itemDefinition>"""


def decide_typed(xml: str, x: Any) -> DecisionResult:
    return model_of(PRIORITIES, decision("t", xml)).evaluate("t", {"x": x})


def test_a_column_without_values_of_its_own_has_those_its_type_allows() -> None:
    typed = table(["x"], ["k"], [["-", '"low"'], ["> 1", '"high"']], attributes='hitPolicy="PRIORITY"')
    assert decide_typed(typed.replace('name="k"', 'name="k" typeRef="tUrgency"'), 2).value == "high"
    other = table(["x"], ["k"], [["-", '"none"']]).replace('name="k"', 'name="k" typeRef="tUrgency"')
    result = decide_typed(other, 2)
    assert result.value is None
    assert "not an allowed value" in result.errors[0].message
    asked = table(["x"], ["k"], [["-", "1"]]).replace(
        "<inputExpression", '<inputExpression typeRef="tUrgency"'
    )
    assert decide_typed(asked, "low").value == 1
    assert decide_typed(asked, "none").value is None
    own = asked.replace(
        "</inputExpression>", '</inputExpression><inputValues><text>"none"</text></inputValues>'
    )
    assert decide_typed(own, "none").value == 1
