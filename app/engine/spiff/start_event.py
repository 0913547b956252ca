"""Start events: of a process without a trigger or with a message, of an event sub-process with any."""

from __future__ import annotations

from typing import Any

from app.engine.spiff.flow_node import FlowNode


class StartEvent(FlowNode):
    """Where a level begins; `message` is the message that starts the process here."""

    def __init__(self, wf_spec: Any, bpmn_id: str, *, message: str | None, **kwargs: Any) -> None:
        super().__init__(wf_spec, bpmn_id, **kwargs)
        self.message = message
