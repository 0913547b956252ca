"""The letter editor: its page, the preview of the unsaved template with sample data, and that as PDF."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from flask import Response, jsonify, request, url_for

from app.engine.letter_mistakes import LetterMistake
from app.services.errors import Invalid, NotFound
from app.services.registers.typesetting import MAIN
from app.services.studio import drafts, letter_editing
from app.web.downloads import made_file
from app.web.guards import context, only_reads, permission
from app.web.language import is_english
from app.web.studio.desk import answers_json, blueprint
from app.web.studio.editors import editor_page, find_open_draft, sent, to_viewer


@blueprint.get("/drafts/<int:draft_id>/letter/<key>")
@permission("studio.read")
def letter_editor(draft_id: int, key: str) -> Any:
    draft, path = drafts.find_draft(context(), draft_id), letter_editing.letter_path(key)
    if elsewhere := to_viewer(draft, path):
        return elsewhere
    files = drafts.draft_files(context(), draft)
    if path not in files:
        raise NotFound
    letters = letter_editing.letter_keys(files)
    is_shared = letter_editing.is_shared(key)
    shown = (letters[0] if letters else "") if is_shared else key
    found = letter_editing.sources(context(), draft, files, shown) if shown else []
    settings: dict[str, Any] = {
        "key": key,
        "previewUrl": url_for("studio.preview_letter", draft_id=draft.id, key=key),
        "samples": {} if is_shared else {each.key: _shown(each.data) for each in found},
    }
    return editor_page(
        "studio/letter_editor.html",
        draft,
        path,
        settings,
        key=key,
        title=letter_editing.title_of(files, key, english=is_english()),
        letters=[(each, letter_editing.title_of(files, each, english=is_english())) for each in letters]
        if is_shared
        else [],
        sources=found,
        known=[] if is_shared else letter_editing.known_names(files, key, found),
    )


@blueprint.post("/drafts/<int:draft_id>/letter-preview/<key>")
@permission("studio.edit")
@only_reads
@answers_json
def preview_letter(draft_id: int, key: str) -> Response:
    """The pages of the unsaved letter as pictures (SVG), what is wrong with it, and the data it was shown with."""
    draft = find_open_draft(draft_id)
    text, letter, data = (sent(name, str) for name in ("text", "letter", "data"))
    found = letter_editing.preview(context(), draft, key, text, letter=letter, data=data)
    return jsonify(told(found, key, letter))


@blueprint.post("/drafts/<int:draft_id>/letter-pdf/<key>")
@permission("studio.edit")
@only_reads
def letter_pdf(draft_id: int, key: str) -> Response:
    """The unsaved letter as PDF/A, marked as a draft. Raises Invalid with its first mistake."""
    draft = find_open_draft(draft_id)
    text, letter, data = (request.form.get(name, "") for name in ("text", "letter", "data"))
    text = text.replace("\r\n", "\n")
    made = letter_editing.preview(context(), draft, key, text, letter=letter, data=data, form="pdf").typeset
    if made.failed:
        first = made.mistakes[0]
        raise Invalid(f"模板有误：{first.message_zh}", f"The template has errors: {first.message_en}")
    return made_file(made.pdf, f"{key}.pdf", "application/pdf", inline=True)


def told(found: letter_editing.Preview, key: str, letter: str) -> dict[str, Any]:
    """A letter that was typeset, as the scripts of its pages read it."""
    made = found.typeset
    return {
        "pages": list(made.pages),
        "count": made.count,
        "mistakes": [_mistake(each, key, letter) for each in made.mistakes],
        "data": _shown(found.data),
    }


def _shown(data: Mapping[str, Any]) -> str:
    return orjson.dumps(data, option=orjson.OPT_INDENT_2).decode()


def _mistake(mistake: LetterMistake, key: str, letter: str) -> dict[str, Any]:
    """As the editor shows it; `line` 0 and the `file` for what lies in another file than the edited one."""
    own = f"{key}.typ" if letter_editing.is_shared(key) else MAIN
    is_here = mistake.file in ("", own)
    return {
        "severity": mistake.severity,
        "line": mistake.line if is_here else 0,
        "column": mistake.column if is_here else 0,
        "file": "" if is_here else f"{letter}.typ" if mistake.file == MAIN else mistake.file,
        "message": mistake.message_en if is_english() else mistake.message_zh,
    }
