"""Link events: a flow that is not drawn (10.5.1).

Corrects: the flow ends silently at the throwing link.
"""

from __future__ import annotations

from typing import Any

from app.engine.spiff.flow_node import FlowNode


class Link(FlowNode):
    """One end of a link."""

    def __init__(self, wf_spec: Any, bpmn_id: str, *, link: str, **kwargs: Any) -> None:
        super().__init__(wf_spec, bpmn_id, **kwargs)
        self.link = link


class LinkCatch(Link):
    """Where a link goes on."""


class LinkThrow(Link):
    """Goes on at the event that catches the link of that name."""
