"""Files that are handed in: judged by content, then stored once under their SHA-256."""

from __future__ import annotations

import hashlib
import io
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import IO, Any, BinaryIO

from sqlalchemy.orm import Session

from app.models.register import Attachment
from app.services import file_store, outside
from app.services.file_store import CHUNK, FileMissing, Place, put, stream
from app.services.file_types import (
    DOCX,
    MEGABYTE,
    OFD,
    XLSX,
    FileAmbiguous,
    FileDamaged,
    FileEmpty,
    FileHasMacros,
    FileIsBomb,
    FileNameMismatch,
    FileRefused,
    FileTooLarge,
    FileTypeRefused,
    clean_name,
    sniff,
)

__all__ = [
    "DOCX",
    "OFD",
    "XLSX",
    "FileAmbiguous",
    "FileDamaged",
    "FileEmpty",
    "FileHasMacros",
    "FileIsBomb",
    "FileMissing",
    "FileNameMismatch",
    "FileRefused",
    "FileTooLarge",
    "FileTypeRefused",
    "Place",
    "attach",
    "clean_name",
    "describe",
    "open_file",
    "put",
    "references",
    "sniff",
    "stream",
]

DEFAULT_LIMIT = 50 * MEGABYTE


def open_file(place: Place, sha256: str) -> BinaryIO:
    """The stored file, open for reading. Raises FileMissing."""
    return io.BytesIO(file_store.read(place, sha256))


def attach(
    session: Session,
    place: Place,
    source: BinaryIO | Iterable[bytes],
    name: str,
    owner: str,
    now: datetime,
    *,
    instance_id: int | None = None,
    uploaded_by_id: int | None = None,
    limit: int = DEFAULT_LIMIT,
    archives: bool = False,
) -> Attachment:
    """Take a file in: size, type by content, name. Raises a FileRefused; then nothing is kept.

    A bucket gets the bytes before the row is written, while no transaction is open: `outside.settle` has it done.
    `archives` lets a ZIP of documents in, where a field asks for one.
    """
    with tempfile.NamedTemporaryFile(prefix="upload-") as handle:
        size = _copy(_pieces(source), handle, limit)
        handle.flush()
        path = Path(handle.name)
        media_type = sniff(path, archives=archives)
        shown = clean_name(name, media_type)
        sha256 = _keep(session, place, path)
    attachment = Attachment(
        owner=owner,
        instance_id=instance_id,
        name=shown,
        media_type=media_type,
        size=size,
        sha256=sha256,
        uploaded_by_id=uploaded_by_id,
        uploaded_at=now,
    )
    session.add(attachment)
    session.flush()
    return attachment


def describe(attachment: Attachment) -> dict[str, str | int]:
    """The attachment as a form value holds it."""
    return {
        "id": attachment.id,
        "name": attachment.name,
        "size": attachment.size,
        "media_type": attachment.media_type,
        "sha256": attachment.sha256,
    }


def references(value: Any) -> Iterator[int]:
    """Ids of the stored files that a value refers to, at any depth."""
    if isinstance(value, Mapping):
        if "sha256" in value and str(value.get("id", "")).isdigit():
            yield int(value["id"])
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def _keep(session: Session, place: Place, path: Path) -> str:
    """The SHA-256 under which the file lies in the folder now, or in the bucket before the transaction commits."""
    if isinstance(place, Path):
        return put(place, path)
    data = path.read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    outside.first(session, ("file", place, sha256), lambda: put(place, data))
    return sha256


def _pieces(source: BinaryIO | Iterable[bytes]) -> Iterator[bytes]:
    if hasattr(source, "read"):
        while piece := source.read(CHUNK):
            yield piece
    else:
        yield from source


def _copy(source: Iterator[bytes], target: IO[bytes], limit: int) -> int:
    size = 0
    for piece in source:
        size += len(piece)
        if size > limit:
            raise FileTooLarge(limit)
        target.write(piece)
    if not size:
        raise FileEmpty
    return size
