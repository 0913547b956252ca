"""Decision tables say in English what they say in Chinese: their names, their columns, their reasons."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.engine.bundle import decision_file
from app.engine.dmn import DecisionModel
from app.engine.dmn.tables import DecisionTable, InputClause, OutputClause
from app.engine.errors import Problem
from app.engine.lint.naming import CHINESE
from app.engine.lint.tables import tables_of
from app.engine.reading import Reading

# A text in Chinese inside of an expression; names of inputs may be Chinese too.
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*[\u3400-\u9fff](?:[^"\\]|\\.)*"')
ENGLISH = "_en"
# The annotation that pages show beside a row that hit.
SHOWN = "reason"


def check_translations(reading: Reading) -> list[Problem]:
    """What the decisions of a bundle say in Chinese only."""
    return [
        problem
        for decision_id, model in reading.decisions.items()
        if model is not None
        for problem in (*_names(decision_id, model), *_texts(decision_id, model))
    ]


def _names(decision_id: str, model: DecisionModel) -> Iterator[Problem]:
    decision = model.decisions.get(decision_id)
    if CHINESE.search(model.name) and not (model.name_en or (decision and decision.name_en)):
        yield _unnamed(decision_id, decision_id, model.name)
    for table in tables_of(model).values():
        columns: tuple[InputClause | OutputClause, ...] = (*table.inputs, *table.outputs)
        for clause in columns:
            if CHINESE.search(clause.label) and not clause.label_en:
                yield _unnamed(decision_id, clause.id, clause.label)


def _unnamed(decision_id: str, element_id: str, name: str) -> Problem:
    zh, en = f"“{name}”没有英文名称（zr:nameEn）", f"“{name}” has no English name (zr:nameEn)"
    return Problem("no_english_name", element_id, decision_file(decision_id), zh, en, "warning")


def _texts(decision_id: str, model: DecisionModel) -> Iterator[Problem]:
    for table in tables_of(model).values():
        for name, rows in _untranslated(table):
            numbers = "、".join(str(index) for index, _rule_id in rows)
            zh = f"第 {numbers} 行的“{name}”没有英文（列 {name}{ENGLISH}）"
            en = f"“{name}” has no English in row {numbers.replace('、', ', ')} (column {name}{ENGLISH})"
            yield Problem("untranslated", rows[0][1], decision_file(decision_id), zh, en, "warning")


def _untranslated(table: DecisionTable) -> Iterator[tuple[str, list[tuple[int, str]]]]:
    """Outputs and the shown annotation, each with the rows (number, id) where its English is missing."""
    places = {clause.name: place for place, clause in enumerate(table.outputs)}
    for name, place in places.items():
        other = places.get(name + ENGLISH)
        rows = [
            (rule.index, rule.id)
            for rule in table.rules
            if _QUOTED.search(rule.outputs[place].text)
            and (other is None or rule.outputs[other].text.strip() in ("", '""', "null"))
        ]
        if rows and not name.endswith(ENGLISH):
            yield name, rows
    rows = [
        (rule.index, rule.id)
        for rule in table.rules
        if CHINESE.search(rule.annotations.get(SHOWN, "")) and not rule.annotations.get(SHOWN + ENGLISH)
    ]
    if rows:
        yield SHOWN, rows
