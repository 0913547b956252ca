"""Decision tables: clauses, rules and hit policies (DMN 1.5, clause 8)."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from app.engine.dmn.trace import DecisionRun, RowHit
from app.engine.feel.expressions import Expression, UnaryTests
from app.engine.feel.frames import Frame
from app.engine.feel.hosting import format_feel
from app.engine.feel.operators import equals, less
from app.engine.feel.values import NUMBERS

HIT_POLICIES = {
    "U": "UNIQUE", "A": "ANY", "P": "PRIORITY", "F": "FIRST", "R": "RULE ORDER", "O": "OUTPUT ORDER",
    "C": "COLLECT",
}  # fmt: skip
AGGREGATIONS = {"+": "SUM", "<": "MIN", ">": "MAX", "#": "COUNT"}


@dataclass(frozen=True)
class InputClause:
    """A condition column."""

    id: str
    label: str
    expression: Expression
    type_name: str = ""
    allowed: UnaryTests | None = None
    label_en: str = ""


@dataclass(frozen=True)
class OutputClause:
    """A result column; `allowed` holds its permitted values, the most important first."""

    id: str
    name: str
    label: str
    type_name: str = ""
    allowed: UnaryTests | None = None
    priorities: tuple[Any, ...] = ()
    default: Expression | None = None
    label_en: str = ""


@dataclass(frozen=True)
class Rule:
    """A row; `index` counts from 1."""

    id: str
    index: int
    tests: tuple[UnaryTests, ...]
    outputs: tuple[Expression, ...]
    annotations: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class DecisionTable:
    """A table; `hit_policy` and `aggregation` are written out (UNIQUE …, SUM … or empty)."""

    id: str
    name: str
    hit_policy: str
    aggregation: str
    inputs: tuple[InputClause, ...]
    outputs: tuple[OutputClause, ...]
    rules: tuple[Rule, ...]
    annotations: tuple[str, ...] = ()

    @property
    def is_single(self) -> bool:
        """Whether the result is one row's output rather than a list or an aggregate."""
        return self.hit_policy in ("UNIQUE", "ANY", "PRIORITY", "FIRST")


@dataclass(frozen=True)
class _Hit:
    rule: Rule
    outputs: tuple[Any, ...]


def evaluate_table(table: DecisionTable, frame: Frame) -> Any:
    """The table's value in a frame whose run is a DecisionRun; null and an error when it has none."""
    run: DecisionRun = frame.run  # type: ignore[assignment]
    values = [clause.expression.run(frame) for clause in table.inputs]
    valid = True
    for clause, value in zip(table.inputs, values, strict=True):
        run.recorder.input(clause.label, clause.expression.text, run.keep(value))
        if clause.allowed and value is not None and clause.allowed.run(frame, value) is not True:
            run.fail(f"{clause.label}: {format_feel(value)} is not an allowed value", clause.id)
            valid = False
    if not valid:
        return None
    hits = [
        _Hit(rule, tuple(output.run(frame) for output in rule.outputs))
        for rule in _matching(table, values, frame)
    ]
    hits = _ordered(table, hits)
    for hit in hits:
        run.recorder.row(_row(table, hit, run))
    if not _outputs_allowed(table, hits, frame, run):
        return None
    return _default(table, frame) if not hits else _POLICIES[table.hit_policy](table, hits, run)


def _matching(table: DecisionTable, values: list[Any], frame: Frame) -> list[Rule]:
    found: list[Rule] = []
    for rule in table.rules:
        frame.run.step()
        if all(test.run(frame, value) is True for test, value in zip(rule.tests, values, strict=True)):
            found.append(rule)
            if table.hit_policy == "FIRST":
                break
    return found


def _row(table: DecisionTable, hit: _Hit, run: DecisionRun) -> RowHit:
    outputs = {clause.name: run.keep(value) for clause, value in zip(table.outputs, hit.outputs, strict=True)}
    return RowHit(hit.rule.index, hit.rule.id, dict(hit.rule.annotations), outputs, table.id)


