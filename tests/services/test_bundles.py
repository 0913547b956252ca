"""Bundles as one file: the same bytes every time, and nothing hostile is taken in."""

from __future__ import annotations

import hashlib
import io
import stat
import struct
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime

import orjson
import pytest

from app.services.errors import BundleRefused
from app.services.studio import bundles
from tests.factories import LEAVE_FILES

CREATED = datetime(2026, 3, 2, 9, tzinfo=UTC)
FILES = {path: LEAVE_FILES[path] for path in reversed(sorted(LEAVE_FILES))}


def packed(files: dict[str, bytes] = FILES) -> bytes:
    return bundles.pack(files, title="请假", created_at=CREATED)


def test_the_same_content_gives_the_same_bytes() -> None:
    data = packed()
    assert data == packed(dict(sorted(FILES.items())))
    assert hashlib.sha256(data).hexdigest() == hashlib.sha256(packed()).hexdigest()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.namelist() == ["manifest.json", *sorted(FILES)]
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_what_was_packed_comes_out() -> None:
    found = bundles.unpack(packed())
    assert (found.title, found.created_at, dict(found.files)) == ("请假", CREATED, LEAVE_FILES)


def test_another_program_may_pack_it_again() -> None:
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(packed())) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        new.mkdir("forms")
        for name in reversed(old.namelist()):
            new.writestr(name, old.read(name))
    assert bundles.read_bundle(buffer.getvalue()) == LEAVE_FILES


def listed(files: dict[str, bytes], **changes: object) -> bytes:
    """A manifest that fits these files."""
    rows = {
        path: {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)} for path, data in files.items()
    }
    return orjson.dumps(
        {"format": 1, "title": "x", "created": "2026-03-02T09:00:00+00:00", "files": rows} | changes
    )


