"""Kept tests of a draft's processes as pages: run, results, coverage on the diagrams."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.services import repository
from app.services.errors import EditConflict, NotFound
from app.services.studio import drafts, trial
from app.services.studio import kept_tests as tests
from app.web.guards import context, permission
from app.web.language import is_english
from app.web.studio import trial_page
from app.web.studio.desk import blueprint


@blueprint.get("/drafts/<int:draft_id>/tests/")
@permission("studio.read")
def kept_tests(draft_id: int) -> str:
    """Every kept test with what came of it, and how much of each diagram they cover."""
    draft = drafts.find_draft(context(), draft_id)
    run = tests.run_all(drafts.draft_files(context(), draft))
    names = repository.process_names(context().session, sorted(run.coverage), english=is_english())
    return render_template("studio/trial_tests.html", draft=draft, run=run, names=names, ran="ran" in request.args,
                           may_write=draft.state == "editing")  # fmt: skip


@blueprint.get("/drafts/<int:draft_id>/tests/coverage/<key>")
@permission("studio.read")
def test_coverage(draft_id: int, key: str) -> str:
    """One diagram with what the tests cover, and what they do not."""
    draft = drafts.find_draft(context(), draft_id)
    files = drafts.draft_files(context(), draft)
    definition = trial.definition_of(files, key)
    coverage = tests.run_all(files).coverage.get(key)
    if coverage is None:
        raise NotFound
    states = {key: trial_page.coverage_states(coverage)}
    return render_template("studio/trial_coverage.html", draft=draft, coverage=coverage, definition=definition,
                           name_of=lambda element: trial_page.name_of(definition, f"{key}:{element}"), key=key,
                           **trial_page.drawing(definition, states, [key]))  # fmt: skip


@blueprint.post("/drafts/<int:draft_id>/tests/expect/<path:path>")
@permission("studio.edit")
def expect_anew(draft_id: int, path: str) -> Any:
    """Take what a test comes to now for what it is to come to."""
    draft = drafts.find_draft(context(), draft_id)
    trial.expect_anew(context(), draft, path)
    flash(_("预期已更新，原来的内容可在历史中恢复。"), "success")
    return redirect(url_for("studio.kept_tests", draft_id=draft_id))


@blueprint.post("/drafts/<int:draft_id>/tests/remove/<path:path>")
@permission("studio.edit")
def remove_test(draft_id: int, path: str) -> Any:
    draft = drafts.find_draft(context(), draft_id)
    if not tests.is_kept_test(path):
        raise NotFound
    found = drafts.read_file(context(), draft, path)
    try:
        drafts.remove_file(context(), draft, path, found.revision)
    except EditConflict as conflict:
        raise NotFound from conflict
    flash(_("测试已从草稿移除，可在历史中恢复。"), "success")
    return redirect(url_for("studio.kept_tests", draft_id=draft_id))
