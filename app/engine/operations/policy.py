"""What the author of a diagram allows at a user task, read from its extension attributes.

`zr:operations` lists the operations of the task; without it only the transfer is on. Nothing is ever passed
automatically: a task has a form, and nobody can have filled it in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

TRANSFER, DELEGATE, ADD_SIGN, REMOVE_SIGN = "transfer", "delegate", "add_sign", "remove_sign"
RETURN, RETURN_DIRECT, TAKE_BACK, WITHDRAW = "return", "return_direct", "take_back", "withdraw"
COPY, URGE, ASK, EFFECTIVE_DATE = "copy", "urge", "ask", "effective_date"
OPERATIONS = (
    TRANSFER, DELEGATE, ADD_SIGN, REMOVE_SIGN, RETURN, RETURN_DIRECT, TAKE_BACK, WITHDRAW, COPY, URGE, ASK,
    EFFECTIVE_DATE,
)  # fmt: skip
DEFAULT = frozenset({TRANSFER})
RULES = ("all", "ratio", "veto", "weighted", "any", "in_turn")
SHARED_RULES = frozenset({"ratio", "weighted"})
EMPTY, INITIATOR, REPEATED = "emptyApprover", "initiatorApprover", "repeatedApprover"
DUE_CLOCK, REMIND, ESCALATE, ESCALATE_TO = "dueClock", "remind", "escalate", "escalateTo"
SEALED, BALLOT = "sealed", "ballot"
ATTRIBUTES = (
    "operations", "decision", "decisionVariable", EMPTY, INITIATOR, REPEATED, DUE_CLOCK, REMIND, ESCALATE, ESCALATE_TO,
    SEALED, BALLOT,
)  # fmt: skip
_SHARE = re.compile(r"(?P<percent>\d{1,3}(?:\.\d+)?)%|(?P<above>\d+)/(?P<below>\d+)")
_PLACE = re.compile(r"(?:group|user):\S+")


class PolicyInvalid(ValueError):
    """A text of a policy that means nothing; the message names it."""


@dataclass(frozen=True)
class Rule:
    """How votes decide; `share` is the part that has to agree, for ratio and weighted."""

    kind: str
    share: Fraction = Fraction(1)


@dataclass(frozen=True)
class Policy:
    """What may be done at one task."""

    operations: frozenset[str] = DEFAULT
    rule: Rule | None = None
    decision_variable: str = ""
    empty: str = ""
    initiator: str = "allow"
    repeated: str = "allow"
    sealed: bool = False

    def allows(self, operation: str) -> bool:
        """Whether the diagram switches the operation on."""
        return operation in self.operations


def read_policy(attributes: Mapping[str, str]) -> Policy:
    """The policy of a task. Raises PolicyInvalid; a deployed diagram has been checked."""
    text = attributes.get("operations")
    words = DEFAULT if text is None else frozenset(text.split())
    if unknown := sorted(words - set(OPERATIONS)):
        raise PolicyInvalid(unknown[0])
    decision = attributes.get("decision")
    return Policy(
        operations=words,
        rule=read_rule(decision) if decision else None,
        decision_variable=attributes.get("decisionVariable", ""),
        empty=_place(attributes.get(EMPTY, "")),
        initiator=_excluding(attributes.get(INITIATOR, "allow")),
        repeated=_excluding(attributes.get(REPEATED, "allow")),
        sealed=_truth(attributes.get(SEALED, "false")),
    )


@dataclass(frozen=True)
class Warnings:
    """When people are told of a due time: `before` it and `after` it in working days, and whom besides the heads."""

    before: tuple[int, ...] = (2,)
    after: int = 0
    to: str = ""


def read_warnings(attributes: Mapping[str, str]) -> Warnings:
    """The reminders of a task: `remind="5 1"`, `escalate="2"`, `escalateTo="group:board"`. Raises PolicyInvalid."""
    before = attributes.get(REMIND)
    return Warnings(
        before=Warnings.before if before is None else tuple(_days(word) for word in before.split()),
        after=_days(attributes.get(ESCALATE, "0")),
        to=_place(attributes.get(ESCALATE_TO, "")),
    )


def _days(text: str) -> int:
    if not re.fullmatch(r"\d{1,2}", text):
        raise PolicyInvalid(text)
    return int(text)


def read_rule(text: str) -> Rule:
    """`all`, `veto`, `any`, `in_turn`, `ratio 60%`, `ratio 2/3`, `weighted 50%`. Raises PolicyInvalid."""
    kind, _, share = text.strip().partition(" ")
    if kind not in RULES or bool(share.strip()) != (kind in SHARED_RULES):
        raise PolicyInvalid(text)
    return Rule(kind, read_share(share.strip())) if share else Rule(kind)


def read_share(text: str) -> Fraction:
    """A part of the whole above zero, at most all. Raises PolicyInvalid."""
    found = _SHARE.fullmatch(text)
    if found is None or found["below"] == "0":
        raise PolicyInvalid(text)
    share = (
        Fraction(found["percent"]) / 100
        if found["percent"]
        else Fraction(int(found["above"]), int(found["below"]))
    )
    if not 0 < share <= 1:
        raise PolicyInvalid(text)
    return share


def _place(text: str) -> str:
    if text and not _PLACE.fullmatch(text):
        raise PolicyInvalid(text)
    return text


def _truth(text: str) -> bool:
    if text not in ("true", "false"):
        raise PolicyInvalid(text)
    return text == "true"


def _excluding(text: str) -> str:
    if text not in ("allow", "exclude"):
        raise PolicyInvalid(text)
    return text
