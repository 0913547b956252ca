"""Values that do and do not conform to the types of decisions, knowledge models, services and entries."""

from __future__ import annotations

from typing import Any

import pytest

from app.engine.dmn import DecisionModel, DmnInvalid, parse_decisions
from tests.engine.dmn.models import decision, definitions, input_data, literal, model_of, needs

TYPES = """<itemDefinition name="tPerson"><itemComponent name="name"><typeRef>string</typeRef></itemComponent>
<itemComponent name="age"><typeRef>number</typeRef></itemComponent></itemDefinition>
<itemDefinition name="tNumbers" isCollection="true"><typeRef>number</typeRef></itemDefinition>
<itemDefinition name="tPeople" isCollection="true"><typeRef>tPerson</typeRef></itemDefinition>
<itemDefinition name="tMatrix" isCollection="true"><typeRef>tNumbers</typeRef></itemDefinition>
<itemDefinition name="tFunction"><functionItem outputTypeRef="number"><parameters name="a" typeRef="number"/></functionItem></itemDefinition>"""


@pytest.mark.parametrize(
    ("text", "type_ref", "expected"),
    [
        ("[1]", "number", 1),
        ("[[1]]", "number", None),
        ("[1, 2]", "number", None),
        ("1", "tNumbers", [1]),
        ("[1, null]", "tNumbers", [1, None]),
        ('["a"]', "tNumbers", None),
        ("[]", "tNumbers", []),
        ("[[1], 2]", "tMatrix", None),
        ("[1, 2]", "tMatrix", None),
        ("1", "tMatrix", None),
        ('{name: "a"}', "tPerson", None),
        ('{name: "a", age: null, more: 1}', "tPerson", {"name": "a", "age": None, "more": 1}),
        ('[{name: "a", age: 1}]', "tPerson", {"name": "a", "age": 1}),
        ('{name: "a", age: 1}', "tPeople", [{"name": "a", "age": 1}]),
        ('[{name: "a", age: "1"}]', "tPeople", None),
        ('@"2020-01-01T10:00:00"', "date", None),
        ('@"P1Y"', "days and time duration", None),
        ('(@"2020-01-01" instance of date)', "boolean", True),
        ("function(a: string) 1", "tFunction", None),
        ("1", "tFunction", None),
    ],
)
def test_results_of_decisions(text: str, type_ref: str, expected: Any) -> None:
    result = model_of(TYPES, decision("d", literal(text), type_ref=type_ref)).evaluate("d", {})
    assert result.value == expected
    assert bool(result.errors) is (expected is None)


def knowledge(parameters: str, text: str, result: str = "Any") -> str:
    head, body = (
        f'<businessKnowledgeModel id="b" name="f"><variable name="f" typeRef="{result}"/>',
        literal(text),
    )
    return f"{head}<encapsulatedLogic>{parameters}{body}</encapsulatedLogic></businessKnowledgeModel>"


PERSON = '<formalParameter name="p" typeRef="tPerson"/>'
TWO = '<formalParameter name="p" typeRef="string"/><formalParameter name="q"/>'


@pytest.mark.parametrize(
    ("function", "call", "expected"),
    [
        (knowledge(PERSON, "p != null"), 'f({name: "a", age: 1})', True),
        (knowledge(PERSON, "p != null"), "f({name: 1, age: 1})", None),
        (knowledge(PERSON, "p = null"), "f(null)", True),
        (knowledge(PERSON, "p = null"), "f()", None),
        (knowledge(TWO, "[p, q]"), 'f(p: "a")', ["a", None]),
        (knowledge(TWO, "[p, q]"), 'f(p: "a", r: 1)', None),
        (knowledge(TWO, "[p]", "string"), 'f("a", 1)', "a"),
        (knowledge(TWO, "[[p]]", "string"), 'f("a", 1)', None),
        (knowledge(TWO, "q", "string"), 'f("a", 1)', None),
    ],
)
def test_calls_of_knowledge_models(function: str, call: str, expected: Any) -> None:
    model = model_of(TYPES, function, decision("d", literal(call), needs("Knowledge", "b")))
    assert model.evaluate("d", {}).value == expected


