"""Embedded sub-processes and called processes (13.3.4, 13.3.5).

Corrects: a sub-process takes a copy of the data in and gives all of it back; a called process sees and
returns everything; completion is found by polling.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.engine.spiff.activity import Activity
from app.engine.spiff.trail import pass_through
from app.engine.spiff.values import plain
from app.engine.spiff.variables import SHARED, compute, evaluate, visible, write, write_into

if TYPE_CHECKING:
    from app.engine.spiff.case import SubCase
    from app.engine.spiff.process import ProcessSpec
    from app.engine.spiff.token import Token


class SubProcess(Activity):
    """Runs the level `spec_key`; shares the variables."""

    def __init__(self, wf_spec: Any, bpmn_id: str, *, spec_key: str, **kwargs: Any) -> None:
        super().__init__(wf_spec, bpmn_id, **kwargs)
        self.spec_key = spec_key

    def perform(self, token: Token) -> bool | None:
        case = token.workflow.top_workflow
        spec: ProcessSpec = case.subprocess_specs[self.spec_key]
        level = case.open(token, spec)
        self.fill(token, level)
        level.begin(spec.starts)
        return None

    def fill(self, token: Token, level: SubCase) -> None:
        """Give the new level its variables."""

    def _on_complete_hook(self, token: Token) -> None:
        level = token.workflow.top_workflow.close(token)
        if level is not None:
            pass_through(token)
            self.collect(token, level)

    def collect(self, token: Token, level: SubCase) -> None:
        """Take over what the level leaves behind."""

    def _on_cancel(self, token: Token) -> None:
        level = token.workflow.top_workflow.close(token)
        if level is not None:
            level.cancel_tokens()
            level.completed = True
        super()._on_cancel(token)


class CallActivity(SubProcess):
    """Runs another process in a scope of its own: `zr:in` puts in, `zr:out` takes out."""

    def fill(self, token: Token, level: SubCase) -> None:
        seen = visible(token)
        if self.settings.passes_all:
            level.data.update(plain(seen))
        # By reference: the parameters of a case are large, and nobody changes a value in place.
        level.data.update({name: seen[name] for name in SHARED if name in seen})
        for name, formula in self.settings.inputs:
            write_into(level.data, name, evaluate(formula, token))

    def collect(self, token: Token, level: SubCase) -> None:
        variables = {**level.data, "outcome": level.outcome}
        for name, formula in self.settings.outputs:
            write(token, name, compute(formula, variables, token))
