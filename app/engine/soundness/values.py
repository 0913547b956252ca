"""Which values the variables of a process can have, where that is finite: from forms, decisions, outcomes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from app.engine.dmn import DecisionModel
from app.engine.feel import Expression, FeelError
from app.engine.form import Form
from app.engine.form.model import ONE_OF, Component
from app.engine.reading import ProcessReading, Reading
from app.engine.spiff.activity import Activity
from app.engine.spiff.decision_task import DecisionTask
from app.engine.spiff.event_sub_process import EventSubProcess
from app.engine.spiff.flow_node import FlowNode
from app.engine.spiff.formula import Formula
from app.engine.spiff.process import ProcessSpec
from app.engine.spiff.repetition import MultiInstance
from app.engine.spiff.script_task import ScriptTask
from app.engine.spiff.sub_process import CallActivity, SubProcess
from app.engine.spiff.throwing import EndEvent, ErrorThrow
from app.engine.spiff.user_task import UserTask

Path = tuple[str, ...]
Record = Mapping[Path, Any]
"""Values by their place; a place that is missing holds nothing."""

UNKNOWN = object()
MAX_RECORDS = 2_000


@dataclass
class Written:
    """What is written into one variable: whole records, fields of forms, or what cannot be told."""

    records: list[dict[Path, Any]] = field(default_factory=list)
    forms: list[Mapping[Path, Sequence[Any]]] = field(default_factory=list)
    is_open: bool = False


class Values:
    """The variables that one process writes in its own scope."""

    def __init__(self, reading: Reading, process: ProcessReading) -> None:
        self.reading = reading
        self.process = process
        self.written: dict[Path, Written] = {}
        self._level(process.specs[process.process_id], inside_item=False)
        for name in ("instance", "params", "org", *_given(reading, process.process_id)):
            self._at(name).is_open = True

    def holder(self, path: Path) -> Path | None:
        """The variable a path lies in, None when its values cannot be told."""
        related = [key for key in self.written if key[: len(path)] == path or path[: len(key)] == key]
        if len(related) != 1 or len(related[0]) > len(path) or self.written[related[0]].is_open:
            return None
        written, place = self.written[related[0]], path[len(related[0]) :]
        if written.forms:
            # A script that empties the variable before it is asked for again changes nothing.
            if any(record != {(): None} for record in written.records):
                return None
        elif any(record.get(place, UNKNOWN) is UNKNOWN for record in written.records):
            return None
        known = not written.forms or any(place in form for form in written.forms)
        spoilt = any(form.get(place, (None,)) is UNKNOWN for form in written.forms)
        return related[0] if known and not spoilt else None

    def records(self, holder: Path, paths: Sequence[Path], *, with_nothing: bool) -> list[Record] | None:
        """What the paths inside one variable can hold together; None when that is too much.

        `with_nothing` adds what is possible before the variable was written, or while a field is hidden.
        """
        written = self.written[holder]
        places = [path[len(holder) :] for path in paths]
        found: list[Record] = []
        if not written.forms:
            found += [
                {path: record[place] for path, place in zip(paths, places, strict=True)}
                for record in written.records
            ]
        else:
            columns = [_column(written.forms, place, with_nothing) for place in places]
            if _size(columns) > MAX_RECORDS:
                return None
            found = [dict(zip(paths, row, strict=True)) for row in product(*columns)]
        if with_nothing:
            found.append({})
        unique = {repr(sorted(record.items(), key=lambda item: item[0])): record for record in found}
        return list(unique.values())

    def _level(self, level: ProcessSpec, *, inside_item: bool) -> None:
        for node in level.nodes:
            many = node.repetition if isinstance(node, Activity) else None
            is_item = inside_item or isinstance(many, MultiInstance)
            if isinstance(many, MultiInstance) and many.output_collection:
                self._at(many.output_collection).is_open = True
            for name, found in self._node(node):
                self._add(name, None if is_item else found)
            if isinstance(node, (SubProcess, EventSubProcess)) and not isinstance(node, CallActivity):
                # A level that is nested too deeply was refused and has no spec.
                inner = self.process.specs.get(node.spec_key)
                if inner is not None:
                    self._level(inner, inside_item=is_item)

    def _at(self, name: str) -> Written:
        return self.written.setdefault(tuple(name.split(".")), Written())

    def _add(self, name: str, found: Written | None) -> None:
        place = self._at(name)
        if found is None or found.is_open:
            place.is_open = True
        else:
            place.records += found.records
            place.forms += found.forms

    def _node(self, node: FlowNode) -> Iterator[tuple[str, Written | None]]:
        """The variables that an element writes and what it can write into each."""
        name = node.settings.text("resultVariable")
        if isinstance(node, ScriptTask):
            yield from ((target, _constant(formula)) for target, formula in node.assignments)
        elif isinstance(node, UserTask) and name:
            form = self.reading.forms.get(node.settings.text("formKey") or "")
            yield name, Written(forms=[fields_of(form)]) if form is not None else None
        elif isinstance(node, DecisionTask) and name:
            records = rows_of(node.model, node.decision_id)
            yield name, Written(records) if records is not None else None
        elif name:
            yield name, None
        for target, formula in node.settings.outputs:
            yield target, self._output(node, formula)
        payload = node.settings.text("payloadVariable")
        if payload:
            yield payload, None

    def _output(self, node: FlowNode, formula: Formula) -> Written | None:
        """What `zr:out` brings back: a constant, or how the called process ended."""
        if formula.text.lstrip("= ").strip() != "outcome" or not isinstance(node, CallActivity):
            return _constant(formula)
        called = self.reading.processes.get(node.spec_key)
        found = outcomes_of(called) if called is not None else None
        return Written([{(): value} for value in found]) if found is not None else None


def _given(reading: Reading, process_id: str) -> Iterator[str]:
    """The variables that callers put in."""
    for caller in reading.processes.values():
        for level in caller.specs.values():
            for node in level.nodes:
                if isinstance(node, CallActivity) and node.spec_key == process_id:
                    yield from (name for name, _ in node.settings.inputs)


def outcomes_of(called: ProcessReading) -> list[str] | None:
    """What `outcome` can be when a process has ended for its caller; None when that cannot be told."""
    found: list[str] = []
    for node in called.specs[called.process_id].nodes:
        if isinstance(node, EventSubProcess) or (not node.flows and not isinstance(node, EndEvent)):
            return None
        if not isinstance(node, EndEvent) or any(isinstance(throw, ErrorThrow) for throw in node.throws):
            continue
        outcome = node.settings.formula("outcome")
        if outcome is not None and not isinstance(outcome.literal, str):
            return None
        found.append(outcome.literal if outcome is not None else node.bpmn_id)
    return found


def fields_of(form: Form) -> Mapping[Path, Any]:
    """The fields with a fixed set of values; every other field is UNKNOWN."""
    return dict(_fields(form.components, ()))


def _fields(components: Sequence[Component], prefix: Path) -> Iterator[tuple[Path, Any]]:
    for component in components:
        place = prefix + component.key
        if component.type == "group":
            yield from _fields(component.children, place)
        elif component.holds_value and component.key:
            yield place, _options(component)


def _options(component: Component) -> Any:
    if component.type == "checkbox":
        return (True, False)
    if component.type not in ONE_OF or component.choices.expression is not None:
        return UNKNOWN
    values = tuple(option.value for option in component.choices.fixed)
    if component.limits.required.literal is True:
        return values
    # Whether a field under a condition may stay empty cannot be told here: only plain ones surely can.
    is_plain = component.limits.required.expression is None and component.hide is None
    return (*values, None) if is_plain else values


def rows_of(model: DecisionModel, decision_id: str) -> list[dict[Path, Any]] | None:
    """The results of a decision table of one answer; None for any other logic."""
    decision = model.decisions.get(decision_id)
    table = decision.table if decision is not None else None
    if table is None or not table.is_single:
        return None
    rows: list[list[Expression | None]] = [list(rule.outputs) for rule in table.rules]
    if any(clause.default is not None for clause in table.outputs):
        rows.append([clause.default for clause in table.outputs])
    if len(table.outputs) == 1:
        return [{(): _value(row[0])} for row in rows]
    names = [(clause.name,) for clause in table.outputs]
    return [dict(zip(names, map(_value, row), strict=True)) for row in rows]


def _value(expression: Expression | None) -> Any:
    """The value of a constant expression."""
    if expression is None:
        return None
    if expression.names or expression.calls or expression.entry_names:
        return UNKNOWN
    try:
        value = expression.evaluate({})
    except FeelError:
        return UNKNOWN
    return UNKNOWN if isinstance(value, (dict, list)) else value


def _constant(formula: Formula) -> Written | None:
    value = formula.literal if formula.expression is None else _value(formula.expression)
    return None if value is UNKNOWN else Written([{(): value}])


def _column(forms: Sequence[Mapping[Path, Any]], place: Path, with_nothing: bool) -> list[Any]:
    values = dict.fromkeys(value for form in forms for value in form.get(place, ()))
    return list(values | {None: None}) if with_nothing else list(values)


def _size(columns: Sequence[Sequence[Any]]) -> int:
    size = 1
    for column in columns:
        size *= len(column)
    return size
