"""The proof of soundness as findings."""

from __future__ import annotations

from app.engine.lint.finder import Finder
from app.engine.soundness import Kind

# A second token may be meant (a task done twice); the others are never.
WARNINGS: frozenset[Kind] = frozenset({"unsynchronised", "improper", "dead", "never_taken", "too_large"})


def check_soundness(finder: Finder) -> None:
    """Prove the process, unless it has errors of shape: those come first."""
    if any(problem.severity == "error" for problem in finder.problems):
        return
    for finding in finder.proofs.report(finder.process.process_id).findings:
        element_id = finding.element_ids[0] if finding.element_ids else finding.process_id
        way_zh = way_en = ""
        if finding.run:
            steps = " → ".join(finding.path)
            way_zh, way_en = f"；经过：{steps}", f"; by way of {steps}"
        note = finder.warn if finding.kind in WARNINGS else finder.error
        note(element_id, finding.kind, finding.message_zh + way_zh, finding.message_en + way_en)
