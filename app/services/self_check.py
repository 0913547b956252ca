"""The self-check: the very decision tables of the office, on a visitor's figures, with nothing stored.

Which form and which decisions belong to it stands in the policy:
`self_check.<process> = {"form": key, "into": variable, "decisions": [{"decision": id, "name_en", "inputs": {FEEL}}]}`.
A decision may name `conditions`, which only explain it: `{"zh", "en", "unit_zh", "unit_en", "clause", "required": FEEL,
"actual": FEEL, "met": FEEL}`; one whose `required` is null does not apply; without `met` a number must be reached.
`required_en` and `actual_en` are what English pages show instead of words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.engine.definition import Definition
from app.engine.feel import Scope, compile_expression
from app.engine.form import Form
from app.models.register import Call
from app.services import policy, repository
from app.services.context import Context
from app.services.errors import NotFound


@dataclass(frozen=True)
class SelfCheck:
    """What a self-check asks and decides; `variables` hold the call and its frozen parameters."""

    form: Form
    into: str
    decisions: tuple[Mapping[str, Any], ...]
    variables: dict[str, Any]
    definition: Definition


@dataclass(frozen=True)
class Condition:
    """One condition of a decision: what is required, what the visitor has, and by how much it falls short."""

    zh: str
    en: str
    unit_zh: str
    unit_en: str
    clause: str
    required: Any
    actual: Any
    required_en: Any
    actual_en: Any
    short_by: Decimal | None
    is_met: bool


@dataclass(frozen=True)
class CheckResult:
    """One decision's answer: its outputs, the rows that hit, and its conditions one by one."""

    decision_id: str
    name: str
    outputs: dict[str, Any]
    rows: list[dict[str, Any]]
    conditions: tuple[Condition, ...] = ()
    name_en: str = ""


def find_self_check(context: Context, call: Call) -> SelfCheck:
    """The self-check of the process that a call's cases run. Raises NotFound when the policy has none."""
    session = context.session
    row = repository.current_definition(session, call.case_process)
    policies = policy.policies_of(session, row.deployment_id)
    found = next(
        (
            p["self_check"][call.case_process]
            for p in policies.values()
            if call.case_process in p.get("self_check", {})
        ),
        None,
    )
    if found is None:
        raise NotFound
    definition = repository.definition_of(session, row)
    variables = {"call": {"call_no": call.number, "title": call.title}, "params": call.parameters}
    return SelfCheck(
        definition.form(found["form"]), found["into"], tuple(found["decisions"]), variables, definition
    )


def run(context: Context, check: SelfCheck, values: Mapping[str, Any]) -> list[CheckResult]:
    """Evaluate every decision of the self-check on accepted form values."""
    scope = context.environment().scope
    variables = {**check.variables, check.into: dict(values)}
    results = []
    for entry in check.decisions:
        inputs = {
            name: compile_expression(text).evaluate(variables, scope)
            for name, text in entry["inputs"].items()
        }
        model = check.definition.decisions[entry["decision"]]
        result = model.evaluate(entry["decision"], inputs, scope)
        trace = result.trace.as_json()
        outputs = trace.get("outputs")
        results.append(
            CheckResult(
                decision_id=str(entry["decision"]),
                name=str(trace.get("decision_name", entry["decision"])),
                outputs=outputs if isinstance(outputs, dict) else {"result": outputs},
                rows=list(trace.get("rows", ())),
                conditions=tuple(_conditions(entry.get("conditions", ()), variables, scope)),
                name_en=str(entry.get("name_en", "")),
            )
        )
    return results


def _conditions(
    entries: Iterable[Mapping[str, str]], variables: Mapping[str, Any], scope: Scope
) -> Iterator[Condition]:
    for entry in entries:
        required, actual, met, required_en, actual_en = (
            compile_expression(entry.get(key, "null")).evaluate(variables, scope)
            for key in ("required", "actual", "met", "required_en", "actual_en")
        )
        if required is None:
            continue
        short_by = None
        if isinstance(required, Decimal | int):
            short_by = max(Decimal(required) - Decimal(actual or 0), Decimal(0))
        is_met = met is True if "met" in entry else actual is not None and short_by == 0
        yield Condition(entry["zh"], entry["en"], entry.get("unit_zh", ""), entry.get("unit_en", ""),
                        entry.get("clause", ""), required, actual, required_en or required, actual_en or actual,
                        short_by, is_met)  # fmt: skip
