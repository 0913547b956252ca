"""Files that no row names, left by whatever ended between the store and the database, or by rows that are gone.

Bytes are stored before the row that names them is written, so a crash leaves a file too many, never one too few. Each
night a sixteenth of the store is compared with the rows; what was put days ago and is named by none goes. All of it
happens between transactions: a bucket may be slow.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from app.models.register import Attachment, CreditRecord, Document, DocumentSignature
from app.services import file_store, jobs
from app.services.context import Context
from app.services.settings import Settings

SWEEP, REMOVE, PIECES = "sweep_files", "remove_files", "remove_pieces"
FORGOTTEN = timedelta(days=2)
AT_ONCE = 200
NAMES = (
    Attachment.sha256,
    Document.pdf_sha256,
    DocumentSignature.pdf_sha256,
    CreditRecord.report_sha256,
)  # every column that names a stored file


def request_sweep(context: Context) -> None:
    """Have the part of the store looked through whose turn it is today."""
    digit = f"{context.now.toordinal() % 16:x}"
    jobs.enqueue(context.session, SWEEP, {"digit": digit}, due_at=context.now, now=context.now)


def forget_pieces(context: Context, upload_id: str, count: int) -> None:
    """Have the pieces of an upload removed after this transaction."""
    args = {"upload": upload_id, "count": count}
    jobs.enqueue(context.session, PIECES, args, due_at=context.now, now=context.now)


def unnamed(context: Context, hashes: Iterable[str]) -> list[str]:
    """Those that no row names."""
    left = sorted(set(hashes))
    named: set[str] = set()
    for start in range(0, len(left), AT_ONCE):
        for column in NAMES:
            part = left[start : start + AT_ONCE]
            named.update(context.session.scalars(select(column).where(column.in_(part))))
    return [sha256 for sha256 in left if sha256 not in named]


def _digit(_context: Context, args: dict[str, Any]) -> str:
    return str(args["digit"])


def _look(settings: Settings, digit: str) -> list[str]:
    return file_store.old_files(settings.files_dir, digit, FORGOTTEN)


def _compare(context: Context, _args: dict[str, Any], found: list[str]) -> None:
    left = unnamed(context, found)
    for start in range(0, len(left), AT_ONCE):
        args = {"hashes": left[start : start + AT_ONCE]}
        jobs.enqueue(context.session, REMOVE, args, due_at=context.now, now=context.now)


def _still_unnamed(context: Context, args: dict[str, Any]) -> list[str]:
    return unnamed(context, args["hashes"])


def _remove(settings: Settings, hashes: list[str]) -> None:
    for sha256 in hashes:
        file_store.remove_old(settings.files_dir, sha256, FORGOTTEN)


def _pieces(_context: Context, args: dict[str, Any]) -> tuple[str, int]:
    return args["upload"], args["count"]


def _remove_pieces(settings: Settings, asked: tuple[str, int]) -> None:
    file_store.remove_pieces(settings.files_dir, *asked)


def _done(_context: Context, _args: dict[str, Any], _result: None) -> None:
    """Nothing of it is noted."""


jobs.register_errand(SWEEP, jobs.Errand(_digit, _look, _compare))
jobs.register_errand(REMOVE, jobs.Errand(_still_unnamed, _remove, _done))
jobs.register_errand(PIECES, jobs.Errand(_pieces, _remove_pieces, _done))
