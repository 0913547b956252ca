"""Ballots of a board: who votes on what, what is wrong with a paper, what the votes decide."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.operations.ballots import (
    CHOICES,
    Member,
    Terms,
    Voice,
    complaints,
    count,
    open_to,
    read_terms,
    rehearse,
)
from app.engine.operations.policy import PolicyInvalid

MOTIONS = [{"key": "a", "title": "甲案", "case_no": "A-1", "rank": "1"}, {"key": "b", "title": "乙案"}]


def terms(**more: Any) -> Terms:
    return read_terms({"motions": MOTIONS, **more})


def board(*aside: str, size: int = 5) -> list[Member]:
    """Members 0, 1, 2, …; the n-th stands aside where the n-th text says."""
    return [
        Member(f"user:{n}", str(n), frozenset(aside[n]) if n < len(aside) else frozenset())
        for n in range(size)
    ]


def voted(found: Terms, members: list[Member], said: str) -> dict[str, Any]:
    """Each letter is what a member says to every motion: f, a, n (neither), r, or - for absent."""
    words = {"f": "for", "a": "against", "n": "abstain", "r": "recused"}
    papers = {
        member.principal: {motion.key: Voice(words[letter], "因") for motion in open_to(found, member)}
        for member, letter in zip(members, said, strict=True)
        if letter != "-"
    }
    return count(found, members, papers)


@pytest.mark.parametrize(
    ("said", "quorate", "passed"),
    [
        ("fff--", True, True),
        ("ff---", False, False),
        ("ffaa-", True, False),
        ("fffaa", True, True),
        ("ffrrr", True, True),  # two of the two who are left
        ("ffnrr", True, True),
        ("faarr", True, False),
        ("rrrrr", True, False),
        ("-----", False, False),
    ],
)
def test_more_than_half_of_the_members_and_of_those_entitled(said: str, quorate: bool, passed: bool) -> None:
    result = voted(terms(), board(), said)
    assert (result["is_quorate"], result["passed"]) == (quorate, passed)


def test_those_present_can_be_what_counts() -> None:
    assert not voted(terms(), board(), "ffa--")["passed"]
    assert voted(terms(among="present"), board(), "ffa--")["passed"]
    assert not voted(terms(among="present"), board(), "ffnn-")["passed"], "abstaining is being present"


def test_a_member_stands_aside_in_one_motion_only() -> None:
    result = voted(terms(), board("a"), "fffff")
    first, second = result["votes"]
    assert (first["agree"], first["entitled"], first["aside"], first["rank"]) == (4, 4, "0", "1")
    assert (second["agree"], second["entitled"], second["aside"]) == (5, 5, None)
    assert result["members"] == 5


def test_who_may_vote_on_nothing_is_no_part_of_the_board() -> None:
    result = voted(terms(), board("ab", "ab", size=3), "--f")
    assert (result["members"], result["present"], result["is_quorate"], result["passed"]) == (
        1,
        1,
        True,
        True,
    )
    assert [row["name"] for row in result["attendance"]] == ["2"]
    assert result["votes"][0]["aside"] == "0、1"


@pytest.mark.parametrize(
    ("paper", "wrong"),
    [
        ({"a": Voice("for"), "b": Voice("for")}, {}),
        ({"a": Voice("for")}, {"b": "choice"}),
        ({"a": Voice("maybe"), "b": Voice("against", "因")}, {"a": "choice"}),
        ({"a": Voice("against", " "), "b": Voice("recused")}, {"a": "reason", "b": "reason"}),
        ({"a": Voice("for"), "b": Voice("for"), "c": Voice("for")}, {"c": "aside"}),
    ],
)
def test_a_paper_speaks_to_every_motion(paper: dict[str, Voice], wrong: dict[str, str]) -> None:
    assert complaints(terms(), Member("user:1", "甲"), paper) == wrong
    aside = Member("user:1", "甲", frozenset("a"))
    assert complaints(terms(), aside, {"a": Voice("for"), "b": Voice("for")}) == {"a": "aside"}


@pytest.mark.parametrize(
    "value",
    [
        None, [], {}, {"motions": []}, {"motions": [{"key": "a"}]}, {"motions": [MOTIONS[0], MOTIONS[0]]},
        {"motions": MOTIONS, "quorum": 100}, {"motions": MOTIONS, "majority": "half"}, {"motions": MOTIONS, "among": "x"},
        {"motions": MOTIONS, "voters": [{"name": "x"}]}, {"motions": MOTIONS, "secret": True},
    ],
)  # fmt: skip
def test_terms_that_mean_nothing_are_refused(value: Any) -> None:
    with pytest.raises(PolicyInvalid):
        read_terms(value)


def test_a_trial_is_unanimous() -> None:
    assert rehearse(terms())["passed"]
    given = rehearse(
        terms(voters=[{"principal": "user:1", "name": "甲", "aside": ["a"]}, {"principal": "user:2"}])
    )
    assert (given["votes"][0]["agree"], given["votes"][0]["aside"], given["passed"]) == (1, "甲", True)


@given(
    st.lists(st.sampled_from([*CHOICES, ""]), min_size=1, max_size=9), st.integers(0, 99), st.integers(0, 99)
)
def test_one_more_in_favour_never_does_harm(said: list[str], quorum: int, majority: int) -> None:
    """Whoever was absent, against or abstained and comes to agree turns no result from passed to not passed."""
    found = terms(quorum=quorum, majority=majority)
    members = board(size=len(said))

    def result(choices: list[str]) -> dict[str, Any]:
        papers = {
            m.principal: {k: Voice(c, "因") for k in "ab"} for m, c in zip(members, choices, strict=True) if c
        }
        return count(found, members, papers)

    before = result(said)
    for row in before["votes"]:
        assert (
            row["agree"] + len(row["against"]) + len(row["abstain"]) + len(row["more_aside"])
            == before["present"]
        )
    for place, choice in enumerate(said):
        if choice in ("", "against", "abstain"):
            after = result([*said[:place], "for", *said[place + 1 :]])
            assert after["passed"] >= before["passed"]
