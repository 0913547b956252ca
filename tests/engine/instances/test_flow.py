"""The main road: tasks, scripts, gateways, sub-processes, called processes."""

from __future__ import annotations

import pytest

from app.engine.errors import StartRefused, StepFailed, TaskNotActive
from app.engine.instance import Instance
from tests.engine.diagrams import NOON, define, diagram, env, level, run, script, user

START_END = '<startEvent id="s"/><endEvent id="e"/>'


def test_a_user_task_waits_and_its_values_are_merged() -> None:
    made = run(diagram(START_END + user("a", 'zr:resultVariable="form"'), "s -> a -> e"), form={"old": 1})
    assert made.open == ["a"]
    made.do("a", {"new": 2})
    assert made.completed
    assert made.instance.outcome == "e"
    assert made.variables == {"form": {"old": 1, "new": 2}}
    assert made.done() == ["s", "a", "e"]
    assert made.events[-1][0] == "instance_completed"


def test_a_task_cannot_be_completed_twice_nor_when_unknown() -> None:
    definition = define(diagram(START_END + user("a") + user("b"), "s -> a -> b -> e"))
    instance = Instance.start(definition, {}, env())
    first = instance.user_tasks()[0].id
    instance.complete(first, {}, env())
    for task_id in (first, "nobody"):
        with pytest.raises(TaskNotActive):
            instance.complete(task_id, {}, env())
    assert [task.element_id for task in instance.user_tasks()] == ["b"]


def test_the_view_of_a_task_holds_what_the_author_wrote() -> None:
    lane = (
        '<laneSet><lane id="l" name="经办" zr:candidates="group:clerk group:chief">'
        "<flowNodeRef>a</flowNodeRef>"
        "</lane></laneSet>"
    )
    task = user(
        "a",
        'zr:formKey="p/a" zr:due="= wd(3)" zr:duty="accept" zr:separateFrom="review approve" zr:priority="5"'
        ' zr:notActorOf="b" zr:assignee="= who"',
        '<extensionElements><zr:prefill target="year" value="= 2000 + 26"/></extensionElements>',
    )
    xml = diagram(lane + START_END + task.replace('zr:formKey="p/a"', ""), "s -> a -> e")
    view = run(xml, who="user:7", a={"kept": True}).task("a")
    assert view.candidates == ("group:clerk", "group:chief")
    assert view.assignee == "user:7"
    assert view.due_at is not None
    assert view.due_at.isoformat() == "2026-03-05T15:59:59+00:00"
    assert (view.duty, view.separate_from, view.not_actor_of) == ("accept", ("review", "approve"), ("b",))
    assert (view.priority, view.created_at) == (5, NOON)
    assert view.prefill == {"year": 2026, "kept": True}
    assert view.variables()["who"] == "user:7"


def test_scripts_assign_line_by_line() -> None:
    text = """
      a = 1 + 2
      b = a * 2
      // a note
      c.d = [a,
        b]
      c.e = string(b)
    """
    made = run(diagram(START_END + script("x", text), "s -> x -> e"), c={"kept": 1})
    assert made.variables == {"a": 3, "b": 6, "c": {"kept": 1, "d": [3, 6], "e": "6"}}


@pytest.mark.parametrize(("amount", "end"), [(9, "small"), (10, "big"), (None, "small")])
def test_exclusive_gateway_takes_the_first_true_flow_or_the_default(amount: int | None, end: str) -> None:
    xml = diagram(
        '<startEvent id="s"/><exclusiveGateway id="g"/><endEvent id="big"/><endEvent id="small"/>',
        "s -> g -> big [amount >= 10]\ng => small",
    )
    made = run(xml, amount=amount)
    assert made.instance.outcome == end


def test_exclusive_gateway_without_a_way_out_fails() -> None:
    xml = diagram('<startEvent id="s"/><exclusiveGateway id="g"/><endEvent id="e"/>', "s -> g -> e [false]")
    with pytest.raises(StepFailed) as failure:
        run(xml)
    assert failure.value.element_id == "g"


def test_a_condition_that_is_no_boolean_fails() -> None:
    xml = diagram('<startEvent id="s"/><exclusiveGateway id="g"/><endEvent id="e"/>', "s -> g -> e [1 + 1]")
    with pytest.raises(StepFailed, match="neither true nor false"):
        run(xml)


def test_parallel_branches_share_one_scope() -> None:
    xml = diagram(
        START_END + '<parallelGateway id="f"/><parallelGateway id="j"/>' + user("a") + user("b"),
        "s -> f -> a -> j\nf -> b -> j -> e",
    )
    made = run(xml, log=["start"])
    made.do("a", {"n": 1}).do("b", {"n": 2})
    assert made.completed
    assert made.variables == {"log": ["start"], "a": {"n": 1}, "b": {"n": 2}}


