"""How much one transition may do.

Corrects: a loop of automatic steps runs for ever, or stops silently when the tree is 1000 deep.
The stop-watch guards the server; it never decides what a process does.
"""

from __future__ import annotations

import time

from app.engine.errors import BudgetExceeded


class StepBudget:
    """Steps and seconds left in the running transition."""

    def __init__(self, steps: int, seconds: float) -> None:
        self._steps = steps
        self._deadline = time.monotonic() + seconds

    def spend(self, element_id: str) -> None:
        """Pay for one step; raises BudgetExceeded."""
        self._steps -= 1
        if self._steps < 0:
            raise BudgetExceeded(element_id)
        if self._steps % 64 == 0 and time.monotonic() > self._deadline:
            raise BudgetExceeded(element_id, "one transition takes too long")
