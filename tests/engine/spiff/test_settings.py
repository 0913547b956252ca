"""What the extensions of three products mean."""

from __future__ import annotations

import pytest

from app.engine.definition import Bundle, load_definition
from app.engine.errors import DefinitionInvalid
from app.engine.spiff.script_task import split_script
from app.engine.spiff.settings import translate_juel
from tests.engine.diagrams import define, diagram, run
from tests.engine.instances.test_elements import DECISION

ENDS = '<startEvent id="s"/><endEvent id="e"/>'


@pytest.mark.parametrize(
    ("text", "feel"),
    [
        ("${approved}", "approved"),
        ("#{amount > 5 && kind == 'bank'}", 'amount > 5  and  kind = "bank"'),
        ("${a || !b}", "a  or  not b"),
        ('${a != "x && y"}', 'a != "x && y"'),
        ("approved", None),
        ("${a} and ${b}", None),
    ],
)
def test_juel_becomes_feel(text: str, feel: str | None) -> None:
    assert translate_juel(text) == feel


def test_camunda_attributes() -> None:
    task = (
        '<userTask id="a" camunda:formKey="f" camunda:assignee="${boss}"'
        ' camunda:candidateGroups="clerk, chief"'
        ' camunda:candidateUsers="7" camunda:dueDate="${until}" camunda:priority="3"/>'
    )
    xml = diagram(ENDS + task, "s -> a -> e").replace(b'camunda:formKey="f"', b"")
    view = run(xml, boss="user:1", until="2026-03-09T00:00:00+08:00").task("a")
    assert view.assignee == "user:1"
    assert view.candidates == ("group:clerk", "group:chief", "user:7")
    assert view.priority == 3
    assert view.due_at is not None
    assert view.due_at.isoformat() == "2026-03-08T16:00:00+00:00"


def test_camunda_conditions_and_collections() -> None:
    xml = diagram(
        ENDS
        + '<exclusiveGateway id="g"/><userTask id="a">'
        + '<multiInstanceLoopCharacteristics camunda:collection="panel"'
        ' camunda:elementVariable="x"/></userTask>',
        "s -> g -> a [${n == 1 && kind == 'x'}]\ng => e\na -> e",
    )
    assert run(xml, n=1, kind="x", panel=[1, 2]).open == ["a", "a"]
    assert run(xml, n=2, kind="x", panel=[]).completed


def test_camunda_calls_and_services() -> None:
    call = (
        '<callActivity id="c" calledElement="q"><extensionElements><camunda:in source="x" target="y"/>'
        '<camunda:in sourceExpression="${x + 1}" target="z"/><camunda:out source="v" target="w"/>'
        "</extensionElements>"
        "</callActivity>"
    )
    service = (
        '<serviceTask id="v" camunda:type="external" camunda:topic="stamp" camunda:resultVariable="v">'
        "<extensionElements>"
        '<camunda:inputOutput><camunda:inputParameter name="n">${y + z}</camunda:inputParameter>'
        "</camunda:inputOutput>"
        "</extensionElements></serviceTask>"
    )
    made = run(diagram(ENDS + call, "s -> c -> e"), diagram(ENDS + service, "s -> v -> e", process="q"), x=1)
    (waiting,) = made.instance.services()
    assert (waiting.delegate, waiting.parameters) == ("stamp", {"n": 3})
    made.serve("v", "done")
    assert made.variables == {"x": 1, "w": "done"}


def test_a_call_may_pass_all_variables() -> None:
    call = (
        '<callActivity id="c" calledElement="q"><extensionElements><camunda:in variables="all"/>'
        "</extensionElements>"
        "</callActivity>"
    )
    made = run(
        diagram(ENDS + call, "s -> c -> e"),
        diagram(ENDS + '<userTask id="u"/>', "s -> u -> e", process="q"),
        x=1,
    )
    assert made.task("u").variables() == {"x": 1}


def test_spiff_arena_extensions() -> None:
    elements = (
        '<userTask id="a"><extensionElements><spiffworkflow:properties><spiffworkflow:property'
        ' name="formJsonSchemaFilename" value="check.json"/></spiffworkflow:properties>'
        "</extensionElements></userTask>"
        '<businessRuleTask id="r"><extensionElements>'
        "<spiffworkflow:calledDecisionId>d</spiffworkflow:calledDecisionId>"
        "</extensionElements></businessRuleTask>"
        '<serviceTask id="v"><extensionElements><spiffworkflow:serviceTaskOperator'
        ' id="http/Get" resultVariable="out">'
        '<spiffworkflow:parameters><spiffworkflow:parameter id="n" value="1 + 1"/></spiffworkflow:parameters>'
        "</spiffworkflow:serviceTaskOperator></extensionElements></serviceTask>"
    )
    xml = diagram(ENDS + elements, "s -> v -> r -> a -> e")
    with pytest.raises(DefinitionInvalid) as refusal:
        load_definition(Bundle({"p": xml}, {"d": DECISION}), "p")
    assert [(p.code, p.message_en) for p in refusal.value.problems] == [
        ("unknown_form", "there is no form check")
    ]
    made = run(xml.replace(b"formJsonSchemaFilename", b"other"), decisions={"d": DECISION})
    assert [(c.delegate, c.parameters) for c in made.instance.services()] == [("http/Get", {"n": 2})]
    made.serve("v", {"ok": True})
    assert made.variables == {"out": {"ok": True}}
    assert [d.decision_id for d in made.decisions] == ["d"]


def test_our_own_attributes_win() -> None:
    task = '<userTask id="a" zr:resultVariable="ours" camunda:resultVariable="theirs"/>'
    definition = define(diagram(ENDS + task, "s -> a -> e"))
    assert definition.elements["p:a"].attributes["resultVariable"] == "ours"


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        ("a = 1\nb = 2", [("a", "1"), ("b", "2")]),
        ("a = 1 +\n  2\n\nb = 3", [("a", "1 +\n  2"), ("b", "3")]),
        ("\n    a = 1\n      + 2\n    b.c = 3\n  ", [("a", "1\n  + 2"), ("b.c", "3")]),
        ("// note\n金额 = 5", [("金额", "5")]),
        ("", []),
    ],
)
def test_scripts_are_split_into_lines(text: str, entries: list[tuple[str, str]]) -> None:
    assert [(name, feel) for name, feel, _ in split_script(text)] == entries


@pytest.mark.parametrize("text", ["a", "a == 1", "1 = 2", "a =", "= 1"])
def test_what_is_no_assignment(text: str) -> None:
    with pytest.raises(ValueError, match="line 1"):
        split_script(text)
