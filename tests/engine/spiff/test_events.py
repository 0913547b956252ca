"""Event gateways, timers, messages, signals, conditions, links, terminate, errors, event sub-processes."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from app.engine.errors import BudgetExceeded, StepFailed
from app.engine.instance import Instance
from tests.engine.diagrams import NOON, Run, define, diagram, env, level, run, script, user

ENDS = '<startEvent id="s"/><endEvent id="e"/>'
ROOT = (
    '<message id="M" name="PAID"/><message id="M2" name="PLAN"/><signal id="S" name="SIG"/>'
    '<error id="E" errorCode="BAD"/><error id="E2" errorCode="WORSE"/><escalation'
    ' id="X" escalationCode="LATE"/>'
)


def catch(element_id: str, definition: str, attributes: str = "") -> str:
    return f'<intermediateCatchEvent id="{element_id}" {attributes}>{definition}</intermediateCatchEvent>'


def time(value: str, kind: str = "timeDuration") -> str:
    return f"<timerEventDefinition><{kind}>{value}</{kind}></timerEventDefinition>"


def msg(name: str = "M") -> str:
    return f'<messageEventDefinition messageRef="{name}"/>'


def error(ref: str = "E") -> str:
    return f'<errorEventDefinition errorRef="{ref}"/>'


RECOVERY = diagram(
    ENDS
    + '<eventBasedGateway id="ev"/><exclusiveGateway id="g"/>'
    + catch("m_paid", msg(), 'zr:correlationKey="= no" zr:payloadVariable="paid"')
    + catch("m_plan", msg("M2"), 'zr:correlationKey="= no"')
    + catch("due", time("P30D"))
    + catch("soon", time("P10D"))
    + user("t_plan")
    + user("t_rem")
    + user("t_soon"),
    "s -> ev -> m_paid -> g -> ev [paid.left > 0]\ng => e\n"
    "ev -> m_plan -> t_plan -> ev\nev -> due -> t_rem -> ev\n"
    "ev -> soon -> t_soon -> ev",
    root=ROOT,
)


def test_the_first_event_behind_a_gateway_wins() -> None:
    made = run(RECOVERY, no="C-1")
    assert [s.message for s in made.instance.subscriptions()] == ["PAID", "PLAN"]
    assert made.send("PLAN", "C-1")
    assert made.open == ["t_plan"]
    assert made.instance.subscriptions() == ()
    assert made.instance.next_due() is None
    assert not made.send("PAID", "C-1", {"left": 0})


def test_each_timer_of_a_gateway_has_its_own_time() -> None:
    made = run(RECOVERY, no="C-1")
    assert made.instance.next_due() == NOON + timedelta(days=10)
    assert not made.wait(days=9)
    assert made.wait(days=2)
    assert made.open == ["t_soon"]


def test_an_event_gateway_in_a_loop() -> None:
    made = run(RECOVERY, no="C-1")
    for left in (3, 2, 1):
        assert made.send("PAID", "C-1", {"left": left})
        assert made.open == []
        assert len(made.instance.subscriptions()) == 2
    assert made.send("PAID", "C-1", {"left": 0})
    assert made.completed
    assert made.done("element_cancelled").count("due") == 4


def test_a_message_is_matched_by_name_and_key() -> None:
    made = run(RECOVERY, no=17)
    assert made.instance.subscriptions()[0].key == "17"
    assert not made.send("PAID", "18")
    assert not made.send("OTHER", "17")
    assert made.send("PAID", "17", {"left": 0})


def test_a_null_correlation_key_fails() -> None:
    with pytest.raises(StepFailed, match="correlation key is null"):
        run(RECOVERY)


@pytest.mark.parametrize(
    ("kind", "value", "due"),
    [
        ("timeDate", "wd(2)", "2026-03-04T15:59:59+00:00"),
        ("timeDate", 'date and time("2026-03-05T10:00:00+08:00")', "2026-03-05T02:00:00+00:00"),
        ("timeDate", "2026-03-05T10:00:00+08:00", "2026-03-05T02:00:00+00:00"),
        ("timeDate", '"2026-03-05T10:00:00"', "2026-03-05T02:00:00+00:00"),
        ("timeDate", 'date("2026-03-05")', "2026-03-04T16:00:00+00:00"),
        ("timeDate", "until", "2026-04-01T00:00:00+00:00"),
        ("timeDuration", "P1M", "2026-04-02T04:00:00+00:00"),
        ("timeDuration", 'duration("P1M")', "2026-04-02T04:00:00+00:00"),
        ("timeDuration", 'duration("P2DT3H")', "2026-03-04T07:00:00+00:00"),
        ("timeDuration", '"P1W"', "2026-03-09T04:00:00+00:00"),
        ("timeCycle", "R3/PT10M", "2026-03-02T04:10:00+00:00"),
        ("timeCycle", "R3/2026-03-05T10:00:00+08:00/P1D", "2026-03-05T02:00:00+00:00"),
        ("timeCycle", "R3/P1D/2026-03-10T10:00:00+08:00", "2026-03-08T02:00:00+00:00"),
        ("timeCycle", '"R/" + "P1D"', "2026-03-03T04:00:00+00:00"),
    ],
)
def test_timer_values(kind: str, value: str, due: str) -> None:
    made = run(
        diagram(ENDS + catch("t", time(value, kind)), "s -> t -> e"), until="2026-04-01T08:00:00+08:00"
    )
    assert made.instance.next_due() == datetime.fromisoformat(due)
    made.wait(days=60)
    assert made.completed


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("timeDate", "1 + 1"),
        ("timeDate", "missing"),
        ("timeDuration", '"P"'),
        ("timeCycle", "R3/PT0S"),
        ("timeCycle", "3"),
    ],
)
def test_bad_timer_values_fail_with_the_element(kind: str, value: str) -> None:
    with pytest.raises(StepFailed) as failure:
        run(diagram(ENDS + catch("t", time(value, kind)), "s -> t -> e"))
    assert failure.value.element_id == "t"


def test_the_end_of_the_month_stays_the_end_of_the_month() -> None:
    event = (
        '<boundaryEvent id="b" attachedToRef="a" cancelActivity="false">'
        + time("R/P1M", "timeCycle")
        + "</boundaryEvent>"
    )
    definition = define(diagram(ENDS + user("a") + event + user("n"), "s -> a -> e\nb -> n"))
    now = datetime.fromisoformat("2026-01-31T10:00:00+08:00")
    made = Run(definition, Instance.start(definition, {}, env(now)), now)
    days = []
    for _ in range(4):
        due = made.instance.next_due()
        assert due is not None
        days.append(due.astimezone(now.tzinfo).strftime("%m-%d %H"))
        made.now = due
        made.wait()
    assert days == ["02-28 10", "03-31 10", "04-30 10", "05-31 10"]


def test_timers_fire_in_the_order_of_their_time_and_what_follows_them_too() -> None:
    xml = diagram(
        ENDS
        + '<parallelGateway id="f"/>'
        + catch("t1", time("P3D"))
        + catch("t2", time("P1D"))
        + script("x", 'log = append(log, "x")')
        + script("y", 'log = append(log, "y")'),
        "s -> f -> t1 -> x -> e\nf -> t2 -> y -> e",
    )
    made = run(xml, log=[])
    made.wait(days=5)
    assert made.variables["log"] == ["y", "x"]


def test_receive_and_send_tasks() -> None:
    tasks = (
        '<sendTask id="out" messageRef="M" zr:correlationKey="= no" zr:payload="= {n: 1 + 1}"/>'
        '<receiveTask id="in" messageRef="M2" zr:correlationKey="= no" zr:payloadVariable="answer"/>'
    )
    made = run(diagram(ENDS + tasks, "s -> out -> in -> e", root=ROOT), no="C-1")
    assert [(m.name, m.key, m.payload, m.element_id) for m in made.messages] == [
        ("PAID", "C-1", {"n": 2}, "out")
    ]
    assert made.send("PLAN", "C-1", {"x": [1]})
    assert made.completed
    assert made.variables["answer"] == {"x": [1]}


def test_throw_and_end_events_send_messages() -> None:
    events = (
        f'<startEvent id="s"/><intermediateThrowEvent id="t" zr:correlationKey="k"'
        f' zr:payload="= {{a: x}}">{msg()}'
        f'</intermediateThrowEvent><endEvent id="e" zr:correlationKey="k2">{msg("M2")}</endEvent>'
    )
    made = run(diagram(events, "s -> t -> e", root=ROOT), x=5)
    assert [(m.name, m.key, m.payload) for m in made.messages] == [
        ("PAID", "k", {"a": 5}),
        ("PLAN", "k2", {}),
    ]


def test_a_signal_reaches_every_catcher() -> None:
    signal = '<signalEventDefinition signalRef="S"/>'
    xml = diagram(
        ENDS
        + '<parallelGateway id="f"/>'
        + catch("c1", signal)
        + catch("c2", signal)
        + user("a")
        + f'<intermediateThrowEvent id="t">{signal}</intermediateThrowEvent>'
        + user("x")
        + user("y"),
        "s -> f -> c1 -> x\nf -> c2 -> y\nf -> a -> t -> e",
        root=ROOT,
    )
    made = run(xml)
    assert made.open == ["a"]
    assert made.do("a").open == ["x", "y"]
    assert not made.instance.signal("SIG", {}, env())


def test_a_condition_happens_when_it_becomes_true() -> None:
    condition = "<conditionalEventDefinition><condition>a.n &gt; 2</condition></conditionalEventDefinition>"
    xml = diagram(
        ENDS + '<parallelGateway id="f"/>' + catch("c", condition) + user("a") + user("x"),
        "s -> f -> c -> x\nf -> a",
    )
    assert run(xml).do("a", {"n": 3}).open == ["x"]
    made = run(xml).do("a", {"n": 1})
    assert made.open == []
    assert made.instance.positions()["p:c"].waiting


def test_a_non_interrupting_condition_does_not_repeat_while_it_holds() -> None:
    condition = "<conditionalEventDefinition><condition>b.n &gt; 2</condition></conditionalEventDefinition>"
    boundary = f'<boundaryEvent id="c" attachedToRef="a" cancelActivity="false">{condition}</boundaryEvent>'
    xml = diagram(
        ENDS
        + '<parallelGateway id="f"/><exclusiveGateway id="m"/>'
        + boundary
        + user("a")
        + user("b")
        + user("x"),
        "s -> f -> a -> e\nf -> m -> b -> m\nc -> x",
    )
    made = run(xml)
    made.do("b", {"n": 3}).do("b", {"n": 4})
    assert made.open == ["a", "b", "x"]
    made.do("b", {"n": 1}).do("b", {"n": 5})
    assert made.open == ["a", "b", "x", "x"]


def test_links_go_on_at_the_other_end() -> None:
    xml = diagram(
        ENDS + '<intermediateThrowEvent id="to"><linkEventDefinition name="L"/></intermediateThrowEvent>'
        '<intermediateCatchEvent id="from"><linkEventDefinition name="L"/></intermediateCatchEvent>'
        + user("a"),
        "s -> to\nfrom -> a -> e",
    )
    made = run(xml)
    assert made.open == ["a"]
    assert made.do("a").completed


@pytest.mark.parametrize("nested", [False, True])
def test_terminate_ends_its_level_only(nested: bool) -> None:
    inner = (
        '<startEvent id="s2"/><parallelGateway id="f"/><endEvent id="stop"><terminateEventDefinition/>'
        "</endEvent>" + user("a") + user("b")
    )
    lines = "s2 -> f -> a -> stop\nf -> b"
    if nested:
        body = level(inner, lines)
        xml = diagram(
            ENDS + f'<subProcess id="sub">{body}</subProcess>' + user("next"), "s -> sub -> next -> e"
        )
        assert run(xml).do("a").open == ["next"]
    else:
        made = run(diagram(inner, lines)).do("a")
        assert made.completed
        assert made.instance.outcome == "stop"


SUB = level(
    '<startEvent id="s2"/><endEvent id="bad">' + error() + "</endEvent>" + user("a"), "s2 -> a -> bad"
)


def boundary(element_id: str, definition: str, host: str = "sub") -> str:
    return f'<boundaryEvent id="{element_id}" attachedToRef="{host}">{definition}</boundaryEvent>'


def test_an_error_end_goes_to_the_boundary_event_for_its_code() -> None:
    xml = diagram(
        ENDS
        + f'<subProcess id="sub">{SUB}</subProcess>'
        + boundary("any", "<errorEventDefinition/>")
        + boundary("b", error())
        + boundary("c", error("E2"))
        + user("x")
        + user("y"),
        "s -> sub -> e\nb -> x -> e\nany -> y -> e\nc -> y",
        root=ROOT,
    )
    assert run(xml).do("a").open == ["x"]


def test_an_error_passes_through_called_processes() -> None:
    called = diagram(
        '<startEvent id="s"/><endEvent id="bad">' + error() + "</endEvent>",
        "s -> bad",
        process="q",
        root=ROOT,
    )
    inner = level('<startEvent id="s2"/><callActivity id="c" calledElement="q"/>', "s2 -> c")
    xml = diagram(
        ENDS
        + f'<subProcess id="sub">{inner}</subProcess>'
        + boundary("any", "<errorEventDefinition/>")
        + user("y"),
        "s -> sub -> e\nany -> y -> e",
        root=ROOT,
    )
    assert run(xml, called).open == ["y"]


def test_an_error_that_nothing_catches() -> None:
    xml = diagram(ENDS + f'<subProcess id="sub">{SUB}</subProcess>', "s -> sub -> e", root=ROOT)
    with pytest.raises(StepFailed) as failure:
        run(xml).do("a")
    assert (failure.value.element_id, failure.value.code) == ("bad", "BAD")
    top = diagram(
        '<startEvent id="s"/><parallelGateway id="f"/><endEvent id="bad">'
        + error()
        + "</endEvent>"
        + user("a")
        + user("b"),
        "s -> f -> a -> bad\nf -> b",
        root=ROOT,
    )
    made = run(top).do("a")
    assert made.completed
    assert made.instance.outcome == "bad"


def listener(definition: str, interrupting: bool = True, attributes: str = "") -> str:
    flag = "" if interrupting else 'isInterrupting="false"'
    inner = level(f'<startEvent id="es" {flag} {attributes}>{definition}</startEvent>' + user("h"), "es -> h")
    return f'<subProcess id="esp" triggeredByEvent="true">{inner}</subProcess>'


@pytest.mark.parametrize("interrupting", [True, False])
def test_event_sub_processes_by_message(interrupting: bool) -> None:
    handler = listener(msg(), interrupting, 'zr:correlationKey="k" zr:payloadVariable="got"')
    made = run(diagram(ENDS + user("a") + handler, "s -> a -> e", root=ROOT))
    assert made.open == ["a"]
    assert sorted(made.instance.positions()) == ["p:a"]
    assert made.send("PAID", "k", {"n": 1})
    assert made.variables["got"] == {"n": 1}
    assert made.open == (["h"] if interrupting else ["a", "h"])
    assert made.send("PAID", "k", {"n": 2}) is not interrupting
    if not interrupting:
        assert made.open == ["a", "h", "h"]
        made.do("a")
        assert not made.completed
        made.do("h")
    made.do("h")
    assert made.completed


def test_an_event_sub_process_does_not_keep_its_level_alive() -> None:
    made = run(diagram(ENDS + user("a") + listener(time("P1D")), "s -> a -> e"))
    assert made.do("a").completed
    assert made.instance.next_due() is None


def test_an_error_event_sub_process_catches_inside_the_sub_process() -> None:
    inner = SUB + listener(error())
    xml = diagram(
        ENDS + f'<subProcess id="sub">{inner}</subProcess>' + boundary("b", error()) + user("y") + user("n"),
        "s -> sub -> n -> e\nb -> y",
        root=ROOT,
    )
    made = run(xml).do("a")
    assert made.open == ["h"]
    assert made.do("h").open == ["n"]


def test_endless_loops_are_stopped() -> None:
    xml = diagram(
        ENDS + script("x", "n = n + 1") + '<exclusiveGateway id="g"/>', "s -> x -> g -> x [n > 0]\ng => e"
    )
    with pytest.raises(BudgetExceeded):
        run(xml, n=0)


def test_a_long_automatic_loop_runs() -> None:
    xml = diagram(
        ENDS + script("x", "n = n + 1") + '<exclusiveGateway id="g"/>', "s -> x -> g -> x [2000 > n]\ng => e"
    )
    made = run(xml, n=0)
    assert made.completed
    assert made.variables["n"] == 2000


def test_a_process_that_calls_itself_is_stopped() -> None:
    with pytest.raises(BudgetExceeded, match="nested too deeply"):
        run(diagram(ENDS + '<callActivity id="c" calledElement="p"/>', "s -> c -> e"))


def test_a_path_of_a_thousand_tasks() -> None:
    tasks = "".join(script(f"x{n}", f"n = {n}") for n in range(1000))
    made = run(diagram(ENDS + tasks, "s -> " + " -> ".join(f"x{n}" for n in range(1000)) + " -> e"))
    assert made.completed


def test_abstract_and_manual_tasks_are_passed() -> None:
    assert run(diagram(ENDS + '<task id="a"/><manualTask id="b"/>', "s -> a -> b -> e")).done() == [
        "s",
        "a",
        "b",
        "e",
    ]


def test_elements_may_be_called_start_and_end() -> None:
    made = run(diagram('<startEvent id="Start"/><endEvent id="End"/>', "Start -> End"))
    assert made.instance.outcome == "End"
