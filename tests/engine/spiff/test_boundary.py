"""Boundary events: back to the own or an earlier activity, repeated, beside sub-processes."""

from __future__ import annotations

import pytest

from tests.engine.diagrams import diagram, env, level, run, script, user

ENDS = '<startEvent id="s"/><endEvent id="e"/>'
ROOT = '<message id="M" name="MSG"/><signal id="S" name="SIG"/><escalation id="X" escalationCode="LATE"/>'


def timer(
    element_id: str, host: str, value: str, interrupting: bool = True, kind: str = "timeDuration"
) -> str:
    cancel = "" if interrupting else 'cancelActivity="false"'
    return (
        f'<boundaryEvent id="{element_id}" attachedToRef="{host}" {cancel}><timerEventDefinition>'
        f"<{kind}>{value}</{kind}>"
        "</timerEventDefinition></boundaryEvent>"
    )


def message(element_id: str, host: str, interrupting: bool = True) -> str:
    cancel = "" if interrupting else 'cancelActivity="false"'
    return (
        f'<boundaryEvent id="{element_id}" attachedToRef="{host}" {cancel} zr:correlationKey="k"'
        ' zr:payloadVariable="got"><messageEventDefinition messageRef="M"/></boundaryEvent>'
    )


def test_an_interrupting_timer_takes_the_task_away() -> None:
    made = run(
        diagram(ENDS + user("a") + timer("t", "a", "P1D") + user("late"), "s -> a -> e\nt -> late -> e")
    )
    assert not made.wait(hours=23)
    assert made.wait(hours=2)
    assert made.open == ["late"]
    assert ("element_cancelled", "a") in made.events
    assert ("timer_fired", "t") in made.events
    assert made.do("late").completed


def test_completing_the_task_disarms_its_boundary_events() -> None:
    made = run(diagram(ENDS + user("a") + timer("t", "a", "P1D") + user("b"), "s -> a -> b -> e\nt -> e"))
    assert made.instance.next_due() is not None
    made.do("a")
    assert made.instance.next_due() is None
    assert "t" not in [element for _, element in made.events]


@pytest.mark.parametrize("rounds", [1, 2, 5])
def test_a_path_may_lead_back_to_the_same_task(rounds: int) -> None:
    made = run(diagram(ENDS + user("a") + timer("t", "a", "P1D"), "s -> a -> e\nt -> a"))
    for _ in range(rounds):
        assert made.wait(days=2)
        assert made.open == ["a"]
    assert made.do("a").completed


def test_a_non_interrupting_path_back_to_the_same_task_adds_a_token() -> None:
    made = run(diagram(ENDS + user("a") + timer("t", "a", "P1D", False), "s -> a -> e\nt -> a"))
    made.wait(days=2)
    assert made.open == ["a", "a"]
    made.do("a").do("a")
    assert made.completed


@pytest.mark.parametrize("kind", ["message", "signal"])
def test_non_interrupting_messages_and_signals_repeat(kind: str) -> None:
    event = message("t", "a", False)
    if kind == "signal":
        event = event.replace(
            '<messageEventDefinition messageRef="M"/>', '<signalEventDefinition signalRef="S"/>'
        )
    made = run(diagram(ENDS + user("a") + event + user("note"), "s -> a -> e\nt -> note", root=ROOT))
    for count in (1, 2, 3):
        if kind == "message":
            assert made.send("MSG", "k", {"n": count})
        else:
            assert made.instance.signal("SIG", {"n": count}, env())
            made.reload()
        assert made.open == ["a"] + ["note"] * count
        assert made.variables["got"] == {"n": count}
    made.do("a")
    assert not made.send("MSG", "k")
    for _ in range(3):
        made.do("note")
    assert made.completed


def test_a_cycle_fires_as_often_as_it_says() -> None:
    event = timer("t", "a", "R3/P1D", False, "timeCycle")
    made = run(diagram(ENDS + user("a") + event + user("note"), "s -> a -> e\nt -> note"))
    for count in (1, 2, 3):
        assert made.wait(days=1)
        assert made.open == ["a"] + ["note"] * count
    assert not made.wait(days=5)
    assert made.instance.next_due() is None


