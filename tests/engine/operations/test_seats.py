"""Votes and seats: each rule by example, and random sequences of all operations against every rule."""

from __future__ import annotations

from random import Random

import pytest

from app.engine.operations import seats as s
from app.engine.operations.policy import DEFAULT, PolicyInvalid, Rule, read_policy, read_rule

RULES = ["all", "ratio 60%", "ratio 2/3", "veto", "weighted 50%", "any", "in_turn"]


def sheet(rule: str, people: int = 3, weights: tuple[int, ...] = ()) -> s.Sheet:
    seats = [s.Seat(n, "signer", weight=weights[n - 1] if weights else 1) for n in range(1, people + 1)]
    return s.Sheet(read_rule(rule), tuple(seats))


@pytest.mark.parametrize(
    ("rule", "votes", "outcome"),
    [
        ("all", "aa", None), ("all", "aaa", "agreed"), ("all", "r", None), ("all", "raa", "refused"),
        ("veto", "r", "refused"), ("veto", "aaa", "agreed"), ("veto", "a-a", "agreed"), ("veto", "---", "refused"),
        ("ratio 60%", "a", None), ("ratio 60%", "aa", "agreed"), ("ratio 60%", "rr", "refused"),
        ("ratio 2/3", "ara", "agreed"), ("ratio 2/3", "r-", "refused"),
        ("any", "a", "agreed"), ("any", "r", "refused"), ("any", "-", None), ("any", "---", "refused"),
        ("in_turn", "aa", None), ("in_turn", "ar", "refused"), ("in_turn", "aaa", "agreed"),
    ],
)  # fmt: skip
def test_rules(rule: str, votes: str, outcome: str | None) -> None:
    words = {"a": "agree", "r": "refuse", "-": "abstain"}
    found = sheet(rule)
    for person, vote in enumerate(votes, 1):
        assert found.outcome is None
        found = s.cast(found, person, words[vote])  # type: ignore[arg-type]
    assert found.outcome == outcome


def test_a_weighted_vote_needs_more_than_its_part() -> None:
    found = sheet("weighted 50%", 3, (2, 1, 1))
    found = s.cast(found, 1, "agree")
    assert found.outcome is None  # exactly half
    assert s.cast(found, 2, "agree").outcome == "agreed"
    assert s.cast(s.cast(found, 2, "refuse"), 3, "refuse").outcome == "refused"


def test_in_turn_only_the_first_may_act() -> None:
    found = sheet("in_turn")
    assert found.turn == (1,)
    with pytest.raises(s.OperationRefused, match="not_your_turn"):
        s.cast(found, 2, "agree")
    assert s.cast(found, 1, "agree").turn == (2,)


def holder() -> s.Sheet:
    return s.Sheet(None, (s.Seat(1, "holder"),))


def test_before_and_parallel_come_before_the_holder_sums_up() -> None:
    for where in ("before", "parallel"):
        found = s.add(holder(), 1, [2, 3], where)  # type: ignore[arg-type]
        assert found.turn == (2, 3)
        found = s.cast(s.cast(found, 2, "agree"), 3, "refuse")
        assert found.turn == (1,)
        assert s.cast(found, 1, "agree").outcome == "done"


def test_after_confirms_or_gives_back() -> None:
    found = s.cast(s.add(holder(), 1, [2], "after"), 1, "agree")
    assert found.turn == (2,)
    assert s.cast(found, 2, "agree").outcome == "done"
    assert s.cast(found, 2, "refuse").turn == (1,)


def test_a_delegation_comes_back() -> None:
    found = s.delegate(holder(), 1, 2)
    assert found.turn == (2,)
    with pytest.raises(s.OperationRefused, match="delegated"):
        s.delegate(found, 1, 3)
    found = s.delegate(s.cast(found, 2, "agree"), 1, 3)
    assert found.turn == (3,)


def test_only_who_has_not_acted_can_be_taken_away() -> None:
    found = s.cast(sheet("all"), 1, "agree")
    for person, code in ((1, "has_acted"), (9, "no_seat")):
        with pytest.raises(s.OperationRefused, match=code):
            s.remove(found, person)
    found = s.remove(found, 2)
    assert s.cast(found, 3, "agree").outcome == "agreed"
    alone = sheet("all", 1)
    with pytest.raises(s.OperationRefused, match="last_seat"):
        s.remove(alone, 1)


def test_whoever_takes_over_a_seat_takes_over_its_guests() -> None:
    found = s.add(sheet("in_turn"), 1, [7], "before")
    found = s.move(s.move(found, 7, 8), 1, 9)
    assert found.turn == (8,)
    assert s.cast(found, 8, "agree").turn == (9,)
    with pytest.raises(s.OperationRefused, match="has_seat"):
        s.move(found, 9, 8)


@pytest.mark.parametrize("rule", [*RULES, ""])
def test_no_sequence_of_operations_gets_stuck(rule: str) -> None:
    for seed in range(60):
        play(rule, seed)


def play(rule: str, seed: int) -> int:
    """Random operations until decided; the number of operations. Whoever may act can, nobody else can."""
    random = Random(f"{rule}{seed}")
    found = sheet(rule, random.randint(1, 5)) if rule else holder()
    for step in range(60):
        if found.outcome is not None:
            assert found.turn == ()
            return step
        assert found.turn, found
        assert len({x.person for x in found.counted}) == len(found.counted)
        person, other = random.choice(found.turn), random.randint(1, 12)
        before = [x for x in found.seats if x.state == "acted"]
        operation = random.choice(["cast", "cast", "cast", "add", "delegate", "remove", "move"])
        try:
            if operation == "cast":
                found = s.cast(found, person, random.choice(["agree", "refuse", "abstain"]))
            elif operation == "add":
                found = s.add(found, person, [other], random.choice(["before", "after", "parallel"]))
            elif operation == "delegate" and not rule:
                found = s.delegate(found, person, other)
            elif operation == "remove":
                found = s.remove(found, other)
            elif operation == "move":
                found = s.move(found, person, other)
        except s.OperationRefused:
            assert operation != "cast"
        kept = {(x.person, x.vote) for x in before if x.kind != "holder"}
        assert kept <= {(x.person, x.vote) for x in found.seats}  # nobody's word is lost
    while found.outcome is None:
        found = s.cast(found, found.turn[0], "agree")
    return 60


def test_policies() -> None:
    assert read_policy({}).operations == DEFAULT
    assert read_policy({"operations": ""}).operations == frozenset()
    found = read_policy(
        {"operations": "return urge", "decision": "ratio 60%", "emptyApprover": "group:clerk"}
    )
    assert found.allows("urge")
    assert not found.allows("transfer")
    assert found.rule == Rule("ratio", read_rule("ratio 3/5").share)
    for bad in (
        {"operations": "fly"}, {"decision": "most"}, {"decision": "ratio"}, {"decision": "ratio 0%"},
        {"decision": "ratio 120%"}, {"decision": "all 60%"}, {"emptyApprover": "pass"}, {"initiatorApprover": "skip"},
        {"decision": "ratio 1/0"},
    ):  # fmt: skip
        with pytest.raises(PolicyInvalid):
            read_policy(bad)
