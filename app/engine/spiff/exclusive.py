"""Exclusive gateway: the first flow whose condition holds, else the default (13.4.2)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from app.engine.spiff.flow_node import Flow, FlowNode, holds, no_way_out

if TYPE_CHECKING:
    from app.engine.spiff.token import Token


class ExclusiveGateway(FlowNode):
    """Each token goes its own way; there is nothing to merge."""

    def choose(self, token: Token) -> Iterable[Flow]:
        if not self.flows:
            return ()
        for flow in self.flows:
            if not flow.is_default and holds(flow, token):
                return (flow,)
        for flow in self.flows:
            if flow.is_default:
                return (flow,)
        raise no_way_out(self)
