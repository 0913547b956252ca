"""Parallel gateways in loops (stock 3.2.0 fires early in the second round)."""

from __future__ import annotations

import itertools

import pytest

from tests.engine.diagrams import diagram, run, user

LOOP = diagram(
    '<startEvent id="s"/><endEvent id="e"/><exclusiveGateway id="m"/><parallelGateway id="f"/>'
    '<parallelGateway id="j"/><exclusiveGateway id="g"/>' + user("a") + user("b") + user("decide"),
    "s -> m -> f -> a -> j\nf -> b -> j -> decide -> g -> m [decide.again]\ng => e",
)
ORDERS = list(itertools.permutations("ab"))


@pytest.mark.parametrize("orders", list(itertools.product(ORDERS, repeat=3)))
def test_the_join_waits_for_both_in_every_round(orders: tuple[tuple[str, ...], ...]) -> None:
    made = run(LOOP)
    for number, order in enumerate(orders):
        assert made.open == ["a", "b"]
        made.do(order[0])
        assert made.open == [order[1]]
        made.do(order[1])
        assert made.open == ["decide"]
        made.do("decide", {"again": number < 2})
    assert made.completed


def test_a_second_token_on_the_same_flow_waits_for_the_next_round() -> None:
    xml = diagram(
        '<startEvent id="s"/><endEvent id="e"/><parallelGateway id="f"/><parallelGateway id="j"/>'
        '<exclusiveGateway id="m"/>' + user("a") + user("b") + user("c") + user("x"),
        "s -> f -> a -> m\nf -> b -> m -> j\nf -> c -> j -> x -> e",
    )
    made = run(xml)
    made.do("a").do("b")
    assert made.open == ["c"]
    made.do("c")
    assert made.open == ["x"]
    made.do("x")
    # The spare token is still at the join: no deadlock is hidden.
    assert not made.completed
    assert made.instance.positions()["p:j"].waiting


def test_two_flows_from_one_gateway_to_one_join_count_as_two() -> None:
    xml = diagram(
        '<startEvent id="s"/><endEvent id="e"/><parallelGateway id="f"/><parallelGateway id="j"/>'
        '<sequenceFlow id="one" sourceRef="f" targetRef="j"/><sequenceFlow id="two"'
        ' sourceRef="f" targetRef="j"/>' + user("x"),
        "s -> f\nj -> x -> e",
    )
    assert run(xml).open == ["x"]


def test_a_wide_and_long_process_holds_only_live_tokens() -> None:
    blocks, elements, lines, last = 20, [], [], "s"
    for n in range(blocks):
        elements.append(
            f'<parallelGateway id="f{n}"/><parallelGateway id="j{n}"/>' + user(f"a{n}") + user(f"b{n}")
        )
        lines += [f"{last} -> f{n} -> a{n} -> j{n}", f"f{n} -> b{n} -> j{n}"]
        last = f"j{n}"
    xml = diagram(
        '<startEvent id="s"/><endEvent id="e"/>' + "".join(elements), "\n".join([*lines, f"{last} -> e"])
    )
    made = run(xml)
    for n in range(blocks):
        assert made.open == [f"a{n}", f"b{n}"]
        assert len(made.instance.dump()) < 1000
        made.do(f"b{n}").do(f"a{n}")
    assert made.completed
