from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from app.engine.dmn import DmnInvalid, DmnNotFound, parse_decisions
from app.engine.dmn.analysis import analyse
from app.engine.dmn.reading import read_model
from app.engine.feel import Budget, FeelBudgetError, Scope
from tests.engine.dmn.models import MODEL, decision, definitions, input_data, literal, model_of, needs, table

PMT = """<businessKnowledgeModel id="b_fee" name="fee"><variable name="fee" typeRef="number"/>
<encapsulatedLogic><formalParameter name="base" typeRef="number"/><formalParameter name="rate"/>
<literalExpression><text>base * rate</text></literalExpression></encapsulatedLogic></businessKnowledgeModel>"""


def test_decisions_get_what_they_require_and_nothing_else() -> None:
    model = model_of(
        input_data("loan amount", "number"),
        input_data("other"),
        PMT,
        decision(
            "yearly",
            literal("fee(loan amount, 0.02)"),
            needs("Input", "i_loan amount") + needs("Knowledge", "b_fee"),
            "number",
        ),
        decision("total", literal("{sum: yearly * 3, hidden: other}"), needs("Decision", "d_yearly")),
    )
    result = model.evaluate("total", {"loan amount": 1000, "other": 1})
    assert result.value == {"sum": 60, "hidden": None}
    assert [trace.decision_name for trace in result.trace.required] == ["yearly"]
    assert model.evaluate("d_yearly", {"loan amount": "x"}).value is None
    assert model.evaluate("d_yearly", {"loan amount": "x"}).errors[0].element_id == "i_loan amount"
    assert set(model.decisions) == {"d_yearly", "d_total"}
    assert model.decisions["d_total"].table is None
    with pytest.raises(DmnNotFound):
        model.evaluate("nothing", {})


def test_a_table_drawn_without_input_data_uses_the_hosts_variables() -> None:
    model = model_of(
        decision(
            "t",
            table(["form.kind"], ["r"], [['"a"', "rate * 2"], ["-", "0"]], attributes='hitPolicy="FIRST"'),
        )
    )
    assert model.evaluate("t", {"form": {"kind": "a"}, "rate": 2.5}).value == 5


def test_each_decision_is_made_once() -> None:
    calls: list[int] = []
    scope = Scope(functions={"touch": lambda: calls.append(1)})
    model = model_of(
        decision("a", literal("touch()")),
        decision("b", literal("a"), needs("Decision", "d_a")),
        decision("c", literal("a"), needs("Decision", "d_a")),
        decision("d", literal("[b, c]"), needs("Decision", "d_b", "d_c", "d_a")),
    )
    model.evaluate("d", {}, scope)
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("logic", "expected"),
    [
        (
            '<context><contextEntry><variable name="first value"/>' + literal("2") + "</contextEntry>"
            '<contextEntry><variable name="second"/>' + literal("first value * 2") + "</contextEntry></context>",
            {"first value": 2, "second": 4},
        ),
        (
            '<context><contextEntry><variable name="a"/>' + literal("2") + "</contextEntry>"
            "<contextEntry>" + literal("a + 1") + "</contextEntry></context>",
            3,
        ),
        ("<list>" + literal("1") + literal('"x"') + "</list>", [1, "x"]),
        (
            '<relation><column name="k"/><column name="v"/><row>' + literal('"a"') + literal("1") + "</row></relation>",
            [{"k": "a", "v": 1}],
        ),
        (
            "<conditional><if>" + literal("null") + "</if><then>" + literal("1") + "</then><else>"
            + literal("2") + "</else></conditional>",
            2,
        ),
        ("<filter><in>" + literal("[1, 2, 3]") + "</in><match>" + literal("item > 1") + "</match></filter>", [2, 3]),
        (
            '<for iteratorVariable="i"><in>' + literal("1..3") .replace("1..3", "[1..3]") + "</in><return>"
            + literal("i + count(partial)") + "</return></for>",
            [1, 3, 5],
        ),
        ('<some iteratorVariable="i"><in>' + literal("[1, 2]") + "</in><satisfies>" + literal("i > 1") + "</satisfies></some>", True),
        ('<every iteratorVariable="i"><in>' + literal("[1, 2]") + "</in><satisfies>" + literal("i > 1") + "</satisfies></every>", False),
        (
            "<invocation>" + literal("(function(a, b) a - b)") + '<binding><parameter name="b"/>' + literal("1")
            + '</binding><binding><parameter name="a"/>' + literal("5") + "</binding></invocation>",
            4,
        ),
        (
            '<context><contextEntry><variable name="f"/><functionDefinition><formalParameter name="x" typeRef="number"/>'
            + literal("x + 1") + "</functionDefinition></contextEntry><contextEntry>" + literal('[f(1), f("1")]')
            + "</contextEntry></context>",
            [2, None],
        ),
    ],
)  # fmt: skip
def test_boxed_expressions(logic: str, expected: Any) -> None:
    assert model_of(decision("d", logic)).evaluate("d", {}).value == expected