def bindings(**values: str) -> str:
    bound = "".join(
        f'<binding><parameter name="{name}"/>{literal(text)}</binding>' for name, text in values.items()
    )
    return f"<invocation>{literal('f')}{bound}</invocation>"


@pytest.mark.parametrize(
    ("logic", "expected"),
    [(bindings(p='"a"'), ["a", None]), (bindings(p="1"), None), (bindings(r='"a"'), None)],
)
def test_boxed_invocations_bind_by_name(logic: str, expected: Any) -> None:
    model = model_of(knowledge(TWO, "[p, q]"), decision("d", logic, needs("Knowledge", "b")))
    assert model.evaluate("d", {}).value == expected


def service(body: str, call: str) -> DecisionModel:
    return model_of(
        input_data("a", "string"),
        decision("x", literal('"x " + a'), needs("Input", "i_a")),
        decision("y", literal('x + "!"'), needs("Decision", "d_x")),
        f'<decisionService id="s" name="s"><variable name="s"/>{body}</decisionService>',
        decision("d", literal(call), needs("Knowledge", "s")),
    )


ONE = '<outputDecision href="#d_y"/><encapsulatedDecision href="#d_x"/><inputData href="#i_a"/>'
GIVEN = '<outputDecision href="#d_y"/><inputDecision href="#d_x"/>'
BOTH = '<outputDecision href="#d_y"/><outputDecision href="#d_x"/><inputData href="#i_a"/>'


@pytest.mark.parametrize(
    ("body", "call", "expected"),
    [
        (ONE, 's("k")', "x k!"),
        (ONE, 's(a: "k")', "x k!"),
        (ONE, 's(["k"])', "x k!"),
        (ONE, "s(1)", None),
        (ONE, "s()", None),
        (ONE, 's(b: "k")', None),
        (GIVEN, 's("k")', "k!"),
        (GIVEN, 's(x: "k")', "k!"),
        (BOTH, 's("k")', {"y": "x k!", "x": "x k"}),
        (BOTH, 's("k").y', "x k!"),
    ],
)
def test_calls_of_decision_services(body: str, call: str, expected: Any) -> None:
    assert service(body, call).evaluate("d", {"a": "outer"}).value == expected


def entries(*pairs: tuple[str, str]) -> str:
    inside = "".join(
        f"<contextEntry><variable {attributes}/>{logic}</contextEntry>" for attributes, logic in pairs
    )
    return f"<context>{inside}</context>"


def test_entries_of_boxed_contexts_conform_to_their_types() -> None:
    logic = entries(
        ('name="n" typeRef="number"', literal('"a"')), ('name="m" typeRef="number"', literal("[5]"))
    )
    assert model_of(decision("d", logic)).evaluate("d", {}).value == {"n": None, "m": 5}
    function = f'<functionDefinition><formalParameter name="x" typeRef="number"/>{literal("x + 1")}</functionDefinition>'
    logic = entries(('name="f" typeRef="number"', function), ('name="r"', literal("f(2)")))
    assert model_of(decision("d", logic)).evaluate("d", {}).value["r"] == 3


@pytest.mark.parametrize(
    ("variable", "own", "text", "expected"),
    [
        ("number", "", "[x]", 1),
        ("tFunction", "", "[x]", 1),
        ("tFunction", 'typeRef="tNumbers"', "x", [1]),
        ("", 'typeRef="number"', '"a"', None),
        ("", "", "[x]", [1]),
    ],
)
def test_results_of_boxed_functions(variable: str, own: str, text: str, expected: Any) -> None:
    function = f'<functionDefinition {own}><formalParameter name="x" typeRef="number"/>{literal(text)}</functionDefinition>'
    kind = f' typeRef="{variable}"' if variable else ""
    logic = entries((f'name="f"{kind}', function), ('name="r"', literal("f([1])")))
    assert model_of(TYPES, decision("d", logic)).evaluate("d", {}).value["r"] == expected


