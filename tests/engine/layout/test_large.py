"""Diagrams larger than anyone draws: a plain picture at once instead of a fine one some day."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from app.engine.importer import repair
from app.engine.layout import layout, layout_quality
from app.engine.layout.patience import QUICK
from tests.engine.layout.random_diagrams import HEAD, random_diagram
from tests.engine.layout.test_layout import TAIL, defects

CONTENT = sorted((Path(__file__).resolve().parents[3] / "bpmn").glob("*.bpmn"))


def _diagram(nodes: int, flows: list[tuple[int, int]]) -> bytes:
    """Tasks `t0`… with these flows between them."""
    tasks = "".join(f'<bpmn:userTask id="t{i}" name="核查 {i}"/>' for i in range(nodes))
    lines = "".join(
        f'<bpmn:sequenceFlow id="f{i}" name="是" sourceRef="t{a}" targetRef="t{b}"/>'
        for i, (a, b) in enumerate(flows)
    )
    return (HEAD + f'<bpmn:process id="p">{tasks}{lines}</bpmn:process>' + TAIL).encode()


def _fan(width: int) -> bytes:
    return _diagram(width + 2, [(0, i + 2) for i in range(width)] + [(i + 2, 1) for i in range(width)])


def _tangle(nodes: int, flows: int) -> bytes:
    rng = random.Random(7)
    return _diagram(nodes, [(rng.randrange(nodes), rng.randrange(nodes)) for _ in range(flows)])


LARGE = {
    "60 parallel branches": _fan(60),
    "600 parallel branches": _fan(600),
    "a tangle of 60 tasks": _tangle(60, 200),
    "a tangle of 500 tasks": _tangle(500, 3000),
    "3,000 tasks without a flow": _diagram(3000, []),
    "a chain of 1,000 tasks": _diagram(1000, [(i, i + 1) for i in range(999)]),
}


@pytest.mark.parametrize("name", LARGE)
def test_large_diagrams_are_drawn_at_once(name: str) -> None:
    began = time.process_time()
    drawn = layout(LARGE[name], QUICK)
    # Half a second to a second and a half; what it must never be again is a minute.
    assert time.process_time() - began < 10
    assert drawn.count(b"<bpmndi:BPMNEdge") == LARGE[name].count(b"<bpmn:sequenceFlow")


def test_the_largest_arranged_picture_is_clean() -> None:
    assert defects(layout_quality(layout(_tangle(40, 70), QUICK))) == (0, 0, 0, 0)
    assert defects(layout_quality(layout(_fan(30), 0))) == (0, 0, 0, 0)


@pytest.mark.parametrize("effort", [0, 1500])
@pytest.mark.parametrize("seed", range(12))
def test_plain_routes_run_through_no_box(seed: int, effort: int) -> None:
    data = random_diagram(seed, depth=2 + seed % 2, lanes=seed % 4)
    assert defects(layout_quality(layout(data, effort))) == (0, 0, 0, 0)


@pytest.mark.parametrize("path", CONTENT, ids=lambda path: path.stem)
def test_own_diagrams_are_clean_without_any_effort(path: Path) -> None:
    assert defects(layout_quality(layout(path.read_bytes(), 0))) == (0, 0, 0, 0)


def test_the_same_effort_gives_the_same_picture() -> None:
    data = random_diagram(4, depth=3, lanes=2)
    assert layout(data, 3000) == layout(data, 3000)


def test_importing_a_large_file_draws_it() -> None:
    began = time.process_time()
    repair(LARGE["60 parallel branches"])
    assert time.process_time() - began < 10
