"""The spec of one process or sub-process.

Corrects: elements called `Start` or `End` collide with SpiffWorkflow's own; a sub-process must have a start
event (10.3.5 lets it begin at every node without an incoming flow); event sub-processes change the shared
spec at run time.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.control import BpmnStartTask
from SpiffWorkflow.specs.WorkflowSpec import WorkflowSpec

if TYPE_CHECKING:
    from app.engine.spiff.event_sub_process import EventSubProcess
    from app.engine.spiff.flow_node import FlowNode

# The operations on a task that lead to an earlier step.
GOING_BACK = frozenset({"return", "return_direct", "take_back", "withdraw"})
# No XML id holds a blank.
ROOT_NAME = "the root"


class ProcessSpec(BpmnProcessSpec):  # type: ignore[misc]
    """The elements of one level; `key` names it in a definition, `process_id` is the process around it."""

    task_specs: dict[str, Any]

    def __init__(self, key: str, process_id: str, name: str, own_scope: bool) -> None:
        WorkflowSpec.__init__(self, name=key)
        self.key = key
        self.process_id = process_id
        self.own_scope = own_scope
        self.description = name
        self.io_specification = None
        self.data_objects: dict[str, Any] = {}
        self.data_stores: dict[str, Any] = {}
        self.correlation_keys: dict[str, Any] = {}
        self.start = BpmnStartTask(self, ROOT_NAME)
        self.event_sub_processes: list[EventSubProcess] = []
        self.starts: list[FlowNode] = []
        self.message_starts: dict[str, FlowNode] = {}

    def _add_notify(self, task_spec: Any) -> None:
        WorkflowSpec._add_notify(self, task_spec)

    @cached_property
    def keeps_trail(self) -> bool:
        """Whether a task of this level lets people go back, so that the way must be remembered."""
        return any(GOING_BACK & set(node.settings.words("operations")) for node in self.nodes)

    def node(self, name: str) -> FlowNode | None:
        """The element with this id."""
        found: FlowNode | None = self.task_specs.get(name) if name != ROOT_NAME else None
        return found

    @property
    def nodes(self) -> list[FlowNode]:
        """All elements."""
        return [spec for name, spec in self.task_specs.items() if name != ROOT_NAME]