def test_external_functions_are_refused() -> None:
    logic = '<functionDefinition kind="Java"><formalParameter name="x"/><context/></functionDefinition>'
    model = model_of(decision("f", logic), decision("d", literal("f(1)"), needs("Decision", "d_f")))
    result = model.evaluate("d", {})
    assert result.value is None
    assert "refused" in result.errors[0].message


TYPES = """<itemDefinition name="tGrade"><typeRef>string</typeRef><allowedValues><text>"A","B"</text></allowedValues></itemDefinition>
<itemDefinition name="tGrades" isCollection="true"><typeRef>tGrade</typeRef></itemDefinition>
<itemDefinition name="tPerson"><itemComponent name="name"><typeRef>string</typeRef></itemComponent>
<itemComponent name="grade"><typeRef>tGrade</typeRef></itemComponent></itemDefinition>
<itemDefinition name="tFunction"><functionItem outputTypeRef="number"><parameters name="n" typeRef="number"/></functionItem></itemDefinition>
<itemDefinition name="tShort" isCollection="true"><typeRef>number</typeRef><typeConstraint><text>count(?) &lt; 3</text></typeConstraint></itemDefinition>
<itemDefinition name="tTree"><itemComponent name="kids" isCollection="true"><typeRef>tTree</typeRef></itemComponent></itemDefinition>"""


@pytest.mark.parametrize(
    ("text", "type_ref", "expected", "fails"),
    [
        ('"A"', "tGrade", "A", False),
        ('"C"', "tGrade", None, True),
        ('["A", "B"]', "tGrades", ["A", "B"], False),
        ('"A"', "tGrades", ["A"], False),
        ('["A", "C"]', "tGrades", None, True),
        ('["A"]', "tGrade", "A", False),
        ('{name: "x", grade: "A", more: 1}', "tPerson", {"name": "x", "grade": "A", "more": 1}, False),
        ('{name: "x", grade: "C"}', "tPerson", None, True),
        ('{name: "x"}', "tPerson", None, True),
        ("[1, 2, 3]", "tShort", None, True),
        ("[1, 2]", "tShort", [1, 2], False),
        ("null", "tGrade", None, False),
        ('"1"', "number", None, True),
        ("1", "feel:number", 1, False),
        ("{kids: [{kids: []}]}", "tTree", {"kids": [{"kids": []}]}, False),
        ("[1]", "list<number>", [1], False),
        ("{a: 1}", "context<a: number>", {"a": 1}, False),
        ("{a: 1}", "list<context<a: number>>", [{"a": 1}], False),
        ('{a: "1"}', "context<a: number>", None, True),
        ("1", "feel.number", 1, False),
        ('date("2026-01-01")', "date", date(2026, 1, 1), False),
    ],
)
def test_types_of_results(text: str, type_ref: str, expected: Any, fails: bool) -> None:
    result = model_of(TYPES, decision("d", literal(text), type_ref=type_ref)).evaluate("d", {})
    assert result.value == expected
    assert bool(result.errors) is fails


def test_item_definitions_are_types_in_expressions() -> None:
    model = model_of(
        TYPES,
        decision(
            "d", literal('["A" instance of tGrade, 1 instance of tGrade, {name: 1} instance of tPerson]')
        ),
    )
    assert model.evaluate("d", {}).value == [True, False, False]


SERVICE = """<decisionService id="s_one" name="one"><outputDecision href="#d_double"/><inputData href="#i_x"/></decisionService>
<decisionService id="s_two" name="two"><outputDecision href="#d_double"/><outputDecision href="#d_next"/>
<inputDecision href="#d_double"/></decisionService>"""


def test_decision_services() -> None:
    model = model_of(
        input_data("x", "number"),
        decision("double", literal("x * 2"), needs("Input", "i_x")),
        decision("next", literal("double + 1"), needs("Decision", "d_double")),
        decision("caller", literal("one(5) + one(x: 1)"), needs("Knowledge", "s_one")),
        decision("wrong", literal("one(1, 2)"), needs("Knowledge", "s_one")),
        SERVICE,
    )
    assert model.evaluate_service("one", {"x": 4}).value == 8
    assert model.evaluate_service("s_two", {"double": 10}).value == {"double": 10, "next": 11}
    assert model.evaluate("caller", {}).value == 12
    assert model.evaluate("wrong", {}).value is None


