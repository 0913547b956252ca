"""Splits against the values that their conditions can meet: values without a way, ways without a value."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

from app.engine.feel import FeelError
from app.engine.reading import ProcessReading, Reading
from app.engine.soundness.conditions import paths_in
from app.engine.soundness.net import Choices
from app.engine.soundness.values import Path, Record, Values
from app.engine.spiff.exclusive import ExclusiveGateway
from app.engine.spiff.flow_node import Flow, FlowNode

MAX_CASES = 5_000
SHOWN = 3


def weigh_choices(reading: Reading, process: ProcessReading) -> Choices:
    """What is known about every split of a process; splits on values that are not finite say nothing."""
    values = Values(reading, process)
    gaps: dict[str, str] = {}
    closed: dict[str, str] = {}
    judged: set[str] = set()
    for level in process.specs.values():
        for node in level.nodes:
            split = _Split(values, node)
            if split.ways:
                closed.update(split.closed())
                found = split.gap()
                if found is not None:
                    judged.add(node.bpmn_id)
                if found:
                    gaps[node.bpmn_id] = found
    return Choices(gaps, closed, frozenset(judged))


class _Split:
    """One element with conditions on its ways out."""

    def __init__(self, values: Values, node: FlowNode) -> None:
        self.values = values
        self.ways = [flow for flow in node.flows if flow.condition is not None and not flow.is_default]
        self.is_exclusive = isinstance(node, ExclusiveGateway)
        self.always_open = len(self.ways) < len(node.flows)
        self.paths = {flow.id: self._decided_by(flow) for flow in self.ways}

    def _decided_by(self, flow: Flow) -> frozenset[Path] | None:
        """The paths that decide a condition, None when their values are not finite."""
        paths = paths_in(flow.condition) if flow.condition is not None else None
        if paths is None or any(self.values.holder(path) is None for path in paths):
            return None
        return paths

    def gap(self) -> str | None:
        """The values for which no way is open, as text; None when that cannot be told."""
        if self.always_open or any(paths is None for paths in self.paths.values()):
            return None
        cases = list(self._cases(with_nothing=False))
        if not cases:
            return None
        found = [case for case in cases if not any(self._open(case))]
        more = " …" if len(found) > SHOWN else ""
        return "; ".join(_shown(case) for case in found[:SHOWN]) + more

    def closed(self) -> Iterator[tuple[str, str]]:
        """The flows that no case opens, with the names that decide."""
        taken: set[str] = set()
        seen = False
        for case in self._cases(with_nothing=True):
            seen = True
            for flow, is_open in zip(self.ways, self._open(case), strict=True):
                if is_open is not False:
                    taken.add(flow.id)
                if is_open and self.is_exclusive:
                    break
        for flow in self.ways if seen else ():
            if flow.id not in taken and flow.condition is not None:
                yield flow.id, " ".join(flow.condition.text.split())

    def _cases(self, *, with_nothing: bool) -> Iterator[Record]:
        """All values that the decidable conditions can meet together; none when there are too many."""
        paths = sorted({path for found in self.paths.values() for path in found or ()})
        holders: dict[Path, list[Path]] = {}
        for path in paths:
            holder = self.values.holder(path)
            if holder is not None:
                holders.setdefault(holder, []).append(path)
        columns = []
        for holder, inside in holders.items():
            records = self.values.records(holder, inside, with_nothing=with_nothing)
            if records is None:
                return
            columns.append(records)
        if _size(columns) > MAX_CASES:
            return
        for chosen in product(*columns):
            yield {path: value for record in chosen for path, value in record.items()}

    def _open(self, case: Record) -> list[bool | None]:
        """Whether each way is open in a case; None where other things decide."""
        variables = _nested(case)
        return [None if self.paths[flow.id] is None else _holds(flow, variables) for flow in self.ways]


def _holds(flow: Flow, variables: dict[str, Any]) -> bool | None:
    if flow.condition is None or flow.condition.expression is None:
        return None
    try:
        return flow.condition.expression.evaluate(variables) is True
    except FeelError:
        return None


def _nested(case: Record) -> dict[str, Any]:
    """The case as variables: `("a", "b")` becomes entry `b` of `a`."""
    variables: dict[str, Any] = {}
    for path, value in case.items():
        inside = variables
        for part in path[:-1]:
            inside = inside.setdefault(part, {})
        inside[path[-1]] = value
    return variables


def _shown(case: Record) -> str:
    texts = (
        f"{'.'.join(path)} = {json.dumps(value, ensure_ascii=False, default=str)}"
        for path, value in case.items()
    )
    return ", ".join(texts)


def _size(columns: Sequence[Sequence[Record]]) -> int:
    size = 1
    for column in columns:
        size *= len(column)
    return size