def _outputs_allowed(table: DecisionTable, hits: list[_Hit], frame: Frame, run: DecisionRun) -> bool:
    valid = True
    for hit in hits:
        for clause, value in zip(table.outputs, hit.outputs, strict=True):
            if clause.allowed and value is not None and clause.allowed.run(frame, value) is not True:
                run.fail(f"{clause.label}: {format_feel(value)} is not an allowed value", hit.rule.id)
                valid = False
    return valid


def _shape(table: DecisionTable, outputs: tuple[Any, ...]) -> Any:
    if len(table.outputs) == 1:
        return outputs[0]
    return {clause.name: value for clause, value in zip(table.outputs, outputs, strict=True)}


def _default(table: DecisionTable, frame: Frame) -> Any:
    if any(clause.default is not None for clause in table.outputs):
        outputs = tuple(
            None if clause.default is None else clause.default.run(frame) for clause in table.outputs
        )
        return _shape(table, outputs)
    if table.is_single:
        return None
    return {"": [], "COUNT": Decimal(0)}.get(table.aggregation)


def _rank(clause: OutputClause, value: Any) -> int:
    for rank, wanted in enumerate(clause.priorities):
        if equals(wanted, value) is True:
            return rank
    return len(clause.priorities)


def _ordered(table: DecisionTable, hits: list[_Hit]) -> list[_Hit]:
    if table.hit_policy not in ("PRIORITY", "OUTPUT ORDER"):
        return hits
    return sorted(
        hits, key=lambda hit: [_rank(c, v) for c, v in zip(table.outputs, hit.outputs, strict=True)]
    )


def _unique(table: DecisionTable, hits: list[_Hit], run: DecisionRun) -> Any:
    if len(hits) > 1:
        rows = ", ".join(str(hit.rule.index) for hit in hits)
        run.fail(f"rows {rows} all apply, but the hit policy is UNIQUE", table.id)
        return None
    return _shape(table, hits[0].outputs)


def _any(table: DecisionTable, hits: list[_Hit], run: DecisionRun) -> Any:
    first = list(hits[0].outputs)
    for hit in hits[1:]:
        if equals(first, list(hit.outputs)) is not True:
            rows = f"{hits[0].rule.index} and {hit.rule.index}"
            run.fail(f"rows {rows} apply with different results, but the hit policy is ANY", table.id)
            return None
    return _shape(table, hits[0].outputs)


def _first(table: DecisionTable, hits: list[_Hit], _: DecisionRun) -> Any:
    return _shape(table, hits[0].outputs)


def _several(table: DecisionTable, hits: list[_Hit], run: DecisionRun) -> Any:
    run.grow(len(hits) * len(table.outputs))
    return [_shape(table, hit.outputs) for hit in hits]


def _collect(table: DecisionTable, hits: list[_Hit], run: DecisionRun) -> Any:
    if not table.aggregation:
        return _several(table, hits, run)
    if table.aggregation == "COUNT":
        return Decimal(len(hits))
    columns = tuple(
        _aggregate(table, [hit.outputs[position] for hit in hits], run)
        for position in range(len(table.outputs))
    )
    return _shape(table, columns)


def _aggregate(table: DecisionTable, values: list[Any], run: DecisionRun) -> Any:
    if table.aggregation == "SUM":
        if all(isinstance(value, Decimal) for value in values):
            return functools.reduce(NUMBERS.add, values)
    else:
        try:
            return functools.reduce(_smaller if table.aggregation == "MIN" else _larger, values)
        except ValueError:
            pass
    run.fail(f"the outputs have no {table.aggregation}", table.id)
    return None


def _smaller(left: Any, right: Any) -> Any:
    result = less(right, left)
    if result is None:
        raise ValueError("no order")
    return right if result else left


def _larger(left: Any, right: Any) -> Any:
    return right if _smaller(left, right) is left else left


_POLICIES: dict[str, Callable[[DecisionTable, list[_Hit], DecisionRun], Any]] = {
    "UNIQUE": _unique,
    "ANY": _any,
    "PRIORITY": _first,
    "FIRST": _first,
    "RULE ORDER": _several,
    "OUTPUT ORDER": _several,
    "COLLECT": _collect,
}
