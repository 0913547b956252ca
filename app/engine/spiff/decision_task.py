"""Business rule task: a DMN decision, with its trace and the facts it was taken on, so that it can be taken again.

Corrects: SpiffWorkflow's DMN engine runs the cells as Python and knows two hit policies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.engine.dmn import DecisionModel, DecisionTrace
from app.engine.dmn.boundaries import input_names
from app.engine.errors import StepFailed
from app.engine.feel import FeelError
from app.engine.feel.hosting import to_json
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
        self.fact_names = tuple(input_names(model, decision_id))

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
        silent = self._without_row(result.trace)
        if silent is not None:
            raise StepFailed(self.bpmn_id, f"no row of decision table {silent} applies", "decision")
        facts = {name: to_json(variables.get(name)) for name in self.fact_names}
        case.record_decision(token, self.decision_id, {**result.trace.as_json(), "facts": facts})
        name = self.settings.text("resultVariable")
        if name:
            write(token, name, result.value)
        return True

    def _without_row(self, trace: DecisionTrace) -> str | None:
        """The table among those asked that has no answer: DMN would go on with null, an office must not."""
        decision = self.model.decisions.get(trace.decision_id)
        table = decision.table if decision is not None else None
        if table is not None and table.is_single and not trace.rows and trace.outputs is None:
            return trace.decision_id
        return next(
            (found for part in trace.required if (found := self._without_row(part)) is not None), None
        )