def test_flows_out_of_a_task_split() -> None:
    xml = diagram(
        START_END + user("x") + user("a") + user("b") + user("c"),
        "s -> x -> a [yes]\nx -> b [not(yes)]\nx -> c\na -> e\nb -> e\nc -> e",
    )
    assert run(xml, yes=True).do("x").open == ["a", "c"]
    assert run(xml, yes=False).do("x").open == ["b", "c"]


def test_the_default_flow_of_a_task_is_taken_when_no_condition_holds() -> None:
    xml = diagram(START_END + user("x") + user("a") + user("b"), "s -> x -> a [yes]\nx => b\na -> e\nb -> e")
    assert run(xml, yes=True).do("x").open == ["a"]
    assert run(xml, yes=False).do("x").open == ["b"]


def test_a_path_may_end_without_an_end_event() -> None:
    made = run(diagram('<startEvent id="s"/>' + user("a"), "s -> a"))
    made.do("a")
    assert made.completed
    assert made.instance.outcome is None


def test_a_process_without_a_start_event_begins_where_nothing_leads_to() -> None:
    assert run(diagram(user("a") + user("b") + user("c"), "a -> c\nb -> c")).open == ["a", "b"]


def test_an_embedded_sub_process_shares_the_scope() -> None:
    inner = level(
        '<startEvent id="s2"/><endEvent id="e2"/>' + user("b") + script("x", "seen = a.n + 1"),
        "s2 -> x -> b -> e2",
    )
    xml = diagram(START_END + user("a") + f'<subProcess id="sub">{inner}</subProcess>', "s -> a -> sub -> e")
    made = run(xml).do("a", {"n": 1}).do("b", {"n": 2})
    assert made.completed
    assert made.variables == {"a": {"n": 1}, "seen": 2, "b": {"n": 2}}
    assert made.instance.outcome == "e"
    assert made.done() == ["s", "a", "s2", "x", "b", "e2", "sub", "e"]


CALLED = diagram(
    '<startEvent id="s"/><exclusiveGateway id="g"/><endEvent id="no"/><endEvent id="yes"'
    ' zr:outcome="accepted"/>' + user("b"),
    "s -> b -> g -> yes [b.ok]\ng => no",
    process="q",
)
CALLER = diagram(
    START_END
    + '<callActivity id="c" calledElement="q"><extensionElements><zr:in source="= x + 1" target="y"/>'
    '<zr:out source="= outcome" target="acceptance.outcome"/><zr:out source="= b.note"'
    ' target="acceptance.note"/>'
    "</extensionElements></callActivity>",
    "s -> c -> e",
)


def test_a_called_process_has_its_own_scope() -> None:
    made = run(
        CALLER, CALLED, x=1, secret=2, params={"limit": 3}, instance={"no": "A-1"}, acceptance={"kept": 0}
    )
    assert made.task("b").variables() == {"y": 2, "params": {"limit": 3}, "instance": {"no": "A-1"}}
    assert made.task("b").process_id == "q"
    assert sorted(made.instance.positions()) == ["p:c", "q:b"]
    made.do("b", {"ok": True, "note": "fine"})
    assert made.completed
    assert made.variables["acceptance"] == {"kept": 0, "outcome": "accepted", "note": "fine"}
    assert "b" not in made.variables


def test_services_wait_for_the_host() -> None:
    service = (
        '<serviceTask id="v" zr:delegate="stamp" zr:resultVariable="receipt"><extensionElements>'
        '<zr:parameter name="no" value="= instance.no"/><zr:parameter name="source" value="web"/>'
        "</extensionElements></serviceTask>"
    )
    made = run(diagram(START_END + service, "s -> v -> e"), instance={"no": "A-1"})
    (call,) = made.instance.services()
    assert (call.delegate, call.parameters, call.element_id) == ("stamp", {"no": "A-1", "source": "web"}, "v")
    made.serve("v", {"hash": "abc"})
    assert made.completed
    assert made.variables["receipt"] == {"hash": "abc"}


def test_a_failed_service_goes_to_the_error_boundary_or_stops_the_step() -> None:
    root = '<error id="err" name="失败" errorCode="SMS_FAIL"/>'
    boundary = (
        '<boundaryEvent id="b" attachedToRef="v" zr:payloadVariable="error">'
        '<errorEventDefinition errorRef="err"/>'
        "</boundaryEvent>"
    )
    xml = diagram(
        START_END + '<serviceTask id="v" zr:delegate="d"/>' + boundary + user("u"),
        "s -> v -> e\nb -> u -> e",
        root=root,
    )
    made = run(xml).fail("v", "SMS_FAIL")
    assert made.open == ["u"]
    assert made.variables == {"error": {"code": "SMS_FAIL", "message": "it failed"}}
    with pytest.raises(StepFailed) as failure:
        run(xml).fail("v", "OTHER")
    assert (failure.value.element_id, failure.value.code) == ("v", "OTHER")


