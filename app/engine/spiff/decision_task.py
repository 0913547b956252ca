"""Business rule task: a DMN decision, with its trace.

Corrects: SpiffWorkflow's DMN engine runs the cells as Python and knows two hit policies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.engine.dmn import DecisionModel
from app.engine.errors import StepFailed
from app.engine.feel import FeelError
from app.engine.spiff.activity import Activity
from app.engine.spiff.variables import evaluate, visible, write

if TYPE_CHECKING:
    from app.engine.spiff.token import Token


class DecisionTask(Activity):
    """Evaluates a decision on the scope; parameters give its inputs their names on top of it."""

    def __init__(
        self, wf_spec: Any, bpmn_id: str, *, decision_id: str, model: DecisionModel, **kwargs: Any
    ) -> None:
        super().__init__(wf_spec, bpmn_id, **kwargs)
        self.decision_id = decision_id
        self.model = model

    def perform(self, token: Token) -> bool | None:
        case = token.workflow.top_workflow
        variables = visible(token)
        if self.settings.parameters:
            given = {name: evaluate(formula, token) for name, formula in self.settings.parameters}
            variables = {**variables, **given}
        try:
            result = self.model.evaluate(self.decision_id, variables, case.scope_of_feel)
        except FeelError as error:
            raise StepFailed(self.bpmn_id, f"{self.decision_id}: {error}", "decision") from error
        if result.errors:
            raise StepFailed(self.bpmn_id, f"{self.decision_id}: {result.errors[0]}", "decision")
        case.record_decision(token, self.decision_id, result.trace.as_json())
        name = self.settings.text("resultVariable")
        if name:
            write(token, name, result.value)
        return True
