"""The proof of soundness as findings."""

from __future__ import annotations

from app.engine.graph import read_model
from app.engine.lint.finder import Finder
from app.engine.soundness import Kind, prove

# A second token may be meant (a task done twice); the others are never.
WARNINGS: frozenset[Kind] = frozenset({"unsynchronised", "dead", "too_large"})


def check_soundness(finder: Finder) -> None:
    """Prove the process, unless it has errors of shape: those come first."""
    if any(problem.severity == "error" for problem in finder.problems):
        return
    process = read_model(finder.process.root).process(finder.process.process_id)
    if process is None:
        return
    for finding in prove(process).findings:
        element_id = finding.element_ids[0] if finding.element_ids else finding.process_id
        way_zh = way_en = ""
        if finding.run:
            steps = " → ".join(step.element_id for step in finding.run)
            way_zh, way_en = f"；经过：{steps}", f"; by way of {steps}"
        note = finder.warn if finding.kind in WARNINGS else finder.error
        note(element_id, finding.kind, finding.message_zh + way_zh, finding.message_en + way_en)
