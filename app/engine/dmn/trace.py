"""What a decision came from: inputs, rows that hit, decisions it required."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from app.engine.dmn.errors import DmnError
from app.engine.feel.hosting import to_host, to_json
from app.engine.feel.scope import Run, Scope


@dataclass(frozen=True)
class InputValue:
    """A column of a table and the value it had; iterates as (label, expression, value)."""

    label: str
    expression: str
    value: Any

    def __iter__(self) -> Any:
        return iter((self.label, self.expression, self.value))


@dataclass(frozen=True)
class RowHit:
    """A row that hit: its number from 1, its annotations by label and its outputs by name."""

    index: int
    rule_id: str
    annotations: dict[str, str]
    outputs: dict[str, Any]
    table_id: str = ""


@dataclass(frozen=True)
class DecisionTrace:
    """How a decision got its value; rows come in the order in which they count."""

    decision_id: str
    decision_name: str
    inputs: tuple[InputValue, ...] = ()
    rows: tuple[RowHit, ...] = ()
    outputs: Any = None
    required: tuple[DecisionTrace, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The trace as plain JSON data."""
        return {
            "decision_id": self.decision_id,
            "decision_name": self.decision_name,
            "inputs": [
                {"label": each.label, "expression": each.expression, "value": to_json(each.value)}
                for each in self.inputs
            ],
            "rows": [
                {
                    "index": row.index,
                    "rule_id": row.rule_id,
                    "table_id": row.table_id,
                    "annotations": dict(row.annotations),
                    "outputs": to_json(row.outputs),
                }
                for row in self.rows
            ],
            "outputs": to_json(self.outputs),
            "required": [each.as_json() for each in self.required],
        }


@dataclass(frozen=True)
class DecisionResult:
    """A decision's value (None when it has none), how it came about and what went wrong."""

    value: Any
    trace: DecisionTrace
    errors: tuple[DmnError, ...] = ()


@dataclass
class Recorder:
    """Collects what the tables of one decision saw and chose."""

    inputs: list[InputValue] = field(default_factory=list)
    rows: list[RowHit] = field(default_factory=list)

    def input(self, label: str, expression: str, value: Any) -> None:
        self.inputs.append(InputValue(label, expression, value))

    def row(self, hit: RowHit) -> None:
        self.rows.append(hit)


class DecisionRun(Run):
    """The run of a whole decision: one budget, one list of errors, a recorder for each decision."""

    __slots__ = ("errors", "recorder")

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope)
        self.errors: list[DmnError] = []
        self.recorder = Recorder()

    def keep(self, value: Any) -> Any:
        """The host's copy of a value, for the trace; raises FeelBudgetError."""
        self.visit(value)
        return to_host(value)

    def fail(self, message: str, element_id: str) -> None:
        """Note why a value became null."""
        error = DmnError(message, element_id)
        if error not in self.errors:
            self.errors.append(error)
        self.warn(message)
