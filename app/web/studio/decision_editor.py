"""The decision editor: its page, and what it asks the server about unsaved tables and tests."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, url_for

from app.engine.authoring import known_functions
from app.engine.dmn.checks import CheckResult, keep
from app.services.errors import NotFound
from app.services.studio import decision_editing, drafts
from app.services.studio.decision_editing import Finding
from app.services.studio.process_catalogue import function_entry
from app.web.guards import context, only_reads, permission
from app.web.language import is_english
from app.web.studio.desk import answers_json, blueprint
from app.web.studio.editors import editor_page, file_title, find_open_draft, sent, to_viewer

ENDPOINTS = {
    "findingsUrl": "decision_findings",
    "testsUrl": "decision_tests",
    "offerUrl": "decision_boundaries",
}


@blueprint.get("/drafts/<int:draft_id>/decision/<key>")
@permission("studio.read")
def decision_editor(draft_id: int, key: str) -> Any:
    draft = drafts.find_draft(context(), draft_id)
    path, checks = decision_editing.decision_path(key), decision_editing.checks_path(key)
    if elsewhere := to_viewer(draft, path):
        return elsewhere
    files = drafts.draft_files(context(), draft)
    if path not in files:
        raise NotFound
    settings: dict[str, Any] = {
        name: url_for(f"studio.{end}", draft_id=draft.id, key=key) for name, end in ENDPOINTS.items()
    }
    settings["checksUrl"] = url_for("studio.draft_file", draft_id=draft.id, path=checks)
    settings["feelUrl"] = url_for("studio.check_expression")
    settings["functions"] = [function_entry(each) for each in known_functions()]
    settings |= {"key": key, "checksPath": checks, "hasChecks": checks in files}
    return editor_page(
        "studio/decision_editor.html", draft, path, settings, key=key, title=file_title(path, files[path])
    )


@blueprint.post("/drafts/<int:draft_id>/decision/<key>/findings")
@permission("studio.edit")
@only_reads
@answers_json
def decision_findings(draft_id: int, key: str) -> Response:
    """What is wrong with the unsaved model, and what its decisions take and give."""
    find_open_draft(draft_id)
    examined = decision_editing.examine(sent("text", str))
    decisions = [
        {"id": d.id, "name": d.name, "inputs": d.inputs, "outputs": d.outputs} for d in examined.decisions
    ]
    return jsonify(key=key, findings=[_finding(each) for each in examined.findings], decisions=decisions)


@blueprint.post("/drafts/<int:draft_id>/decision/<key>/tests")
@permission("studio.edit")
@only_reads
@answers_json
def decision_tests(draft_id: int, key: str) -> Response:
    """What comes of the tests with the unsaved model."""
    find_open_draft(draft_id)
    results = decision_editing.run_text(context(), sent("text", str), key, sent("tests", list))
    return jsonify(results=[_result(each) for each in results])


@blueprint.post("/drafts/<int:draft_id>/decision/<key>/boundaries")
@permission("studio.edit")
@only_reads
@answers_json
def decision_boundaries(draft_id: int, key: str) -> Response:
    """Tests offered around the limits of the unsaved model."""
    find_open_draft(draft_id)
    offered = decision_editing.offer_text(context(), sent("text", str), key, sent("base", dict))
    return jsonify(tests=[check.as_json() for check in offered])


def _finding(finding: Finding) -> dict[str, Any]:
    table = finding.table
    witness = {name: keep(value) for name, value in table.witness.items()} if table else {}
    return {
        "kind": table.kind if table else "broken",
        "severity": "error" if finding.is_grave else "warning",
        "owner": finding.owner,
        "rows": list(table.rule_ids) if table else [],
        "message": finding.message_en if is_english() else finding.message_zh,
        "witness": witness,
    }


def _result(result: CheckResult) -> dict[str, Any]:
    return {
        "passed": result.passed,
        "actual": result.actual,
        "rows": list(result.rows),
        "errors": [e if is_english() else decision_editing.say_error(e) for e in result.errors],
    }
