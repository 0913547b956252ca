"""Everything that is wrong or unwise in a bundle, all at once, with element ids."""

from __future__ import annotations

from collections.abc import Mapping

from app.engine.bundle import Bundle, DelegateSignature
from app.engine.errors import Problem
from app.engine.lint.catalogue import CODES, Code, describe, link_to
from app.engine.lint.clauses import check_cited, check_clauses
from app.engine.lint.clocks import check_clocks
from app.engine.lint.document import check_document
from app.engine.lint.finder import Finder
from app.engine.lint.host import UNKNOWN_HOST, Host
from app.engine.lint.messages import check_messages
from app.engine.lint.naming import check_naming
from app.engine.lint.proof import check_soundness
from app.engine.lint.routing import check_routing
from app.engine.lint.structure import check_structure
from app.engine.lint.tables import check_tables
from app.engine.lint.tasks import check_tasks
from app.engine.lint.timers import check_timers
from app.engine.lint.translations import check_translations
from app.engine.lint.variables import check_variables
from app.engine.reading import Reading
from app.engine.soundness import Proofs

__all__ = ["CODES", "Code", "Host", "describe", "link_to", "lint"]

SHAPE = (check_document, check_structure, check_routing, check_soundness)
CONTENT = (check_tasks, check_clocks, check_messages, check_timers, check_naming, check_clauses)


def lint(
    bundle: Bundle, delegates: Mapping[str, DelegateSignature], host: Host = UNKNOWN_HOST
) -> tuple[Problem, ...]:
    """All findings about all processes, decisions and forms of a bundle, errors first within each file."""
    reading = Reading(bundle)
    reading.read_decisions()
    for process_id in bundle.processes:
        reading.read_process(process_id)
    for form_key in bundle.forms:
        reading.read_form(form_key)
    reading.check_references()
    problems = list(reading.problems)
    proofs = Proofs(reading)
    for process in reading.processes.values():
        finder = Finder(reading, process, delegates, host, proofs)
        for check in (*SHAPE, *CONTENT):
            check(finder)
        check_variables(finder)
        problems += finder.problems
    problems += check_cited(reading, host)
    problems += check_tables(reading)
    problems += check_translations(reading)
    unique = dict.fromkeys(problems)
    return tuple(sorted(unique, key=lambda p: (p.file, p.severity, p.line or 0, p.element_id or "", p.code)))
