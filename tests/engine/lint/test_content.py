"""Findings about what a diagram says: names, times, messages, clauses, values; each with a diagram of its own."""

from __future__ import annotations

import json

import pytest

from app.engine.definition import Bundle, check_bundle
from app.engine.errors import Problem
from app.engine.lint import Host
from tests.engine.diagrams import diagram, script
from tests.engine.lint.test_lint import DELEGATES, ENDS, FORM, ROOT, XOR, event, found, service, task

HOST = Host(frozenset({"MSG-IN"}), frozenset({"MSG-OUT"}), frozenset({"C-1"}))
CITED = 'zr:clauseRef="C-1"'
LANES = '<laneSet id="ls"><lane id="l" name="l"><flowNodeRef>a</flowNodeRef></lane></laneSet>'


def lint(
    *files: bytes, host: Host = HOST, form: bytes = FORM, decision: bytes | None = None
) -> tuple[Problem, ...]:
    decisions = {"d": decision} if decision else {}
    return check_bundle(
        Bundle(dict(zip("pq", files, strict=False)), decisions, {"p/f": form}), DELEGATES, host
    )


def timer(kind: str, text: str) -> str:
    return event(f"<timerEventDefinition><{kind}>{text}</{kind}></timerEventDefinition>")


def message(attributes: str = 'zr:correlationKey="k"') -> str:
    return event('<messageEventDefinition messageRef="M"/>', attributes)


CHOICE = "s -> c -> g -> a [{}]\ng -> b [{}]\na -> e\nb -> e"
CASES: list[tuple[str, str, str, str | None]] = [
    # elements, flows, code, element
    (
        ENDS + '<exclusiveGateway id="g"/>' + script("x", "n = 1") + script("y", "m = 2"),
        "s -> x -> g -> y [n > 1]\ny -> x\ng => e",
        "spinning",
        "g",
    ),
    (LANES + ENDS + task("a") + task("b"), "s -> a -> b -> e", "no_lane", "b"),
    (ENDS + task("a").replace('name="a"', 'name="审查"'), "s -> a -> e", "no_english_name", "a"),
    (
        ENDS + task("a").replace('resultVariable="a"', 'resultVariable="params"'),
        "s -> a -> e",
        "reserved_name",
        "a",
    ),
    (ENDS + task("a").replace('resultVariable="a"', 'resultVariable="a-b"'), "s -> a -> e", "bad_name", "a"),
    (ENDS + task("a").replace('resultVariable="a"', 'resultVariable="a.if"'), "s -> a -> e", "bad_name", "a"),
    (ENDS + script("x", "loopCounter = 1"), "s -> x -> e", "reserved_name", "x"),
    (ENDS + task("a" * 101), f"s -> {'a' * 101} -> e", "too_long", "a" * 101),
    (ENDS + task("a", f'zr:caseState="{"x" * 41}"'), "s -> a -> e", "too_long", "a"),
    (ENDS + timer("timeDuration", '"five days"'), "s -> c -> e", "bad_time", "c"),
    (ENDS + timer("timeDate", "2026-13-01T00:00:00Z"), "s -> c -> e", "bad_time", "c"),
    (ENDS + timer("timeDate", "1 + 1"), "s -> c -> e", "bad_time", "c"),
    (ENDS + timer("timeCycle", "R0/P1D"), "s -> c -> e", "bad_time", "c"),
    (ENDS + timer("timeCycle", "2026-01-01T00:00:00Z"), "s -> c -> e", "bad_time", "c"),
    (ENDS + timer("timeDuration", "PT0S"), "s -> c -> e", "no_wait", "c"),
    (ENDS + timer("timeDuration", 'duration("-P1D")'), "s -> c -> e", "no_wait", "c"),
    (ENDS + message(), "s -> c -> e", "no_sender", "c"),
    (ENDS + '<sendTask id="t" messageRef="M" zr:correlationKey="k"/>', "s -> t -> e", "no_receiver", "t"),
    (
        ENDS
        + service(parameters='<zr:parameter name="no" value="1"/><zr:parameter name="message" value="MSG"/>'),
        "s -> v -> e",
        "no_receiver",
        "v",
    ),
    (ENDS + task("a", 'zr:clauseRef="C-1 C-9"'), "s -> a -> e", "unknown_clause", "a"),
    (
        ENDS + '<businessRuleTask id="r" zr:decisionRef="d" zr:resultVariable="r"/>',
        "s -> r -> e",
        "no_clause",
        "r",
    ),
    (
        ENDS + XOR + task() + task("c"),
        CHOICE.format('c.outcome = "yes"', 'c.outcome = "maybe"'),
        "uncovered",
        "g",
    ),
    (
        ENDS + XOR + task() + task("c"),
        CHOICE.format('c.outcome = "yes"', 'c.outcome = "maybe"'),
        "never_taken",
        "f_g_b",
    ),
]
TABLE = b"""<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="m" name="m" namespace="t">
<decision id="d" name="d"><variable name="d"/><decisionTable hitPolicy="FIRST"><input id="i"><inputExpression>
<text>x</text></inputExpression></input><output id="o" name="result"/><annotation name="clause"/>
<rule id="r1"><inputEntry><text>1</text></inputEntry><outputEntry><text>"go"</text></outputEntry>
<annotationEntry><text>C-1</text></annotationEntry></rule>
<rule id="r2"><inputEntry><text>-</text></inputEntry><outputEntry><text>"stop"</text></outputEntry>
<annotationEntry><text>C-8</text></annotationEntry></rule></decisionTable></decision></definitions>"""


