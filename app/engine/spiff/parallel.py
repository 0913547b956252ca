"""Parallel gateway: one token from every incoming flow, then one on every outgoing flow (13.4.1).

Corrects: the stock join counts the arrivals of an earlier round of a loop and fires early.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from SpiffWorkflow.util.task import TaskState

from app.engine.spiff.flow_node import Flow, FlowNode
from app.engine.spiff.trail import forget_way

if TYPE_CHECKING:
    from app.engine.spiff.token import Token


class Join(FlowNode):
    """A gateway where tokens wait for others; `incoming` are the ids of the flows that lead to it."""

    joins = True
    incoming: tuple[str, ...] = ()

    def arrivals(self, token: Token) -> Iterator[Token]:
        """The tokens that wait at this gateway, the longest waiting first."""
        return (other for other in token.workflow.tokens() if other.task_spec is self and other.waiting)

    def gather(self, token: Token) -> dict[str, Token]:
        """For each incoming flow with a token, the one that came first."""
        first: dict[str, Token] = {}
        for other in self.arrivals(token):
            first.setdefault(other.internal_data["via"], other)
        return first

    def consume(self, tokens: Iterable[Token], survivor: Token) -> None:
        """Take the tokens away; the survivor goes on for all of them."""
        others = [other for other in tokens if other is not survivor]
        if others:
            forget_way(survivor)
        for other in others:
            other.retire()
        self.announce(survivor)


class ParallelGateway(Join):
    """Waits for a token from each incoming flow; a second token of the same flow waits for the next round."""

    def _update_hook(self, token: Token) -> bool:
        if len(self.incoming) > 1:
            token._set_state(TaskState.WAITING)
            return self._join(token)
        self.announce(token)
        return True

    def resume(self, token: Token) -> None:
        """Look again at a token that waits, after the incoming flows have changed."""
        if self._join(token):
            token._ready()

    def _join(self, token: Token) -> bool:
        """Whether the token goes on for all that were waited for; perhaps another one of its flow does."""
        first = self.gather(token)
        if len(first) < len(self.incoming):
            return False
        survivor = first[token.internal_data["via"]]
        self.consume(first.values(), survivor)
        if survivor is not token:
            survivor._ready()
            return False
        return True

    def choose(self, token: Token) -> Iterable[Flow]:
        return self.flows
