"""What the pages of all editors share: their frame, their policy for styles, and what their scripts are told."""

from __future__ import annotations

from typing import Any, TypeVar

from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from app.models.studio import Draft
from app.services import access
from app.services.errors import Conflict, Invalid
from app.services.studio import drafts
from app.services.studio.catalogue import key_of
from app.services.studio.file_names import names_of
from app.web.guards import context
from app.web.language import is_english

# The editors' libraries set styles on elements and bring their fonts as data; scripts stay strict.
EDITOR_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)

# A form in a frame; ours are the only pages that show it.
PREVIEW_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)

Value = TypeVar("Value", str, int, bool, dict, list)  # type: ignore[type-arg]


def find_open_draft(draft_id: int) -> Draft:
    """A draft that is being edited. Raises NotFound, Conflict when it no longer is."""
    draft = drafts.find_draft(context(), draft_id)
    if draft.state != "editing":
        raise Conflict("草稿已不在编辑中，不能修改。", "The draft is no longer being edited.")
    return draft


def to_viewer(draft: Draft, path: str) -> WerkzeugResponse | None:
    """Where whoever may look but not edit finds the file instead; None for who may edit it now."""
    if draft.state == "editing" and access.may(context().actor, "studio.edit"):
        return None
    return redirect(url_for("studio.view_file", version=f"draft-{draft.id}", path=path))


def editor_page(
    template: str, draft: Draft, path: str, urls: dict[str, Any] | None = None, **values: Any
) -> Response:
    """The page of one file's editor; its script reads `settings` from `#editor`, session.js explains them."""
    settings = {
        "path": path,
        "fileUrl": url_for("studio.draft_file", draft_id=draft.id, path=path),
        "presenceUrl": url_for("studio.mark_presence", draft_id=draft.id),
        **(urls or {}),
    }
    page = render_template(template, draft=draft, path=path, settings=settings, **values)
    response = make_response(page)
    response.headers["Content-Security-Policy"] = EDITOR_CSP
    return response


def file_title(path: str, data: bytes) -> str:
    """What a file is called in the language of the page, else its key."""
    return names_of({path: data}, english=is_english()).get(path, key_of(path))


def sent(name: str, kind: type[Value]) -> Value:
    """A value of the request's JSON body. Raises Invalid when it is missing or of another type."""
    body = request.get_json(silent=True)
    value = body.get(name) if isinstance(body, dict) else None
    if not isinstance(value, kind):
        raise Invalid(f"请求缺少 {name}。", f"The request lacks {name}.")
    return value
