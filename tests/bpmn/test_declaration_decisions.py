"""The decisions on what a declarant hands in: products, track record, totals, admissibility."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bpmn.decisions import KINDS, LIMITS, decide
from tests.bpmn.walk import parameters


@pytest.mark.parametrize(
    ("org_type", "kinds", "result", "code"),
    [
        ("bank", ["patent_pledge_loan"], "pass", "PRODUCT_OK"),
        ("bank", ["trademark_pledge_loan", "other"], "pass", "PRODUCT_OK"),
        ("bank", ["ip_insurance"], "fail", "PRODUCT_BANK"),
        ("bank", [], "fail", "PRODUCT_BANK"),
        ("bank", None, "fail", "PRODUCT_BANK"),
        ("insurer", ["ip_insurance"], "pass", "PRODUCT_OK"),
        ("insurer", ["patent_pledge_loan"], "fail", "PRODUCT_INSURER"),
        ("guarantor", ["ip_credit_guarantee"], "pass", "PRODUCT_OK"),
        ("guarantor", ["ip_insurance"], "fail", "PRODUCT_GUARANTOR"),
        ("other", ["ip_insurance"], "manual", "ORG_TYPE_OTHER"),
        (None, ["ip_insurance"], "manual", "ORG_TYPE_OTHER"),
        (None, None, "manual", "ORG_TYPE_OTHER"),
    ],
)
def test_product_fit(org_type: str | None, kinds: list[str] | None, result: str, code: str) -> None:
    found = decide("product_fit", {"org_type": org_type, "product_kinds": kinds, "product_catalogue": KINDS})
    assert (found["result"], found["reason_code"], found["clause"]) == (result, code, "S2-1.2")


@pytest.mark.parametrize(
    ("org_type", "n", "amount", "result", "code", "short_by"),
    [
        ("bank", 19, 999999999.99, "fail", "BANK_SHORT", {"count": 1, "amount": 0.01}),
        ("bank", 19, 1000000000.00, "pass", "BANK_AMOUNT", {"count": 0, "amount": 0}),
        ("bank", 20, 0, "pass", "BANK_COUNT", {"count": 0, "amount": 0}),
        ("bank", 20, None, "pass", "BANK_COUNT", {"count": 0, "amount": 0}),
        ("bank", 0, 0, "fail", "BANK_SHORT", {"count": 20, "amount": 1000000000}),
        ("bank", 19, None, "manual", "ORG_OR_DATA", None),
        ("bank", None, 2000000000, "manual", "ORG_OR_DATA", None),
        ("insurer", 399, 0, "fail", "INS_SHORT", {"count": 1, "amount": 0}),
        ("insurer", 400, 0, "pass", "INS_COUNT", {"count": 0, "amount": 0}),
        ("insurer", None, 0, "manual", "ORG_OR_DATA", None),
        ("guarantor", 19, 0, "fail", "GUA_SHORT", {"count": 1, "amount": 0}),
        ("guarantor", 20, None, "pass", "GUA_COUNT", {"count": 0, "amount": 0}),
        ("guarantor", None, None, "manual", "ORG_OR_DATA", None),
        ("other", 1000, 0, "manual", "ORG_OR_DATA", None),
        (None, None, None, "manual", "ORG_OR_DATA", None),
    ],
)
def test_track_record(
    org_type: str | None, n: int | None, amount: float | None, result: str, code: str, short_by: Any
) -> None:
    found = decide("track_record", {"org_type": org_type, "n": n, "amt": amount, "limits": LIMITS})
    assert (found["result"], found["reason_code"], found["short_by"]) == (result, code, short_by)
    assert found["clause"] == "S2-1.3"


def test_track_record_says_what_is_missing() -> None:
    found = decide("track_record", {"org_type": "bank", "n": 18, "amt": 950_000_000, "limits": LIMITS})
    assert "累计 18 笔，要求不少于 20 笔，差 2 笔" in found["reason"]
    assert "9.5 亿元，要求不少于 10 亿元，差 0.5 亿元" in found["reason"]


def test_limits_are_parameters() -> None:
    limits = {**LIMITS, "guarantor_count": 5}
    assert (
        decide("track_record", {"org_type": "guarantor", "n": 5, "amt": 0, "limits": limits})["result"]
        == "pass"
    )


@given(
    st.sampled_from(["bank", "insurer", "guarantor", "other", None]),
    st.none() | st.integers(0, 1000),
    st.none() | st.decimals(0, 3_000_000_000, places=2),
)
def test_track_record_is_never_silent(org_type: str | None, n: int | None, amount: Any) -> None:
    """One row hits for every input, and only complete data of a known kind can pass or fail."""
    found = decide("track_record", {"org_type": org_type, "n": n, "amt": amount, "limits": LIMITS})
    assert found["reason"]
    if org_type not in KINDS or n is None:
        assert found["result"] == "manual"


DEADLINE = "2026-04-07T23:59:59+08:00"
COMPLETE = {
    "submitted_at": "2026-04-07T10:00:00+08:00",
    "deadline": DEADLINE,
    "form_complete": True,
    "commitment_signed": True,
    "opinion_signed": True,
    "plan_chars": 2000,
    "attachments_ok": True,
    "plan_limit": 2000,
}


@pytest.mark.parametrize(
    ("changed", "suggestion", "code", "clause"),
    [
        ({}, "accept", "OK", "S2-3.1"),
        ({"submitted_at": DEADLINE}, "accept", "OK", "S2-3.1"),
        ({"submitted_at": "2026-04-08T00:00:00+08:00"}, "not_accept", "LATE", "S2-3.1"),
        ({"submitted_at": "2026-04-07T16:00:00Z", "plan_chars": 9999}, "not_accept", "LATE", "S2-3.1"),
        ({"submitted_at": "2026-04-07T15:59:59Z"}, "accept", "OK", "S2-3.1"),
        ({"plan_chars": 2001}, "supplement", "PLAN_TOO_LONG", "S2-F3"),
        ({"commitment_signed": False, "plan_chars": 2001}, "supplement", "UNSIGNED", "S2-C0"),
        ({"opinion_signed": False}, "supplement", "UNSIGNED", "S2-C0"),
        ({"commitment_signed": None, "opinion_signed": False}, "supplement", "UNSIGNED", "S2-C0"),
        ({"form_complete": False}, "supplement", "INCOMPLETE", "S2-3.1"),
        ({"attachments_ok": False}, "supplement", "INCOMPLETE", "S2-3.1"),
        ({"submitted_at": None}, "manual", "DATA", "S2-3.1"),
        ({"deadline": "not a date"}, "manual", "DATA", "S2-3.1"),
        ({"commitment_signed": None}, "manual", "DATA", "S2-3.1"),
        ({"plan_chars": None}, "manual", "DATA", "S2-3.1"),
        ({"attachments_ok": None}, "manual", "DATA", "S2-3.1"),
    ],
)
def test_admissibility(changed: dict[str, Any], suggestion: str, code: str, clause: str) -> None:
    found = decide("admissibility", {**COMPLETE, **changed})
    assert (found["suggestion"], found["reason_code"], found["clause"]) == (suggestion, code, clause)


def test_admissibility_names_every_defect() -> None:
    found = decide("admissibility", {**COMPLETE, "plan_chars": 2345})
    assert found["reason"] == "实施方案 2345 字，超过 2000 字，多 345 字。"
    found = decide("admissibility", {**COMPLETE, "commitment_signed": False, "opinion_signed": False})
    assert found["reason"] == "项目实施承诺书和申报单位意见未签署。"


@pytest.mark.parametrize("late", ["2026-04-07T12:00:00+08:00", "2026-04-09T12:00:00+08:00", None])
@pytest.mark.parametrize("chars", [1999, 2001, None])
@pytest.mark.parametrize("flags", list(itertools.product([True, False, None], repeat=4)))
def test_admissibility_has_one_row_for_everything(
    late: str | None, chars: int | None, flags: tuple[Any, ...]
) -> None:
    names = ("form_complete", "commitment_signed", "opinion_signed", "attachments_ok")
    found = decide(
        "admissibility",
        {**COMPLETE, "submitted_at": late, "plan_chars": chars, **dict(zip(names, flags, strict=True))},
    )
    assert found["suggestion"] in {"accept", "supplement", "not_accept", "manual"}
    if found["suggestion"] == "accept":
        assert (all(flags), chars, late) == (True, 1999, "2026-04-07T12:00:00+08:00")


def _deal(
    number: str | None,
    day: str,
    kind: str = "patent_pledge_loan",
    cases: int = 1,
    amount: float = 100,
    enterprise: str = "E1",
    first: bool = False,
) -> dict[str, Any]:
    return {
        "kind": kind,
        "enterprise_uscc": enterprise,
        "deal_date": day,
        "cases": cases,
        "amount": amount,
        "registration_no": number,
        "is_first_loan": first,
    }


def _totals(deals: Any, org_type: str | None = "bank", **limits: Any) -> dict[str, Any]:
    found: dict[str, Any] = decide(
        "deal_totals",
        {"deals": deals, "org_type": org_type, "product_catalogue": KINDS, "limits": {**LIMITS, **limits}},
    )
    return found


def test_totals_count_each_number_once_inside_the_window() -> None:
    deals = [
        _deal("A", "2021-01-01", first=True),
        _deal("A", "2021-06-01", amount=900),
        _deal("B", "2022-12-31", "trademark_pledge_loan", cases=3, amount=0.5, enterprise="E2"),
        _deal("C", "2020-12-31"),
        _deal("D", "2023-01-01"),
        _deal("E", "2022-05-05", "ip_insurance"),
        _deal(None, "2022-05-05"),
        _deal(None, "2022-05-05"),
    ]
    found = _totals(deals)
    assert (found["n"], found["amount"], found["enterprises"], found["first_loans"]) == (6, 300.5, 2, 1)
    assert (found["duplicates"], found["ignored"]) == (1, 3)
    assert found["by_year"] == [
        {"year": 2021, "n": 1, "amount": 100},
        {"year": 2022, "n": 5, "amount": 200.5},
    ]
    assert found["ratio"] == 0.3


def test_totals_of_each_year_take_the_worst() -> None:
    deals = [_deal("A", "2021-01-01", cases=30), _deal("B", "2022-01-01", cases=10)]
    assert _totals(deals)["n"] == 40
    assert _totals(deals, mode="each")["n"] == 10


@pytest.mark.parametrize(
    ("org_type", "kind", "ratio"),
    [
        ("bank", "patent_pledge_loan", 0.5),
        ("insurer", "ip_insurance", 0.025),
        ("guarantor", "ip_credit_guarantee", 0.5),
    ],
)
def test_totals_give_the_share_of_the_threshold(org_type: str, kind: str, ratio: float) -> None:
    assert _totals([_deal("A", "2021-01-01", kind, cases=10)], org_type)["ratio"] == ratio


def test_a_large_amount_lifts_the_share_of_a_bank() -> None:
    assert _totals([_deal("A", "2021-01-01", amount=2_500_000_000)])["ratio"] == 2.5


@pytest.mark.parametrize("deals", [None, []])
def test_totals_of_nothing(deals: Any) -> None:
    found = _totals(deals)
    assert (found["n"], found["amount"], found["enterprises"], found["ignored"]) == (0, 0, 0, 0)


def test_an_institution_of_another_kind_counts_everything() -> None:
    found = _totals([_deal("A", "2021-01-01", "ip_insurance"), _deal("B", "2022-01-01")], "other")
    assert (found["n"], found["ratio"]) == (2, None)


def test_five_hundred_rows_can_be_counted() -> None:
    deals = [_deal(f"{n:04}", "2021-03-01", "ip_insurance", enterprise=f"E{n % 50}") for n in range(500)]
    found = _totals(deals, "insurer")
    assert (found["n"], found["enterprises"]) == (500, 50)


def test_the_limits_in_these_tests_are_those_of_the_policy() -> None:
    assert (parameters()["track_record"], parameters()["product_catalogue"]) == (LIMITS, KINDS)
