"""Files by content: stored once under their SHA-256, never overwritten; attachments are judged first."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import unicodedata
import zipfile
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import filetype
from sqlalchemy.orm import Session

from app.models.register import Attachment
from app.services.errors import ServiceError

MEGABYTE = 1024 * 1024
DEFAULT_LIMIT = 50 * MEGABYTE
CHUNK = 256 * 1024
MAX_ENTRIES = 5_000
NAME_LENGTH = 200
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OFD = "application/ofd"
ALLOWED = {
    "application/pdf": (".pdf",),
    DOCX: (".docx",),
    XLSX: (".xlsx",),
    OFD: (".ofd",),
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg"),
}
_MARKERS = {"word/document.xml": DOCX, "xl/workbook.xml": XLSX}
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class FileRefused(ServiceError):
    """A file that is not taken; the message says why and what would be."""


class FileEmpty(FileRefused):
    def __init__(self) -> None:
        super().__init__("文件是空的，请重新选择。", "The file is empty. Choose another one.")


class FileTooLarge(FileRefused):
    def __init__(self, limit: int) -> None:
        size = f"{limit / MEGABYTE:g} MB"
        super().__init__(f"文件超过 {size}，请压缩或拆分后再上传。", f"The file is larger than {size}.")
        self.limit = limit


class FileTypeRefused(FileRefused):
    def __init__(self) -> None:
        super().__init__(
            "只接受 PDF、DOCX、XLSX、OFD、PNG、JPG 文件。",
            "Only PDF, DOCX, XLSX, OFD, PNG and JPG files are taken.",
        )


class FileNameMismatch(FileRefused):
    def __init__(self, extension: str) -> None:
        super().__init__(
            f"文件内容与扩展名“{extension}”不符，请核对。",
            f"The content does not match the extension “{extension}”.",
        )


class FileHasMacros(FileRefused):
    def __init__(self) -> None:
        super().__init__(
            "文件含有宏，请另存为不含宏的文件。", "The file contains macros. Save it without them."
        )


class FileDamaged(FileRefused):
    def __init__(self) -> None:
        super().__init__("文件已损坏，无法打开。", "The file is damaged and cannot be opened.")


class FileMissing(Exception):
    """The store has no file of this hash: storage was lost or the hash is wrong."""


def put(files_dir: Path, data: bytes) -> str:
    """Store the bytes and give their SHA-256. Bytes that are there already stay as they are."""
    sha256 = hashlib.sha256(data).hexdigest()
    if not path_of(files_dir, sha256).exists():
        with _temporary(files_dir) as handle:
            handle.write(data)
        _move_in(Path(handle.name), files_dir, sha256)
    return sha256


def open_file(files_dir: Path, sha256: str) -> BinaryIO:
    """The stored file, open for reading. Raises FileMissing."""
    try:
        return path_of(files_dir, sha256).open("rb")
    except FileNotFoundError:
        raise FileMissing(sha256) from None


def path_of(files_dir: Path, sha256: str) -> Path:
    """Where the file of this hash lies. Raises FileMissing for what is no hash."""
    if not _SHA256.fullmatch(sha256):
        raise FileMissing(sha256)
    return files_dir / sha256[:2] / sha256


def attach(
    session: Session,
    files_dir: Path,
    stream: BinaryIO,
    name: str,
    owner: str,
    now: datetime,
    *,
    instance_id: int | None = None,
    uploaded_by_id: int | None = None,
    limit: int = DEFAULT_LIMIT,
) -> Attachment:
    """Take a file in: size, type by content, name. Raises a FileRefused; then nothing is kept."""
    with _temporary(files_dir) as handle:
        temporary = Path(handle.name)
        try:
            sha256, size = _copy(stream, handle, limit)
            handle.flush()
            media_type = sniff(temporary)
            shown = clean_name(name, media_type)
        except FileRefused:
            temporary.unlink()
            raise
    _move_in(temporary, files_dir, sha256)
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


def sniff(path: Path) -> str:
    """The media type by content. Raises FileTypeRefused, FileHasMacros, FileDamaged."""
    kind = filetype.guess(str(path))
    found = kind.mime if kind else ""
    if found == "application/zip" or found in {DOCX, XLSX} or zipfile.is_zipfile(path):
        return _look_inside(path)
    if found not in ALLOWED:
        raise FileTypeRefused
    return str(found)


def clean_name(name: str, media_type: str) -> str:
    """The name without folders and control characters. Raises FileNameMismatch when the extension lies."""
    bare = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    bare = _UNPRINTABLE.sub("", bare).strip(" .")
    stem, extension = os.path.splitext(bare)  # noqa: PTH122  a Path would read "." and ".." as folders
    if extension.lower() not in ALLOWED[media_type]:
        raise FileNameMismatch(extension or bare)
    return stem[: NAME_LENGTH - len(extension)] + extension


def _look_inside(path: Path) -> str:
    """Which kind of document a ZIP is; only its directory is read, nothing is unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, UnicodeDecodeError):
        raise FileDamaged from None
    if len(names) > MAX_ENTRIES:
        raise FileTypeRefused
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise FileHasMacros
    if "OFD.xml" in names:
        return OFD
    for marker, media_type in _MARKERS.items():
        if marker in names and "[Content_Types].xml" in names:
            return media_type
    raise FileTypeRefused


def _copy(stream: BinaryIO, target: BinaryIO, limit: int) -> tuple[str, int]:
    hashed, size = hashlib.sha256(), 0
    while chunk := stream.read(CHUNK):
        size += len(chunk)
        if size > limit:
            raise FileTooLarge(limit)
        hashed.update(chunk)
        target.write(chunk)
    if not size:
        raise FileEmpty
    return hashed.hexdigest(), size


def _temporary(files_dir: Path) -> BinaryIO:
    files_dir.mkdir(parents=True, exist_ok=True)
    return tempfile.NamedTemporaryFile(dir=files_dir, prefix="incoming-", delete=False)  # type: ignore[return-value]


def _move_in(temporary: Path, files_dir: Path, sha256: str) -> None:
    """Atomic and create-only: a file that is there already is the same file."""
    target = path_of(files_dir, sha256)
    target.parent.mkdir(exist_ok=True)
    if target.exists():
        temporary.unlink()
    else:
        temporary.chmod(0o440)
        temporary.replace(target)
