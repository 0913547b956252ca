"""Inclusive gateway: every flow whose condition holds; the join waits for what can still come (13.4.3).

Corrects: the stock join fires early in loops.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.util.task import TaskState

from app.engine.spiff.flow_node import Flow, FlowNode
from app.engine.spiff.parallel import Join

if TYPE_CHECKING:
    from app.engine.spiff.process import ProcessSpec
    from app.engine.spiff.token import Token


class InclusiveGateway(Join):
    """Splits to one or more flows and joins what is under way to it."""

    def __init__(self, wf_spec: Any, bpmn_id: str, **kwargs: Any) -> None:
        super().__init__(wf_spec, bpmn_id, **kwargs)
        self._ahead: dict[tuple[str, bool], frozenset[str]] = {}

    def _update_hook(self, token: Token) -> bool:
        if len(self.incoming) < 2:
            self.announce(token)
            return True
        token._set_state(TaskState.WAITING)
        return False

    def reconsider(self, token: Token) -> bool:
        """Go on when no other token can reach an incoming flow that is still empty.

        13.4.3: a token elsewhere keeps the gateway waiting if from it a path leads, without visiting the
        gateway, to an empty incoming flow, unless a path leads to a filled one as well.
        """
        first = self.gather(token)
        if first[token.internal_data["via"]] is not token or next(iter(first.values())) is not token:
            return False
        empty = frozenset(self.incoming) - frozenset(first)
        if empty and self._something_may_come(token, empty, frozenset(first)):
            return False
        self.consume(first.values(), token)
        token._ready()
        return True

    def _something_may_come(self, token: Token, empty: frozenset[str], filled: frozenset[str]) -> bool:
        spec: ProcessSpec = token.workflow.spec
        for other in token.workflow.tokens():
            if other.task_spec is self:
                continue
            # Asked twice, without and with boundary events on the way: one of them may lead back in front of
            # the split, and that must not excuse a token that is on its normal way to an empty flow.
            for exceptions in (False, True):
                reached = self.ahead(spec, other.task_spec, exceptions)
                if reached & empty and not reached & filled:
                    return True
        return False

    def ahead(self, spec: ProcessSpec, start: FlowNode, exceptions: bool) -> frozenset[str]:
        """Like flows_ahead, remembered: the answer depends on the diagram only."""
        key = (start.name, exceptions)
        known = self._ahead.get(key)
        if known is None:
            known = self._ahead[key] = flows_ahead(spec, start, self, exceptions)
        return known

    def choose(self, token: Token) -> Iterable[Flow]:
        if len(self.flows) == 1 and self.flows[0].condition is None:
            return self.flows
        return super().choose(token)


def flows_ahead(spec: ProcessSpec, start: FlowNode, stop: FlowNode, exceptions: bool) -> frozenset[str]:
    """The ids of the flows that a token at `start` may still pass on its way, not going through `stop`.

    With `exceptions`, boundary events of the activities on the way count as ways on.
    """
    found: set[str] = set()
    seen = {start.name}
    todo = [start]
    while todo:
        node = todo.pop()
        found.update(flow.id for flow in node.flows)
        names = [flow.target for flow in node.flows] + list(node.jumps(exceptions))
        for name in names:
            if name != stop.name and name not in seen:
                seen.add(name)
                todo.append(spec.task_specs[name])
    return frozenset(found)
