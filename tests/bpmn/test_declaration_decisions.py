"""The decisions on a declaration: products, track record, admissibility, credit, ranking, recusal."""

from __future__ import annotations

import itertools
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
LIMITS = {
    "bank_count": 20,
    "bank_amount": 1_000_000_000,
    "insurer_count": 400,
    "guarantor_count": 20,
    "window": [2021, 2022],
    "mode": "sum",
}
KINDS = {
    "bank": ["patent_pledge_loan", "trademark_pledge_loan"],
    "insurer": ["ip_insurance"],
    "guarantor": ["ip_credit_guarantee"],
}


@cache
def model(decision_id: str) -> DecisionModel:
    return parse_decisions(bundle().decisions[decision_id])


def decide(decision_id: str, inputs: Mapping[str, Any]) -> Any:
    """The decision's value; a table without a row, or with several, must fail."""
    result = model(decision_id).evaluate(decision_id, inputs, SCOPE)
    assert not result.errors
    return to_json(result.value)


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
    assert "9.5 亿元，要求不少于 10 亿元，差 50000000 元" in found["reason"]


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


SOURCES = ("gsxt", "credit_china", "ip_pledge", "own_records")


@pytest.mark.parametrize(
    ("codes", "verdict", "veto", "code"),
    [
        (("clear", "clear", "clear", "clear"), "clear", False, "CLEAR"),
        (("clear", "court_dishonest", "clear", "clear"), "hit", True, "CREDIT_HIT"),
        (("serious_illegal", "missing", "clear", "clear"), "hit", False, "CREDIT_HIT"),
        (("clear", "clear", "clear", "own_ban"), "hit", False, "CREDIT_HIT"),
        (("clear", "clear", "clear", "hit"), "hit", False, "CREDIT_HIT"),
        (("penalty_3y", "clear", "clear", "clear"), "undecided", False, "PENALTY_OR_ABNORMAL"),
        (("abnormal_list", "clear", "clear", "clear"), "undecided", False, "PENALTY_OR_ABNORMAL"),
        (("clear", "undecided", "clear", "clear"), "undecided", False, "PENALTY_OR_ABNORMAL"),
        (("clear", "clear", "missing", "clear"), "undecided", False, "SOURCE_MISSING"),
        (("clear", "clear", None, "penalty_3y"), "undecided", False, "SOURCE_MISSING"),
        (("clear", "clear", "something new", "clear"), "undecided", False, "SOURCE_MISSING"),
    ],
)
def test_credit_verdict(codes: tuple[str | None, ...], verdict: str, veto: bool, code: str) -> None:
    inputs = {
        **dict(zip(SOURCES, codes, strict=True)),
        "credit_rule": {"hit": "ruling", "veto": ["court_dishonest"]},
    }
    found = decide("credit_verdict", inputs)
    assert (found["verdict"], found["veto"], found["reason_code"]) == (verdict, veto, code)


def test_without_a_rule_nothing_is_a_veto() -> None:
    codes = dict.fromkeys(SOURCES, "court_dishonest")
    found = decide("credit_verdict", {**codes, "credit_rule": None})
    assert (found["verdict"], found["veto"]) == ("hit", False)


def _case(
    name: str,
    score: float | None,
    first_loans: int | None = 0,
    ratio: float | None = 1,
    draw: float = 0.5,
    status: str = "reviewed",
) -> dict[str, Any]:
    return {
        "case_no": name,
        "org_name": f"{name}银行",
        "org_type": "bank",
        "status": status,
        "score": score,
        "targets_first_loans": first_loans,
        "track_ratio": ratio,
        "draw": draw,
    }


def _rank(cases: Any, quota: int = 10, extra: int = 2, pass_mark: float | None = 60) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = decide(
        "ranking", {"cases": cases, "quota": quota, "extra": extra, "pass_mark": pass_mark}
    )
    return found


def _order(cases: list[dict[str, Any]], **limits: Any) -> list[str]:
    return [row["case_no"] for row in _rank(cases, **limits)]


def test_ranking_by_score_then_promises_then_record_then_lot() -> None:
    cases = [
        _case("lot later", 80, 30, 2, 0.9),
        _case("lot first", 80, 30, 2, 0.1),
        _case("better record", 80, 30, 2.5),
        _case("more first loans", 80, 31),
        _case("best", 90.5, 0, 0),
        _case("no data", 80, None, None),
    ]
    assert _order(cases) == ["best", "more first loans", "better record", "lot first", "lot later", "no data"]
    assert [row["drawn"] for row in _rank(cases)] == [False, False, False, True, True, False]


