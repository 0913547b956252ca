"""Damaged diagrams: whatever is missing or twisted, there are findings and never a crash."""

from __future__ import annotations

import contextlib
from random import Random

import pytest
from lxml import etree

from app.engine.definition import Bundle, Definition, check_bundle, load_definition
from app.engine.errors import DefinitionInvalid, EngineError
from app.engine.instance import Instance
from tests.engine.diagrams import diagram, env, level, script, user

INNER = level('<startEvent id="s2"/><endEvent id="e2"/>' + user("deep"), "s2 -> deep -> e2")
WHOLE = diagram(
    '<laneSet id="ls"><lane id="l" name="l" zr:candidates="group:a"><flowNodeRef>t</flowNodeRef>'
    "</lane></laneSet>"
    '<startEvent id="s"/><startEvent id="m"><messageEventDefinition messageRef="M"/></startEvent>'
    '<endEvent id="e"/>'
    '<endEvent id="bad"><errorEventDefinition errorRef="E"/></endEvent>'
    '<parallelGateway id="f"/><parallelGateway id="j"/><eventBasedGateway id="ev"/><exclusiveGateway id="x"/>'
    '<exclusiveGateway id="start"/>'
    '<inclusiveGateway id="o"/><inclusiveGateway id="oj"/>'
    + user(
        "t",
        'zr:due="= wd(2)"',
        '<multiInstanceLoopCharacteristics isSequential="true" zr:collection="= [5, 6]"'
        ' zr:elementVariable="i"'
        ' zr:outputCollection="out" zr:outputElement="= i"><completionCondition>nrOfActiveInstances = 0'
        "</completionCondition></multiInstanceLoopCharacteristics>",
    )
    + f'<subProcess id="sub">{INNER}</subProcess>'
    '<callActivity id="c" calledElement="p2"><extensionElements>'
    '<zr:in source="= 1" target="a"/></extensionElements>'
    '</callActivity><serviceTask id="v" zr:delegate="d"><extensionElements><zr:parameter'
    ' name="n" value="= 1"/>'
    "</extensionElements></serviceTask>"
    '<boundaryEvent id="b" attachedToRef="sub" cancelActivity="false"><timerEventDefinition>'
    "<timeCycle>R3/P1D</timeCycle>"
    "</timerEventDefinition></boundaryEvent>"
    '<intermediateCatchEvent id="c1" zr:correlationKey="k"><messageEventDefinition messageRef="M"/>'
    '</intermediateCatchEvent><intermediateCatchEvent id="c2"><timerEventDefinition>'
    "<timeDuration>P9D</timeDuration>"
    "</timerEventDefinition></intermediateCatchEvent>"
    + user("note")
    + script("y", "a = 1\nb = 2")
    + user(
        "z",
        "",
        '<standardLoopCharacteristics loopMaximum="3"><loopCondition>true</loopCondition>'
        "</standardLoopCharacteristics>",
    ),
    "s -> start -> f -> t -> j\nm -> start\nf -> sub -> j\nf -> c -> j\n"
    "f -> v -> j\nf -> ev -> c1 -> x -> j\n"
    "ev -> c2 -> x\nb -> note -> bad\nj -> o -> y [true]\no => z\ny -> oj\nz -> oj -> e",
    root='<message id="M" name="MSG"/><error id="E" errorCode="E"/>',
)
CALLED = diagram('<startEvent id="s"/><endEvent id="e"/>', "s -> e", process="p2")
TEXTS = ["", "= ", "((", "= x.y", "zz", "${", "P1D", "-1", "true", "中文", "t", "p"]


def damage(random: Random) -> bytes:
    """The whole diagram with a few things taken away, doubled, renamed or moved."""
    root = etree.fromstring(WHOLE)
    for _ in range(random.randint(1, 4)):
        elements = [
            element for element in root.iter() if element is not root and element.getparent() is not None
        ]
        element, other = random.choice(elements), random.choice(elements)
        kind = random.randrange(6)
        if kind == 0:
            element.getparent().remove(element)
        elif kind == 1 and element.attrib:
            del element.attrib[random.choice(sorted(element.attrib))]
        elif kind == 2 and element.attrib:
            element.attrib[random.choice(sorted(element.attrib))] = random.choice(TEXTS)
        elif kind == 3:
            element.text = random.choice(TEXTS)
        elif kind == 4:
            element.tag = other.tag
        elif other is not element and element not in set(other.iterancestors()):
            other.append(element)
    return bytes(etree.tostring(root))


def load(bundle: Bundle) -> tuple[set[tuple[str, str | None]], Definition | None]:
    """The definition, or what refuses it."""
    try:
        return set(), load_definition(bundle, "p")
    except DefinitionInvalid as refusal:
        return {(problem.code, problem.element_id) for problem in refusal.problems}, None


@pytest.mark.parametrize("first", range(0, 400, 40))
def test_damaged_diagrams_never_crash(first: int) -> None:
    for seed in range(first, first + 40):
        bundle = Bundle({"p": damage(Random(seed)), "p2": CALLED})
        problems = check_bundle(bundle, {})
        refused, definition = load(bundle)
        # What refuses to load is an error of the linter too.
        assert refused <= {(problem.code, problem.element_id) for problem in problems}
        if definition is not None:
            with contextlib.suppress(EngineError):
                instance = Instance.start(definition, {}, env())
                assert Instance.load(definition, instance.dump()).dump() == instance.dump()


def test_the_undamaged_diagram_starts() -> None:
    definition = load_definition(Bundle({"p": WHOLE, "p2": CALLED}), "p")
    assert Instance.start(definition, {}, env()).next_due() is not None
