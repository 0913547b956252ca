"""Clauses: what a rule rests on is named, and exists in the policies."""

from __future__ import annotations

import re
from collections.abc import Iterable

from app.engine.bundle import decision_file, form_file
from app.engine.errors import Problem
from app.engine.lint.finder import Finder
from app.engine.lint.host import Host
from app.engine.reading import Reading
from app.engine.spiff.decision_task import DecisionTask

# The annotation of a decision table's row that names clauses.
ANNOTATION = "clause"


def check_clauses(finder: Finder) -> None:
    """Look at the process, its elements and flows."""
    known = finder.host.clauses
    if known is None:
        return
    settings, process_id = finder.process.settings, finder.process.process_id
    _check(finder, process_id, settings.words("clauseRef"), known)
    if not settings.words("clauseRef"):
        _note_missing(finder, process_id)
    for node in finder.nodes():
        _check(finder, node.bpmn_id, node.settings.words("clauseRef"), known)
        if isinstance(node, DecisionTask) and not node.settings.words("clauseRef"):
            _note_missing(finder, node.bpmn_id)


def _check(finder: Finder, element_id: str, cited: Iterable[str], known: frozenset[str]) -> None:
    for clause in cited:
        if clause not in known:
            finder.error(element_id, "unknown_clause", *_texts(clause))


def _note_missing(finder: Finder, element_id: str) -> None:
    finder.warn(
        element_id,
        "no_clause",
        "没有注明依据条款（zr:clauseRef）",
        "names no clause it rests on (zr:clauseRef)",
    )


def check_cited(reading: Reading, host: Host) -> list[Problem]:
    """Unknown clauses in forms and decision tables, and texts of forms without English."""
    problems: list[Problem] = []
    for form_key, form in reading.forms.items():
        if form is None:
            continue
        file = form_file(form_key)
        cited = [(key, clause) for key, clauses in form.clauses.items() for clause in clauses]
        problems += _unknown(file, cited, host)
        for key in form.untranslated():
            zh, en = "文字没有英文", "the text has no English"
            problems.append(Problem("untranslated", key, file, zh, en, "warning"))
    for decision_id, model in reading.decisions.items():
        for decision in model.decisions.values() if model is not None else ():
            for rule in decision.table.rules if decision.table is not None else ():
                words = re.split(r"[\s,，、;；]+", rule.annotations.get(ANNOTATION, ""))
                cited = [(rule.id, word) for word in words if word]
                problems += _unknown(decision_file(decision_id), cited, host)
    return problems


def _unknown(file: str, cited: Iterable[tuple[str, str]], host: Host) -> list[Problem]:
    known = host.clauses
    if known is None:
        return []
    return [
        Problem("unknown_clause", key, file, *_texts(clause)) for key, clause in cited if clause not in known
    ]


def _texts(clause: str) -> tuple[str, str]:
    return f"政策中没有条款 {clause}", f"the policies hold no clause {clause}"