@pytest.mark.parametrize(
    ("elements", "flows", "code", "element"), CASES, ids=[f"{c[2]}-{(c[3] or '')[:9]}" for c in CASES]
)
def test_findings(elements: str, flows: str, code: str, element: str | None) -> None:
    problems = lint(diagram(elements, flows, root=ROOT, attributes=CITED), decision=TABLE)
    (problem,) = {p for p in problems if (p.code, p.element_id) == (code, element)}
    assert problem.message_zh
    assert problem.message_en
    assert problem.file == "p.bpmn"
    assert problem.line


@pytest.mark.parametrize(
    "text",
    ["P5D", "2026-01-01T00:00:00Z", "wd(3)", "now()", "deadline", 'date and time("2026-01-01T00:00:00Z")'],
)
def test_times_that_are_fine(text: str) -> None:
    codes = {
        code
        for code, _ in found(lint(diagram(ENDS + timer("timeDate", text), "s -> c -> e", attributes=CITED)))
    }
    assert codes <= {"unknown_variable"}


@pytest.mark.parametrize("text", ["R/P1D", "R3/P1D", "P1D", "R2/2026-01-01T00:00:00Z/P1M"])
def test_cycles_that_are_fine(text: str) -> None:
    xml = diagram(ENDS + timer("timeCycle", text), "s -> c -> e", attributes=CITED)
    assert lint(xml) == ()


def test_messages_have_partners_in_the_bundle_or_outside() -> None:
    throw = '<sendTask id="t" messageRef="M" zr:correlationKey="k"/>'
    sender = diagram(ENDS + throw, "s -> t -> e", process="q", root=ROOT, attributes=CITED)
    catcher = diagram(ENDS + message(), "s -> c -> e", root=ROOT, attributes=CITED)
    assert lint(catcher, sender) == ()
    for name, xml in (("MSG-IN", catcher), ("MSG-OUT", sender.replace(b'"q"', b'"p"'))):
        assert lint(xml.replace(b'name="MSG"', f'name="{name}"'.encode())) == ()
    assert lint(catcher, host=Host(clauses=frozenset({"C-1"}))) == ()


def test_titles_and_clocks_in_chinese_have_their_english() -> None:
    clock = (
        '<extensionElements><zr:clock name="c" act="start" limit="5" label="审查时限"/></extensionElements>'
    )
    given = f'{CITED} zr:title="= &quot;受理：&quot; + x"'
    xml = diagram(
        ENDS.replace("/>", f">{clock}</startEvent>", 1) + script("x", "x = 1"),
        "s -> x -> e",
        attributes=given,
    )
    missing = {(p.code, p.element_id) for p in lint(xml) if p.code == "no_english_name"}
    assert missing == {("no_english_name", "p"), ("no_english_name", "s")}
    both = xml.replace(b"zr:title=", b'zr:titleEn="= x" zr:title=').replace(
        b"label=", b'labelEn="Review" label='
    )
    assert not {p.code for p in lint(both)} & {"no_english_name", "unknown_extension"}


def test_what_an_operation_is_given_in_chinese_has_its_english() -> None:
    said = '<zr:parameter name="no" value="1"/><zr:parameter name="note" value="= &quot;请报送&quot;"/>'
    lacking = diagram(ENDS + service(parameters=said), "s -> v -> e", attributes=CITED)
    assert found(lint(lacking)) == {("untranslated", "v")}
    english = f'{said}<zr:parameter name="note_en" value="Please report"/>'
    assert lint(diagram(ENDS + service(parameters=english), "s -> v -> e", attributes=CITED)) == ()


def test_clauses_are_checked_only_where_policies_are_known() -> None:
    xml = diagram(ENDS + task(), "s -> a -> e")
    assert found(lint(xml)) == {("no_clause", "p")}
    assert lint(xml, host=Host()) == ()