@given(st.permutations(range(8)))
def test_order_of_submission_never_counts(order: list[int]) -> None:
    cases = [_case(f"c{n}", 70 + n // 3, n % 2, 1, draw=n / 10) for n in range(8)]
    assert _order([cases[n] for n in order]) == _order(cases)


@pytest.mark.parametrize(
    ("rank", "result", "code"),
    [
        (10, "proposed", "WITHIN_QUOTA"),
        (11, "board_choice", "BOARD_CHOICE"),
        (12, "board_choice", "BOARD_CHOICE"),
        (13, "not_proposed", "BEYOND_QUOTA"),
    ],
)
def test_quota(rank: int, result: str, code: str) -> None:
    row = _rank([_case(f"c{n}", 99 - n) for n in range(15)])[rank - 1]
    assert (row["rank"], row["result"], row["reason_code"]) == (rank, result, code)


def test_a_hard_quota_leaves_nothing_to_choose() -> None:
    rows = _rank([_case(f"c{n}", 99 - n) for n in range(4)], quota=2, extra=0)
    assert [row["result"] for row in rows] == ["proposed", "proposed", "not_proposed", "not_proposed"]


def test_a_tie_on_the_last_place_is_settled_by_lot() -> None:
    cases = [_case(f"c{n}", 99 - n) for n in range(9)] + [_case("x", 70, draw=0.8), _case("y", 70, draw=0.2)]
    rows = {row["case_no"]: row for row in _rank(cases, extra=0)}
    assert (rows["y"]["result"], rows["x"]["result"]) == ("proposed", "not_proposed")
    assert [rows["y"]["drawn"], rows["x"]["drawn"]] == [True, True]


def test_below_the_pass_mark_nobody_is_proposed() -> None:
    rows = _rank([_case("a", 60), _case("b", 59.99)])
    assert [(row["result"], row["reason_code"]) for row in rows] == [
        ("proposed", "WITHIN_QUOTA"),
        ("not_proposed", "BELOW_PASS_MARK"),
    ]
    assert "59.99" in rows[1]["reason"]


def test_without_a_pass_mark_the_board_chooses() -> None:
    assert [row["result"] for row in _rank([_case("a", 99)], pass_mark=None)] == ["board_choice"]


@pytest.mark.parametrize("cases", [None, [], [_case("a", None)], [_case("a", 90, status="ended")]])
def test_nobody_to_rank(cases: Any) -> None:
    assert _rank(cases) == []


OWN, MEMBER, FAR = "91310000000000001X", "91310000000000002Y", "91310000000000003Z"


def _verdict(employer: str | None, *interests: dict[str, Any]) -> tuple[str, str]:
    expert = {
        "principal": "user:7",
        "name": "专家甲",
        "employer_uscc": employer,
        "interests": list(interests),
    }
    [found] = decide(
        "conflict_of_interest",
        {
            "experts": [expert],
            "applicant_uscc": OWN,
            "applicant_group": [MEMBER],
            "recusal_years": 3,
            "on_date": "2026-03-02",
        },
    )
    assert (found["principal"], found["name"]) == ("user:7", "专家甲")
    return found["verdict"], found["reason_code"]


def _interest(kind: str, uscc: str = OWN, ended_on: str | None = None) -> dict[str, Any]:
    return {"kind": kind, "org_uscc": uscc, "ended_on": ended_on}


@pytest.mark.parametrize(
    ("employer", "interests", "verdict"),
    [
        (FAR, [], ("allow", "NONE")),
        (OWN, [], ("block", "SAME_UNIT")),
        (MEMBER, [], ("block", "SAME_UNIT")),
        (FAR, [_interest("employed")], ("block", "RELATION")),
        (FAR, [_interest("employed", ended_on="2023-03-02")], ("block", "RELATION")),
        (FAR, [_interest("employed", ended_on="2023-03-01")], ("ask", "OTHER_INTEREST")),
        (FAR, [_interest("paid", MEMBER)], ("block", "RELATION")),
        (FAR, [_interest("relative")], ("block", "RELATION")),
        (FAR, [_interest("same_group")], ("block", "RELATION")),
        (FAR, [_interest("co_author", ended_on="2001-01-01")], ("block", "RELATION")),
        (FAR, [_interest("advisor")], ("block", "RELATION")),
        (FAR, [_interest("officer")], ("block", "RELATION")),
        (FAR, [_interest("objector")], ("block", "RELATION")),
        (FAR, [_interest("other")], ("ask", "OTHER_INTEREST")),
        (FAR, [_interest("employed", FAR)], ("allow", "NONE")),
        (None, [], ("ask", "DATA")),
        (None, [_interest("advisor")], ("block", "RELATION")),
    ],
)
def test_conflict_of_interest(
    employer: str | None, interests: list[dict[str, Any]], verdict: tuple[str, str]
) -> None:
    assert _verdict(employer, *interests) == verdict


@pytest.mark.parametrize("experts", [None, []])
def test_no_experts_no_pool(experts: Any) -> None:
    inputs = {
        "experts": experts,
        "applicant_uscc": OWN,
        "applicant_group": None,
        "recusal_years": 3,
        "on_date": "2026-03-02",
    }
    assert decide("conflict_of_interest", inputs) == []


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


TABLED = ["product_fit", "track_record", "admissibility", "credit_verdict", "ranking", "conflict_of_interest"]


def _tables(decision_id: str) -> list[DecisionTable]:
    known = model(decision_id)
    decided = [decision.table for decision in known.decisions.values()]
    shared = [knowledge.table for knowledge in known.knowledge.values()]
    return [table for table in [*decided, *shared] if table is not None]


@pytest.mark.parametrize("decision_id", TABLED)
def test_every_rule_cites_its_clause(decision_id: str) -> None:
    rules = [rule for table in _tables(decision_id) for rule in table.rules]
    assert rules
    assert [rule.id for rule in rules if not rule.annotations["clause"].startswith("S2-")] == []


@pytest.mark.parametrize("decision_id", TABLED)
def test_tables_are_complete_and_free_of_overlaps(decision_id: str) -> None:
    assert [analyse(table) for table in _tables(decision_id)] == [()] * len(_tables(decision_id))