def test_a_message_starts_an_instance() -> None:
    start = '<startEvent id="m"><messageEventDefinition messageRef="M"/></startEvent>'
    xml = diagram(
        start + START_END + user("a") + user("b"),
        "m -> a -> e\ns -> b -> e",
        root='<message id="M" name="GO"/>',
    )
    assert define(xml).start_messages == ("GO",)
    assert run(xml).open == ["b"]
    assert run(xml, message="GO").open == ["a"]
    with pytest.raises(StartRefused):
        run(xml, message="STOP")


def test_cancel_ends_everything() -> None:
    made = run(CALLER, CALLED, x=1)
    made.instance.cancel(env())
    made.reload()
    assert made.completed
    assert made.instance.outcome is None
    assert made.open == []
    assert ("element_cancelled", "b") in made.events
    with pytest.raises(TaskNotActive):
        made.instance.cancel(env())


def test_a_case_state_is_set_when_an_element_begins() -> None:
    xml = diagram(START_END + user("a", 'zr:caseState="reviewing"'), "s -> a -> e")
    made = run(xml)
    assert made.instance.case_state == "reviewing"
    assert ("case_state", "a") in made.events


def test_events_come_in_order_and_only_once() -> None:
    made = run(diagram(START_END + user("a") + script("x", "y = 1"), "s -> x -> a -> e"))
    made.do("a")
    assert made.events == [
        ("instance_started", None),
        ("element_started", "s"),
        ("element_completed", "s"),
        ("element_started", "x"),
        ("element_completed", "x"),
        ("element_started", "a"),
        ("element_completed", "a"),
        ("element_started", "e"),
        ("element_completed", "e"),
        ("instance_completed", None),
    ]
    assert made.instance.drain().events == ()


def test_runs_of_a_repeated_task_are_counted_and_told_apart() -> None:
    many = '<multiInstanceLoopCharacteristics zr:collection="= [1, 2, 3]" zr:elementVariable="i"/>'
    definition = define(diagram(START_END + user("a", "", many), "s -> a -> e"))
    instance = Instance.start(definition, {}, env())
    assert instance.positions()["p:a"].count == 3
    counters = [e.detail.get("loop_counter") for e in instance.drain().events if e.element_id == "a"]
    assert counters == [None, 1, 2, 3]


TABLE = b"""<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="m" name="m" namespace="n">
<inputData id="i" name="n"><variable name="n"/></inputData>
<decision id="d" name="d"><variable name="d"/><informationRequirement id="ir"><requiredInput href="#i"/>
</informationRequirement><decisionTable id="t" hitPolicy="UNIQUE"><input id="c"><inputExpression><text>n</text>
</inputExpression></input><output id="o"/><rule id="r1"><inputEntry><text>&lt; 20</text></inputEntry><outputEntry>
<text>"fail"</text></outputEntry></rule><rule id="r2"><inputEntry><text>&gt;= 20</text></inputEntry><outputEntry>
<text>"pass"</text></outputEntry></rule></decisionTable></decision></definitions>"""


def test_a_decision_leaves_a_trace() -> None:
    rule = (
        '<businessRuleTask id="r" zr:decisionRef="d" zr:resultVariable="verdict"><extensionElements>'
        '<zr:parameter name="n" value="= deals.n"/></extensionElements></businessRuleTask>'
    )
    made = run(diagram(START_END + rule, "s -> r -> e"), decisions={"d": TABLE}, deals={"n": 25})
    assert made.variables["verdict"] == "pass"
    (decision,) = made.decisions
    assert (decision.element_id, decision.decision_id) == ("r", "d")
    assert [row["rule_id"] for row in decision.trace["rows"]] == ["r2"]
    with pytest.raises(StepFailed) as failure:
        run(diagram(START_END + rule, "s -> r -> e"), decisions={"d": TABLE}, deals={"n": "many"})
    assert (failure.value.element_id, failure.value.code) == ("r", "decision")


def test_variables_can_be_set_from_outside() -> None:
    made = run(diagram(START_END + user("a"), "s -> a -> e"), x=1)
    made.instance.set_variables({"x": 2, "y": [3]})
    made.reload()
    assert made.variables == {"x": 2, "y": [3]}
