"""Which clause is carried out where, and what rests on no clause."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.engine.bundle import decision_file, form_file, process_file
from app.engine.lint.clauses import ANNOTATION
from app.engine.lint.tables import tables_of
from app.engine.reading import Reading, user_tasks
from app.engine.spiff.decision_task import DecisionTask

_WORDS = re.compile(r"[\s,，、;；]+")


@dataclass(frozen=True, slots=True)
class Use:
    """One place that names a clause, or none (`clause` is empty); `file` as problems name it."""

    clause: str
    file: str
    element_id: str
    name: str


def clause_uses(reading: Reading) -> list[Use]:
    """Every naming of a clause in processes, forms and rows of tables."""
    return [use for use in _places(reading) if use.clause]


def without_clause(reading: Reading) -> list[Use]:
    """User tasks, decision tasks and rows of tables that name no clause."""
    return [use for use in _places(reading) if not use.clause]


def _places(reading: Reading) -> Iterator[Use]:
    for key, process in reading.processes.items():
        file = process_file(key)
        yield from _named(process.settings.words("clauseRef"), file, key, key)
        asked = {id(node) for node in user_tasks(process.specs.values())}
        for spec in process.specs.values():
            for node in spec.nodes:
                cited = node.settings.words("clauseRef")
                name = node.bpmn_name or node.bpmn_id
                yield from _named(cited, file, node.bpmn_id, name)
                if not cited and (id(node) in asked or isinstance(node, DecisionTask)):
                    yield Use("", file, node.bpmn_id, name)
    for key, form in reading.forms.items():
        for element_id, cited in form.clauses.items() if form is not None else ():
            yield from _named(tuple(cited), form_file(key), element_id, element_id)
    yield from _rows(reading)


def _rows(reading: Reading) -> Iterator[Use]:
    for key, model in reading.decisions.items():
        for table in tables_of(model).values() if model is not None else ():
            for rule in table.rules:
                cited = tuple(word for word in _WORDS.split(rule.annotations.get(ANNOTATION, "")) if word)
                name = f"{table.name} {rule.index}"
                yield from _named(cited or ("",), decision_file(key), rule.id, name)


def _named(clauses: tuple[str, ...], file: str, element_id: str, name: str) -> Iterator[Use]:
    for clause in clauses:
        yield Use(clause, file, element_id, name)
