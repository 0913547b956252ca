"""Studio: policies are read, changed as drafts, checked and released."""

from __future__ import annotations

from app.web.studio import (
    back_test,
    bundles,
    catalogue,
    check,
    compare,
    content,
    decision_editor,
    draft_files,
    drafts,
    form_editor,
    interventions,
    letter_editor,
    migration,
    process_editor,
    release,
    running,
    trial,
    trial_tests,
    viewer,
)
from app.web.studio.desk import blueprint

__all__ = [
    "back_test",
    "blueprint",
    "bundles",
    "catalogue",
    "check",
    "compare",
    "content",
    "decision_editor",
    "draft_files",
    "drafts",
    "form_editor",
    "interventions",
    "letter_editor",
    "migration",
    "process_editor",
    "release",
    "running",
    "trial",
    "trial_tests",
    "viewer",
]
