"""Decision tables: rows that overlap, inputs that no row covers, rows that never count."""

from __future__ import annotations

from app.engine.bundle import decision_file
from app.engine.dmn import Decision, DecisionModel, Knowledge
from app.engine.dmn.analysis import TableFinding, analyse
from app.engine.dmn.tables import DecisionTable
from app.engine.errors import Problem
from app.engine.reading import Reading


def check_tables(reading: Reading) -> list[Problem]:
    """Findings about every table of the bundle; what could not be analysed is told in the editor only."""
    return [
        problem
        for decision_id, model in reading.decisions.items()
        if model is not None
        for element_id, finding in table_findings(model)
        if (problem := _problem_of(decision_file(decision_id), element_id, finding)) is not None
    ]


def tables_of(model: DecisionModel) -> dict[str, DecisionTable]:
    """The tables of a model's decisions and business knowledge by the id of their element."""
    owners = [e for e in model.elements.values() if isinstance(e, (Decision, Knowledge))]
    return {owner.id: owner.table for owner in owners if owner.table is not None}


def table_findings(model: DecisionModel) -> list[tuple[str, TableFinding]]:
    """The findings about all tables of a model, each with the id of the table's element."""
    derived = frozenset(decision.name for decision in model.decisions.values())
    return [(key, each) for key, table in tables_of(model).items() for each in analyse(table, derived)]


def _problem_of(file: str, owner: str, finding: TableFinding) -> Problem | None:
    element_id = finding.rule_ids[-1] if finding.rule_ids else owner
    zh, en = finding.message_zh, finding.message
    match finding.kind:
        case "overlap":
            severity = "error" if finding.certain else "warning"
            return Problem("table_overlap", element_id, file, zh, en, severity)  # type: ignore[arg-type]
        case "gap":
            return Problem("table_gap", element_id, file, zh, en, "warning")
        case "no_catch_all":
            return Problem("table_catch_all", element_id, file, zh, en, "warning")
        case "unreachable":
            return Problem("table_unreachable", element_id, file, zh, en, "warning")
        case "too_large":
            return Problem("too_large", element_id, file, zh, en, "warning")
    return None