def test_knowledge_models_can_be_invoked_and_call_themselves() -> None:
    fact = """<businessKnowledgeModel id="b" name="fact"><variable name="fact"/><encapsulatedLogic>
    <formalParameter name="n"/><literalExpression><text>if n &lt; 2 then 1 else n * fact(n - 1)</text></literalExpression>
    </encapsulatedLogic></businessKnowledgeModel>"""
    model = model_of(PMT, fact)
    assert model.invoke("fee", {"base": 100, "rate": 0.5}).value == 50
    assert model.invoke("fact", {"n": 6}).value == 720
    with pytest.raises(FeelBudgetError):
        model.invoke("fact", {"n": 10_000})


IMPORTED = definitions(
    TYPES + input_data("rate") + PMT + decision("base", literal("rate * 2"), needs("Input", "i_rate")),
    namespace="urn:base",
)


@pytest.mark.parametrize("key", ["urn:base", "base.dmn", "anything"])
def test_imported_models(key: str) -> None:
    body = (
        '<import name="base model" namespace="urn:base" locationURI="base.dmn" importType="https://www.omg.org/spec/DMN/20230324/MODEL/"/>'
        + decision(
            "d",
            literal("base model.base + base model.fee(10, 2)"),
            needs("Decision", "urn:base#d_base") + needs("Knowledge", "urn:base#b_fee"),
            "number",
        )
        + decision("typed", literal('"A"'), type_ref="base model.tGrade")
    )
    model = parse_decisions(definitions(body), {key: IMPORTED})
    assert model.evaluate("d", {"rate": 4}).value == 28
    assert model.evaluate("d", {"base model": {"rate": 5}}).value == 30
    assert model.evaluate("typed", {}).value == "A"


def test_imports_without_a_name_are_used_as_they_are() -> None:
    body = (
        '<import name="" namespace="urn:base" importType="https://www.omg.org/spec/DMN/20230324/MODEL/"/>'
        + decision("d", literal("base + 1"), needs("Decision", "urn:base#d_base"), "number")
    )
    assert parse_decisions(definitions(body), {"urn:base": IMPORTED}).evaluate("d", {"rate": 1}).value == 3


def test_every_problem_is_told_with_its_element() -> None:
    body = (
        decision("a", literal("1 +"), needs("Decision", "d_b"))
        + decision("b", literal("2"), needs("Decision", "d_a", "d_missing"), "tNowhere")
        + decision(
            "c", table(["x"], ["k", "k"], [["> >", "1", "2"], ["1", "2"]], attributes='hitPolicy="BEST"')
        )
        + decision("e", table(["x", ""], [], [["1", "2"]]).replace('id="r1"', 'id="r9"'))
        + decision("p", table(["x"], ["k"], [["1", "2"]], attributes='hitPolicy="P"'))
        + '<import name="i" namespace="urn:none" importType="http://www.omg.org/spec/DMN/20180521/MODEL/"/>'
        + '<decision id="nameless"/><decision id="d_c" name="again"><variable name="again"/></decision>'
        + '<decisionService id="s" name="s"/>'
        + '<itemDefinition id="it" name="it"><typeRef>string</typeRef><allowedValues><text>((</text></allowedValues></itemDefinition>'
    )
    with pytest.raises(DmnInvalid) as caught:
        parse_decisions(definitions(body))
    found = {(problem.element_id, problem.message.split(":")[0]) for problem in caught.value.problems}
    ids = {element_id for element_id, _ in found}
    assert {"d_a", "d_b", "t", "r1", "r2", "in2", "s", "nameless", "it", "m"} <= ids
    messages = " | ".join(problem.message for problem in caught.value.problems)
    assert not [problem.message_zh for problem in caught.value.problems if "有误" in problem.message_zh]
    for part in (
        "'1 +'", "requires itself", "d_missing does not exist", "tNowhere is unknown", "BEST", "'> >'",
        "as many cells", "no output column", "no expression", "output values", "is not there", "appears twice",
        "no name", "no output decision", "allowedValues", "different names",
    ):  # fmt: skip
        assert part in messages, part


def test_other_languages_than_feel_are_told() -> None:
    cell = table(["x"], ["k"], [["1", "2"]])
    for part in ("<inputExpression", "<inputEntry", "<outputEntry"):
        foreign = cell.replace(part, f'{part} expressionLanguage="javascript"')
        with pytest.raises(DmnInvalid, match="javascript cannot be evaluated"):
            model_of(decision("d", foreign))
    spelled = cell.replace(
        "<inputEntry", '<inputEntry expressionLanguage="https://www.omg.org/spec/DMN/20230324/FEEL/"'
    )
    assert model_of(decision("d", spelled)).evaluate("d", {"x": 1}).value == 2


