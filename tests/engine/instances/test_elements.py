"""The table of elements in docs/engine.md, row by row."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.engine.definition import Bundle, load_definition
from app.engine.errors import DefinitionInvalid
from app.engine.instance import Instance
from tests.engine.diagrams import Run, diagram, env, level, script, user

DOCUMENT = Path(__file__).parents[3] / "docs" / "engine.md"
ENDS = '<startEvent id="s"/><endEvent id="e"/>'
ROOT = (
    '<message id="M" name="M"/><signal id="S" name="S"/><error id="E" errorCode="E"/>'
    '<escalation id="X" escalationCode="X"/>'
)
TIMER = "<timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition>"
MESSAGE = '<messageEventDefinition messageRef="M"/>'
SIGNAL = '<signalEventDefinition signalRef="S"/>'
ERROR = '<errorEventDefinition errorRef="E"/>'
ESCALATION = '<escalationEventDefinition escalationRef="X"/>'
CONDITION = "<conditionalEventDefinition><condition>true</condition></conditionalEventDefinition>"
DECISION = (
    b'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="m" name="m" namespace="n">'
    b'<decision id="d" name="d"><variable name="d"/><literalExpression><text>1 + 1</text>'
    b"</literalExpression></decision>"
    b"</definitions>"
)


def catch(definition: str, element_id: str = "x") -> str:
    tag = "intermediateCatchEvent"
    return f'<{tag} id="{element_id}" zr:correlationKey="k">{definition}</{tag}>'


def throw(definition: str) -> str:
    return f'<intermediateThrowEvent id="x" zr:correlationKey="k">{definition}</intermediateThrowEvent>'


def sub(content: str, attributes: str = "") -> str:
    return f'<subProcess id="x" {attributes}>{content}</subProcess>'


def boundary(definition: str, host: str = "x", attributes: str = "") -> str:
    attributes += ' zr:correlationKey="k"'
    return f'<boundaryEvent id="b" attachedToRef="{host}" {attributes}>{definition}</boundaryEvent>'


def handler(definition: str, flag: str = "true") -> str:
    start = f'<startEvent id="es" isInterrupting="{flag}" zr:correlationKey="k">{definition}</startEvent>'
    return f'<subProcess id="x" triggeredByEvent="true">{level(start + user("h"), "es -> h")}</subProcess>'


INNER = level('<startEvent id="s2"/>' + user("u"), "s2 -> u")
FAILING = level(f'<startEvent id="s2"/><endEvent id="bad">{ERROR}</endEvent>', "s2 -> bad")
RISING = level(f'<startEvent id="s2"/><endEvent id="up">{ESCALATION}</endEvent>', "s2 -> up")
MANY = '<multiInstanceLoopCharacteristics zr:collection="= [1, 2]" zr:elementVariable="i"{}/>'
XOR = '<exclusiveGateway id="x"/>' + user("a")
CHAIN = "s -> x -> e"

# name in the document: (elements, flows); the element that is refused is called x
WORKS: dict[str, list[tuple[str, str]]] = {
    "none start event": [(ENDS, "s -> e"), (user("a"), "")],
    "message start event": [(f'<startEvent id="s">{MESSAGE}</startEvent><endEvent id="e"/>', "s -> e")],
    "end event": [(ENDS, "s -> e")],
    "implicit end": [(ENDS + user("x"), "s -> x")],
    "terminate end event": [
        ('<startEvent id="s"/><endEvent id="e"><terminateEventDefinition/></endEvent>', "s -> e"),
    ],
    "error end event": [
        (f'<startEvent id="s"/><endEvent id="e">{ERROR}</endEvent>', "s -> e"),
        (ENDS + sub(FAILING) + boundary(ERROR), "s -> x -> e\nb -> e"),
    ],
    "escalation events": [
        (ENDS + throw(ESCALATION), CHAIN),
        (ENDS + sub(RISING) + boundary(ESCALATION), "s -> x -> e\nb -> e"),
    ],
    "message events": [
        (ENDS + throw(MESSAGE), CHAIN),
        (ENDS + catch(MESSAGE), CHAIN),
        (ENDS + user("x") + boundary(MESSAGE), "s -> x -> e\nb -> e"),
        (f'<startEvent id="s"/><endEvent id="e" zr:correlationKey="k">{MESSAGE}</endEvent>', "s -> e"),
    ],
    "signal events": [
        (ENDS + throw(SIGNAL), CHAIN),
        (ENDS + user("x") + boundary(SIGNAL), "s -> x -> e\nb -> e"),
    ],
    "timer events": [
        (ENDS + catch(TIMER), CHAIN),
        (ENDS + user("x") + boundary(TIMER), "s -> x -> e\nb -> e"),
    ],
    "conditional events": [(ENDS + catch(CONDITION), CHAIN)],
    "link events": [
        (
            ENDS + throw('<linkEventDefinition name="L"/>') + catch('<linkEventDefinition name="L"/>', "y"),
            "s -> x\ny -> e",
        )
    ],
    "user task": [(ENDS + user("x"), CHAIN)],
    "service task": [(ENDS + '<serviceTask id="x" zr:delegate="d"/>', CHAIN)],
    "script task": [(ENDS + script("x", "a = 1"), CHAIN)],
    "business rule task": [
        (ENDS + '<businessRuleTask id="x" zr:decisionRef="d" zr:resultVariable="r"/>', CHAIN)
    ],
    "send and receive task": [
        (
            ENDS + '<sendTask id="x" messageRef="M" zr:correlationKey="k"/>'
            '<receiveTask id="y" messageRef="M" zr:correlationKey="k"/>',
            "s -> x -> y -> e",
        )
    ],
    "abstract and manual task": [(ENDS + '<task id="x"/><manualTask id="y"/>', "s -> x -> y -> e")],
    "call activity": [(ENDS + '<callActivity id="x" calledElement="q"/>', CHAIN)],
    "embedded sub-process": [(ENDS + sub(INNER), CHAIN)],
    "event sub-process": [
        (ENDS + user("a") + handler(definition, flag), "s -> a -> e")
        for definition in (MESSAGE, TIMER, SIGNAL, CONDITION, ESCALATION)
        for flag in ("true", "false")
    ]
    + [(ENDS + user("a") + handler(ERROR), "s -> a -> e")],
    "multi-instance": [
        (ENDS + user("x", "", MANY.format("")), CHAIN),
        (ENDS + user("x", "", MANY.format(' isSequential="true"')), CHAIN),
    ],
    "standard loop": [(ENDS + user("x", "", '<standardLoopCharacteristics loopMaximum="2"/>'), CHAIN)],
    "exclusive gateway": [(ENDS + XOR, "s -> x -> a [true]\nx => e\na -> e")],
    "parallel gateway": [(ENDS + XOR.replace("exclusive", "parallel"), "s -> x -> a -> e\nx -> e")],
    "inclusive gateway": [
        (ENDS + XOR.replace("exclusive", "inclusive"), "s -> x -> a [true]\nx => e\na -> e")
    ],
    "event-based gateway": [
        (
            ENDS + '<eventBasedGateway id="x"/>' + catch(TIMER, "y") + catch(MESSAGE, "z"),
            "s -> x -> y -> e\nx -> z -> e",
        )
    ],
    "several flows out of a task": [(ENDS + user("x") + user("a"), "s -> x -> a [true]\nx -> e\na -> e")],
    "pools, lanes, groups, annotations": [
        (
            ENDS + '<laneSet><lane id="l"><flowNodeRef>s</flowNodeRef></lane></laneSet><group id="g"/>'
            '<textAnnotation id="t"/>',
            "s -> e",
        )
    ],
    "data objects and data associations": [
        (ENDS + '<dataObject id="d"/>' + user("x", "", '<dataInputAssociation id="da"/>'), CHAIN)
    ],
}
REFUSED: dict[str, tuple[str, str, str]] = {
    "timer start event": (f'<startEvent id="x">{TIMER}</startEvent><endEvent id="e"/>', "x -> e", "x"),
    "signal start event": (f'<startEvent id="x">{SIGNAL}</startEvent><endEvent id="e"/>', "x -> e", "x"),
    "two none start events": (ENDS + '<startEvent id="x"/>', "s -> e\nx -> e", "p"),
    "compensation events": (ENDS + throw("<compensateEventDefinition/>"), CHAIN, "x"),
    "cancel events": (ENDS + throw("<cancelEventDefinition/>"), CHAIN, "x"),
    "several definitions on a catching event": (ENDS + catch(TIMER + MESSAGE), CHAIN, "x"),
    "script task in another language": (ENDS + script("x", "a = 1").replace("feel", "python"), CHAIN, "x"),
    "receive task that starts the process": (
        ENDS + '<receiveTask id="x" messageRef="M" instantiate="true"/>', "s -> e\nx -> e", "x",
    ),
    "call activity with a computed process": (
        ENDS + '<callActivity id="x" calledElement="= q"/>', CHAIN, "x",
    ),
    "ad-hoc sub-process": (ENDS + '<adHocSubProcess id="x"/>', CHAIN, "x"),
    "transaction": (ENDS + f'<transaction id="x">{INNER}</transaction>', CHAIN, "x"),
    "multi-instance behaviour other than All": (
        ENDS + user("x", "", MANY.format(' behavior="One"')), CHAIN, "x",
    ),
    "compensation handler": (ENDS + user("x", 'isForCompensation="true"'), "s -> e", "x"),
    "event-based gateway that starts the process": (
        ENDS + '<eventBasedGateway id="x" instantiate="true"/>', "s -> e\nx -> e", "x",
    ),
    "complex gateway": (ENDS + '<complexGateway id="x"/>', CHAIN, "x"),
    "boundary event on an event": (
        ENDS + catch(TIMER, "y") + boundary(TIMER, "y").replace('"b"', '"x"'), "s -> y -> e\nx -> e", "x",
    ),
    "non-interrupting error boundary event": (
        ENDS
        + sub(FAILING).replace('"x"', '"y"')
        + boundary(ERROR, "y", 'cancelActivity="false"').replace('"b"', '"x"'),
        "s -> y -> e\nx -> e",
        "x",
    ),
}  # fmt: skip


def bundle(elements: str, flows: str) -> Bundle:
    called = diagram(ENDS + user("u"), "s -> u -> e", process="q")
    return Bundle({"p": diagram(elements, flows, root=ROOT), "q": called}, {"d": DECISION})


def test_the_document_has_exactly_these_rows() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| ([^|]+?) \| (works|refused) \|", text, re.MULTILINE))
    assert rows == dict.fromkeys(WORKS, "works") | dict.fromkeys(REFUSED, "refused")


def walk(made: Run) -> None:
    """Do whatever can be done until the end."""
    for _ in range(20):
        if made.instance.services():
            made.serve(made.instance.services()[0].element_id)
        elif made.open:
            made.do(made.open[0])
        elif made.instance.subscriptions():
            made.send("M", "k")
        elif not made.wait(days=2):
            return


@pytest.mark.parametrize(
    ("name", "number"), [(n, i) for n, cases in WORKS.items() for i in range(len(cases))]
)
def test_what_works_runs_to_the_end(name: str, number: int) -> None:
    definition = load_definition(bundle(*WORKS[name][number]), "p")
    message = "M" if definition.start_messages else None
    made = Run(definition, Instance.start(definition, {}, env(), message=message))
    walk(made)
    assert made.completed


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_named(name: str) -> None:
    elements, flows, element = REFUSED[name]
    with pytest.raises(DefinitionInvalid) as refusal:
        load_definition(bundle(elements, flows), "p")
    assert element in {problem.element_id for problem in refusal.value.problems}
