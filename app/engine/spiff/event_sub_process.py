"""Event sub-processes (13.5.4): they listen while their level runs.

Corrects: `isInterrupting` is ignored, error starts never fire, and the shared spec is changed at run time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.engine.spiff.catching import Catcher

if TYPE_CHECKING:
    from app.engine.spiff.case import Level
    from app.engine.spiff.process import ProcessSpec
    from app.engine.spiff.token import Token


class EventSubProcess(Catcher):
    """Listens for the trigger of its start event; `interrupting` ends everything else at its level."""

    def __init__(
        self, wf_spec: Any, bpmn_id: str, *, spec_key: str, interrupting: bool, **kwargs: Any
    ) -> None:
        super().__init__(wf_spec, bpmn_id, **kwargs)
        self.spec_key = spec_key
        self.interrupting = interrupting

    def listen(self, level: Level) -> None:
        """Begin to listen on a level that starts."""
        token = level.task_tree._add_child(self)
        token.internal_data["listens"] = True
        self.wait(token)

    def listens(self, token: Token) -> bool:
        return "listens" in token.internal_data

    def fire(self, token: Token, payload: Any = None) -> None:
        if self.interrupting:
            token.workflow.cancel_tokens(but=token)
            running = token
        else:
            running = token.parent._add_child(self)
        self.announce(running)
        super().fire(running, payload)
        if running is not token and self.trigger.spent(token):
            token.retire()

    def _run_hook(self, token: Token) -> bool | None:
        case = token.workflow.top_workflow
        spec: ProcessSpec = case.subprocess_specs[self.spec_key]
        case.open(token, spec).begin(spec.starts)
        return None

    def _on_complete_hook(self, token: Token) -> None:
        token.workflow.top_workflow.close(token)

    def _on_cancel(self, token: Token) -> None:
        level = token.workflow.top_workflow.close(token)
        if level is not None:
            level.cancel_tokens()
            level.completed = True
        if "listens" not in token.internal_data:
            super()._on_cancel(token)
