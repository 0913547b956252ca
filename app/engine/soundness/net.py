"""The token game as data: places, and steps that move tokens between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Place = str
"""The id of a sequence flow, `@id` for an activity at work, `@id!` after its non-interrupting event fired,
`end:id` for an end event that was reached: a trace, no token."""

END = "end:"


@dataclass(frozen=True, slots=True)
class Step:
    """One way in which an element can act.

    `waits` are places that must be empty first (an inclusive join waits for tokens that can still come);
    `clears` takes every token away (terminate, error); `also` are elements folded into this step.
    """

    node_id: str
    take: frozenset[Place]
    put: tuple[Place, ...]
    waits: frozenset[Place] = frozenset()
    clears: bool = False
    outcome: str = ""
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Net:
    """One level of a process; `first` are alternative beginnings, `expected` what must be able to act."""

    process_id: str
    steps: tuple[Step, ...]
    first: tuple[Step, ...]
    expected: frozenset[str]
    unreachable: frozenset[str] = frozenset()
    waits_at: dict[Place, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a sub-process or called process can end, as its parent sees it.

    `outcomes` are `completed`, `cancel`, `error:CODE` and `escalation:CODE` (no code: any); `raises` are the
    kinds that something inside may raise with a code that no diagram tells.
    """

    outcomes: frozenset[str]
    raises: frozenset[str] = frozenset()

    @property
    def completes(self) -> bool:
        """Whether it can end so that its parent goes on."""
        return "completed" in self.outcomes


@dataclass(frozen=True, slots=True)
class Choices:
    """What the values of the conditions say.

    `gaps` are elements with a value that no way is open for, `closed` flows that no value opens, each with
    the values or the condition concerned; `judged` are the elements whose values are all known.
    """

    gaps: Mapping[str, str] = field(default_factory=dict)
    closed: Mapping[str, str] = field(default_factory=dict)
    judged: frozenset[str] = frozenset()


class TooManyBranches(Exception):
    """An inclusive gateway has more combinations of branches than can be enumerated."""

    def __init__(self, element_id: str, bound: int) -> None:
        super().__init__(element_id)
        self.element_id = element_id
        self.bound = bound