def test_a_functions_type_may_be_its_own_or_its_results() -> None:
    for place in ("variable", "encapsulatedLogic"):
        for kind in ("number", "tFunction"):
            fee = PMT.replace(' typeRef="number"/>\n<enc', "/>\n<enc").replace(
                f"<{place}", f'<{place} typeRef="{kind}"', 1
            )
            model = model_of(
                TYPES, fee, decision("d", literal('[fee(2, 3), fee("x", 3)]'), needs("Knowledge", "b_fee"))
            )
            assert model.evaluate("d", {}).value == [6, None]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<a",
        b"<a/>",
        b'<!DOCTYPE d [<!ENTITY x "y">]><definitions xmlns="urn:x"/>',
        b'<!DOCTYPE d SYSTEM "http://example.invalid/x.dtd"><definitions/>',
        b"<definitions>" + b"<x/>" * 100_001 + b"</definitions>",
        b" " * 4_000_001,
    ],
)
def test_hostile_or_foreign_xml_is_refused(data: bytes) -> None:
    with pytest.raises(DmnInvalid):
        parse_decisions(data)


@pytest.mark.parametrize(
    "version", ["http://www.omg.org/spec/DMN/20151101/dmn.xsd", "http://www.omg.org/spec/DMN/20180521/MODEL/"]
)
def test_any_version_of_dmn_is_read(version: str) -> None:
    body = decision("d", literal("1 + 1"), type_ref="feel:number")
    assert parse_decisions(definitions(body, model=version)).evaluate("d", {}).value == 2


def test_each_imported_model_is_read_once_however_many_ways_lead_to_it() -> None:
    """Nine layers of three models that import the whole next layer twice: a million ways, twenty-seven models."""
    files = {}
    for depth in range(9):
        imports = "".join(
            f'<import name="{name}" namespace="urn:{depth + 1}.{place}" importType="{MODEL}"/>'
            for place in range(3)
            for name in ("", f"n{place}")
            if depth < 8
        )
        for place in range(3):
            body = imports + decision("d", literal("1"), type_ref="nowhere")
            files[f"urn:{depth}.{place}"] = definitions(body, namespace=f"urn:{depth}.{place}")
    model, problems = read_model(files["urn:0.0"], files)
    assert len(model.imports) == 6
    assert {problem.message for problem in problems} == {"type nowhere is unknown"}


def test_models_that_import_each_other_are_refused() -> None:
    kind = 'importType="http://www.omg.org/spec/DMN/20180521/MODEL/"'
    first = definitions(f'<import name="b" namespace="urn:b" {kind}/>', namespace="urn:a")
    second = definitions(f'<import name="a" namespace="urn:a" {kind}/>', namespace="urn:b")
    with pytest.raises(DmnInvalid, match="import each other"):
        parse_decisions(first, {"urn:a": first, "urn:b": second})


def test_tests_of_allowed_values_are_paid_for_by_the_decision() -> None:
    allowed = "(some i in 1..5000 satisfies i &lt; 0) or ? &gt; 0"
    items = (
        f'<itemDefinition name="one"><typeRef>number</typeRef><allowedValues><text>{allowed}</text>'
        '</allowedValues></itemDefinition><itemDefinition name="many" isCollection="true"><typeRef>one</typeRef>'
        "</itemDefinition>"
    )
    model = model_of(
        items,
        decision("few", literal("[1, 2]"), type_ref="many"),
        decision("lots", literal("for i in 1..1000 return i"), type_ref="many"),
    )
    assert model.evaluate("few", {}).value == [1, 2]
    with pytest.raises(FeelBudgetError):
        model.evaluate("lots", {})


def test_reading_a_model_evaluates_little() -> None:
    """Priorities are read before there is any data; endless ones are none."""
    endless = "count(for i in 1..1000000000 return i)"
    rows = table(["x"], ["o"], [[f"> {endless}", "1"]], output_values=[endless], attributes='hitPolicy="ANY"')
    found = model_of(decision("t", rows)).decisions["d_t"].table
    assert found is not None
    assert found.outputs[0].priorities == ()
    assert "too_large" not in {finding.kind for finding in analyse(found)}


def test_a_long_chain_of_decisions_is_a_budget_error_not_a_crash() -> None:
    chain = [decision("d0", literal("1"))]
    chain += [
        decision(f"d{n}", literal(f"d{n - 1} + 1"), needs("Decision", f"d_d{n - 1}")) for n in range(1, 400)
    ]
    model = model_of(*chain)
    assert model.evaluate("d50", {}).value == 51
    with pytest.raises(FeelBudgetError):
        model.evaluate("d399", {})
    with pytest.raises(FeelBudgetError):
        model.evaluate("d399", {}, Scope(budget=Budget(depth=10_000)))
