"""Where bytes lie: under their SHA-256 in a folder or a bucket, written once; and the pieces of unfinished uploads."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, from_url

from app.services.errors import ServiceError, StoreUnavailable

CHUNK = 256 * 1024
CONNECT, TRIES, PATIENCE = timedelta(seconds=3), 3, timedelta(seconds=10)  # somebody waits for the page
FRESH = timedelta(days=1)
INCOMING = "incoming"
_SHA256 = re.compile(r"[0-9a-f]{64}")
_UPLOAD = re.compile(r"[A-Za-z0-9_-]{20,40}")
Place = Path | str  # a folder, or the address of a bucket such as s3://name/prefix


class FileMissing(StoreUnavailable):
    """The store has no file of this hash: storage was lost or the hash is wrong."""

    def __init__(self, name: str) -> None:
        ServiceError.__init__(
            self,
            "存储中找不到这份文件，请联系系统运维。",
            "The store does not have this file. Please tell the operators.",
        )
        self.name = name


def put(place: Place, source: bytes | Path) -> str:
    """Store bytes, or those of a file, and give their SHA-256. What is there already stays, as young as if it were new.

    This and everything else here raises StoreUnavailable when the bucket does not answer or refuses us.
    """
    sha256 = hashlib.sha256(source).hexdigest() if isinstance(source, bytes) else _hash_of(source)
    key = _key(sha256)
    try:
        with _asking():
            obstore.put(_store(place), key, source, mode="create", use_multipart=False)
    except AlreadyExistsError:
        if not _is_old(place, key, FRESH):
            return sha256
        with _asking():  # nobody may take it for forgotten before its new row is written
            obstore.put(_store(place), key, source, use_multipart=False)
    except FileNotFoundError as error:  # there is no such bucket
        raise StoreUnavailable from error
    if isinstance(place, Path):
        (place / key).chmod(0o440)
    return sha256


def read(place: Place, sha256: str) -> bytes:
    """All bytes of a stored file. Raises FileMissing."""
    return b"".join(stream(place, sha256))


def stream(place: Place, sha256: str, part: tuple[int, int] | None = None) -> Iterator[bytes]:
    """The bytes of a stored file, or those from `part[0]` up to `part[1]`, piece by piece.

    Raises FileMissing at once, before the first piece.
    """
    options: Any = {"range": part} if part else None
    try:
        with _asking():
            found = obstore.get(_store(place), _key(sha256), options=options)
    except FileNotFoundError:
        raise FileMissing(sha256) from None
    return _pieces_of(found)


def size_of(place: Place, sha256: str) -> int:
    """How many bytes a stored file has. Raises FileMissing."""
    try:
        with _asking():
            return int(obstore.head(_store(place), _key(sha256))["size"])
    except FileNotFoundError:
        raise FileMissing(sha256) from None


def remove(place: Place, sha256: str) -> None:
    """Forget a file that nothing refers to any more; one that is gone already is no error."""
    _delete(place, _key(sha256))


def old_files(place: Place, digit: str, age: timedelta) -> list[str]:
    """SHA-256 of the stored files that begin with this hex digit and have not been put for so long."""
    found: list[str] = []
    with _asking():
        for second in "0123456789abcdef":
            for page in obstore.list(_store(place), prefix=f"{digit}{second}"):
                found += [item["path"][3:] for item in page if _is_older(item["last_modified"], age)]
    return [name for name in found if _SHA256.fullmatch(name)]


def remove_old(place: Place, sha256: str, age: timedelta) -> None:
    """Forget a file that nothing refers to, unless it was put again meanwhile."""
    if _is_old(place, _key(sha256), age):
        remove(place, sha256)


def put_piece(place: Place, upload: str, number: int, data: bytes) -> None:
    """Keep one piece of an unfinished upload; the same piece again replaces it."""
    try:
        with _asking():
            obstore.put(_store(place), _piece(upload, number), data, use_multipart=False)
    except FileNotFoundError as error:
        raise StoreUnavailable from error


def pieces(place: Place, upload: str, count: int) -> Iterator[bytes]:
    """The first `count` pieces of an upload in order. Raises FileMissing when one was lost."""
    for number in range(count):
        try:
            with _asking():
                piece = bytes(obstore.get(_store(place), _piece(upload, number)).bytes())
            yield piece
        except FileNotFoundError:
            raise FileMissing(upload) from None


def remove_pieces(place: Place, upload: str, count: int) -> None:
    """Forget what was kept of an upload."""
    for number in range(count):
        _delete(place, _piece(upload, number))


def _is_old(place: Place, key: str, age: timedelta) -> bool:
    try:
        with _asking():
            return _is_older(obstore.head(_store(place), key)["last_modified"], age)
    except FileNotFoundError:
        return False


def _is_older(put_at: datetime, age: timedelta) -> bool:
    """By the clock of this machine, as the store's times are: the demonstration's may be moved."""
    return datetime.now(UTC) - put_at > age


def _delete(place: Place, key: str) -> None:
    try:
        with _asking():
            obstore.delete(_store(place), key)
    except FileNotFoundError:
        return


def _key(sha256: str) -> str:
    if not _SHA256.fullmatch(sha256):
        raise FileMissing(sha256)
    return f"{sha256[:2]}/{sha256}"


def _piece(upload: str, number: int) -> str:
    if not _UPLOAD.fullmatch(upload):
        raise FileMissing(upload)
    return f"{INCOMING}/{upload}/{number:06}"


def _hash_of(path: Path) -> str:
    with path.open("rb") as stream_of_file:
        return hashlib.file_digest(stream_of_file, "sha256").hexdigest()


@lru_cache(maxsize=64)
def _store(place: Place) -> Any:
    """Credentials of a bucket come from the environment (AWS_…), as its clients everywhere expect."""
    if isinstance(place, Path):
        return LocalStore(place, mkdir=True, automatic_cleanup=True)
    return from_url(
        place,
        # Whether plain http will do is said by the address of the endpoint.
        client_options={"allow_http": True, "connect_timeout": CONNECT},
        retry_config={"max_retries": TRIES, "retry_timeout": PATIENCE},
    )


@contextmanager
def _asking() -> Iterator[None]:
    """What the bucket refuses, or does not answer, in one word; what is there or not there is for the caller."""
    try:
        yield
    except (AlreadyExistsError, FileNotFoundError):
        raise
    except (BaseError, OSError) as error:
        raise StoreUnavailable from error


def _pieces_of(found: Any) -> Iterator[bytes]:
    with _asking():
        for piece in found.stream(min_chunk_size=CHUNK):
            yield bytes(piece)
