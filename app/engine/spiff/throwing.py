"""Throwing events, send tasks and end events (13.5.4, 13.5.6).

Corrects: compensation and cancel are silently ignored; terminate marks the workflow complete but not its
sub-processes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.engine.errors import StepFailed
from app.engine.spiff.activity import Activity
from app.engine.spiff.event_sub_process import EventSubProcess
from app.engine.spiff.fault import broadcast, throw_error, throw_escalation
from app.engine.spiff.flow_node import FlowNode
from app.engine.spiff.message import throw_message
from app.engine.spiff.settings import Settings
from app.engine.spiff.variables import evaluate

if TYPE_CHECKING:
    from app.engine.spiff.case import Level
    from app.engine.spiff.token import Token


class Throw(ABC):
    """Something that an event brings about."""

    @abstractmethod
    def happen(self, token: Token) -> None:
        """Bring it about; the token may be cancelled by it."""


@dataclass(frozen=True)
class MessageThrow(Throw):
    """Hands a message to the host."""

    name: str
    settings: Settings

    def happen(self, token: Token) -> None:
        throw_message(self.name, self.settings, token)


@dataclass(frozen=True)
class SignalThrow(Throw):
    """Reaches every catcher of the signal in the instance."""

    name: str

    def happen(self, token: Token) -> None:
        case = token.workflow.top_workflow
        case.record("signal_sent", token, {"signal": self.name})
        broadcast(case, self.name)


@dataclass(frozen=True)
class EscalationThrow(Throw):
    """Reaches the nearest catcher outside; nothing happens when there is none."""

    code: str | None

    def happen(self, token: Token) -> None:
        throw_escalation(token, self.code)


@dataclass(frozen=True)
class ErrorThrow(Throw):
    """Ends the surrounding process at the nearest catcher.

    An error of the main process that nothing catches ends the instance; inside a called or embedded process
    that is a failure of the step, so that no case ends by an oversight.
    """

    code: str

    def happen(self, token: Token) -> None:
        if throw_error(token, self.code, None):
            return
        if token.workflow.host is not None:
            raise StepFailed(token.task_spec.bpmn_id, f"nothing catches error {self.code}", self.code)
        token.workflow.cancel_tokens(but=token)


@dataclass(frozen=True)
class TerminateThrow(Throw):
    """Ends everything at this level."""

    def happen(self, token: Token) -> None:
        token.workflow.cancel_tokens(but=token)


class ThrowEvent(FlowNode):
    """An intermediate throwing event; without a definition it only marks progress."""

    def __init__(self, wf_spec: Any, bpmn_id: str, *, throws: Sequence[Throw], **kwargs: Any) -> None:
        super().__init__(wf_spec, bpmn_id, **kwargs)
        self.throws = tuple(throws)

    def _run_hook(self, token: Token) -> bool | None:
        for throw in self.throws:
            if not token.finished:
                throw.happen(token)
        return True


class EndEvent(ThrowEvent):
    """Ends its path; the last end event of a process gives the outcome."""

    def _run_hook(self, token: Token) -> bool | None:
        level = _process_level(token.workflow)
        if level is not None:
            formula = self.settings.formula("outcome")
            value = evaluate(formula, token) if formula is not None else None
            level.outcome = self.bpmn_id if value is None else str(value)
        return super()._run_hook(token)


def _process_level(level: Level) -> Level | None:
    """The process that ends with an end event of this level, None for one inside an embedded sub-process."""
    while (
        not level.spec.own_scope
        and level.host is not None
        and isinstance(level.host.task_spec, EventSubProcess)
    ):
        level = level.host.workflow
    return level if level.spec.own_scope else None


class SendTask(Activity):
    """A task that hands a message to the host."""

    def __init__(self, wf_spec: Any, bpmn_id: str, *, message: str, **kwargs: Any) -> None:
        super().__init__(wf_spec, bpmn_id, **kwargs)
        self.message = message

    def perform(self, token: Token) -> bool | None:
        throw_message(self.message, self.settings, token)
        return True
