"""Definitions: what they tell about a process, and every reason why a bundle is refused."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError

import pytest

from app.engine.definition import Bundle, load_definition
from app.engine.environment import Environment
from app.engine.errors import DefinitionInvalid, TaskNotActive
from app.engine.instance import Instance
from tests.engine.diagrams import NOON, WeekCalendar, define, diagram, env, level, run, script, user

ENDS = '<startEvent id="s"/><endEvent id="e"/>'
FORM = json.dumps({"schemaVersion": 19, "type": "default", "id": "f", "components": []}).encode()


def test_a_definition_tells_about_its_process() -> None:
    lanes = '<laneSet><lane id="l1" name="经办"><flowNodeRef>a</flowNodeRef></lane></laneSet>'
    task = (
        '<userTask id="a" name="审查" zr:nameEn="Check" zr:formKey="p/a" zr:resultVariable="a"'
        ' zr:duty="accept"'
        ' zr:clauseRef="S1 S2"><documentation>逐项审查。</documentation></userTask>'
    )
    head = (
        'zr:numberPrefix="SL" zr:title="= &quot;受理：&quot; + org.name" zr:subject="= case_no"'
        ' zr:startableBy="group:a org:*" zr:clauseRef="S3"'
    )
    xml = diagram(lanes + ENDS + task, "s -> a -> e", attributes=head)
    definition = load_definition(Bundle({"p": xml}, {}, {"p/a": FORM, "unused": b"{"}), "p")
    assert (definition.number_prefix, definition.startable_by) == ("SL", ("group:a", "org:*"))
    assert definition.title({"org": {"name": "某银行"}}, env()) == "受理：某银行"
    assert definition.title({}, env()) == "p"
    assert definition.subject({"case_no": "C-1"}, env()) == "C-1"
    assert definition.subject({}, env()) is None
    assert definition.clause_refs == ("S3",)
    assert definition.form("p/a").key == "p/a"
    assert definition.diagram_xml("p") == xml
    element = definition.elements["p:a"]
    assert (element.name, element.name_en, element.type) == ("审查", "Check", "userTask")
    assert (element.lane_id, element.lane_name, element.form_key) == ("l1", "经办", "p/a")
    assert (element.clause_refs, element.documentation) == (("S1", "S2"), "逐项审查。")
    with pytest.raises(FrozenInstanceError):
        definition.name = "other"  # type: ignore[misc]


def test_called_processes_belong_to_the_definition() -> None:
    call = '<callActivity id="c" calledElement="{}"/>'
    files = [
        diagram(ENDS + call.format("q"), "s -> c -> e"),
        diagram(ENDS + call.format("r"), "s -> c -> e", process="q"),
        diagram(ENDS + user("u"), "s -> u -> e", process="r"),
    ]
    definition = define(*files)
    assert definition.called_processes == ("q", "r")
    assert definition.elements["r:u"].process_id == "r"


def test_all_reasons_come_at_once() -> None:
    xml = diagram(
        ENDS
        + '<complexGateway id="x"/>'
        + script("y", "a = (")
        + '<callActivity id="c" calledElement="zz"/>',
        "s -> x -> y -> c -> e",
    )
    with pytest.raises(DefinitionInvalid) as refusal:
        load_definition(Bundle({"p": xml}), "p")
    found = {(problem.code, problem.element_id) for problem in refusal.value.problems}
    assert found == {("unsupported", "x"), ("feel_syntax", "y"), ("unknown_process", "c")}


def test_unknown_processes_are_refused() -> None:
    with pytest.raises(DefinitionInvalid, match="there is no process nothing"):
        load_definition(Bundle({}), "nothing")


def test_a_called_process_needs_a_plain_start() -> None:
    start = '<startEvent id="m"><messageEventDefinition messageRef="M"/></startEvent><endEvent id="e"/>'
    called = diagram(start, "m -> e", process="q", root='<message id="M" name="M"/>')
    caller = diagram(ENDS + '<callActivity id="c" calledElement="q"/>', "s -> c -> e")
    with pytest.raises(DefinitionInvalid) as refusal:
        load_definition(Bundle({"p": caller, "q": called}), "p")
    assert [(p.code, p.element_id) for p in refusal.value.problems] == [("not_callable", "c")]


def test_broken_decisions_are_named_once() -> None:
    xml = diagram(ENDS + '<businessRuleTask id="r" zr:decisionRef="d"/>', "s -> r -> e")
    with pytest.raises(DefinitionInvalid) as refusal:
        load_definition(Bundle({"p": xml}, {"d": b"<x/>"}), "p")
    assert {problem.file for problem in refusal.value.problems} == {"d.dmn"}


def test_deeply_nested_sub_processes_are_refused() -> None:
    inner = ENDS.replace('"s"', '"s0"').replace('"e"', '"e0"')
    for n in range(60):
        start, end = f"s{n + 1}", f"e{n + 1}"
        body = f'<startEvent id="{start}"/><subProcess id="x{n}">{inner}</subProcess><endEvent id="{end}"/>'
        inner = level(body, f"{start} -> x{n} -> {end}")
    with pytest.raises(DefinitionInvalid, match="nested too deeply"):
        define(diagram(inner, ""))


def test_a_time_without_an_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        Environment(NOON.replace(tzinfo=None), WeekCalendar())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("wd(0)", "2026-03-02T23:59:59+08:00"),
        ("wd(5)", "2026-03-09T23:59:59+08:00"),
        ('wd(1, date and time("2026-03-06T09:00:00+08:00"))', "2026-03-09T23:59:59+08:00"),
        ('wd(1, "2026-03-06T09:00:00+08:00")', "2026-03-09T23:59:59+08:00"),
        ('working days between(date("2026-03-02"), date("2026-03-09"))', 5),
        ('zi("知识产权 finance")', 5),
        ('uscc valid("1")', False),
        ("now()", "2026-03-02T12:00:00+08:00"),
        ("wd(null)", None),
    ],
)
def test_functions_of_the_host(text: str, value: object) -> None:
    assert run(diagram(ENDS + script("x", f"y = {text}"), "s -> x -> e")).variables["y"] == value


def test_a_token_runs_only_when_it_is_ready() -> None:
    event = "<timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition>"
    xml = diagram(ENDS + f'<intermediateCatchEvent id="c">{event}</intermediateCatchEvent>', "s -> c -> e")
    instance = Instance.start(define(xml), {}, env())
    (token,) = instance.case.all_tokens()
    with pytest.raises(TaskNotActive):
        token.run()


def test_no_text_of_a_diagram_runs_as_code() -> None:
    text = '__import__("os").popen("echo PWNED").read()'
    xml = diagram(ENDS + script("x", "y = 1").replace("y = 1", f"y = {text}"), "s -> x -> e")
    assert run(xml).variables == {"y": None}
    instance = Instance.start(define(diagram(ENDS, "s -> e")), {}, env())
    for method in ("evaluate", "execute", "call_service"):
        with pytest.raises(Exception, match="FEEL"):
            getattr(instance.case.script_engine, method)(None, text)


def execution() -> bytes:
    """Sanctions carried out in parallel: a service, a sub-process, a called process, a choice that merges."""
    inner = level('<startEvent id="s2"/><endEvent id="e2"/>' + user("t_dem"), "s2 -> t_dem -> e2")
    return diagram(
        ENDS + '<parallelGateway id="split"/><parallelGateway id="join"/><exclusiveGateway id="g"/>'
        '<exclusiveGateway id="m"/><serviceTask id="sv" zr:delegate="d"/><callActivity'
        ' id="c" calledElement="q"/>'
        + f'<subProcess id="sub">{inner}</subProcess>'
        + user("t_transfer")
        + user("t_close"),
        "s -> split -> sv -> join\nsplit -> sub -> join\nsplit -> c -> join\n"
        "split -> g -> t_transfer [crime] \n"
        "g => m\nt_transfer -> m -> join\njoin -> t_close -> e",
    )


@pytest.mark.parametrize("crime", [True, False])
@pytest.mark.parametrize("order", ["sv u t_dem t", "t t_dem u sv", "t_dem sv t u"])
def test_parallel_execution_of_sanctions(crime: bool, order: str) -> None:
    called = diagram(ENDS + user("u"), "s -> u -> e", process="q")
    made = run(execution(), called, crime=crime)
    for name in order.split():
        if name == "t" and not crime:
            continue
        assert "t_close" not in made.open
        if name == "sv":
            made.serve("sv")
        else:
            made.do("t_transfer" if name == "t" else name)
    assert made.open == ["t_close"]
    assert made.do("t_close").completed
