"""Ballots of a board: what is put to the vote, who may vote on it, what the votes decide.

Pure, like the seats: a host keeps the papers and shows the page. Silence is no consent: who casts no vote is absent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from app.engine.operations.policy import PolicyInvalid

FOR, AGAINST, ABSTAIN, RECUSED = "for", "against", "abstain", "recused"
CHOICES = (FOR, AGAINST, ABSTAIN, RECUSED)
ENTITLED, PRESENT = "entitled", "present"
HALF = 50
WORDS = frozenset({"quorum", "majority", "among", "sealed", "motions", "voters", "fields"})
REHEARSED = 3


@dataclass(frozen=True)
class Motion:
    """One thing to vote on; `facts` are what the diagram says about it, `case_no` the case that it is about."""

    key: str
    title: str
    title_en: str
    case_no: str
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Member:
    """Somebody with a vote; `aside` are the motions on which this person must not vote."""

    principal: str
    name: str
    aside: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Terms:
    """How a board votes: more than `quorum` percent have to be present; a motion needs more than `majority` percent of
    all who are entitled to vote on it, or of those of them who are present.

    `fields` are the fields of the form that are put to the vote and cannot be changed after it.
    """

    motions: tuple[Motion, ...]
    quorum: Fraction = Fraction(HALF)
    majority: Fraction = Fraction(HALF)
    among: str = ENTITLED
    is_sealed: bool = False
    voters: tuple[Member, ...] = ()
    fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class Voice:
    """What one member says to one motion."""

    choice: str
    reason: str = ""


RECUSAL = Voice(RECUSED)
Paper = Mapping[str, Voice]  # motion → what one member says to it


def read_terms(value: Any) -> Terms:
    """The terms of `zr:ballot`, a context. Raises PolicyInvalid, which names what is wrong."""
    if not isinstance(value, Mapping) or (set(value) - WORDS):
        raise PolicyInvalid("ballot")
    if (among := value.get("among") or ENTITLED) not in (ENTITLED, PRESENT):
        raise PolicyInvalid("among")
    motions = tuple(_motion(item) for item in value.get("motions") or ())
    if not motions or len({motion.key for motion in motions}) < len(motions):
        raise PolicyInvalid("motions")
    return Terms(
        motions,
        _percent(value, "quorum"),
        _percent(value, "majority"),
        among,
        value.get("sealed") is True,
        tuple(_member(item) for item in value.get("voters") or ()),
        tuple(map(str, value.get("fields") or ())),
    )


def _motion(item: Any) -> Motion:
    if not isinstance(item, Mapping) or not item.get("key") or not item.get("title"):
        raise PolicyInvalid("motions")
    title_en, case_no = str(item.get("title_en") or ""), str(item.get("case_no") or "")
    return Motion(str(item["key"]), str(item["title"]), title_en, case_no, item)


def _member(item: Any) -> Member:
    if not isinstance(item, Mapping) or not item.get("principal"):
        raise PolicyInvalid("voters")
    aside = frozenset(map(str, item.get("aside") or ()))
    return Member(str(item["principal"]), str(item.get("name") or item["principal"]), aside)


def _percent(value: Mapping[str, Any], name: str) -> Fraction:
    """More than half where nothing is said."""
    found = value.get(name)
    try:
        share = Fraction(HALF if found is None else str(found))
    except ValueError:
        raise PolicyInvalid(name) from None
    if not 0 <= share < 100:
        raise PolicyInvalid(name)
    return share


def open_to(terms: Terms, member: Member) -> tuple[Motion, ...]:
    """The motions on which the member votes."""
    return tuple(motion for motion in terms.motions if motion.key not in member.aside)


def complaints(terms: Terms, member: Member, paper: Paper) -> dict[str, str]:
    """Motion → what is wrong with the member's vote on it: `choice`, `reason` or `aside`."""
    voted = {motion.key for motion in open_to(terms, member)}
    wrong = {key: "aside" for key in paper if key not in voted}
    for key in voted:
        voice = paper.get(key, Voice(""))
        if voice.choice not in CHOICES:
            wrong[key] = "choice"
        elif voice.choice != FOR and not voice.reason.strip():
            wrong[key] = "reason"
    return wrong


def count(terms: Terms, members: Sequence[Member], papers: Mapping[str, Paper]) -> dict[str, Any]:
    """The result of the ballot, as the form, the minutes and the board's screen read it.

    `attendance`, `votes` (what the diagram says of each motion, with its votes by name), `is_quorate`, `passed`. Who
    must not vote on anything is no part of the board today; what such a member said before that was known is `void`.
    """
    electorate = [member for member in members if open_to(terms, member)]
    present = [member for member in electorate if member.principal in papers]
    is_quorate = bool(electorate) and len(present) * 100 > terms.quorum * len(electorate)
    votes = [_votes(terms, motion, members, papers) for motion in terms.motions]
    return {
        "attendance": [
            {"name": member.name, "present": "yes" if member in present else "no"} for member in electorate
        ],
        "members": len(electorate),
        "present": len(present),
        "quorum": _number(terms.quorum),
        "majority": _number(terms.majority),
        "is_quorate": is_quorate,
        "votes": votes,
        "passed": is_quorate and all(row["passed"] for row in votes),
    }


def _number(percent: Fraction) -> int | float:
    return int(percent) if percent.denominator == 1 else float(percent)


def _votes(
    terms: Terms, motion: Motion, members: Sequence[Member], papers: Mapping[str, Paper]
) -> dict[str, Any]:
    bound = [member for member in members if motion.key in member.aside]
    said = [
        (member, papers[member.principal][motion.key])
        for member in members
        if member not in bound and motion.key in papers.get(member.principal, {})
    ]
    names = {choice: [m.name for m, voice in said if voice.choice == choice] for choice in CHOICES}
    entitled = len(members) - len(bound) - len(names[RECUSED])
    base = entitled if terms.among == ENTITLED else len(said) - len(names[RECUSED])
    return {
        **motion.facts,
        "agree": len(names[FOR]),
        "in_favour": names[FOR],
        "against": names[AGAINST],
        "abstain": names[ABSTAIN],
        "aside": "、".join(member.name for member in bound) or None,
        "void": [
            m.name for m in bound if papers.get(m.principal, {}).get(motion.key, RECUSAL).choice != RECUSED
        ],
        "more_aside": names[RECUSED],
        "reason": "；".join(f"{m.name}：{voice.reason.strip()}" for m, voice in said if voice.reason.strip()),
        "entitled": entitled,
        "passed": len(names[FOR]) * 100 > terms.majority * base,
    }


def rehearse(terms: Terms) -> dict[str, Any]:
    """The result of a trial, in which no board sits: everybody who may vote is there and in favour."""
    members = terms.voters or tuple(Member(f"user:{n}", f"成员{n}") for n in range(1, REHEARSED + 1))
    unanimous = {m.principal: {motion.key: Voice(FOR) for motion in open_to(terms, m)} for m in members}
    return {**count(terms, members, unanimous), "round": 1, "closed_on": None, "on_paper": []}
