"""Activities: what boundary events hang on and what can be repeated.

Corrects: the boundary join, which waits for ever when the path of a boundary event leads back to its own or
an earlier activity; the finished boundary events of an earlier round that count in the next.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from app.engine.spiff.flow_node import FlowNode
from app.engine.spiff.trail import take_way

if TYPE_CHECKING:
    from app.engine.spiff.boundary import BoundaryEvent
    from app.engine.spiff.repetition import Repetition
    from app.engine.spiff.token import Token


class Activity(FlowNode):
    """A task, sub-process or call activity."""

    def __init__(self, wf_spec: Any, bpmn_id: str, **kwargs: Any) -> None:
        super().__init__(wf_spec, bpmn_id, **kwargs)
        self.boundaries: list[BoundaryEvent] = []
        self.repetition: Repetition | None = None

    def _update_hook(self, token: Token) -> bool:
        if is_item(token):
            self.announce(token)
            return self.begin(token)
        self.announce(token)
        for boundary in self.boundaries:
            boundary.attach(token)
        if self.repetition is not None:
            return self.repetition.begin(self, token)
        return self.begin(token)

    def begin(self, token: Token) -> bool:
        """Start the work of one run of the activity; true when it is ready to be run."""
        return True

    def _run_hook(self, token: Token) -> bool | None:
        return True if self.is_body(token) else self.perform(token)

    def perform(self, token: Token) -> bool | None:
        """Do the work; None when it goes on outside of the engine."""
        return True

    def is_body(self, token: Token) -> bool:
        """Whether the token stands for all runs of a repeated activity."""
        return self.repetition is not None and not is_item(token)

    def waits_for_people(self, token: Token) -> bool:
        return self.for_people and not self.is_body(token)

    def _on_complete(self, token: Token) -> None:
        if not is_item(token) or self.repetition is None:
            self.detach(token)
            super()._on_complete(token)
            return
        self._on_complete_hook(token)
        token.workflow.top_workflow.record("element_completed", token)
        body = token.parent
        take_way(token, body)
        token.retire()
        self.repetition.item_done(self, body, token)

    def _on_cancel(self, token: Token) -> None:
        self.detach(token)
        super()._on_cancel(token)

    def detach(self, token: Token, but: Token | None = None) -> None:
        """Take the boundary events of this run off the diagram."""
        if not self.boundaries or is_item(token):
            return
        for other in token.workflow.tokens():
            if other is not but and other.internal_data.get("host") == token.id:
                other.cancel()

    def jumps(self, exceptions: bool) -> Iterable[str]:
        return [boundary.name for boundary in self.boundaries] if exceptions else ()


def is_item(token: Token) -> bool:
    """Whether the token is one run of a repeated activity."""
    return "item" in token.internal_data or "round" in token.internal_data


def body_of(token: Token) -> Token:
    """The token that boundary events hang on: that of all runs if the activity is repeated."""
    return token.parent if is_item(token) else token
