"""Which kind of file some bytes are, by their content, and the name that a file keeps."""

from __future__ import annotations

import os
import re
import unicodedata
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import filetype

from app.services.errors import ServiceError

MEGABYTE = 1024 * 1024
MAX_ENTRIES = 5_000
MAX_UNPACKED = 500 * MEGABYTE
BOMB_FROM, BOMB_RATIO = 20 * MEGABYTE, 150
MAX_TYPES_PART = MEGABYTE
NAME_LENGTH = 200
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OFD = "application/ofd"
ZIP = "application/zip"
ALLOWED = {
    "application/pdf": (".pdf",),
    DOCX: (".docx",),
    XLSX: (".xlsx",),
    OFD: (".ofd",),
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg"),
}
ARCHIVED = frozenset(extension for extensions in ALLOWED.values() for extension in extensions)
_EXTENSIONS = {**ALLOWED, ZIP: (".zip",)}
_MARKERS = {"word/document.xml": DOCX, "xl/workbook.xml": XLSX}
_MAIN_PARTS = {DOCX: b"wordprocessingml.document.main+xml", XLSX: b"spreadsheetml.sheet.main+xml"}
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
_HEAD, _TAIL = 1024, 66_000
# A browser or an unpacker may take a file for something else than its first bytes say.
_PAGE = re.compile(rb"<(?:!doctype|html|script|svg|iframe|body|\?php)\b", re.IGNORECASE)
_ACTIVE = ("vbaproject.bin", "vbadata.xml")


class FileRefused(ServiceError):
    """A file that is not taken; the message says why and what would be."""


class FileEmpty(FileRefused):
    def __init__(self) -> None:
        super().__init__("文件是空的，请重新选择。", "The file is empty. Choose another one.")


class FileTooLarge(FileRefused):
    def __init__(self, limit: int) -> None:
        size = f"{limit / (MEGABYTE if limit % 1_000_000 else 1_000_000):.4g} MB"
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


class FileAmbiguous(FileTypeRefused):
    """Two kinds of file in one: what is checked would not be what somebody opens."""

    def __init__(self) -> None:
        FileRefused.__init__(
            self,
            "文件中混有其他格式的内容，请重新导出或扫描后再上传。",
            "The file mixes two formats. Export or scan it again.",
        )


class FileIsBomb(FileRefused):
    def __init__(self) -> None:
        super().__init__("文件解压后过大，不能上传。", "The file becomes too large when unpacked.")


def sniff(path: Path, *, archives: bool = False) -> str:
    """The media type by content; a plain ZIP of documents counts only with `archives`. Raises a FileRefused."""
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
        if head.startswith(b"PK"):
            return _look_inside(path, archives)
        kind = filetype.guess(head)
        found = str(kind.mime) if kind else ""
        if found not in ALLOWED:
            raise FileTypeRefused
        _refuse_second_kind(stream, head)
    if zipfile.is_zipfile(path):
        raise FileAmbiguous
    return found


def clean_name(name: str, media_type: str) -> str:
    """The name without folders and control characters. Raises FileNameMismatch when the extension lies."""
    bare = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    bare = _UNPRINTABLE.sub("", bare).strip(" .")
    stem, extension = os.path.splitext(bare)  # noqa: PTH122  a Path would read "." and ".." as folders
    if extension.lower() not in _EXTENSIONS[media_type]:
        raise FileNameMismatch(extension or bare)
    return stem[: NAME_LENGTH - len(extension)] + extension


def _refuse_second_kind(stream: BinaryIO, head: bytes) -> None:
    """Pages hidden where browsers look for them; a PDF behind the head of a picture."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(_HEAD, size - _TAIL))
    tail = stream.read(_TAIL)
    is_pdf = head.startswith(b"%PDF-")
    if _PAGE.search(head) or (not is_pdf and (b"%PDF-" in head or _PAGE.search(tail) or b"%PDF-" in tail)):
        raise FileAmbiguous


def _look_inside(path: Path, archives: bool) -> str:
    """Which kind of document a ZIP is; only its directory and its list of types are read."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            _check_directory(path, archive, parts)
            return _kind_of(archive, {part.filename for part in parts}, archives)
    except FileRefused:
        raise
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, EOFError):
        raise FileDamaged from None


def _check_directory(path: Path, archive: zipfile.ZipFile, parts: Sequence[zipfile.ZipInfo]) -> None:
    names = [part.filename for part in parts]
    if not parts or len(parts) > MAX_ENTRIES:
        raise FileTypeRefused
    if len(set(names)) < len(names) or any(_leads_out(name) for name in names):
        raise FileDamaged
    # Bytes before the first part or behind the directory belong to another file.
    end = path.stat().st_size
    if min(part.header_offset for part in parts) != 0 or not _ends_with_directory(path, archive, end):
        raise FileAmbiguous
    if any(part.flag_bits & 1 for part in parts):
        raise FileDamaged  # encrypted: nobody could look inside
    unpacked = sum(part.file_size for part in parts)
    if unpacked > MAX_UNPACKED or (unpacked > BOMB_FROM and unpacked > BOMB_RATIO * end):
        raise FileIsBomb
    if any(name.lower().endswith(_ACTIVE) for name in names):
        raise FileHasMacros


def _ends_with_directory(path: Path, archive: zipfile.ZipFile, end: int) -> bool:
    with path.open("rb") as stream:
        stream.seek(max(0, end - _TAIL))
        tail = stream.read(_TAIL)
    at = tail.rfind(b"PK\x05\x06")
    return at >= 0 and at + 22 + len(archive.comment) == len(tail)


def _leads_out(name: str) -> bool:
    steps = re.split(r"[/\\]", name)
    return name.startswith(("/", "\\")) or ".." in steps or ":" in steps[0] or "\0" in name


def _kind_of(archive: zipfile.ZipFile, names: set[str], archives: bool) -> str:
    if "[Content_Types].xml" in names:
        return _office_kind(archive, names)
    if "OFD.xml" in names:
        return OFD
    if archives and all(name.endswith("/") or Path(name).suffix.lower() in ARCHIVED for name in names):
        return ZIP
    raise FileTypeRefused


def _office_kind(archive: zipfile.ZipFile, names: set[str]) -> str:
    with archive.open("[Content_Types].xml") as stream:
        types = stream.read(MAX_TYPES_PART)
    if b"macroEnabled" in types:
        raise FileHasMacros
    found = [media_type for marker, media_type in _MARKERS.items() if marker in names]
    if len(found) != 1:
        raise FileTypeRefused
    others = [part for media_type, part in _MAIN_PARTS.items() if media_type != found[0]]
    if any(part in types for part in others):
        raise FileAmbiguous
    return found[0]
