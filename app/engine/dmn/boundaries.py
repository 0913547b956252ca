"""Tests offered for a decision: one step below, at and one step above every limit that its tables know."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.engine.dmn.analysis import boundary_inputs
from app.engine.dmn.checks import Check, keep, run_checks, value_of
from app.engine.dmn.columns import limits, shift, step_of
from app.engine.dmn.elements import Decision, InputData
from app.engine.dmn.model import DecisionModel
from app.engine.dmn.tables import DecisionTable
from app.engine.feel.errors import FeelError
from app.engine.feel.expressions import compile_expression
from app.engine.feel.hosting import format_value, from_host, to_json
from app.engine.feel.operators import add
from app.engine.feel.scope import Scope

MAX_OFFERED = 60
_PATH = re.compile(r"\w+(?:\.\w+)*")
# `amount >= limits.amount`, `score - pass_mark`, `date and time(sent) > date and time(deadline)`
_COMPARED = re.compile(
    r"(?:(?P<maker>date and time|date|time)\(\s*)?(?P<path>\w+(?:\.\w+)*)(?(maker)\s*\))\s*"
    r"(?P<operator>>=|<=|!=|=|>|<|-)\s*(?P<rest>.+)",
    re.DOTALL,
)
_JOINED = re.compile(r"\b(?:and|or|then|else|in|between)\b")
_AROUND = ((-1, " < {}"), (0, ""), (1, " > {}"))


@dataclass(frozen=True)
class _Point:
    """A limit of an input; `as_text` when the input is held as ISO text."""

    path: str
    limit: Any
    inputs: Mapping[str, Any]
    as_text: bool = False


def offer_checks(
    model: DecisionModel, decision_id: str, base: Mapping[str, Any], scope: Scope | None = None
) -> tuple[Check, ...]:
    """Tests around the limits; what is expected is what the decision gives now and is to be confirmed.

    Limits are the constants of cells whose column is an input, and what an input is compared with or taken
    from in a column's expression. All other inputs are those of `base`, a kept test's. Raises FeelError when
    `base` holds wrong FEEL.
    """
    given = {name: value_of(raw, scope) for name, raw in base.items()}
    offered: dict[str, Check] = {}
    for point in _points(model, decision_id, given, scope):
        step = step_of([point.limit])
        for offset, words in _AROUND:
            value = point.limit if offset == 0 else shift(point.limit, step, offset)
            if value is None or len(offered) >= MAX_OFFERED:
                continue
            inputs = _planted(point.inputs, point.path, to_json(value) if point.as_text else value)
            name = f"{point.path} = {format_value(value)}{words.format(format_value(point.limit))}"
            offered.setdefault(name, Check(name, {key: keep(item) for key, item in inputs.items()}, None))
    results = run_checks(model, decision_id, offered.values(), scope)
    return tuple(Check(r.check.name, r.check.inputs, r.actual) for r in results)


def _points(
    model: DecisionModel, decision_id: str, given: Mapping[str, Any], scope: Scope | None
) -> Iterator[_Point]:
    inputs = {each.name for each in model.inputs.values()}
    known = dict(given)
    for decision in _required(model, decision_id):
        if decision.table is not None:
            yield from _of_columns(decision.table, inputs, given)
            yield from _of_expressions(decision.table, inputs, known, given, scope)
        if decision.id != decision_id:
            known[decision.name] = model.evaluate(decision.id, given, scope).value


def _required(model: DecisionModel, decision_id: str) -> list[Decision]:
    """The decision and what it requires, requirements first."""
    found: dict[str, Decision] = {}

    def visit(key: str) -> None:
        element = model.elements.get(key)
        if isinstance(element, Decision) and key not in found:
            for reference in element.requires:
                visit(reference.element_id)
            found[key] = element

    visit(decision_id)
    return list(found.values())


def _is_input(path: str, inputs: set[str]) -> bool:
    return _PATH.fullmatch(path) is not None and (not inputs or path.partition(".")[0] in inputs)


def _of_columns(table: DecisionTable, inputs: set[str], given: Mapping[str, Any]) -> Iterator[_Point]:
    for bound in boundary_inputs(table):
        if bound.offset != 0 or not _is_input(bound.expression, inputs):
            continue
        filled: Mapping[str, Any] = given
        for path, value in bound.inputs.items():
            if _is_input(path, inputs) and (path.partition(".")[0] not in given):
                filled = _planted(filled, path, value)
        yield _Point(bound.expression, from_host(bound.limit), filled)


def _of_expressions(
    table: DecisionTable,
    inputs: set[str],
    known: Mapping[str, Any],
    given: Mapping[str, Any],
    scope: Scope | None,
) -> Iterator[_Point]:
    for position, clause in enumerate(table.inputs):
        match = _COMPARED.fullmatch(clause.expression.text.strip())
        if match is None or not _is_input(match["path"], inputs) or _joins(match["rest"]):
            continue
        try:
            other = from_host(compile_expression(match["rest"], known).evaluate(known, scope))
        except FeelError:
            continue
        values = [other]
        if match["operator"] == "-":
            numbers = [each for each in limits(table, [position]) if isinstance(each, Decimal)]
            values = [add(other, number) for number in numbers]
        for value in values:
            if not isinstance(value, (bool, str)) and shift(value, Decimal(1), 1) is not None:
                yield _Point(match["path"], value, given, as_text=match["maker"] is not None)


def _joins(text: str) -> bool:
    return _JOINED.search(text.replace("date and time", "date")) is not None


def _planted(inputs: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    name, _, rest = path.partition(".")
    inner = inputs.get(name)
    if not rest:
        return {**inputs, name: value}
    return {**inputs, name: _planted(inner if isinstance(inner, Mapping) else {}, rest, value)}


def input_names(model: DecisionModel, decision_id: str) -> list[str]:
    """The inputs that a decision reads, itself or through decisions it requires, in their order.

    For a model drawn without input data these are the variables that its tables read.
    """
    required = _required(model, decision_id)
    wanted = {reference.element_id for decision in required for reference in decision.requires}
    found = {
        key: each for key, each in model.elements.items() if key in wanted and isinstance(each, InputData)
    }
    if found:
        return [each.name for each in found.values()]
    tables = [decision.table for decision in required if decision.table is not None]
    names = {name for table in tables for clause in table.inputs for name in clause.expression.names}
    return sorted(names - model.names)