def zipped(entries: list[tuple[str | zipfile.ZipInfo, bytes]], kind: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with pytest.warns(UserWarning, match="Duplicate") if len({str(e[0]) for e in entries}) < len(entries) else _calm(), \
            zipfile.ZipFile(buffer, "w", kind) as archive:  # fmt: skip
        for name, data in entries:
            archive.writestr(name, data)
    return buffer.getvalue()


class _calm:
    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return None


def with_file(path: str, data: bytes, **changes: object) -> bytes:
    """A bundle whose one file is this, listed as it is."""
    return zipped([("manifest.json", listed({path: data}, **changes)), (path, data)])


def special(mode: int) -> bytes:
    entry = zipfile.ZipInfo("letters/a.typ")
    entry.external_attr = mode << 16
    return zipped([("manifest.json", listed({"letters/a.typ": b"/etc/passwd"})), (entry, b"/etc/passwd")])


def patched(data: bytes, old: bytes, new: bytes) -> bytes:
    assert old in data
    return data.replace(old, new)


def lying_about_its_size() -> bytes:
    """An entry that unpacks to more than both directories say."""
    path, data = "letters/a.typ", b"a" * 1_000_000
    made = zipped([("manifest.json", listed({path: b"a"})), (path, data)], zipfile.ZIP_DEFLATED)
    return made.replace(struct.pack("<L", 1_000_000), struct.pack("<L", 1))


def encrypted() -> bytes:
    made = bytearray(with_file("letters/a.typ", b"a"))
    at = made.index(b"PK\x01\x02", made.index(b"PK\x01\x02") + 1)
    made[at + 8] |= 1
    return bytes(made)


INNER = zipped([("x", b"y")])
HOSTILE: dict[str, tuple[str, Callable[[], bytes]]] = {
    "no zip": ("zip", lambda: b"PK nothing"),
    "empty": ("zip", lambda: b""),
    "cut off": ("zip", lambda: packed()[:-30]),
    "damaged": ("zip", lambda: patched(packed(), LEAVE_FILES["bpmn/leave.bpmn"][:40], b"x" * 40)),
    "climbs out": ("path", lambda: with_file("forms/../../config.py", b"x")),
    "absolute": ("path", lambda: with_file("/etc/cron.d/x.json", b"{}")),
    "drive": ("path", lambda: with_file("C:/forms/x.json", b"{}")),
    "stream": ("path", lambda: with_file("forms/x:y.json", b"{}")),
    "backslash": ("path", lambda: with_file("forms\\..\\x.json", b"{}")),
    "foreign folder": ("path", lambda: with_file("app/x.json", b"{}")),
    "wrong type": ("path", lambda: with_file("forms/x.py", b"x")),
    "hidden": ("path", lambda: with_file("forms/.x.json", b"{}")),
    "file as folder": (
        "path",
        lambda: zipped([("manifest.json", b"{}"), ("forms/a.json", b"{}"), ("forms/a.json/b.json", b"{}")]),
    ),
    "symlink": ("link", lambda: special(stat.S_IFLNK | 0o777)),
    "device": ("link", lambda: special(stat.S_IFCHR | 0o600)),
    "folder out": ("path", lambda: zipped([("../", b""), ("manifest.json", b"{}")])),
    "twice": ("duplicate", lambda: zipped([("forms/a.json", b"{}"), ("forms/a.json", b"[]")])),
    "twice by case": ("duplicate", lambda: zipped([("forms/a.json", b"{}"), ("forms/A.json", b"[]")])),
    "two manifests": ("duplicate", lambda: zipped([("manifest.json", b"{}"), ("manifest.json", b"[]")])),
    "bomb": (
        "oversize",
        lambda: zipped(
            [("manifest.json", b"{}"), ("letters/a.typ", b"0" * 50_000_000)], zipfile.ZIP_DEFLATED
        ),
    ),
    "many bombs": (
        "oversize",
        lambda: zipped([(f"letters/a{n}.typ", b"0" * 1_900_000) for n in range(20)], zipfile.ZIP_DEFLATED),
    ),
    "bomb that lies": ("zip", lying_about_its_size),
    "oversize": ("oversize", lambda: b"0" * (bundles.MAX_BUNDLE_BYTES + 1)),
    "many files": ("many", lambda: zipped([(f"letters/a{n}.typ", b"") for n in range(1_001)])),
    "nested": ("nested", lambda: with_file("letters/a.typ", INNER)),
    "encrypted": ("encrypted", encrypted),
    "bzip2": ("method", lambda: zipped([("manifest.json", b"{}")], zipfile.ZIP_BZIP2)),
    "no manifest": ("manifest", lambda: zipped([("letters/a.typ", b"x")])),
    "manifest no json": ("manifest", lambda: zipped([("manifest.json", b"{")])),
    "manifest a list": ("manifest", lambda: zipped([("manifest.json", b"[]")])),
    "manifest lacks parts": ("manifest", lambda: zipped([("manifest.json", b'{"format": 1}')])),
    "time without offset": (
        "manifest",
        lambda: with_file("letters/a.typ", b"x", created="2026-03-02T09:00:00"),
    ),
    "title no text": ("manifest", lambda: with_file("letters/a.typ", b"x", title=1)),
    "other format": ("format", lambda: with_file("letters/a.typ", b"x", format=2)),
    "not listed": ("listing", lambda: zipped([("manifest.json", listed({})), ("letters/a.typ", b"x")])),
    "listed only": ("listing", lambda: zipped([("manifest.json", listed({"letters/a.typ": b"x"}))])),
    "other bytes": (
        "hash",
        lambda: zipped([("manifest.json", listed({"letters/a.typ": b"x"})), ("letters/a.typ", b"y")]),
    ),
    "not xml": ("type", lambda: with_file("bpmn/a.bpmn", b"\x7fELF")),
    "entity": ("type", lambda: with_file("bpmn/a.bpmn", b"<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>")),
    "not json": ("type", lambda: with_file("forms/a.json", b"MZ")),
    "not text": ("type", lambda: with_file("letters/a.typ", b"\xff\xd8\xff")),
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_bundles_are_refused_whole_with_the_reason(name: str) -> None:
    reason, make = HOSTILE[name]
    with pytest.raises(BundleRefused) as refused:
        bundles.unpack(make())
    assert refused.value.reason == reason
    assert refused.value.message
    assert refused.value.message_en


def test_every_cut_of_a_bundle_is_refused() -> None:
    data = packed()
    for length in range(0, len(data), 97):
        with pytest.raises(BundleRefused):
            bundles.unpack(data[:length])