def test_missed_times_are_made_up_for_in_a_counted_cycle_but_not_in_an_endless_one() -> None:
    event = timer("t", "a", "R3/P1D", False, "timeCycle")
    made = run(diagram(ENDS + user("a") + event + user("note"), "s -> a -> e\nt -> note"))
    made.wait(days=10)
    assert made.open.count("note") == 3
    made = run(diagram(ENDS + user("a") + event.replace("R3", "R") + user("note"), "s -> a -> e\nt -> note"))
    made.wait(days=10)
    assert made.open.count("note") == 1
    due = made.instance.next_due()
    assert due is not None
    assert 0 < (due - made.now).total_seconds() <= 86400


INNER = level('<startEvent id="s2"/><endEvent id="e2"/>' + user("u") + user("v"), "s2 -> u -> v -> e2")


def test_a_sub_process_is_entered_again_after_its_boundary_event() -> None:
    """As in the signing of an agreement: the term runs out, is extended, the signing begins anew."""
    xml = diagram(
        ENDS
        + f'<subProcess id="sub">{INNER}</subProcess>'
        + timer("t", "sub", "P5D")
        + user("over")
        + '<exclusiveGateway id="g"/><endEvent id="gone"/>',
        "s -> sub -> e\nt -> over -> g -> sub [over.extend]\ng => gone",
    )
    made = run(xml).do("u")
    assert made.open == ["v"]
    made.wait(days=6)
    assert made.open == ["over"]
    made.do("over", {"extend": True})
    assert made.open == ["u"]
    made.do("u").do("v")
    assert made.completed
    assert made.instance.outcome == "e"
    assert ("element_cancelled", "v") in made.events


def test_a_message_ends_a_sub_process_with_a_called_process_inside() -> None:
    called = diagram(ENDS + user("deep"), "s -> deep -> e", process="q")
    inner = level('<startEvent id="s2"/><callActivity id="c" calledElement="q"/>', "s2 -> c")
    xml = diagram(
        ENDS
        + f'<subProcess id="sub">{inner}</subProcess>'
        + message("m", "sub")
        + '<endEvent id="withdrawn"/>',
        "s -> sub -> e\nm -> withdrawn",
        root=ROOT,
    )
    made = run(xml, called)
    assert made.open == ["deep"]
    assert made.send("MSG", "k", {"why": "x"})
    assert made.completed
    assert made.instance.outcome == "withdrawn"
    cancelled = made.done("element_cancelled")
    assert cancelled == ["deep", "c", "sub"]


def test_several_boundary_events_and_the_first_wins() -> None:
    xml = diagram(
        ENDS + user("a") + timer("t1", "a", "P2D") + timer("t2", "a", "P1D") + user("x") + user("y"),
        "s -> a -> e\nt1 -> x -> e\nt2 -> y -> e",
    )
    made = run(xml)
    made.wait(days=3)
    assert made.open == ["y"]


def test_an_automatic_loop_over_a_boundary_event_ends() -> None:
    """Stock SpiffWorkflow leaves the instance waiting for ever."""
    xml = diagram(
        ENDS + user("a") + timer("t", "a", "P1D") + script("x", "n = n + 1") + '<exclusiveGateway id="g"/>',
        "s -> a -> e\nt -> x -> g -> a [2 > n]\ng => e",
    )
    made = run(xml, n=0)
    made.wait(days=2)
    assert made.open == ["a"]
    made.wait(days=2)
    assert made.completed


def test_an_escalation_leaves_the_sub_process_running_when_not_interrupting() -> None:
    inner = level(
        '<startEvent id="s2"/><intermediateThrowEvent id="up"><escalationEventDefinition escalationRef="X"/>'
        "</intermediateThrowEvent>" + user("u"),
        "s2 -> up -> u",
    )
    catch = (
        '<boundaryEvent id="b" attachedToRef="sub" cancelActivity="false">'
        '<escalationEventDefinition escalationRef="X"/>'
        "</boundaryEvent>"
    )
    xml = diagram(
        ENDS + f'<subProcess id="sub">{inner}</subProcess>' + catch + user("boss"),
        "s -> sub -> e\nb -> boss",
        root=ROOT,
    )
    assert run(xml).open == ["boss", "u"]
    stop = xml.replace(b'cancelActivity="false"', b"")
    assert run(stop).open == ["boss"]
