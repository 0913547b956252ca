"""Bundles as one zip with a manifest of hashes: equal content gives equal bytes, hostile ones are refused whole."""

from __future__ import annotations

import hashlib
import io
import stat
import unicodedata
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zlib import error as ZlibError

import orjson

from app.engine.errors import Problem
from app.models.repository import Deployment
from app.services import content_files, repository
from app.services.errors import BundleRefused, Invalid
from app.services.studio.save_checks import checks_on_save

FORMAT = 1
MANIFEST = "manifest.json"
MAX_BUNDLE_BYTES = 20_000_000
MAX_FILES = 1_000
MAX_FILE_BYTES = 2_000_000
MAX_CONTENT_BYTES = 30_000_000
_EPOCH = (
    1980,
    1,
    1,
    0,
    0,
    0,
)  # the earliest moment that a zip knows: bytes do not depend on when they are made
_KINDS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED = 0x1


@dataclass(frozen=True)
class PackedBundle:
    """What a bundle holds."""

    title: str
    created_at: datetime
    files: Mapping[str, bytes]


def pack(files: Mapping[str, bytes], *, title: str, created_at: datetime) -> bytes:
    """The bundle as bytes of a zip; equal content, title and time give equal bytes on every machine."""
    manifest = {
        "format": FORMAT,
        "title": title,
        "created": created_at.astimezone(UTC).isoformat(timespec="seconds"),
        "files": {path: {"sha256": _hash(data), "size": len(data)} for path, data in files.items()},
    }
    listing = orjson.dumps(manifest, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in [(MANIFEST, listing), *sorted(files.items())]:
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = 3
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(entry, data)
    return buffer.getvalue()


def pack_deployment(deployment: Deployment, files: Mapping[str, bytes]) -> bytes:
    """A deployment as a bundle, called by its number and note."""
    title = f"{deployment.id} {deployment.note}".strip()[:200]
    return pack(files, title=title, created_at=deployment.created_at)


def unpack(data: bytes) -> PackedBundle:
    """The content of a bundle. Raises BundleRefused, with the first reason, for whatever is not exactly one of ours."""
    if len(data) > MAX_BUNDLE_BYTES:
        raise _oversize("压缩包", "the bundle", MAX_BUNDLE_BYTES)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [entry for entry in archive.infolist() if not _is_plain_folder(entry)]
            _check_names(entries)
            for entry in entries:
                _check_entry(entry)
            if sum(entry.file_size for entry in entries) > MAX_CONTENT_BYTES:
                raise _oversize("解压后的内容", "the unpacked content", MAX_CONTENT_BYTES)
            found = {entry.filename: _read(archive, entry) for entry in entries}
    except (
        zipfile.BadZipFile,
        ZlibError,
        EOFError,
        NotImplementedError,
        RuntimeError,
        ValueError,
        OSError,
    ) as error:
        raise BundleRefused("zip", "不是完好的 ZIP 文件", "not an intact zip file") from error
    manifest = _manifest(found.pop(MANIFEST, None))
    _check_manifest(manifest["files"], found)
    _check_contents(found)
    return PackedBundle(manifest["title"], manifest["created"], dict(sorted(found.items())))


def read_bundle(data: bytes) -> dict[str, bytes]:
    """The files of a bundle; see `unpack`."""
    return dict(unpack(data).files)


def _is_plain_folder(entry: zipfile.ZipInfo) -> bool:
    """Other programs write an entry for each folder; one of ours without content says nothing."""
    name = entry.filename.removesuffix("/")
    return (
        entry.is_dir()
        and entry.file_size == 0
        and name.split("/")[0] in content_files.FOLDERS
        and ".." not in name
    )


def _check_names(entries: Iterable[zipfile.ZipInfo]) -> None:
    names = [entry.filename for entry in entries]
    if len(names) > MAX_FILES:
        raise BundleRefused("many", f"超过 {MAX_FILES} 个文件", f"more than {MAX_FILES} files")
    seen: set[str] = set()
    for name in names:
        folded = unicodedata.normalize("NFC", name).casefold()  # one file on some systems
        if folded in seen:
            raise BundleRefused(
                "duplicate", f"文件名重复：{_shown(name)}", f"a name is there twice: {_shown(name)}"
            )
        seen.add(folded)
    for name in seen:
        folder = name.rpartition("/")[0]
        if folder in seen:
            raise BundleRefused(
                "path", f"{_shown(folder)} 既是文件又是文件夹", f"{_shown(folder)} is file and folder"
            )
    try:
        repository.check_paths(name for name in names if name != MANIFEST)
    except Invalid as error:
        raise BundleRefused("path", error.message, error.message_en) from error


def _check_entry(entry: zipfile.ZipInfo) -> None:
    name, mode = _shown(entry.filename), entry.external_attr >> 16
    if stat.S_IFMT(mode) not in {0, stat.S_IFREG}:
        raise BundleRefused("link", f"{name} 是链接或特殊文件", f"{name} is a link or a special file")
    if entry.flag_bits & _ENCRYPTED:
        raise BundleRefused("encrypted", f"{name} 已加密", f"{name} is encrypted")
    if entry.compress_type not in _KINDS:
        raise BundleRefused("method", f"{name} 的压缩方式不受支持", f"{name} is compressed in an unknown way")
    if entry.file_size > MAX_FILE_BYTES:
        raise _oversize(name, name, MAX_FILE_BYTES)


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """At most as much as the entry says, whatever it unpacks to."""
    with archive.open(entry) as stream:
        data = stream.read(MAX_FILE_BYTES + 1)
    name = _shown(entry.filename)
    if len(data) != entry.file_size:
        raise _oversize(name, name, MAX_FILE_BYTES)
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        raise BundleRefused("nested", f"{name} 本身是压缩包", f"{name} is a zip itself")
    return data


def _manifest(data: bytes | None) -> dict[str, Any]:
    if data is None:
        raise BundleRefused("manifest", f"缺少 {MANIFEST}", f"{MANIFEST} is missing")
    try:
        found = orjson.loads(data)
        created = datetime.fromisoformat(found["created"])
        if created.tzinfo is None or not isinstance(found["title"], str) or len(found["title"]) > 200:
            raise ValueError(MANIFEST)
        files = {path: (item["sha256"], item["size"]) for path, item in found["files"].items()}
        version = found["format"]
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise BundleRefused("manifest", f"{MANIFEST} 无法读取", f"{MANIFEST} cannot be read") from error
    if version != FORMAT:
        raise BundleRefused("format", f"格式版本应为 {FORMAT}", f"the format version must be {FORMAT}")
    return {"title": found["title"], "created": created, "files": files}


def _check_manifest(listed: Mapping[str, tuple[Any, Any]], found: Mapping[str, bytes]) -> None:
    for path in sorted(listed.keys() ^ found.keys()):
        zh, en = ("不在压缩包中", "is missing") if path in listed else ("未列入清单", "is not listed")
        raise BundleRefused("listing", f"{_shown(path)} {zh}", f"{_shown(path)} {en}")
    for path, data in found.items():
        if listed[path] != (_hash(data), len(data)):
            raise BundleRefused("hash", f"{path} 与清单的校验值不符", f"{path} differs from its hash")


def _check_contents(found: Mapping[str, bytes]) -> None:
    problems: list[Problem] = []
    for path, data in found.items():
        problems += checks_on_save(path, b"", data)
    if problems:
        first = problems[0]
        raise BundleRefused("type", f"{first.file}：{first.message_zh}", f"{first.file}: {first.message_en}")


def _oversize(zh: str, en: str, limit: int) -> BundleRefused:
    mb = limit // 1_000_000
    return BundleRefused("oversize", f"{zh}超过 {mb} MB", f"{en} is larger than {mb} MB")


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _shown(name: str) -> str:
    return "".join(c if c.isprintable() else "�" for c in name[:80])
