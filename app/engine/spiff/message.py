"""Messages: the correlation key is computed on arrival; routing between instances is the host's.

Corrects: the payload is dropped; the engine believes any correlation; an early message is lost inside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.engine.errors import StepFailed
from app.engine.feel import format_value
from app.engine.spiff.settings import Settings
from app.engine.spiff.triggers import Trigger
from app.engine.spiff.variables import evaluate

if TYPE_CHECKING:
    from app.engine.spiff.token import Token


@dataclass(frozen=True)
class MessageTrigger(Trigger):
    """A message by name and correlation key."""

    name: str = ""
    settings: Settings | None = None

    def arm(self, token: Token) -> None:
        key = correlation_key(self.settings, token) if self.settings is not None else ""
        token.internal_data["message"] = {"name": self.name, "key": key}


def correlation_key(settings: Settings, token: Token) -> str:
    """The text of the correlation key; raises StepFailed when it is null: nothing could ever match."""
    formula = settings.formula("correlationKey")
    if formula is None:
        return ""
    value = evaluate(formula, token)
    if value is None:
        raise StepFailed(token.task_spec.bpmn_id, f"correlation key is null: {formula.text}", "correlation")
    return value if isinstance(value, str) else format_value(value)


def throw_message(name: str, settings: Settings, token: Token) -> None:
    """Hand a message with key and payload to the host; raises StepFailed when the payload is no context."""
    formula = settings.formula("payload")
    payload: Any = evaluate(formula, token) if formula is not None else {}
    if not isinstance(payload, Mapping):
        text = formula.text if formula is not None else ""
        raise StepFailed(token.task_spec.bpmn_id, f"payload is no context: {text}", "payload")
    case = token.workflow.top_workflow
    case.send_message(token, name, correlation_key(settings, token), payload)


def is_subscribed(token: Token, name: str, key: str) -> bool:
    """Whether the token waits for that message."""
    return token.waiting and token.internal_data.get("message") == {"name": name, "key": key}
