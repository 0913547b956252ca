"""Stored files as responses: streamed from wherever they lie, and never run inside our own pages."""

from __future__ import annotations

from urllib.parse import quote

from flask import Response

from app.services import file_store
from app.web.guards import context


def stored_file(
    sha256: str, name: str, media_type: str, *, size: int | None = None, inline: bool = False
) -> Response:
    """The stored file under this name. Downloaded, unless it is one of our own papers (`inline`)."""
    pieces = file_store.stream(context().settings.files_dir, sha256)
    return _answer(Response(pieces, mimetype=media_type), name, size, inline)


def framed_file(sha256: str, name: str, media_type: str, size: int) -> Response:
    """A PDF or picture to be shown inside one of our pages, by the browser's own viewer and without any script.

    A sandbox would switch the viewer of PDF files off; these bytes are what their type says (`services.file_types`),
    are never guessed to be anything else (nosniff), load nothing, and only our own pages may frame them.
    """
    response = stored_file(sha256, name, media_type, size=size, inline=True)
    sandbox = "" if media_type == "application/pdf" else "sandbox; "
    response.headers["Content-Security-Policy"] = f"{sandbox}default-src 'none'; frame-ancestors 'self'"
    return response


def made_file(data: bytes, name: str, media_type: str, *, inline: bool = False) -> Response:
    """A file that was made for this request, as a download unless it is one of our own papers (`inline`)."""
    return _answer(Response(data, mimetype=media_type), name, len(data), inline)


def _answer(response: Response, name: str, size: int | None, inline: bool) -> Response:
    how = "inline" if inline else "attachment"
    plain = name.encode("ascii", "ignore").decode().replace('"', "").replace("\\", "").strip() or "file"
    response.headers["Content-Disposition"] = (
        f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    )
    sandbox = "sandbox allow-downloads" if inline else "sandbox"
    response.headers["Content-Security-Policy"] = f"{sandbox}; default-src 'none'"
    response.headers["Cache-Control"] = "private, no-store"
    if size is not None:
        response.content_length = size
    return response
