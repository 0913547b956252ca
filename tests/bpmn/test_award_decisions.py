"""The decisions after the award: targets, use of money, publicity, grade, sanctions, payment, objections."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.dmn import DecisionModel, DecisionTable, parse_decisions
from app.engine.dmn.analysis import analyse
from app.engine.feel import Scope, to_json
from tests.bpmn.walk import bundle, parameters

SCOPE = Scope(now=datetime.fromisoformat("2026-03-02T10:00:00+08:00"))
IDS = [
    "annual_target",
    "fund_use",
    "publicity_outcome",
    "grade",
    "sanctions",
    "payment_check",
    "objection_form",
]


@cache
def model(decision_id: str) -> DecisionModel:
    return parse_decisions(bundle().decisions[decision_id])


def decide(decision_id: str, **inputs: Any) -> Any:
    result = model(decision_id).evaluate(decision_id, inputs, SCOPE)
    assert not result.errors
    return to_json(result.value)


def target(org_type: str | None, year: int | None, **row: Any) -> Mapping[str, Any]:
    """The judgement on one year."""
    rows = [{"year": year, **row}]
    limits = parameters()["annual_target"]
    judged = decide("annual_target", org_type=org_type, years=[year], targets=rows, limits=limits)
    result: Mapping[str, Any] = judged["results"][0]
    return result


TARGETS = [
    ("bank", 50, 20, "yes", "BANK_MET"),
    ("bank", 50, 19, "no", "FIRST_LOAN_SHORT"),
    ("bank", 49, 20, "no", "COUNT_SHORT"),
    ("bank", 49, 19, "no", "BOTH_SHORT"),
    ("bank", 50, None, "manual", "ORG_OR_DATA"),
    ("bank", None, 20, "manual", "ORG_OR_DATA"),
    ("insurer", 300, None, "yes", "INS_MET"),
    ("insurer", 299, None, "no", "COUNT_SHORT"),
    ("guarantor", 20, None, "yes", "GUA_MET"),
    ("guarantor", 19, None, "no", "COUNT_SHORT"),
    ("other", 500, 500, "manual", "ORG_OR_DATA"),
    (None, 500, 500, "manual", "ORG_OR_DATA"),
]


@pytest.mark.parametrize("year", [2023, 2024])
@pytest.mark.parametrize(("org_type", "deals", "first_loans", "met", "code"), TARGETS)
def test_annual_target(
    org_type: str | None, deals: int | None, first_loans: int | None, met: str, code: str, year: int
) -> None:
    """D04, clause S2-2.2.1: each year by itself."""
    judged = target(org_type, year, deals=deals, first_loans=first_loans)
    assert (judged["met"], judged["reason_code"]) == (met, code)


def test_annual_target_says_how_much_is_missing() -> None:
    assert target("bank", 2023, deals=49, first_loans=19)["reason"] == (
        "2023 年：专利商标质押贷款 49 笔、首贷 19 户，要求分别不少于 50 笔、20 户，差 1 笔、1 户"
    )


@pytest.mark.parametrize("year", [2022, 2025, None])
def test_annual_target_knows_only_the_target_years(year: int | None) -> None:
    assert target("bank", year, deals=500, first_loans=500)["met"] == "manual"


@pytest.mark.parametrize(
    ("enterprises", "first_loans", "consistent"),
    [(50, 20, True), (51, 20, False), (20, 20, True), (19, 20, False), (None, 20, True)],
)
def test_first_loans_are_enterprises_and_enterprises_have_deals(
    enterprises: int | None, first_loans: int, consistent: bool
) -> None:
    judged = target("bank", 2023, deals=50, enterprises=enterprises, first_loans=first_loans)
    assert (judged["reason_code"] != "INCONSISTENT") is consistent


@pytest.mark.parametrize(
    ("deals", "result", "reasons"),
    [([50, 50], "met", 0), ([50, 49], "below", 1), ([49, 49], "below", 2), ([50, None], "below", 1)],
)
def test_annual_target_over_several_years(deals: list[int | None], result: str, reasons: int) -> None:
    """A year without a row is a year below the floor."""
    years = [2023, 2024]
    rows = [
        {"year": y, "deals": n, "first_loans": 20} for y, n in zip(years, deals, strict=True) if n is not None
    ]
    limits = parameters()["annual_target"]
    judged = decide("annual_target", org_type="bank", years=years, targets=rows, limits=limits)
    assert (judged["result"], len(judged["reasons"])) == (result, reasons)


@given(deals=st.integers(0, 1000), first_loans=st.integers(0, 1000))
def test_a_bank_meets_the_target_exactly_from_the_limits_on(deals: int, first_loans: int) -> None:
    judged = target("bank", 2024, deals=deals, first_loans=first_loans)
    assert (judged["met"] == "yes") is (deals >= 50 and first_loans >= 20)


USES = [
    ("one_off_incentive", "allowed"),
    ("professional_training", "allowed"),
    ("office_equipment", "prohibited"),
    ("rent", "prohibited"),
    ("unrelated", "prohibited"),
    ("other", "manual"),
    (None, "manual"),
]


@pytest.mark.parametrize(("code", "result"), USES)
def test_fund_use(code: str | None, result: str) -> None:
    """D05, clause S2-3.2."""
    judged = decide("fund_use", uses=[{"use_code": "one_off_incentive"}, {"use_code": code, "amount": 1}])
    assert judged["result"] == result


def test_fund_use_of_nothing_and_of_the_worst() -> None:
    assert decide("fund_use", uses=[])["result"] == "none"
    mixed = decide("fund_use", uses=[{"use_code": "other"}, {"use_code": "rent"}])
    assert mixed["result"] == "prohibited"
    assert len(mixed["reasons"]) == 2


@pytest.mark.parametrize(
    ("open_", "upheld", "rejected", "outcome"),
    [
        (0, 0, 0, "clear"),
        (0, 0, 3, "clear"),
        (0, 1, 0, "upheld"),
        (0, 2, 5, "upheld"),
        (1, 0, 0, "error"),
        (1, 1, 1, "error"),
        (None, 0, 0, "error"),
        (0, None, 0, "error"),
        (0, 0, None, "error"),
        (-1, 0, 0, "error"),
    ],
)
def test_publicity_outcome(open_: int | None, upheld: int | None, rejected: int | None, outcome: str) -> None:
    """D06."""
    counts = {"open": open_, "upheld": upheld, "rejected": rejected, "withdrawn": 0, "not_accepted": 0}
    assert decide("publicity_outcome", **counts)["outcome"] == outcome


@pytest.mark.parametrize(
    ("targets_met", "use_clean", "score", "late", "grade"),
    [
        ("all", True, 60, False, "pass"),
        ("all", True, 60, True, "pass"),
        ("all", True, 59.99, False, "rectify"),
        ("some", True, 100, False, "rectify"),
        ("none", True, 100, False, "rectify"),
        ("all", False, 100, False, "fail"),
        ("unknown", False, None, None, "fail"),
        ("all", True, None, False, "manual"),
        ("unknown", True, 80, False, "manual"),
        ("all", None, 80, False, "manual"),
        ("all", True, 80, None, "manual"),
    ],
)
def test_grade(
    targets_met: str, use_clean: bool | None, score: float | None, late: bool | None, grade: str
) -> None:
    """D07."""
    judged = decide(
        "grade", targets_met=targets_met, use_clean=use_clean, score=score, late=late, pass_mark=60
    )
    assert judged["grade"] == grade


CANCEL, REVOKE, BAR = "cancel_qualification", "revoke_project", "bar_from_policy"
STOP, RECOVER, RECORD = "stop_payment", "recover_funds", "credit_record"


@pytest.mark.parametrize(
    ("scheme", "stage", "measures", "clauses"),
    [
        ("municipal_project", "before_award", [CANCEL, RECORD], ["S2-C1", "S2-C3"]),
        ("municipal_project", "awarded_unpaid", [CANCEL, REVOKE, STOP, RECORD], ["S2-C1", "S2-C2", "S2-C3"]),
        ("municipal_project", "paid", [CANCEL, REVOKE, RECOVER, RECORD], ["S2-C1", "S2-C2", "S2-C3"]),
        ("district_policy", "before_award", [BAR, STOP, RECORD], ["S1-5.4"]),
        ("district_policy", "awarded_unpaid", [BAR, STOP, RECORD], ["S1-5.4"]),
        ("district_policy", "paid", [BAR, RECOVER, RECORD], ["S1-5.4"]),
        ("district_policy", None, [], []),
        (None, "paid", [], []),
    ],
)
@pytest.mark.parametrize("crime", [True, False])
def test_sanctions(
    scheme: str | None, stage: str | None, measures: list[str], clauses: list[str], crime: bool
) -> None:
    """D08; a suspected crime adds the referral, whatever the scheme."""
    judged = decide("sanctions", scheme=scheme, stage=stage, crime_suspected=crime)
    assert judged["result"] == ("determined" if measures else "manual")
    assert judged["measures"] == [*measures, *(["refer_to_judicial"] if crime else [])]
    assert judged["clauses"] == list(dict.fromkeys([*clauses, *(["S1-5.4"] if crime else [])]))


PAYABLE = {
    "amount": 500000,
    "budget_balance": 500000,
    "already_paid": False,
    "frozen": False,
    "use_result": "allowed",
    "warnings": 0,
}


@pytest.mark.parametrize(
    ("changed", "result"),
    [
        ({}, "none"),
        ({"budget_balance": 499999.99}, "blocked"),
        ({"budget_balance": 500000.01}, "none"),
        ({"already_paid": True}, "duplicate"),
        ({"frozen": True, "already_paid": True}, "blocked"),
        ({"use_result": "prohibited"}, "blocked"),
        ({"use_result": "prohibited", "budget_balance": 0}, "blocked"),
        ({"use_result": "manual"}, "warn"),
        ({"use_result": "manual", "budget_balance": 0}, "blocked"),
        ({"warnings": 1}, "warn"),
        ({"budget_balance": None}, "manual"),
        ({"already_paid": None}, "manual"),
        ({"frozen": None}, "manual"),
        ({"use_result": None}, "manual"),
    ],
)
def test_payment_check(changed: dict[str, Any], result: str) -> None:
    """D17."""
    assert decide("payment_check", **{**PAYABLE, **changed})["result"] == result


def _tables(decision_id: str) -> list[DecisionTable]:
    found = model(decision_id)
    tables = [decision.table for decision in found.decisions.values()]
    tables += [knowledge.table for knowledge in found.knowledge.values()]
    return [table for table in tables if table is not None]


@pytest.mark.parametrize("decision_id", IDS)
def test_every_row_names_its_clause_and_reason(decision_id: str) -> None:
    rules = [rule for table in _tables(decision_id) for rule in table.rules]
    assert rules
    for rule in rules:
        assert rule.annotations["clause"].startswith(("S1-", "S2-"))
        assert rule.annotations["reason_code"].isupper()
        assert rule.annotations["reason"]
        assert rule.annotations["reason_en"].isascii()


@pytest.mark.parametrize("decision_id", IDS)
def test_tables_are_complete_and_every_row_counts(decision_id: str) -> None:
    assert [finding for table in _tables(decision_id) for finding in analyse(table)] == []
