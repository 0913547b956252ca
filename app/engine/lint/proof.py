"""The proof of soundness as findings."""

from __future__ import annotations

from app.engine.lint.finder import Finder


def check_soundness(finder: Finder) -> None:
    """Prove the process, unless it has errors of shape: those come first."""
    if any(problem.severity == "error" for problem in finder.problems):
        return
    for finding in finder.proofs.report(finder.process.process_id).findings:
        note = finder.warn if finding.severity == "warning" else finder.error
        note(finding.element_id, finding.kind, finding.told_zh, finding.told_en)
