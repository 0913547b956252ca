"""Files of any version or draft to look at: diagrams, decisions and forms as in their editors, nothing to save."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, make_response, render_template, request, url_for

from app.engine.form import Language
from app.services.errors import Invalid, NotFound
from app.services.studio import comparison, form_editing, letter_editing
from app.services.studio.catalogue import key_of, kind_of
from app.services.studio.comparison import Version
from app.services.studio.process_catalogue import catalogue_of
from app.web.errors import service_message
from app.web.forms import build_form
from app.web.guards import context, permission
from app.web.language import is_english
from app.web.studio.desk import answers_json, blueprint
from app.web.studio.editors import EDITOR_CSP, PREVIEW_CSP, file_title
from app.web.studio.letter_editor import told

SCRIPTS = {"process": "studio/process_view", "decision": "studio/decision_view", "form": "studio/form_view",
           "letter": "studio/letter_view"}  # fmt: skip


@blueprint.get("/view/<version>/files/<path:path>")
@permission("studio.read")
def view_file(version: str, path: str) -> Response:
    """One file of a version (`12`) or a draft (`draft-7`). Without scripts its text can be read."""
    found = comparison.find_version(context(), version)
    data = _file(found, path)
    kind, key = kind_of(path), key_of(path)
    settings: dict[str, Any] = {
        "key": key,
        "text": data.decode(errors="replace"),
        "catalogueUrl": url_for("studio.view_catalogue", version=version),
    }
    name = file_title(path, data) if kind != "letter" else key
    letter = _letter(found, key) if kind == "letter" else {}
    if letter:
        settings["previewUrl"] = url_for("studio.view_letter", version=version, key=key)
    page = render_template("studio/view.html", found=found, path=path, kind=kind, key=key, name=name,
                           entry=SCRIPTS.get(kind), settings=settings, **letter)  # fmt: skip
    response = make_response(page)
    response.headers["Content-Security-Policy"] = EDITOR_CSP
    return response


@blueprint.get("/view/<version>/catalogue")
@permission("studio.read")
@answers_json
def view_catalogue(version: str) -> Response:
    """The names of everything that a process of this version may refer to."""
    return jsonify(catalogue_of(context(), comparison.find_version(context(), version).files))


@blueprint.get("/view/<version>/form/<path:key>")
@permission("studio.read")
def view_form(version: str, key: str) -> Response:
    """A form as people see it, with nothing to hand in; for the frame of its page."""
    found = comparison.find_version(context(), version)
    text = _file(found, form_editing.form_path(key)).decode(errors="replace")
    language: Language = "en" if is_english() else "zh"
    form, problem = None, ""
    try:
        variables = form_editing.sample_variables(found.files)
        form = build_form(
            form_editing.read_form(text, key), variables, context().environment().scope, language
        )
    except Invalid as error:
        problem = service_message(error)
    page = render_template("studio/form_preview.html", form=form, problem=problem, address=None, key=key,
                           form_language=language, sent=request.args)  # fmt: skip
    response = make_response(page)
    response.headers["Content-Security-Policy"] = PREVIEW_CSP
    return response


@blueprint.get("/view/<version>/letter/<key>")
@permission("studio.read")
@answers_json
def view_letter(version: str, key: str) -> Response:
    """The pages of a letter with sample data: those of `source`; a shared file by the letter `letter`."""
    found = comparison.find_version(context(), version)
    letter, source = request.args.get("letter", ""), request.args.get("source", "")
    made = letter_editing.look(context(), found.files, key, letter=letter, source=source)
    return jsonify(told(made, key, letter))


def _letter(found: Version, key: str) -> dict[str, Any]:
    """What the page of a letter lets choose: sample data, or the letter that shows a shared file."""
    is_shared = letter_editing.is_shared(key)
    keys = letter_editing.letter_keys(found.files) if is_shared else []
    return {
        "title": letter_editing.title_of(found.files, key, english=is_english()),
        "letters": [
            (each, letter_editing.title_of(found.files, each, english=is_english())) for each in keys
        ],
        "sources": [] if is_shared else letter_editing.shared_sources(found.files, key),
    }


def _file(found: Version, path: str) -> bytes:
    if path not in found.files:
        raise NotFound
    return found.files[path]
