"""The process editor: its page, and what it asks the server while somebody draws."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request, url_for

from app.engine.authoring import find_mistakes
from app.engine.authoring.expressions import KINDS
from app.engine.importer import Repair
from app.engine.lint import describe
from app.engine.soundness import Finding
from app.services.errors import Invalid
from app.services.studio import drafts, process_editing
from app.services.studio.process_catalogue import catalogue
from app.web.guards import context, only_reads, permission
from app.web.language import is_english
from app.web.studio.desk import answers_json, blueprint
from app.web.studio.editors import editor_page, find_open_draft, sent, to_viewer

ENDPOINTS = {
    "catalogueUrl": "process_catalogue", "proveUrl": "prove_process", "layoutUrl": "lay_out_process",
    "importUrl": "import_process",
}  # fmt: skip


@blueprint.get("/drafts/<int:draft_id>/process/<key>")
@permission("studio.read")
def process_editor(draft_id: int, key: str) -> Any:
    draft, path = drafts.find_draft(context(), draft_id), process_editing.process_path(key)
    if elsewhere := to_viewer(draft, path):
        return elsewhere
    name = process_editing.process_name(drafts.read_file(context(), draft, path).data, key)
    urls = {name: url_for(f"studio.{end}", draft_id=draft.id, key=key) for name, end in ENDPOINTS.items()}
    urls["lintUrl"] = url_for("studio.lint_draft", draft_id=draft.id)
    urls["feelUrl"] = url_for("studio.check_expression")
    return editor_page("studio/process_editor.html", draft, path, urls | {"key": key}, name=name)


@blueprint.get("/drafts/<int:draft_id>/process/<key>/catalogue")
@permission("studio.read")
@answers_json
def process_catalogue(draft_id: int, key: str) -> Response:
    """Everything that the pickers offer."""
    draft = drafts.find_draft(context(), draft_id)
    drafts.read_file(context(), draft, process_editing.process_path(key))
    return jsonify(catalogue(context(), draft))


@blueprint.post("/drafts/<int:draft_id>/lint")
@permission("studio.edit")
@only_reads
@answers_json
def lint_draft(draft_id: int) -> Response:
    """The findings about one file of the draft with its unsaved text, and the variables that it may name."""
    draft = find_open_draft(draft_id)
    checked = process_editing.check_text(context(), draft, sent("path", str), sent("text", str))
    return jsonify(
        findings=[describe(problem) for problem in checked.findings],
        elsewhere=checked.elsewhere,
        variables=[{"name": item.name, "element_id": item.element_id} for item in checked.variables],
    )


@blueprint.post("/drafts/<int:draft_id>/process/<key>/prove")
@permission("studio.edit")
@only_reads
@answers_json
def prove_process(draft_id: int, key: str) -> Response:
    """Whether the unsaved diagram is sound, and the shortest run to each fault."""
    found = process_editing.prove_text(context(), find_open_draft(draft_id), key, sent("text", str))
    return jsonify(findings=[_proved(finding) for finding in found])


@blueprint.post("/drafts/<int:draft_id>/process/<key>/layout")
@permission("studio.edit")
@only_reads
@answers_json
def lay_out_process(draft_id: int, key: str) -> Response:
    find_open_draft(draft_id)
    return jsonify(text=process_editing.lay_out(sent("text", str)), key=key)


@blueprint.post("/drafts/<int:draft_id>/process/<key>/import")
@permission("studio.edit")
@only_reads
@answers_json
def import_process(draft_id: int, key: str) -> Response:
    """A foreign diagram (the request's body) as it would stand here; nothing is saved yet."""
    draft = find_open_draft(draft_id)
    if (request.content_length or 0) > drafts.MAX_FILE_BYTES:
        raise Invalid("文件过大。", "The file is too large.")
    text, repairs = process_editing.import_diagram(context(), draft, key, request.get_data())
    return jsonify(text=text, repairs=[_repair(item) for item in repairs])


@blueprint.post("/feel")
@permission("studio.edit")
@only_reads
@answers_json
def check_expression() -> Response:
    """Mistakes of one expression, for every editor."""
    kind: Any = sent("kind", str)
    if kind not in KINDS:
        raise Invalid("未知的表达式类型。", "Unknown kind of expression.")
    names = request.get_json().get("names") or ()
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise Invalid("请求中的 names 有误。", "The names of the request are wrong.")
    found = find_mistakes(sent("text", str), kind, names)
    return jsonify(
        mistakes=[
            {
                "line": item.line,
                "column": item.column,
                "message": item.message_en if is_english() else item.message_zh,
            }
            for item in found
        ]
    )


def _proved(finding: Finding) -> dict[str, Any]:
    return {**finding.as_json(), "message": finding.message_en if is_english() else finding.message_zh}


def _repair(item: Repair) -> dict[str, Any]:
    message = item.message_en if is_english() else item.message_zh
    return {"element_id": item.element_id, "code": item.code, "message": message}
