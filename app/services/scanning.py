"""Virus scanning: clamd's INSTREAM over TCP or a unix socket, and what it said about each file.

A file waits as `pending` until the scanner answered; pending and quarantined files are served to nobody. Without a
scanner files have no state at all. The scan is a job: an unreachable scanner means later, never "clean".
Protocol: clamd(8), commands zINSTREAM with chunks of four length bytes in network order, ended by four zero bytes.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.models.files import FileScan
from app.models.register import Attachment
from app.services import file_store, jobs, quarantine
from app.services.context import Context
from app.services.errors import NotPermitted
from app.services.settings import Settings

PENDING, CLEAN, QUARANTINED = "pending", "clean", "quarantined"
TIMEOUT = 30
MAX_ANSWER = 4096
JOB = "scan_file"


class ScannerFailed(Exception):
    """The scanner could not be reached or did not judge; the file stays pending and the job is tried again."""


class FileNotCleared(NotPermitted):
    """A file that nobody may have, because it was not scanned yet or was found to be harmful."""

    def __init__(self, name: str, state: str) -> None:
        if state == QUARANTINED:
            zh, en = f"文件“{name}”未通过病毒检查，已隔离。", f"“{name}” did not pass the virus scan."
        else:
            zh, en = (
                f"文件“{name}”正在检查病毒，请稍后再试。",
                f"“{name}” is being scanned. Try again shortly.",
            )
        super().__init__(zh, en)


@dataclass(frozen=True)
class Verdict:
    """What the scanner said; `signature` names what it found."""

    clean: bool
    signature: str = ""


def scan(address: str, pieces: Iterable[bytes], timeout: float = TIMEOUT) -> Verdict:
    """Let clamd judge these bytes. Raises ScannerFailed unless it says clean or names what it found."""
    try:
        with _connect(address, timeout) as line:
            # It hangs up while we still send when the file is longer than its StreamMaxLength; then it says so.
            with suppress(BrokenPipeError, ConnectionResetError):
                _send(line, pieces)
            answer = _read_answer(line)
    except OSError as error:
        raise ScannerFailed(f"{address}: {error}") from error
    return _verdict(answer)


def request_scan(context: Context, sha256: str) -> None:
    """Have a new file scanned, when a scanner is set up; what was judged before is not judged again."""
    if not context.settings.clamd or context.session.get(FileScan, sha256) is not None:
        return
    context.session.add(FileScan(sha256=sha256, requested_at=context.now))
    args = {"sha256": sha256}
    jobs.enqueue(
        context.session, JOB, args, due_at=context.now, now=context.now, dedup=f"{JOB}:{sha256[:32]}"
    )


def states_of(session: Session, hashes: Sequence[str]) -> dict[str, str]:
    """States of the files that are pending or quarantined, by hash; all others may be served."""
    query = select(FileScan.sha256, FileScan.state).where(
        FileScan.sha256.in_(set(hashes)), FileScan.state != CLEAN
    )
    return {row.sha256: row.state for row in session.execute(query)}


def state_of(session: Session, attachment_id: int) -> str:
    """`pending` or `quarantined`; empty when the attachment may be served."""
    query = (
        select(FileScan.state)
        .join(Attachment, Attachment.sha256 == FileScan.sha256)
        .where(Attachment.id == attachment_id, FileScan.state != CLEAN)
    )
    return session.scalar(query) or ""


def require_cleared(session: Session, attachment: Attachment) -> None:
    """Raises FileNotCleared while the file waits for the scanner, and for ever when it is quarantined."""
    state = states_of(session, [attachment.sha256]).get(attachment.sha256)
    if state is not None:
        raise FileNotCleared(attachment.name, state)


def _prepare(context: Context, args: dict[str, Any]) -> str | None:
    found = context.session.get(FileScan, args["sha256"])
    return found.sha256 if found is not None and found.state == PENDING else None


def _perform(settings: Settings, sha256: str) -> Verdict:
    if not settings.clamd:
        raise ScannerFailed("no scanner is set up any more")
    return scan(settings.clamd, file_store.stream(settings.files_dir, sha256))


def _finish(context: Context, args: dict[str, Any], verdict: Verdict | None) -> None:
    if verdict is None:
        return
    values = {
        "state": CLEAN if verdict.clean else QUARANTINED,
        "signature": verdict.signature,
        "checked_at": context.now,
    }
    context.session.execute(update(FileScan).where(FileScan.sha256 == args["sha256"]).values(**values))
    if not verdict.clean:
        quarantine.announce(context, args["sha256"])


jobs.register_errand(JOB, jobs.Errand(_prepare, _perform, _finish))


def _connect(address: str, timeout: float) -> socket.socket:
    parts = urlsplit(address)
    if parts.scheme == "unix":
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.settimeout(timeout)
        try:
            line.connect(parts.path)
        except OSError:
            line.close()
            raise
        return line
    if parts.scheme != "tcp" or not parts.hostname:
        raise ScannerFailed(f"not an address of clamd: {address}")
    return socket.create_connection((parts.hostname, parts.port or 3310), timeout)


def _send(line: socket.socket, pieces: Iterable[bytes]) -> None:
    line.sendall(b"zINSTREAM\0")
    for piece in pieces:
        line.sendall(struct.pack("!L", len(piece)) + piece)
    line.sendall(struct.pack("!L", 0))


def _read_answer(line: socket.socket) -> str:
    answer = b""
    while b"\0" not in answer and len(answer) < MAX_ANSWER:
        piece = line.recv(MAX_ANSWER)
        if not piece:
            break
        answer += piece
    return answer.split(b"\0")[0].decode("utf-8", "replace").strip()


def _verdict(answer: str) -> Verdict:
    said = answer.removeprefix("stream:").strip()
    if said == "OK":
        return Verdict(True)
    if said.endswith(" FOUND"):
        return Verdict(False, said.removesuffix(" FOUND").strip()[:200])
    raise ScannerFailed(answer or "no answer")
