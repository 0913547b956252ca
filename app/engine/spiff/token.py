"""A token: SpiffWorkflow's task with a text id, no log records, and moves that are checked.

Corrects: `Task.run()` runs tasks in any state (double submits); UUID objects as dictionary keys cost a third
of a step; `collect_log_extras` is built at every move even without a logger; `cancel()` drops unfinished
children without telling anyone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from app.engine.errors import TaskNotActive

if TYPE_CHECKING:
    from app.engine.spiff.case import Level
    from app.engine.spiff.flow_node import FlowNode

FINISHED = TaskState.FINISHED_MASK


class Token(Task):  # type: ignore[misc]
    """A live token; `data` holds the variables local to it, `internal_data` what its element remembers."""

    id: str
    workflow: Level
    task_spec: FlowNode
    data: dict[str, Any]
    internal_data: dict[str, Any]

    def __init__(
        self,
        workflow: Level,
        task_spec: FlowNode,
        parent: Token | None = None,
        state: int = TaskState.FUTURE,
        id: str | None = None,
    ) -> None:
        super().__init__(workflow, task_spec, parent, state, id or uuid4().hex)

    def _set_state(self, value: int) -> None:
        self._state = value

    def _add_child(self, task_spec: FlowNode, state: int = TaskState.FUTURE) -> Token:
        return Token(self.workflow, task_spec, self, state)

    @property
    def finished(self) -> bool:
        return bool(self._state & FINISHED)

    @property
    def waiting(self) -> bool:
        return bool(self._state == TaskState.WAITING)

    @property
    def ready(self) -> bool:
        return bool(self._state == TaskState.READY)

    @property
    def started(self) -> bool:
        return bool(self._state == TaskState.STARTED)

    def run(self) -> bool | None:
        """Do what the element does.

        Raises TaskNotActive unless the token is ready. What the element does may cancel the token itself
        (an error end event inside a sub-process): then it is left alone.
        """
        if not self.ready or self.id not in self.workflow.tasks:
            raise TaskNotActive(self.id)
        result: bool | None = self.task_spec._run(self)
        if self.finished:
            return result
        if result is None:
            self._set_state(TaskState.STARTED)
        else:
            self.complete()
        return result

    def cancel(self) -> None:
        """Take the token and all that hangs on it off the diagram, the innermost first."""
        if self.finished or self.id not in self.workflow.tasks:
            return
        self._set_state(TaskState.CANCELLED)
        for child in self.children:
            child.cancel()
        self.task_spec._on_cancel(self)
        self.retire()

    def retire(self) -> None:
        """Leave the tree: a token that is done is not kept."""
        self.workflow._remove_task(self.id)