def test_forms_and_decisions_cite_known_clauses() -> None:
    xml = diagram(ENDS + task(), "s -> a -> e", attributes=CITED)
    form = FORM.replace(b"C-1", b"C-7").replace(b'"label_en": "Note", ', b"")
    problems = lint(xml, form=form, decision=TABLE)
    assert {(p.file, p.element_id, p.code) for p in problems} == {
        ("p/f.json", "c", "unknown_clause"),
        ("p/f.json", "c", "untranslated"),
        ("d.dmn", "r2", "unknown_clause"),
    }


def choice(first: str, second: str, *, form: bytes = FORM, before: str = "") -> set[tuple[str, str | None]]:
    xml = diagram(ENDS + XOR + task() + (before or task("c")), CHOICE.format(first, second), attributes=CITED)
    kinds = {"uncovered", "never_taken", "no_default"}
    return {(code, key) for code, key in found(lint(xml, form=form, decision=TABLE)) if code in kinds}


def form_with(**changes: object) -> bytes:
    schema = json.loads(FORM)
    schema["components"][1] |= changes
    return json.dumps(schema).encode()


def test_conditions_that_cover_all_values_need_no_default() -> None:
    assert choice('c.outcome = "yes"', 'c.outcome = "no"') == set()
    assert choice('c.outcome in ("yes", "no")', 'c.outcome = "yes"') == {("never_taken", "f_g_b")}
    assert choice('c.outcome != "yes"', 'c.note = ""') == {("no_default", "g")}


def test_an_optional_field_may_stay_empty() -> None:
    optional = form_with(validate={})
    assert choice('c.outcome = "yes"', 'c.outcome = "no"', form=optional) == {("uncovered", "g")}
    assert choice('c.outcome = "yes"', 'c.outcome != "yes"', form=optional) == set()
    # Under a condition nobody can tell: no finding.
    hidden = form_with(validate={}, conditional={"hide": '=note = "x"'})
    assert choice('c.outcome = "yes"', 'c.outcome = "no"', form=hidden) == set()


RULE = '<businessRuleTask id="c" zr:decisionRef="d" zr:resultVariable="c" zr:clauseRef="C-1"/>'


def test_outputs_of_decisions_are_known() -> None:
    assert choice('c = "go"', 'c = "stop"', before=RULE) == set()
    assert choice('c = "go"', 'c = "wait"', before=RULE) == {("uncovered", "g"), ("never_taken", "f_g_b")}


def test_outcomes_of_called_processes_are_known() -> None:
    called = diagram(
        '<startEvent id="s"/><endEvent id="e" zr:outcome="done"/><endEvent id="left"/>' + task("a"),
        "s -> a -> e [a.outcome = \"yes\"]\na -> left [a.outcome = \"no\"]",
        process="q",
        attributes=CITED,
    )  # fmt: skip
    call = (
        '<callActivity id="c" calledElement="q"><extensionElements>'
        '<zr:out source="= outcome" target="back.how"/></extensionElements></callActivity>'
    )
    for second, expected in (
        ("left", set()),
        ("over", {("uncovered", "g"), ("never_taken", "f_g_b")}),
    ):
        xml = diagram(
            ENDS + XOR + task() + call,
            CHOICE.format('back.how = "done"', f'back.how = "{second}"'),
            attributes=CITED,
        )
        kinds = {
            (code, key)
            for code, key in found(lint(xml, called))
            if key != "p" and not (key or "").startswith("p/")
        }
        assert {
            (code, key) for code, key in kinds if code in ("uncovered", "never_taken", "no_default")
        } == expected


@pytest.mark.parametrize(
    ("changes", "before", "expected"),
    [
        # The number would be read where the sum of the variable is meant.
        ({"conditional": {"hide": "= facts.total > 1"}}, "facts = 1", {"warning"}),
        ({"conditional": {"hide": "= facts.total > 1"}}, "other = 1", {"error"}),
        ({"conditional": {"hide": '= facts = "yes"'}}, "facts = 1", set()),
        ({"properties": {"label_en": "Outcome", "default": "= facts"}}, "facts = 1", {"warning"}),
        ({"properties": {"label_en": "Outcome", "default": "= facts"}}, "other = 1", {"error"}),
    ],
)
def test_a_field_that_hides_a_process_variable_is_told(
    changes: dict[str, object], before: str, expected: set[str]
) -> None:
    form = form_with(key="facts", **changes)
    called = diagram(
        ENDS + script("w", before) + task("a"), "s -> w -> a -> e", process="q", attributes=CITED
    )
    call = '<callActivity id="c" calledElement="q"><extensionElements>{}</extensionElements></callActivity>'
    given = "" if before.startswith("facts") else '<zr:in source="= {total: 1}" target="facts"/>'
    caller = diagram(ENDS + call.format(given), "s -> c -> e", attributes=CITED)
    found = [problem for problem in lint(caller, called, form=form) if problem.code == "hidden_variable"]
    assert {problem.severity for problem in found} == expected
    assert {problem.element_id for problem in found} <= {"a"}
