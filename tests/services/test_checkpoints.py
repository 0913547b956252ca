"""Signed checkpoints over the history."""

from __future__ import annotations

import hashlib

from sqlalchemy import text

from app.services.checkpoints import merkle_root, take_checkpoint, verify_checkpoints
from tests.factories import World


def _leaf(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def test_the_root_is_that_of_rfc_6962() -> None:
    a, b, c = b"a", b"b", b"c"
    assert merkle_root([]) == hashlib.sha256(b"").hexdigest()
    assert merkle_root([a]) == _leaf(a).hex()
    assert merkle_root([a, b, c]) == _node(_node(_leaf(a), _leaf(b)), _leaf(c)).hex()


def test_a_checkpoint_shows_a_rewritten_history(world: World) -> None:
    world.start("leave", "wang", who="王")
    with world.acting() as context:
        assert take_checkpoint(context) is not None
        assert take_checkpoint(context) is None  # nothing new
    world.start("leave", "wang", who="王")
    with world.acting() as context:
        take_checkpoint(context)
    with world.database.reading() as session:
        assert list(verify_checkpoints(session)) == []
    unit = world.database.begin(writing=True)
    unit.session.execute(text("UPDATE history_event SET hash = prev_hash WHERE seq = 2"))
    assert len(list(verify_checkpoints(unit.session))) == 2
    unit.session.rollback()
    unit.session.execute(text("DELETE FROM checkpoint WHERE id = 1"))
    assert len(list(verify_checkpoints(unit.session))) == 1
    unit.close()
