"""Random processes in the engine and in an independent reference: fixed seeds, and fresh ones each time."""

from __future__ import annotations

import os
from random import Random, SystemRandom

import pytest

from tests.engine.fuzz import blocks as b
from tests.engine.fuzz.driving import check, failure_of
from tests.engine.fuzz.graphs import draw_graph, run_graph

FRESH = int(os.environ.get("FUZZ_SEED", "0")) or SystemRandom().randrange(10**6, 10**9)


@pytest.mark.parametrize("first", range(0, 200, 20))
def test_fixed_seeds(first: int) -> None:
    for seed in range(first, first + 20):
        assert check(seed) is None


def test_fresh_seeds() -> None:
    for seed in range(FRESH, FRESH + 60):
        assert check(seed) is None, f"again with FUZZ_SEED={FRESH}"


@pytest.mark.parametrize(
    "kinds", ["and loop", "or loop", "or and loop guard", "many sub guard", "race guard call"]
)
def test_mixtures_that_stock_spiffworkflow_gets_wrong(kinds: str) -> None:
    for seed in range(20):
        assert check(seed, 4, frozenset(kinds.split())) is None


def test_unstructured_graphs() -> None:
    for seed in [*range(150), *range(FRESH, FRESH + 50)]:
        random = Random(seed)
        run_graph(draw_graph(random), random)


FOUND = [
    # Two inclusive joins waited for each other around a boundary event that leads back.
    b.Guard(
        "b15",
        b.Task("t2"),
        "back",
        b.Or("o3", (b.Task("t4"), b.Or("o7", (b.Task("t9"), b.Task("t10"))), b.Task("t12"))),
    ),
]


@pytest.mark.parametrize("block", FOUND)
def test_what_was_found_before(block: b.Block) -> None:
    assert failure_of(block, range(200)) is None


def test_a_failing_process_is_made_smaller() -> None:
    block = b.Seq((b.Task("t1"), b.And("a2", (b.Task("t3"), b.Sub("s4", b.Task("t5"))))))
    sizes = {len(repr(less)) < len(repr(block)) for less in b.smaller(block)}
    assert sizes == {True}
