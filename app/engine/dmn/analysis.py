"""What is wrong with a decision table: gaps, overlaps, rows that can never count; and inputs to test it with.

Each column is cut into finitely many classes of values (see `columns`); the classes' combinations are
searched as sets of rows that still may hit, and a set seen before is not searched again.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from app.engine.dmn.columns import Sample, is_fixed, limits, passes, samples, shift, step_of
from app.engine.dmn.constants import constant
from app.engine.dmn.tables import DecisionTable, Rule
from app.engine.feel.expressions import Expression, UnaryTests
from app.engine.feel.hosting import format_value, to_host
from app.engine.feel.operators import equals

MAX_STATES = 50_000
MAX_GAPS = 20
MAX_OVERLAPS = 200
MAX_WORK = 150_000
_PATH = re.compile(r"\w+(?:\.\w+)*")


@dataclass(frozen=True)
class TableFinding:
    """A finding: `kind` is gap, overlap, unreachable, no_catch_all, not_analysed or too_large.

    `witness` maps the expressions of the input columns to values that show it; it may be empty. A finding
    that is not `certain` needs values of columns which may depend on each other.
    """

    kind: str
    message: str
    rule_ids: tuple[str, ...] = ()
    witness: dict[str, Any] = field(default_factory=dict)
    message_zh: str = ""
    certain: bool = True


@dataclass(frozen=True)
class BoundaryInput:
    """Inputs around a limit: `offset` is -1, 0 or 1 step from the limit in the column."""

    expression: str
    limit: Any
    offset: int
    inputs: dict[str, Any]


@dataclass(frozen=True)
class _Class:
    """Values of a column that meet the same cells: rows surely met, rows perhaps met."""

    sample: Sample
    sure: int
    possible: int


@dataclass
class _Search:
    table: DecisionTable
    expressions: list[str]
    columns: list[list[_Class]]
    winners: list[int]
    ordinary_only: bool
    seen: set[tuple[int, int, int]] = field(default_factory=set)
    gaps: list[dict[str, Any]] = field(default_factory=list)
    overlaps: dict[tuple[int, int], dict[str, Any]] = field(default_factory=dict)
    reached: int = 0
    too_large: bool = False

    def run(self) -> None:
        everything = (1 << len(self.table.rules)) - 1
        self._visit(0, everything, everything, ())

    def _visit(self, column: int, sure: int, possible: int, chosen: tuple[Sample, ...]) -> None:
        if not possible:
            self._gap(chosen)
            return
        if self.too_large or (column, sure, possible) in self.seen:
            return
        if len(self.seen) >= MAX_STATES:
            self.too_large = True
            return
        self.seen.add((column, sure, possible))
        if column == len(self.columns):
            self._leaf(sure, possible, chosen)
        else:
            for each in self.columns[column]:
                if each.sample.ordinary or not self.ordinary_only:
                    self._visit(
                        column + 1, sure & each.sure, possible & each.possible, (*chosen, each.sample)
                    )

    def _gap(self, chosen: tuple[Sample, ...]) -> None:
        # The search over all values is for those gaps only that the ordinary values do not show.
        wanted = self.ordinary_only or not all(sample.ordinary for sample in chosen)
        if wanted and len(self.gaps) < MAX_GAPS:
            self.gaps.append(self._witness(chosen))

    def _witness(self, chosen: tuple[Sample, ...]) -> dict[str, Any]:
        rest = [classes[0].sample for classes in self.columns[len(chosen) :]]
        values = [to_host(sample.value) for sample in (*chosen, *rest)]
        return dict(zip(self.expressions, values, strict=True))

    def _leaf(self, sure: int, possible: int, chosen: tuple[Sample, ...]) -> None:
        if self.table.hit_policy in ("UNIQUE", "ANY"):
            self._note_overlaps(sure, chosen)
        taken = 0
        for index in self.winners:
            if possible >> index & 1 and not taken:
                self.reached |= 1 << index
            taken |= sure & (1 << index)

    def _note_overlaps(self, sure: int, chosen: tuple[Sample, ...]) -> None:
        hits = [index for index in range(len(self.table.rules)) if sure >> index & 1]
        for pair in combinations(hits, 2):
            if len(self.overlaps) >= MAX_OVERLAPS:
                return
            if pair not in self.overlaps:
                self.overlaps[pair] = self._witness(chosen)


def _passes(tests: UnaryTests, value: Any, known: dict[str, bool | None]) -> bool | None:
    if tests.text not in known:
        known[tests.text] = passes(tests, value)
    return known[tests.text]


def _mask(table: DecisionTable, positions: list[int], value: Any) -> tuple[int, int]:
    sure = possible = 0
    known: dict[str, bool | None] = {}
    for index, rule in enumerate(table.rules):
        results = [_passes(rule.tests[position], value, known) for position in positions]
        if False not in results:
            possible |= 1 << index
            sure |= (None not in results) << index
    return sure, possible


def _classes(table: DecisionTable, positions: list[int]) -> list[_Class]:
    found: dict[tuple[int, int, bool], _Class] = {}
    for sample in samples(table, positions):
        sure, possible = _mask(table, positions, sample.value)
        found.setdefault((sure, possible, sample.ordinary), _Class(sample, sure, possible))
    return list(found.values())


def _groups(table: DecisionTable) -> dict[str, list[int]]:
    """The columns by expression: columns with the same one always have the same value."""
    groups: dict[str, list[int]] = {}
    for position, clause in enumerate(table.inputs):
        groups.setdefault(clause.expression.text.strip(), []).append(position)
    return groups


def _constant_outputs(rule: Rule) -> list[Any]:
    return [constant(output.run) for output in rule.outputs]


def _winners(table: DecisionTable) -> list[int]:
    """The rows in the order in which they win over each other."""
    order = list(range(len(table.rules)))
    if table.hit_policy != "PRIORITY":
        return order

    def ranks(index: int) -> list[int]:
        outputs = _constant_outputs(table.rules[index])
        return [
            next((r for r, wanted in enumerate(c.priorities) if equals(wanted, v) is True), len(c.priorities))
            for c, v in zip(table.outputs, outputs, strict=True)
        ]

    return sorted(order, key=ranks)


def _search(
    table: DecisionTable, columns: dict[str, list[_Class]], winners: list[int], ordinary_only: bool
) -> _Search:
    search = _Search(table, list(columns), list(columns.values()), winners, ordinary_only)
    search.run()
    return search


def _same_outputs(first: Rule, second: Rule) -> bool:
    texts = [[output.text.strip() for output in rule.outputs] for rule in (first, second)]
    return texts[0] == texts[1] or equals(_constant_outputs(first), _constant_outputs(second)) is True


def _show(witness: dict[str, Any]) -> str:
    return ", ".join(f"{name} = {format_value(value)}" for name, value in witness.items())


def _find_overlaps(table: DecisionTable, search: _Search, derived: Collection[str]) -> list[TableFinding]:
    if table.hit_policy not in ("UNIQUE", "ANY"):
        return []
    found = []
    for (first, second), witness in sorted(search.overlaps.items()):
        rules = table.rules[first], table.rules[second]
        if table.hit_policy == "UNIQUE" or not _same_outputs(*rules):
            numbers, shown = (rules[0].index, rules[1].index), _show(witness)
            message = f"rows {numbers[0]} and {numbers[1]} both apply: {shown}"
            message_zh = f"第 {numbers[0]} 行和第 {numbers[1]} 行同时符合：{shown}"
            ids = rules[0].id, rules[1].id
            certain = has_independent_columns(table, derived)
            found.append(TableFinding("overlap", message, ids, witness, message_zh, certain))
    return found


def has_independent_columns(table: DecisionTable, derived: Collection[str] = ()) -> bool:
    """Whether every combination of column values can occur, as far as the expressions tell.

    Two columns depend on each other when they read the same variable other than by separate paths, or when
    both read a value that another decision computes (`derived`).
    """
    expressions = list({c.expression.text.strip(): c.expression for c in table.inputs}.values())
    computed = [each for each in expressions if each.names & frozenset(derived)]
    return len(computed) < 2 and all(_are_apart(*pair) for pair in combinations(expressions, 2))


def _are_apart(first: Expression, second: Expression) -> bool:
    if not first.names & second.names:
        return True
    texts = [_PATH.fullmatch(each.text.strip()) for each in (first, second)]
    if texts[0] is None or texts[1] is None:
        return False
    one, other = (f"{text[0]}." for text in texts if text is not None)
    return not (one.startswith(other) or other.startswith(one))


def _find_unreachable(table: DecisionTable, search: _Search) -> list[TableFinding]:
    if search.too_large or table.hit_policy not in ("FIRST", "PRIORITY"):
        return []
    return [
        TableFinding(
            "unreachable",
            f"row {rule.index} never counts: other rows always come first",
            (rule.id,),
            message_zh=f"第 {rule.index} 行永远不起作用：总有其他行先符合",
        )
        for index, rule in enumerate(table.rules)
        if not search.reached >> index & 1
    ]


def _find_gaps(
    table: DecisionTable, ordinary: _Search, whole: _Search, derived: Collection[str]
) -> list[TableFinding]:
    has_default = any(clause.default is not None for clause in table.outputs)
    if has_default or not table.is_single:
        return []
    certain = has_independent_columns(table, derived)
    found = [
        TableFinding("gap", f"no row applies: {_show(gap)}", (), gap, f"没有一行符合：{_show(gap)}", certain)
        for gap in ordinary.gaps
    ]
    if whole.gaps:
        shown = _show(whole.gaps[0])
        message = f"no row or default catches missing or unlisted values: {shown}"
        message_zh = f"缺值或未列出的值没有兜底行或默认值：{shown}"
        found.append(TableFinding("no_catch_all", message, (), whole.gaps[0], message_zh, certain))
    return found


def _find_opaque(table: DecisionTable) -> list[TableFinding]:
    return [
        TableFinding(
            "not_analysed",
            f"row {rule.index}, {clause.label}: the cell {tests.text!r} depends on other variables",
            (rule.id,),
            message_zh=f"第 {rule.index} 行“{clause.label}”：单元格 {tests.text} 取决于其他变量，未作分析",
        )
        for rule in table.rules
        for clause, tests in zip(table.inputs, rule.tests, strict=True)
        if not is_fixed(tests)
    ]


def analyse(table: DecisionTable, derived: Collection[str] = ()) -> tuple[TableFinding, ...]:
    """Every finding about a table; `derived` names the values that other decisions compute.

    gap and no_catch_all: an input, or only one with missing or unlisted values, that no row covers (tables
    with a single result and no default). overlap: two rows of a UNIQUE table, or of an ANY table with
    different outputs, apply to one input. unreachable: a row of a FIRST or PRIORITY table that never counts.
    """
    if _work(table) > MAX_WORK:
        return (
            TableFinding(
                "too_large", "the table is too large to be analysed", message_zh="决策表过大，未作分析"
            ),
        )
    columns = {text: _classes(table, positions) for text, positions in _groups(table).items()}
    winners = _winners(table)
    ordinary = _search(table, columns, winners, ordinary_only=True)
    whole = _search(table, columns, winners, ordinary_only=False)
    findings = [
        *_find_gaps(table, ordinary, whole, derived),
        *_find_overlaps(table, whole, derived),
        *_find_unreachable(table, whole),
        *_find_opaque(table),
    ]
    if whole.too_large:
        message = f"the table was not searched completely: more than {MAX_STATES} sets of rows"
        message_zh = f"决策表未能查完：行的组合超过 {MAX_STATES} 种"
        findings.append(TableFinding("too_large", message, message_zh=message_zh))
    return tuple(findings)


def _work(table: DecisionTable) -> int:
    """How many times a cell would be tried with a value, roughly."""
    cells = (tests for rule in table.rules for tests in rule.tests)
    return len(table.rules) * sum(max(1, tests.text.count(",") + 1) for tests in cells)


def _base_inputs(table: DecisionTable, rule: Rule, groups: dict[str, list[int]]) -> dict[str, Any]:
    """Values with which the row applies, where its cells can be met one by one."""
    inputs: dict[str, Any] = {}
    for expression, positions in groups.items():
        tried = samples(table, positions)
        good = (s for s in tried if all(passes(rule.tests[p], s.value) is not False for p in positions))
        inputs[expression] = to_host(next(good, tried[0]).value)
    return inputs


def boundary_inputs(table: DecisionTable) -> tuple[BoundaryInput, ...]:
    """Inputs one step below, at and one step above every limit of a number or a date and time in the cells.

    A step is the last digit used in the column for numbers, a day for dates, a second for times. The other
    columns get values with which the first row naming the limit applies.
    """
    groups = _groups(table)
    found: list[BoundaryInput] = []
    for expression, positions in groups.items():
        values = limits(table, positions)
        step = step_of(values)
        for limit in values:
            if isinstance(limit, bool) or shift(limit, step, 1) is None:
                continue
            rule = next((r for r in table.rules if _names(table, r, positions, limit)), None)
            base = _base_inputs(table, rule, groups) if rule else {name: None for name in groups}
            for offset in (-1, 0, 1):
                value = limit if offset == 0 else shift(limit, step, offset)
                inputs = {**base, expression: to_host(value)}
                found.append(BoundaryInput(expression, to_host(limit), offset, inputs))
    return tuple(found)


def _names(table: DecisionTable, rule: Rule, positions: list[int], limit: Any) -> bool:
    only = DecisionTable(
        table.id, table.name, table.hit_policy, table.aggregation, table.inputs, table.outputs, (rule,)
    )
    return any(equals(limit, value) is True for value in limits(only, positions))
