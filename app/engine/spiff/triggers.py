"""What a catching event waits for: the part that all kinds share, and the simple kinds.

Corrects: SpiffWorkflow compares event definitions, keeps the state of all events of a gateway in one place
and lets a non-interrupting message or signal event fire only once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.engine.spiff.formula import Formula
from app.engine.spiff.variables import evaluate, write

if TYPE_CHECKING:
    from app.engine.spiff.token import Token


@dataclass(frozen=True)
class Trigger:
    """Something that may happen; `payload_variable` takes what it brings along."""

    payload_variable: str | None = None

    def arm(self, token: Token) -> None:
        """Compute once, on arrival, what the token waits for."""

    def deliver(self, token: Token, payload: Any) -> None:
        """Store what came along."""
        if self.payload_variable and payload is not None:
            write(token, self.payload_variable, payload)

    def occurs(self, token: Token) -> bool:
        """Whether it happens by itself now, when all else is at rest."""
        return False

    def spent(self, token: Token) -> bool:
        """Called after it happened: whether it cannot happen again; otherwise the token waits on."""
        return False


@dataclass(frozen=True)
class SignalTrigger(Trigger):
    """A signal by name, thrown anywhere in the instance or brought by the host."""

    name: str = ""


@dataclass(frozen=True)
class ErrorTrigger(Trigger):
    """An error by its code; without a code, any error."""

    code: str | None = None


@dataclass(frozen=True)
class EscalationTrigger(Trigger):
    """An escalation by its code; without a code, any escalation."""

    code: str | None = None


@dataclass(frozen=True)
class ConditionTrigger(Trigger):
    """A condition that becomes true; one that was true all the time does not happen again."""

    condition: Formula | None = None

    def occurs(self, token: Token) -> bool:
        if self.condition is None:
            return False
        holds = evaluate(self.condition, token) is True
        before = token.internal_data.get("held", False)
        if holds != before:
            token.internal_data["held"] = holds
        return holds and not before
