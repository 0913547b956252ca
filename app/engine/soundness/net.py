"""The token game as data: places, and steps that move tokens between them."""

from __future__ import annotations

from dataclasses import dataclass, field

Place = str
"""The id of a sequence flow, `@id` for an activity at work, `@id!` after its non-interrupting event fired."""


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


class TooManyBranches(Exception):
    """An inclusive gateway has more combinations of branches than can be enumerated."""

    def __init__(self, element_id: str) -> None:
        super().__init__(element_id)
        self.element_id = element_id
