"""What the linter finds, one small diagram for each finding."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from app.engine.definition import Bundle, DelegateSignature, ParameterSpec, check_bundle
from app.engine.errors import Problem
from app.engine.graph import read_collaboration
from app.engine.soundness import prove
from tests.engine.diagrams import diagram, level, script

ENDS = '<startEvent id="s"/><endEvent id="e"/>'
ROOT = '<message id="M" name="MSG"/><signal id="S" name="SIG"/><error id="E" errorCode="BAD"/>'
FORM = json.dumps(
    {
        "schemaVersion": 19,
        "type": "default",
        "id": "f",
        "components": [
            {
                "id": "c",
                "type": "textfield",
                "key": "note",
                "label": "说明",
                "properties": {"label_en": "Note", "clauseRef": "C-1"},
            },
            {
                "id": "d",
                "type": "radio",
                "key": "outcome",
                "label": "结论",
                "properties": {"label_en": "Outcome"},
                "validate": {"required": True},
                "values": [{"value": "yes", "label": "是"}, {"value": "no", "label": "否"}],
            },
        ],
    }
).encode()
DELEGATES = {
    "stamp": DelegateSignature(
        "stamp",
        {
            "no": ParameterSpec("string"),
            "note": ParameterSpec("string", False),
            "note_en": ParameterSpec("string", False),
        },
        "null",
    )
}


def task(element_id: str = "a", attributes: str = "", inner: str = "") -> str:
    """A user task with nothing wrong."""
    return (
        f'<userTask id="{element_id}" name="{element_id}" zr:formKey="p/f" zr:candidates="group:clerk"'
        f' zr:resultVariable="{element_id}" {attributes}>{inner}</userTask>'
    )


def lint(*files: bytes, decisions: Mapping[str, bytes] | None = None) -> tuple[Problem, ...]:
    names = ["p", "q", "r"]
    return check_bundle(
        Bundle(dict(zip(names, files, strict=False)), decisions or {}, {"p/f": FORM}), DELEGATES
    )


def found(problems: tuple[Problem, ...]) -> set[tuple[str, str | None]]:
    return {(problem.code, problem.element_id) for problem in problems}


def test_a_good_diagram_has_no_findings() -> None:
    assert lint(diagram(ENDS + task(), "s -> a -> e")) == ()
    assert lint(diagram(ENDS + task("a", 'zr:readonlyFields="c"'), "s -> a -> e")) == ()


def event(definition: str, attributes: str = "") -> str:
    return f'<intermediateCatchEvent id="c" {attributes}>{definition}</intermediateCatchEvent>'


def service(
    attributes: str = 'zr:delegate="stamp"', parameters: str = '<zr:parameter name="no" value="1"/>'
) -> str:
    return (
        f'<serviceTask id="v" {attributes}><extensionElements>{parameters}</extensionElements></serviceTask>'
    )


XOR = '<exclusiveGateway id="g"/>' + task("b")
CASES: list[tuple[str, str, str, str | None]] = [
    # elements, flows, code, element
    (
        ENDS + "<userTask id='a' zr:candidates='group:x' zr:resultVariable='a'/>",
        "s -> a -> e",
        "no_form",
        "a",
    ),
    (ENDS + "<userTask id='a' zr:formKey='p/f' zr:resultVariable='a'/>", "s -> a -> e", "no_candidates", "a"),
    (
        ENDS + "<userTask id='a' zr:formKey='p/f' zr:candidates='group:x'/>",
        "s -> a -> e",
        "no_result_variable",
        "a",
    ),
    (ENDS + task("a").replace("p/f", "p/g"), "s -> a -> e", "unknown_form", "a"),
    (ENDS + task("a").replace("group:clerk", "clerk"), "s -> a -> e", "bad_principal", "a"),
    (ENDS + task("a", 'zr:due="tomorrow"'), "s -> a -> e", "literal", "a"),
    (ENDS + task("a", 'zr:due="= wd("'), "s -> a -> e", "feel_syntax", "a"),
    (ENDS + task("a", 'zr:due="= wdd(3)"'), "s -> a -> e", "unknown_function", "a"),
    (ENDS + task("a", 'zr:dew="= wd(3)"'), "s -> a -> e", "unknown_extension", "a"),
    (ENDS + task("a", 'zr:duty="revue"'), "s -> a -> e", "unknown_duty", "a"),
    (ENDS + task("a", 'zr:hiddenFields="nope"'), "s -> a -> e", "unknown_field", "a"),
    (ENDS + task("a", 'zr:readonlyFields="c nope"'), "s -> a -> e", "unknown_field", "a"),
    (ENDS + task("a", 'zr:notActorOf="zz"'), "s -> a -> e", "dangling", "a"),
    (ENDS + task("a") + task("a"), "s -> a -> e", "duplicate_id", "a"),
    (ENDS + task("a") + task("b"), "s -> a -> e\nb -> e", "unreachable", "b"),
    (ENDS + task("a"), "s -> a -> e\na -> zz", "dangling", "f_a_zz"),
    (ENDS + task("a"), "s -> a -> s\na -> e", "bad_flow", "f_a_s"),
    (ENDS + task("a"), "s -> a -> e -> a", "bad_flow", "f_e_a"),
    (ENDS + task("a") + task("b"), "s -> a -> b -> a", "endless", "a"),
    (ENDS + task("a"), "s -> a", "implicit_end", "a"),
    (ENDS + task("a"), "a -> e", "implicit_end", "s"),
    (
        ENDS + task("a") + '<boundaryEvent id="b" attachedToRef="a"><errorEventDefinition/></boundaryEvent>',
        "s -> a -> e",
        "implicit_end",
        "b",
    ),
    (ENDS + XOR + task(), "s -> g -> a [n > 0]\ng -> b [n > 1]\na -> e\nb -> e", "no_default", "g"),
    (ENDS + XOR + task(), "s -> g -> a [1 > 0]\ng -> b\na -> e\nb -> e", "no_condition", "f_g_b"),
    (
        ENDS + XOR + task(),
        "s -> g -> a [1 > 0]\ng => b [2 > 1]\na -> e\nb -> e",
        "ignored_condition",
        "f_g_b",
    ),
    (
        ENDS + '<parallelGateway id="g"/>' + task("b") + task(),
        "s -> g -> a [1 > 0]\ng -> b\na -> e\nb -> e",
        "ignored_condition",
        "f_g_a",
    ),
    (
        ENDS + '<parallelGateway id="j"/><exclusiveGateway id="g"/>' + task(),
        "s -> j -> a -> g -> j [a.x]\ng => e",
        "join_waits_for_itself",
        "j",
    ),
    (ENDS + service('zr:delegate="stampp"'), "s -> v -> e", "unknown_delegate", "v"),
    (ENDS + service(""), "s -> v -> e", "no_delegate", "v"),
    (ENDS + service(parameters=""), "s -> v -> e", "missing_parameter", "v"),
    (
        ENDS + service(parameters='<zr:parameter name="no" value="1"/><zr:parameter name="nr" value="1"/>'),
        "s -> v -> e",
        "unknown_parameter",
        "v",
    ),
    (
        ENDS + service(parameters='<zr:parameter name="no" value="1"/><zr:parameter name="no" value="1"/>'),
        "s -> v -> e",
        "duplicate_parameter",
        "v",
    ),
    (ENDS + service('zr:delegate="stamp" zr:resultVariable="r"'), "s -> v -> e", "no_result", "v"),
    (ENDS + '<businessRuleTask id="r" zr:resultVariable="r"/>', "s -> r -> e", "no_decision", "r"),
    (ENDS + '<businessRuleTask id="r" zr:decisionRef="d"/>', "s -> r -> e", "unknown_decision", "r"),
    (ENDS + '<callActivity id="c"/>', "s -> c -> e", "no_process", "c"),
    (ENDS + '<callActivity id="c" calledElement="= x"/>', "s -> c -> e", "no_process", "c"),
    (ENDS + '<callActivity id="c" calledElement="zz"/>', "s -> c -> e", "unknown_process", "c"),
    (ENDS + script("x", "a = 1 +"), "s -> x -> e", "feel_syntax", "x"),
    (ENDS + script("x", "nothing"), "s -> x -> e", "script", "x"),
    (ENDS + script("x", ""), "s -> x -> e", "script", "x"),
    (ENDS + script("x", "a = 1").replace("feel", "python"), "s -> x -> e", "unsupported", "x"),
    (ENDS + event("<timerEventDefinition/>"), "s -> c -> e", "no_time", "c"),
    (ENDS + event("<messageEventDefinition/>"), "s -> c -> e", "no_message", "c"),
    (ENDS + event('<messageEventDefinition messageRef="zz"/>'), "s -> c -> e", "no_message", "c"),
    (ENDS + event('<messageEventDefinition messageRef="M"/>'), "s -> c -> e", "no_correlation_key", "c"),
    (ENDS + event('<signalEventDefinition signalRef="S"/>'), "s -> c -> e", "no_signal", "c"),
    (ENDS + event('<signalEventDefinition signalRef="T"/>'), "s -> c -> e", "no_signal", "c"),
    (ENDS + event("<conditionalEventDefinition/>"), "s -> c -> e", "no_condition", "c"),
    (
        ENDS + event('<linkEventDefinition name="L"/>').replace("Catch", "Throw"),
        "s -> c\ns -> e",
        "link",
        "c",
    ),
    (
        ENDS + '<sendTask id="t" messageRef="M"/>',
        "s -> t -> e",
        "no_correlation_key",
        "t",
    ),
    (
        ENDS
        + event("<timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition>")
        + '<boundaryEvent id="b" attachedToRef="c"><timerEventDefinition><timeDuration>P1D</timeDuration>'
        "</timerEventDefinition></boundaryEvent>",
        "s -> c -> e\nb -> e",
        "boundary_host",
        "b",
    ),
    (ENDS + '<eventBasedGateway id="g"/>' + task(), "s -> g -> a -> e", "event_gateway", "g"),
    (
        ENDS + task("a", "", '<multiInstanceLoopCharacteristics zr:collection="panel"/>'),
        "s -> a -> e",
        "literal",
        "a",
    ),
    (
        ENDS + task("a", "", '<multiInstanceLoopCharacteristics zr:collection="= [1]"/>'),
        "s -> a -> e",
        "results_lost",
        "a",
    ),
    (
        ENDS
        + task("a", "", '<multiInstanceLoopCharacteristics zr:collection="= [1]" zr:outputCollection="o"/>'),
        "s -> a -> e",
        "multi_instance",
        "a",
    ),
    (ENDS + task("a", "", "<multiInstanceLoopCharacteristics/>"), "s -> a -> e", "multi_instance", "a"),
    (ENDS + task("a", "", "<standardLoopCharacteristics/>"), "s -> a -> e", "loop", "a"),
    (ENDS + '<task id="t"/>', "s -> t -> e", "passes", "t"),
    (
        ENDS
        + '<subProcess id="sub">'
        + level(
            '<startEvent id="s2"/><endEvent id="x"><errorEventDefinition errorRef="E"/></endEvent>', "s2 -> x"
        )
        + "</subProcess>",
        "s -> sub -> e",
        "uncaught_error",
        "x",
    ),
    (ENDS + '<subProcess id="sub"/>', "s -> sub -> e", "no_start", "sub"),
    (ENDS + task("a", "", '<dataInputAssociation id="d"/>'), "s -> a -> e", "ignored_data", "d"),
    (
        ENDS + task("a", "", '<extensionElements><camunda:taskListener event="create"/></extensionElements>'),
        "s -> a -> e",
        "ignored_extension",
        "a",
    ),
    ('<startEvent id="s"/><startEvent id="s2"/><endEvent id="e"/>', "s -> e\ns2 -> e", "unsupported", "p"),
]


@pytest.mark.parametrize(
    ("elements", "flows", "code", "element"), CASES, ids=[f"{c[2]}-{c[3]}" for c in CASES]
)
def test_findings(elements: str, flows: str, code: str, element: str | None) -> None:
    problems = lint(diagram(elements, flows, root=ROOT))
    assert (code, element) in found(problems)
    for problem in problems:
        assert problem.message_zh
        assert problem.message_en
        assert problem.file == "p.bpmn"
        assert problem.line


def test_all_findings_come_at_once() -> None:
    xml = diagram(
        ENDS + '<userTask id="a"/><serviceTask id="v"/><complexGateway id="x"/>' + script("y", "1 2"),
        "s -> a -> v -> x -> y -> e",
    )
    codes = found(lint(xml))
    assert {("no_form", "a"), ("no_delegate", "v"), ("unsupported", "x"), ("script", "y")} <= codes
    # Flows to what is refused anyway are not reported.
    assert "dangling" not in {code for code, _ in codes}


@pytest.mark.parametrize(
    ("conditions", "complete"),
    [
        (("x > 1", "x <= 1"), True),
        (("x > 1", "not(x > 1)"), True),
        (('a.b = "c"', 'a.b != "c"'), True),
        (("true", "x"), True),
        (("x > 1", "x < 1"), False),
        (("x > 1", "y <= 1"), False),
        (("x > 1 and y", "x <= 1 and y"), False),
    ],
)
def test_opposite_conditions_need_no_default(conditions: tuple[str, str], complete: bool) -> None:
    xml = diagram(
        ENDS + XOR + task(), f"s -> g -> a [{conditions[0]}]\ng -> b [{conditions[1]}]\na -> e\nb -> e"
    )
    assert (("no_default", "g") in found(lint(xml))) is not complete


def test_feel_errors_tell_the_place() -> None:
    (problem,) = lint(diagram(ENDS + script("x", "a = 1\nb = 2 +\n   * 3"), "s -> x -> e"))
    assert problem.message_en.startswith("script line 3 (b), column 4")


Q = diagram(ENDS + script("x", "y = given + extra"), "s -> x -> e", process="q")


@pytest.mark.parametrize(
    ("due", "zh", "en"),
    [("= wdd(3)", "办理时限：没有函数 wdd", "time limit: there is no function wdd"),
     ("= 1 +", "办理时限的表达式有误", "time limit: ")],
)  # fmt: skip
def test_expressions_are_named_as_their_authors_know_them(due: str, zh: str, en: str) -> None:
    problem = next(
        p for p in lint(diagram(ENDS + task("a", f'zr:due="{due}"'), "s -> a -> e")) if p.element_id == "a"
    )
    assert problem.message_zh.startswith(zh)
    assert problem.message_en.startswith(en)


def caller(source: str = "= instance.no", target: str = "given", out: str = "= y") -> bytes:
    call = (
        f'<callActivity id="c" calledElement="q"><extensionElements><zr:in source="{source}"'
        f' target="{target}"/>'
        f'<zr:out source="{out}" target="back.y"/></extensionElements></callActivity>'
    )
    return diagram(
        ENDS + call + task("a", 'zr:due="= back.y"'),
        "s -> c -> a -> e",
        attributes='zr:startableBy="group:x"',
    )


def unknown(problems: tuple[Problem, ...]) -> set[tuple[str | None, str]]:
    return {
        (p.element_id, p.message_en.rpartition("variable ")[2])
        for p in problems
        if p.code == "unknown_variable"
    }


def test_called_processes_know_what_their_callers_give() -> None:
    assert unknown(lint(caller(), Q)) == {("x", "extra")}
    assert unknown(lint(caller(out="= z"), Q)) == {("x", "extra"), ("c", "z")}
    assert unknown(lint(caller(target="extra"), Q)) == {("x", "given")}


def test_nobody_knows_what_a_process_is_given_that_nothing_calls() -> None:
    assert unknown(lint(diagram(ENDS + script("x", "y = given"), "s -> x -> e"))) == set()
    slip = diagram(
        ENDS + task("declaration") + script("x", "y = declaratoin.n"), "s -> declaration -> x -> e"
    )
    assert unknown(lint(slip)) == {("x", "declaratoin; is it declaration?")}


def test_payloads_of_the_bundle_are_known() -> None:
    start = '<startEvent id="s"><messageEventDefinition messageRef="M"/></startEvent><endEvent id="e"/>'
    started = diagram(start + script("x", "y = lead_no + other"), "s -> x -> e", root=ROOT)
    throw = '<sendTask id="t" messageRef="M" zr:payload="= {lead_no: 1}"/>'
    thrower = diagram(ENDS + throw, "s -> t -> e", process="q", root=ROOT)
    problems = lint(started, thrower)
    assert unknown(problems) == {("x", "other")}
    assert ("no_correlation_key", "t") not in found(problems)


def test_items_have_their_own_names() -> None:
    many = (
        '<multiInstanceLoopCharacteristics zr:collection="= instance.list" zr:elementVariable="item1"'
        ' zr:outputCollection="all" zr:outputElement="= a.x + item1 + nope"><completionCondition>'
        "nrOfCompletedInstances > count(all)</completionCondition></multiInstanceLoopCharacteristics>"
    )
    xml = diagram(
        ENDS + task("a", "", many) + script("x", "y = [all, a, item1]"), "s -> a -> x -> e", process="q"
    )
    call = diagram(ENDS + '<callActivity id="c" calledElement="q"/>', "s -> c -> e")
    assert unknown(lint(call, xml)) == {("a", "nope"), ("x", "a"), ("x", "item1")}


def test_broken_files_are_findings() -> None:
    assert found(lint(b"<definitions>")) == {("xml", None)}
    assert found(lint(b"<!DOCTYPE x []><x/>")) == {("xml", None)}
    assert found(lint(diagram(ENDS, "s -> e", process="other"))) == {("no_process", None)}
    assert found(lint(diagram(ENDS, "s -> e").replace(b'"true"', b'"false"'))) == {("not_executable", "p")}


def test_the_proof_of_soundness_is_among_the_findings() -> None:
    gates = '<exclusiveGateway id="g"/><parallelGateway id="j"/>'
    xml = diagram(ENDS + gates + task("a") + task("b"), "s -> g -> a [a.x] \ng => b\na -> j\nb -> j -> e")
    (problem,) = [p for p in lint(xml) if p.code == "deadlock"]
    assert problem.severity == "error"
    assert "by way of" in problem.message_en
    gates = (
        gates.replace("exclusive", "temporary")
        .replace("parallel", "exclusive")
        .replace("temporary", "parallel")
    )
    xml = diagram(ENDS + gates + task("a") + task("b"), "s -> g -> a\ng -> b\na -> j\nb -> j -> e")
    told = {(p.severity, p.code, p.message_zh, p.message_en) for p in lint(xml) if p.severity == "error"}
    proved = prove(read_collaboration(xml).processes[0])
    assert told == {(f.severity, f.kind, f.told_zh, f.told_en) for f in proved.findings}
    assert {"unsynchronised", "improper"} == {f.kind for f in proved.findings}


def test_large_diagrams_are_refused() -> None:
    names = [f"x{n}" for n in range(501)]
    xml = diagram(ENDS + "".join(script(n, "a = 1") for n in names), "s -> " + " -> ".join(names) + " -> e")
    assert ("too_large", "p") in found(lint(xml))
