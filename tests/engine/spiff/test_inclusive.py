"""Inclusive gateways (13.4.3)."""

from __future__ import annotations

import itertools

import pytest

from app.engine.errors import StepFailed
from tests.engine.diagrams import diagram, level, run, user

SPLIT = '<startEvent id="s"/><endEvent id="e"/><inclusiveGateway id="f"/><inclusiveGateway id="j"/>'


def three() -> bytes:
    lines = (
        "s -> m -> f -> a [p]\nf -> b [q]\nf => c\na -> j\nb -> j\nc -> j -> x -> g\ng -> m [x.again]\ng => e"
    )
    gateways = '<exclusiveGateway id="m"/><exclusiveGateway id="g"/>'
    return diagram(SPLIT + gateways + user("a") + user("b") + user("c") + user("x"), lines)


@pytest.mark.parametrize(("p", "q", "taken"), [(1, 1, "ab"), (1, 0, "a"), (0, 1, "b"), (0, 0, "c")])
def test_every_true_flow_is_taken_else_the_default(p: int, q: int, taken: str) -> None:
    made = run(three(), p=bool(p), q=bool(q))
    assert made.open == list(taken)
    for task in taken:
        assert "x" not in made.open
        made.do(task)
    assert made.open == ["x"]


@pytest.mark.parametrize("orders", list(itertools.product(["ab", "ba"], repeat=3)))
def test_the_join_waits_in_every_round_of_a_loop(orders: tuple[str, ...]) -> None:
    made = run(three(), p=True, q=True)
    for number, order in enumerate(orders):
        made.do(order[0])
        assert made.open == [order[1]]
        made.do(order[1])
        assert made.open == ["x"]
        made.do("x", {"again": number < 2})
    assert made.completed


def test_no_condition_and_no_default_fails() -> None:
    xml = diagram('<startEvent id="s"/><endEvent id="e"/><inclusiveGateway id="f"/>', "s -> f -> e [false]")
    with pytest.raises(StepFailed):
        run(xml)


def test_the_join_waits_for_a_token_that_may_come_by_a_boundary_event() -> None:
    boundary = (
        '<boundaryEvent id="t" attachedToRef="a"><timerEventDefinition><timeDuration>P1D</timeDuration>'
        "</timerEventDefinition></boundaryEvent>"
    )
    xml = diagram(
        SPLIT + boundary + '<endEvent id="other"/>' + user("a") + user("b") + user("x"),
        "s -> f -> a [true]\nf -> b [true]\na -> other\nt -> j\nb -> j -> x -> e",
    )
    made = run(xml).do("b")
    assert made.open == ["a"]
    assert made.wait(days=2)
    assert made.open == ["x"]
    made = run(xml).do("b").do("a")
    assert made.open == ["x"]


def test_a_way_back_by_a_boundary_event_does_not_open_the_join_early() -> None:
    boundary = (
        '<boundaryEvent id="t" attachedToRef="b"><timerEventDefinition><timeDuration>P1D</timeDuration>'
        "</timerEventDefinition></boundaryEvent>"
    )
    xml = diagram(
        SPLIT + boundary + '<exclusiveGateway id="m"/>' + user("a") + user("b") + user("x"),
        "s -> m -> f -> a [true]\nf -> b [true]\na -> j\nb -> j -> x -> e\nt -> m",
    )
    made = run(xml).do("a")
    assert made.open == ["b"]
    made.do("b")
    assert made.open == ["x"]


def test_the_join_looks_at_its_own_level_only() -> None:
    inner = level('<startEvent id="s2"/>' + user("deep"), "s2 -> deep")
    xml = diagram(
        SPLIT + f'<subProcess id="sub">{inner}</subProcess>' + user("a") + user("x"),
        "s -> f -> a [true]\nf -> sub [true]\na -> j\nsub -> j -> x -> e",
    )
    made = run(xml).do("a")
    assert made.open == ["deep"]
    made.do("deep")
    assert made.open == ["x"]


def test_two_joins_do_not_wait_for_each_other_around_a_boundary_event() -> None:
    """Found by the fuzzer: the outer join's token could reach the inner join by the way back only."""
    boundary = (
        '<boundaryEvent id="t" attachedToRef="h"><timerEventDefinition><timeDuration>P1D</timeDuration>'
        "</timerEventDefinition></boundaryEvent>"
    )
    xml = diagram(
        SPLIT
        + '<inclusiveGateway id="f2"/><inclusiveGateway id="j2"/>'
        + boundary
        + user("h")
        + user("a")
        + user("b")
        + user("c"),
        "s -> h -> e\nt -> f -> a [true]\nf -> f2 [true]\nf2 -> b [true]\nf2 -> c [false]\nb -> j2\nc -> j2\n"
        "j2 -> j\na -> j -> h",
    )
    made = run(xml)
    made.wait(days=2)
    made.do("a").do("b")
    assert made.open == ["h"]
