"""Catching events and receive tasks, alone or after an event-based gateway (13.5.2, 13.4.4).

Corrects: an event gateway with two timers waits for one of them only; its events lose their own definitions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from SpiffWorkflow.util.task import TaskState

from app.engine.spiff.activity import Activity
from app.engine.spiff.flow_node import Flow, FlowNode
from app.engine.spiff.trail import hand_on
from app.engine.spiff.triggers import Trigger

if TYPE_CHECKING:
    from app.engine.spiff.token import Token


class Catcher(FlowNode):
    """An element whose token waits for a trigger."""

    def __init__(self, wf_spec: Any, bpmn_id: str, *, trigger: Trigger, **kwargs: Any) -> None:
        super().__init__(wf_spec, bpmn_id, **kwargs)
        self.trigger = trigger

    def wait(self, token: Token) -> bool:
        """Begin to wait."""
        token._set_state(TaskState.WAITING)
        self.trigger.arm(token)
        return False

    def reconsider(self, token: Token) -> bool:
        if not self.trigger.occurs(token):
            return False
        self.fire(token)
        return True

    def fire(self, token: Token, payload: Any = None) -> None:
        """What the token waits for has happened: go on."""
        self.trigger.deliver(token, payload)
        race = token.internal_data.get("race")
        token.internal_data = {key: value for key, value in token.internal_data.items() if key in _KEPT}
        if race is not None:
            for other in token.workflow.tokens():
                if other.internal_data.get("race") == race:
                    other.cancel()
        token._ready()


# What makes the token a run of a repeated activity and where it came by outlive the waiting.
_KEPT = frozenset({"item", "round", "way"})


class CatchEvent(Catcher):
    """An intermediate catching event."""

    def _update_hook(self, token: Token) -> bool:
        self.announce(token)
        return self.wait(token)


class ReceiveTask(Catcher, Activity):
    """A task that waits for a message."""

    def begin(self, token: Token) -> bool:
        return self.wait(token)


class EventGateway(FlowNode):
    """Lets the events behind it race: the first that happens takes the token, the others are taken away."""

    races = True

    def send(self, token: Token, flow: Flow) -> None:
        target: FlowNode = self._wf_spec.task_specs[flow.target]
        child = token.parent._add_child(target)
        child.internal_data["race"] = token.id
        hand_on(token, child)
        target._update(child)
