"""Every diagram of the content, slightly damaged: refused exactly when a brute-force token game finds a fault."""

from __future__ import annotations

import contextlib
from functools import cache
from random import Random

import pytest

from app.engine.graph import Process, read_collaboration
from app.engine.soundness import Proofs, prove
from tests.bpmn.walk import bundle
from tests.engine.soundness.mutations import mutate
from tests.engine.soundness.reference import TooLarge, judge
from tests.engine.soundness.test_soundness import compare

DIAGRAMS = sorted(bundle().processes)
STATES = 1_000
SEEDS = range(16)


@cache
def process(process_id: str) -> Process:
    found = read_collaboration(bundle().processes[process_id]).process(process_id)
    assert found is not None
    return found


@pytest.mark.parametrize("process_id", DIAGRAMS)
def test_damaged_diagrams_are_refused_for_the_right_reason(process_id: str) -> None:
    """A run that the reference cannot play within its bound says nothing; about half of the largest are such."""
    judged = faulty = 0
    for seed in SEEDS:
        _change, damaged = mutate(process(process_id), Random(seed))
        with contextlib.suppress(TooLarge):
            expected = judge(damaged, STATES)
            inclusive = any(node.type == "inclusiveGateway" for node in damaged.nodes)
            compare(damaged, expected, inclusive=inclusive)
            judged += 1
            faulty += bool(expected.kinds or expected.dead)
    assert judged > 0
    assert faulty > 0


@pytest.mark.parametrize("process_id", DIAGRAMS)
def test_undamaged_diagrams_are_sound_for_both(process_id: str) -> None:
    expected = judge(process(process_id))
    assert (expected.kinds, expected.dead) == (set(), set())
    assert prove(process(process_id)).findings == ()
    assert Proofs.of_bundle(bundle()).report(process_id).findings == ()