def test_cells_of_relations_conform_to_their_columns() -> None:
    rows = "".join(f"<row>{literal(a)}{literal(b)}</row>" for a, b in (("[1]", "1"), ('"x"', '["y"]')))
    logic = f'<relation><column name="a" typeRef="number"/><column name="b"/>{rows}</relation>'
    result = model_of(decision("d", logic)).evaluate("d", {})
    assert result.value == [{"a": 1, "b": 1}, {"a": None, "b": ["y"]}]
    assert len(result.errors) == 1


def test_a_boxed_context_has_each_entry_once() -> None:
    with pytest.raises(DmnInvalid, match="appears twice"):
        model_of(decision("d", entries(('name="n"', literal("1")), ('name="n"', literal("2")))))


def test_boxed_filters_take_what_feel_filters_take() -> None:
    for source, match, expected in (
        ("[1, 2, 3]", "2", 2),
        ("[{a: 1}, {a: 2}]", "a = 2", [{"a": 2}]),
        ("null", "true", None),
        ("[]", "item.a > 1", []),
        ("[1]", '"x"', []),
    ):
        logic = f"<filter><in>{literal(source)}</in><match>{literal(match)}</match></filter>"
        assert model_of(decision("d", logic)).evaluate("d", {}).value == expected


def test_elements_need_no_id() -> None:
    one = f'<decision name="one"><variable name="one"/>{literal("1")}</decision>'
    model = model_of(
        one,
        one.replace("one", "two").replace(">1<", ">2<"),
        '<inputData name="i"><variable name="i"/></inputData>',
    )
    assert [model.evaluate(name, {}).value for name in ("one", "two")] == [1, 2]


def test_a_decision_without_logic_is_given() -> None:
    model = model_of(
        '<decision id="g" name="grade"><variable name="grade" typeRef="number"/></decision>',
        decision("d", literal("grade + 1"), needs("Decision", "g")),
    )
    assert model.evaluate("d", {"grade": 4}).value == 5
    assert model.evaluate("d", {"grade": "x"}).value is None
    assert model.evaluate("d", {"d": 7}).value is None


KIND = 'importType="https://www.omg.org/spec/DMN/20230324/MODEL/"'
PEOPLE = definitions(
    input_data("name", "string") + decision("greet", literal('"Hello " + name'), needs("Input", "i_name")),
    namespace="urn:people",
)


def office(namespace: str) -> bytes:
    body = f'<import name="people" namespace="urn:people" {KIND}/>' + decision(
        "say",
        literal('people.greet + "/" + people.name'),
        needs("Decision", "urn:people#d_greet") + needs("Input", "urn:people#i_name"),
    )
    return definitions(body, namespace=namespace)


def test_a_model_imported_twice_over_has_its_inputs_twice_or_once() -> None:
    body = (
        f'<import name="first office" namespace="urn:1" {KIND}/><import name="second" namespace="urn:2" {KIND}/>'
        + decision(
            "d",
            literal('first office.say + "; " + second.say'),
            needs("Decision", "urn:1#d_say", "urn:2#d_say"),
        )
    )
    model = parse_decisions(definitions(body), {"p": PEOPLE, "1": office("urn:1"), "2": office("urn:2")})
    nested = {"first office": {"people": {"name": "A"}}, "second": {"people": {"name": "B"}}}
    assert model.evaluate("d", nested).value == "Hello A/A; Hello B/B"
    assert model.evaluate("d", {"name": "C"}).value == "Hello C/C; Hello C/C"


@pytest.mark.parametrize(
    "name",
    ["a-b", "date-time", "Person's age", "x+y", "if we", "list of", "time zone", "not in", "form.kind", "a/b",
     "🐎 rider", "in progress", "days - total", "null value", "every one", "return rate", "é è", "金额（元）"],
)  # fmt: skip
def test_input_data_may_have_any_name(name: str) -> None:
    source = input_data(name).replace(f'id="i_{name}"', 'id="i"')
    model = model_of(source, decision("d", literal(f"{name} + 1"), needs("Input", "i")))
    assert model.evaluate("d", {name: 1}).value == 2
