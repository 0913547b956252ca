"""Which elements of which diagrams trials have come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from app.engine.definition import Definition
from app.engine.trial.run import Played

# What says that a token was at an element; boundary events that only listened are told of when they are cancelled.
VISITS = frozenset({"element_started", "element_completed", "timer_fired", "message_received"})


@dataclass(frozen=True)
class Coverage:
    """One process: its elements, and in how many trials each was reached."""

    process_id: str
    elements: tuple[str, ...]
    reached: Counter[str] = field(default_factory=Counter)

    @property
    def covered(self) -> int:
        return sum(self.reached[element] > 0 for element in self.elements)

    @property
    def missed(self) -> tuple[str, ...]:
        """The elements that no trial came to, in the order of the diagram."""
        return tuple(element for element in self.elements if not self.reached[element])

    @property
    def percent(self) -> int:
        """Rounded down: 100 only when nothing is missed."""
        return 100 * self.covered // len(self.elements) if self.elements else 100


def coverage_of(definition: Definition, played: Iterable[Played]) -> Coverage:
    """The coverage of a process by trials, also by those of other processes that call it."""
    key = definition.process_id
    own = tuple(element.id for element in definition.elements.values() if element.process_id == key)
    reached: Counter[str] = Counter()
    for each in played:
        reached.update(visited(each, key))
    return Coverage(key, own, reached)


def visited(played: Played, process_id: str) -> set[str]:
    """The elements of one process that a trial came to."""
    events = (event for report in played.reports for event in report.events)
    return {e.element_id for e in events if e.element_id and e.process_id == process_id and e.kind in VISITS}
