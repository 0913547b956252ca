"""Tests kept with a decision, tests offered at its limits, and extensions that an editor must not lose."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.engine.dmn import DecisionModel, DmnInvalid, DmnNotFound, parse_decisions
from app.engine.dmn.boundaries import MAX_OFFERED, input_names, offer_checks
from app.engine.dmn.checks import Check, ChecksInvalid, keep, read_checks, run_checks, value_of
from app.engine.dmn.foreign import lost_extensions
from tests.engine.dmn.models import decision, definitions, input_data, literal, model_of, needs, table

CONTENT = Path(__file__).parents[3] / "bpmn"
ROWS = [[">= 20", '"yes"', "1"], ["< 20", '"no"', "2"]]
LIMITED = model_of(
    input_data("n"),
    decision("t", table(["n"], ["result", "points"], ROWS), needs("Input", "i_n")),
)


def run(model: DecisionModel, expected: Any, **inputs: Any) -> Any:
    return run_checks(model, "d_t", [Check("", inputs, expected)])[0]


@pytest.mark.parametrize(
    ("expected", "passed"),
    [
        ({"result": "yes", "points": 1}, True),
        ({"result": "yes"}, True),
        ({"result": "no"}, False),
        ({"other": "yes"}, False),
        ("yes", False),
        (None, False),
    ],
)
def test_only_what_is_expected_of_a_context_counts(expected: Any, passed: bool) -> None:
    result = run(LIMITED, expected, n=20)
    assert (result.passed, result.actual, result.rows) == (passed, {"result": "yes", "points": 1}, (1,))


def test_an_error_of_the_evaluation_never_passes() -> None:
    overlapping = model_of(decision("t", table(["n"], ["k"], [["1", "1"], ["-", "2"]])))
    result = run(overlapping, None, n=1)
    assert (result.passed, result.actual) == (False, None)
    assert "UNIQUE" in result.errors[0]
    assert run(LIMITED, 1, n="= 1 +").errors


def test_an_unknown_decision_is_told() -> None:
    with pytest.raises(DmnNotFound):
        run_checks(LIMITED, "nope", [])


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (None, None),
        (True, True),
        (Decimal("20.00"), 20),
        (Decimal("0.1"), 0.1),
        (Decimal("0.1234567890123456789"), "= 0.1234567890123456789"),
        (Decimal("1E+30"), 1e30),
        ("文字", "文字"),
        ("= 1", '= "= 1"'),
        (date(2026, 3, 1), '= date("2026-03-01")'),
        ({"a": [date(2026, 3, 1)]}, {"a": ['= date("2026-03-01")']}),
    ],
)
def test_values_are_kept_without_loss(value: Any, kept: Any) -> None:
    assert keep(value) == kept
    assert value_of(json.loads(json.dumps(keep(value)), parse_float=Decimal)) == value


@pytest.mark.parametrize(
    "data",
    [b"{", b"[]", b'{"tests": 1}', b'{"tests": [1]}', b'{"tests": [{"name": 1, "inputs": {}}]}', b'{"tests": [{"name": ""}]}',
     json.dumps({"tests": [{"inputs": {}}] * 301}).encode(), b"[" * 100_000],
)  # fmt: skip
def test_files_that_are_no_tests(data: bytes) -> None:
    with pytest.raises(ChecksInvalid) as refused:
        read_checks(data)
    assert refused.value.zh
    assert refused.value.en


def test_numbers_in_files_are_exact() -> None:
    (check,) = read_checks(b'{"tests": [{"name": "a", "inputs": {"n": 0.10}, "expected": 1}]}')
    assert check.inputs["n"] == Decimal("0.10")
    assert check.as_json()["name"] == "a"


def values(model: DecisionModel, base: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(check.name, check.expected) for check in offer_checks(model, "d_t", base)]


def test_tests_are_offered_around_the_constants_of_cells() -> None:
    offered = offer_checks(LIMITED, "d_t", {})
    assert [(c.name, c.inputs["n"], c.expected["result"]) for c in offered] == [
        ("n = 19 < 20", 19, "no"), ("n = 20", 20, "yes"), ("n = 21 > 20", 21, "yes"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("column", "cell", "names"),
    [
        ("n >= limit", "true", ["n = 4 < 5", "n = 5", "n = 6 > 5"]),
        ("n >= most", "true", ["n = 9 < 10", "n = 10", "n = 11 > 10"]),
        ("n - limit", "> 2", ["n = 6 < 7", "n = 7", "n = 8 > 7"]),
        ("n > limit and true", "true", []),
        ("n > missing", "true", []),
        ("count(n)", "1", []),
    ],
)
def test_tests_are_offered_around_what_an_input_is_compared_with(
    column: str, cell: str, names: list[str]
) -> None:
    model = model_of(
        input_data("n"),
        input_data("limit"),
        decision("most", literal("limit * 2"), needs("Input", "i_limit")),
        decision(
            "t",
            table([column], ["k"], [[cell, "1"], ["-", "2"]], attributes='hitPolicy="FIRST"'),
            needs("Input", "i_n", "i_limit") + needs("Decision", "d_most"),
        ),
    )
    assert [name for name, _ in values(model, {"limit": 5})] == names


def test_moments_keep_the_form_that_the_input_has() -> None:
    model = model_of(
        input_data("sent"),
        input_data("deadline"),
        decision(
            "t",
            table(["date and time(sent) > date and time(deadline)"], ["k"], [["true", "1"], ["false", "2"]]),
            needs("Input", "i_sent", "i_deadline"),
        ),
    )
    offered = offer_checks(model, "d_t", {"deadline": "2026-03-01T17:00:00+08:00"})
    assert [(c.inputs["sent"], c.expected) for c in offered] == [
        ("2026-03-01T16:59:59+08:00", 2), ("2026-03-01T17:00:00+08:00", 2), ("2026-03-01T17:00:01+08:00", 1),
    ]  # fmt: skip


def test_offers_are_bounded() -> None:
    rows = [[f"[{n}..{n + 1})", "1"] for n in range(0, 200, 2)]
    assert len(offer_checks(model_of(decision("t", table(["n"], ["k"], rows))), "d_t", {})) == MAX_OFFERED


def test_inputs_are_those_of_required_decisions_too() -> None:
    model = model_of(
        input_data("a"), input_data("b"), input_data("unused"),
        decision("x", literal("a"), needs("Input", "i_a")),
        decision("t", table(["x", "b"], ["k"], []), needs("Decision", "d_x") + needs("Input", "i_b")),
    )  # fmt: skip
    assert input_names(model, "d_t") == ["a", "b"]
    assert input_names(model_of(decision("t", table(["p.q", "r"], ["k"], []))), "d_t") == ["p", "r"]


@pytest.mark.parametrize("path", sorted(CONTENT.glob("*.dmn")), ids=lambda path: path.stem)
def test_offers_for_our_own_decisions_hold(path: Path) -> None:
    model = parse_decisions(path.read_bytes())
    offered = offer_checks(model, path.stem, {})
    assert all(result.passed or result.errors for result in run_checks(model, path.stem, offered))


EXTENDED = """<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" xmlns:x="urn:x" id="m" name="m" namespace="n">
<decision id="d" name="d" x:note="1"><extensionElements><x:more/></extensionElements></decision></definitions>"""


@pytest.mark.parametrize(
    ("old", "new", "lost"),
    [
        ("", "", ()),
        (' x:note="1"', ' x:note="2"', ()),
        (' x:note="1"', "", (("d", "{urn:x}note"),)),
        ("<x:more/>", "", (("d", "{urn:x}more"),)),
        ('<decision id="d"', '<decision id="e"', ()),
    ],
)
def test_extensions_that_an_editor_lost(old: str, new: str, lost: tuple[Any, ...]) -> None:
    assert lost_extensions(EXTENDED.encode(), EXTENDED.replace(old, new).encode()) == lost


def test_what_is_no_model_cannot_be_compared() -> None:
    with pytest.raises(DmnInvalid):
        lost_extensions(b"<x", definitions(""))
