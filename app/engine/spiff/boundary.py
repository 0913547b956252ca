"""Boundary events (13.5.3): they listen while their activity runs.

Corrects: a path from a boundary event back to its own or an earlier activity leaves the instance stuck;
non-interrupting message and signal events fire only once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.engine.spiff.activity import Activity
from app.engine.spiff.catching import Catcher
from app.engine.spiff.trail import hand_on

if TYPE_CHECKING:
    from app.engine.spiff.token import Token


class BoundaryEvent(Catcher):
    """Listens beside its activity; `interrupting` ends the activity."""

    def __init__(self, wf_spec: Any, bpmn_id: str, *, interrupting: bool, **kwargs: Any) -> None:
        super().__init__(wf_spec, bpmn_id, **kwargs)
        self.interrupting = interrupting

    def attach(self, host: Token) -> None:
        """Listen while `host` is at its activity."""
        token = host.parent._add_child(self)
        token.internal_data["host"] = host.id
        if self.interrupting:
            hand_on(host, token)
        self.wait(token)

    def fire(self, token: Token, payload: Any = None) -> None:
        if not self.interrupting:
            self._fire_beside(token, payload)
            return
        host = token.workflow.tasks[token.internal_data.pop("host")]
        node = host.task_spec
        if isinstance(node, Activity) and node.repetition is not None:
            node.repetition.interrupted(host)
        host.cancel()
        self._go(token, payload)

    def _fire_beside(self, token: Token, payload: Any) -> None:
        self._go(token.parent._add_child(self), payload)
        if self.trigger.spent(token):
            token.retire()

    def _go(self, token: Token, payload: Any) -> None:
        self.announce(token)
        super().fire(token, payload)

    def _on_cancel(self, token: Token) -> None:
        """An event that only listened leaves no trace."""
        if "host" not in token.internal_data:
            super()._on_cancel(token)
