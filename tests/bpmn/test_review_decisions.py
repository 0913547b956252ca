"""The decisions of the review: credit, ranking, recusal; and what holds for every table of a declaration."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.dmn import DecisionTable
from app.engine.dmn.analysis import analyse
from tests.bpmn.decisions import decide, model

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
