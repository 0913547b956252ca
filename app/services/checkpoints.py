"""Checkpoints: a signed RFC 6962 root over the whole history, chained to the checkpoint before.

Chains inside instances show a change of one row; a checkpoint that was exported shows that a whole case was rewritten.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db import wait_for_writers
from app.models.history import Checkpoint, HistoryEvent
from app.models.runtime import ProcessInstance
from app.services import jobs
from app.services.context import Context

LEAF, NODE = b"\x00", b"\x01"  # RFC 6962 §2.1: leaves and nodes can never be taken for each other


@jobs.job_handler("checkpoint")
def _run_checkpoint(context: Context, args: dict[str, Any]) -> None:
    """In two jobs: steps wait only while the last row is looked up, not while everything is hashed."""
    if "up_to" in args:
        take_checkpoint(context, args["up_to"])
    else:
        request_checkpoint(context, up_to=last_settled(context.session))


def request_checkpoint(context: Context, **args: int) -> None:
    """Ask the worker for a checkpoint."""
    jobs.enqueue(context.session, "checkpoint", dict(args), due_at=context.now, now=context.now)


def last_settled(session: Session) -> int:
    """The id of the last row when no step is on its way: no row with a smaller one can appear any more.

    Rows get their ids before they are committed. Every step holds its instance first: to wait for those is enough.
    """
    wait_for_writers(session, ProcessInstance.__tablename__)
    return session.scalar(select(func.max(HistoryEvent.id))) or 0


def take_checkpoint(context: Context, up_to: int | None = None) -> Checkpoint | None:
    """Sign the root over every row (`up_to` a settled one); None when nothing happened since the last one."""
    session = context.session
    last = session.scalar(select(Checkpoint).order_by(Checkpoint.id.desc()).limit(1))
    rows = _hashes(session, last_settled(session) if up_to is None else up_to)
    if not rows or (last is not None and rows[-1][0] <= last.last_event_id):
        return None
    root, previous = merkle_root([leaf for _, leaf in rows]), last.root if last else ""
    key = _signing_key(context.settings.secret)
    checkpoint = Checkpoint(
        last_event_id=rows[-1][0],
        event_count=len(rows),
        root=root,
        previous=previous,
        public_key=key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw),
        signature=key.sign(_signed(rows[-1][0], len(rows), root, previous)),
        created_at=context.now,
    )
    session.add(checkpoint)
    session.flush()
    return checkpoint


def verify_checkpoints(session: Session) -> Iterator[str]:
    """What is wrong with the stored checkpoints; nothing when rows and signatures agree."""
    previous = ""
    for found in session.scalars(select(Checkpoint).order_by(Checkpoint.id)).all():
        rows = _hashes(session, found.last_event_id)
        if len(rows) != found.event_count or merkle_root([leaf for _, leaf in rows]) != found.root:
            yield f"checkpoint {found.id}: the rows up to {found.last_event_id} are not those that were signed"
        elif found.previous != previous:
            yield f"checkpoint {found.id}: the checkpoint before it is missing"
        elif not _is_signed(found):
            yield f"checkpoint {found.id}: the signature does not match"
        previous = found.root


def list_checkpoints(session: Session) -> list[dict[str, str | int]]:
    """Every checkpoint as plain values, oldest first, for export."""
    return [
        {
            "id": found.id,
            "last_event_id": found.last_event_id,
            "event_count": found.event_count,
            "root": found.root,
            "previous": found.previous,
            "public_key": found.public_key.hex(),
            "signature": found.signature.hex(),
            "created_at": found.created_at.isoformat(),
        }
        for found in session.scalars(select(Checkpoint).order_by(Checkpoint.id))
    ]


def merkle_root(leaves: Sequence[bytes]) -> str:
    """The Merkle tree hash of RFC 6962 §2.1 in hexadecimal."""
    return _tree([hashlib.sha256(LEAF + leaf).digest() for leaf in leaves]).hex()


def _tree(nodes: Sequence[bytes]) -> bytes:
    if not nodes:
        return hashlib.sha256(b"").digest()
    if len(nodes) == 1:
        return nodes[0]
    split = 1 << ((len(nodes) - 1).bit_length() - 1)  # the largest power of two below the count
    return hashlib.sha256(NODE + _tree(nodes[:split]) + _tree(nodes[split:])).digest()


def _hashes(session: Session, up_to: int) -> list[tuple[int, bytes]]:
    query = (
        select(HistoryEvent.id, HistoryEvent.hash).where(HistoryEvent.id <= up_to).order_by(HistoryEvent.id)
    )
    return [(row.id, bytes.fromhex(row.hash)) for row in session.execute(query)]


def _signing_key(secret: str) -> Ed25519PrivateKey:
    derived = HKDF(hashes.SHA256(), 32, salt=None, info=b"zhirong history checkpoints").derive(
        secret.encode()
    )
    return Ed25519PrivateKey.from_private_bytes(derived)


def _signed(last_event_id: int, count: int, root: str, previous: str) -> bytes:
    return f"{last_event_id}\n{count}\n{root}\n{previous}\n".encode()


def _is_signed(found: Checkpoint) -> bool:
    key = Ed25519PublicKey.from_public_bytes(found.public_key)
    try:
        key.verify(
            found.signature, _signed(found.last_event_id, found.event_count, found.root, found.previous)
        )
    except InvalidSignature:
        return False
    return True
