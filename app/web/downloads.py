"""Stored files as responses: streamed from wherever they lie, whole or in part, and never run inside our own pages.

The SHA-256 of a file is its entity tag: a broken download goes on where it stopped, and only with the same bytes
(RFC 9110, 13 and 14). A viewer of large PDF files reads the parts that it shows.
"""

from __future__ import annotations

from urllib.parse import quote

from flask import Response, request
from werkzeug.datastructures import ContentRange
from werkzeug.http import is_resource_modified

from app.services import file_store
from app.web.guards import context


def stored_file(
    sha256: str, name: str, media_type: str, *, size: int | None = None, inline: bool = False
) -> Response:
    """The stored file under this name. Downloaded, unless it is one of our own papers (`inline`)."""
    place = context().settings.files_dir
    whole = file_store.size_of(place, sha256) if size is None else size
    part = _asked_part(sha256, whole)
    start, stop = part or (0, whole)
    response = Response(mimetype=media_type)
    response.set_etag(sha256)
    response.accept_ranges = "bytes"
    if not is_resource_modified(request.environ, response.headers["ETag"]):
        response.make_conditional(request)  # 304 or 412
        return _answer(response, name, None, inline)
    if part and start >= whole:
        response.status_code = 416
        response.content_range = ContentRange("bytes", None, None, whole)
        return _answer(response, name, 0, inline)
    if part:
        response.status_code = 206
        response.content_range = ContentRange("bytes", start, stop, whole)
    if request.method != "HEAD":
        response.response = file_store.stream(place, sha256, part)
    return _answer(response, name, stop - start, inline)


def _asked_part(sha256: str, whole: int) -> tuple[int, int] | None:
    """Start and stop of the part that is asked for; None when that is no single range of these very bytes."""
    asked, only_if = request.range, request.if_range
    same = only_if.etag == sha256 or not (only_if.etag or only_if.date)
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1 or not same:
        return None
    start, stop = asked.ranges[0]
    start = max(whole + start, 0) if start < 0 else start
    return start, whole if stop is None else min(stop, whole)


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
