"""Returning to an earlier step: what goes, what stays, what starts again, what bars it."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from random import SystemRandom
from typing import Any

import pytest

from app.engine.instance import Instance
from app.engine.returning import ReturnPlan, ReturnRefused, return_to, returns, returns_of
from tests.engine.diagrams import NOON, Run, diagram, env, run, user
from tests.engine.returning.walking import walk

ENDS = '<startEvent id="s"/><endEvent id="e"/>'
RETURN = 'zr:operations="return return_direct"'
FRESH = int(os.environ.get("FUZZ_SEED", "0")) or SystemRandom().randrange(10**6, 10**9)
SPLIT = '<parallelGateway id="g"/><parallelGateway id="h"/>'
BRANCHES = diagram(
    ENDS + SPLIT + user("a", RETURN) + user("b1") + user("b2") + user("c") + user("z"),
    "s -> a -> g\ng -> b1 -> b2 -> h\ng -> c -> h\nh -> z -> e",
)


def opened(made: Run) -> list[str]:
    return sorted(task.element_id for task in made.instance.user_tasks())


def plan(made: Run, element_id: str, harmless: frozenset[str] = frozenset()) -> ReturnPlan:
    return next(each for each in returns(made.instance, harmless) if each.target.element_id == element_id)


def back(made: Run, element_id: str, **options: Any) -> None:
    return_to(made.instance, plan(made, element_id).number, env(made.now), **options)
    made.reload()


def names(places: Any) -> list[str]:
    return sorted(place.element_id for place in places)


def test_one_branch_is_led_back_and_the_other_goes_on() -> None:
    made = run(BRANCHES)
    made.do("a")
    made.do("b1", {"v": 1})
    found = plan(made, "b1")
    assert (names(found.cancelled), names(found.kept), found.reopened) == (["b2"], ["c"], ())
    other = made.task("c").id
    back(made, "b1")
    assert opened(made) == ["b1", "c"]
    assert made.task("c").id == other
    assert made.task("b1").prefill == {"v": 1}
    made.do("b1")
    made.do("b2")
    made.do("c")
    assert opened(made) == ["z"]


def test_before_a_split_all_branches_are_led_back() -> None:
    made = run(BRANCHES)
    for name in ("a", "b1", "c"):
        made.do(name)
    found = plan(made, "a")
    assert names(found.cancelled) == ["b2"]
    assert names(found.repeated) == ["b1", "c"]
    back(made, "a")
    assert opened(made) == ["a"]
    for name in ("a", "b1", "c", "b2", "z"):
        made.do(name)
    assert made.completed


def test_behind_a_join_the_branch_beside_opens_again() -> None:
    made = run(BRANCHES)
    for name in ("a", "c", "b1", "b2"):
        made.do(name)
    found = plan(made, "b1")
    assert (names(found.reopened), found.may_come_straight) == (
        [],
        False,
    )  # its token waits at the join again
    back(made, "b1")
    assert opened(made) == ["b1"]
    made.do("b1")
    made.do("b2")
    assert opened(made) == ["z"]


def test_straight_back_runs_nothing_in_between() -> None:
    made = run(diagram(ENDS + user("a", RETURN) + user("b") + user("c"), "s -> a -> b -> c -> e"))
    made.do("a", {"v": 1})
    made.do("b")
    back(made, "a", straight=True)
    assert opened(made) == ["a"]
    made.do("a", {"v": 2})
    assert opened(made) == ["c"]
    assert made.variables["a"] == {"v": 2}
    assert names(plan(made, "b").cancelled) == ["c"]
    made.do("c")
    assert made.completed


def test_only_steps_that_led_to_a_task_are_offered_to_it() -> None:
    made = run(BRANCHES)
    for name in ("a", "b1"):
        made.do(name)
    assert [p.target.element_id for p in returns_of(made.instance, made.task("c").id)] == ["a"]
    assert [p.target.element_id for p in returns_of(made.instance, made.task("b2").id)] == ["b1", "a"]


def test_nothing_is_remembered_where_nobody_may_go_back() -> None:
    made = run(diagram(ENDS + user("a") + user("b"), "s -> a -> b -> e"))
    made.do("a")
    assert returns(made.instance) == ()
    assert b"trail" not in made.instance.dump()


def test_timers_start_again() -> None:
    late = (
        '<boundaryEvent id="t" attachedToRef="a"><timerEventDefinition><timeDuration>P3D</timeDuration>'
        "</timerEventDefinition></boundaryEvent>"
    )
    made = run(diagram(ENDS + user("a", RETURN + ' zr:due="= wd(2)"') + user("b") + user("z") + late,
                       "s -> a -> b -> e\nt -> z -> e"))  # fmt: skip
    first = made.instance.next_due()
    made.do("a")
    assert made.instance.next_due() is None
    made.now += timedelta(days=10)
    assert names(plan(made, "a").rearmed_timers) == ["t"]
    back(made, "a")
    assert first is not None
    assert made.instance.next_due() == first + timedelta(days=10)
    assert made.task("a").due_at == datetime(2026, 3, 16, 15, 59, 59, tzinfo=UTC)
    made.now += timedelta(days=4)
    made.instance.fire_timers(env(made.now))
    assert opened(made) == ["z"]


PAID = diagram(
    ENDS + user("a", RETURN) + '<serviceTask id="pay" name="付款" zr:delegate="pay" REPEAT/>' + user("b"),
    "s -> a -> pay -> b -> e",
)


@pytest.mark.parametrize(
    ("said", "harmless", "possible"),
    [
        ("", "", False),
        ("", "pay", True),
        ('zr:repeatable="true"', "", True),
        ('zr:repeatable="false"', "pay", False),
    ],
)
def test_what_was_done_outside_bars_the_way(said: str, harmless: str, possible: bool) -> None:
    made = run(PAID.replace(b"REPEAT", said.encode()))
    made.do("a")
    made.serve("pay")
    found = plan(made, "a", frozenset({harmless}))
    assert found.possible is possible
    if possible:
        return_to(made.instance, found.number, env(), frozenset({harmless}))
        assert opened(made) == ["a"]
        return
    assert "“付款”已经执行" in found.reasons[0].message_zh
    with pytest.raises(ReturnRefused):
        return_to(made.instance, found.number, env(), frozenset({harmless}))


def test_a_step_inside_a_sub_process_that_has_ended() -> None:
    inner = f'<subProcess id="sub">{diagram_level()}</subProcess>'
    made = run(diagram(ENDS + inner + user("z"), "s -> sub -> z -> e"))
    made.do("u1", {"v": 1})
    made.do("u2")
    assert [p.target.element_id for p in returns_of(made.instance, made.task("z").id)] == ["u2", "u1"]
    back(made, "u1")
    assert opened(made) == ["u1"]
    for name in ("u1", "u2", "z"):
        made.do(name)
    assert made.completed


def diagram_level() -> str:
    return (
        '<startEvent id="is"/><endEvent id="ie"/>' + user("u1", RETURN) + user("u2")
        + '<sequenceFlow id="i1" sourceRef="is" targetRef="u1"/><sequenceFlow id="i2" sourceRef="u1" targetRef="u2"/>'
        '<sequenceFlow id="i3" sourceRef="u2" targetRef="ie"/>'
    )  # fmt: skip


def test_a_loop_keeps_one_point_for_each_step() -> None:
    made = run(diagram(ENDS + user("a", RETURN) + '<exclusiveGateway id="x"/><exclusiveGateway id="m"/>',
                       "s -> m -> a -> x\nx -> m [a.again]\nx => e"))  # fmt: skip
    sizes = []
    for _ in range(30):
        made.do("a", {"again": True})
        sizes.append(len(made.instance.dump()))
    assert sizes[-1] <= sizes[2] + 10
    assert len(returns(made.instance)) == 1


@pytest.mark.parametrize("first", range(0, 100, 20))
def test_random_processes_stay_sound(first: int) -> None:
    assert sum(walk(seed, 3) for seed in range(first, first + 20)) > 5


def test_fresh_random_processes_stay_sound() -> None:
    for seed in range(FRESH, FRESH + 20):
        try:
            walk(seed, 3)
        except Exception as error:
            pytest.fail(f"{error!r}: again with FUZZ_SEED={seed}")


def test_the_state_can_be_loaded_while_somebody_was_sent_back() -> None:
    made = run(diagram(ENDS + user("a", RETURN) + user("b"), "s -> a -> b -> e"))
    made.do("a")
    back(made, "a", straight=True)
    again = Instance.load(made.definition, made.instance.dump())
    again.complete(again.user_tasks()[0].id, {}, env(NOON))
    assert [task.element_id for task in again.user_tasks()] == ["b"]
