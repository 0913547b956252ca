"""Foreign diagrams in a few lines each, with the finding that each must give."""

from __future__ import annotations

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="d" targetNamespace="urn:x">'
)
TAIL = "</definitions>"


def document(body: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>{HEAD}{body}{TAIL}'.encode()


def flow(source: str, target: str, inner: str = "") -> str:
    return f'<sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>'


def process(inner: str, attributes: str = 'isExecutable="true"') -> bytes:
    return document(f'<process id="p" {attributes}>{inner}</process>')


def around(node: str, key: str = "n") -> bytes:
    """A process with one node between a start and an end."""
    ends = '<startEvent id="s"/><endEvent id="e"/>'
    return process(ends + node + flow("s", key) + flow(key, "e"))


def event(kind: str, definition: str) -> bytes:
    return around(f'<{kind} id="n" name="甲">{definition}</{kind}>')


def choice(gateway: str, first: str = "", second: str = "") -> bytes:
    nodes = f'<startEvent id="s"/>{gateway}<endEvent id="e"/><endEvent id="f"/>'
    return process(nodes + flow("s", "g") + flow("g", "e", first) + flow("g", "f", second))


def inside(content: str, attributes: str = "", kind: str = "subProcess") -> bytes:
    return around(f'<{kind} id="n" {attributes}>{content}</{kind}>')


CONDITION = "<conditionExpression>{}</conditionExpression>"
TASK = '<task id="n"/>'
PLAIN = around(TASK)

SAMPLES: dict[str, bytes] = {
    "illegal_id": around(
        '<task id="n"><ioSpecification><dataInput id="7a"/><inputSet><dataInputRefs>7a</dataInputRefs></inputSet>'
        "<outputSet/></ioSpecification></task>"
    ),
    "carried": document(
        '<extension definition="other:model"><documentation>甲</documentation></extension><process id="p" isExecutable="true">'
        '<startEvent id="s"/><task id="n"><extensionElements><model kind="乙"/></extensionElements><Assignee>丙</Assignee></task>'
        '<endEvent id="e"/>' + flow("s", "n") + flow("n", "e") + "</process>"
    ),
    "encoding": PLAIN.replace(b'<task id="n"/>', '<task id="n" name="审查"/>'.encode("gb18030")),
    "doctype_removed": PLAIN.replace(b"?>", b"?><!DOCTYPE definitions>", 1),
    "xml_recovered": PLAIN.replace(b'<task id="n"/>', b'<task id="n" name="R&D"/>'),
    "namespace": PLAIN.replace(b"www.omg.org/spec/BPMN/20100524/MODEL", b"schema.omg.org/spec/BPMN/2.0"),
    "missing_id": PLAIN.replace(b'<task id="n"/>', b'<task id="n"/><task/>'),
    "duplicate_id": PLAIN.replace(b'<task id="n"/>', b'<task id="n"/><task id="n"/>'),
    "prefixed_reference": PLAIN.replace(b'sourceRef="s"', b'sourceRef="x:s"'),
    "not_executable": process('<startEvent id="s"/><endEvent id="e"/>' + flow("s", "e"), ""),
    "no_process": document('<collaboration id="c"><participant id="a" name="企业"/></collaboration>'),
    "several_processes": document('<process id="p"/><process id="q"/>'),
    "documentation_moved": document("<documentation>说明</documentation><process id='p'/>"),
    "choreography": document('<choreography id="c"/><process id="p"/>'),
    "dangling_reference": document(
        '<process id="p"><laneSet id="l"><lane id="k"><flowNodeRef>no</flowNodeRef></lane></laneSet></process>'
    ),
    "dangling_flow": around(TASK + flow("n", "nowhere")),
    "flow_moved": around(
        '<subProcess id="n"><startEvent id="a"/><endEvent id="b"/></subProcess>' + flow("a", "b")
    ),
    "flow_across_levels": around('<subProcess id="n"><startEvent id="a"/></subProcess>' + flow("s", "a")),
    "flow_into_start": around(TASK + flow("n", "s")),
    "end_with_outgoing": around(TASK + flow("e", "n")),
    "no_start": process('<task id="n"/><endEvent id="e"/>' + flow("n", "e")),
    "no_end": process('<startEvent id="s"/><task id="n"/>' + flow("s", "n")),
    "several_starts": around('<startEvent id="z"/><task id="n"/>' + flow("z", "n")),
    "several_inner_starts": inside(
        '<startEvent id="a"/><startEvent id="b"/><endEvent id="c"/>' + flow("a", "c") + flow("b", "c")
    ),
    "start_trigger": PLAIN.replace(
        b'<startEvent id="s"/>', b'<startEvent id="s"><timerEventDefinition/></startEvent>'
    ),
    "same_start_message": document(
        '<message id="m" name="M"/><process id="p" isExecutable="true">'
        '<startEvent id="s"><messageEventDefinition messageRef="m"/></startEvent>'
        '<startEvent id="t"><messageEventDefinition messageRef="m"/></startEvent><endEvent id="e"/>'
        + flow("s", "e")
        + flow("t", "e")
        + "</process>"
    ),
    "message_created": around('<receiveTask id="n" name="收到"/>'),
    "signal_created": event("intermediateCatchEvent", "<signalEventDefinition/>"),
    "error_created": PLAIN.replace(
        b'<endEvent id="e"/>', b'<endEvent id="e"><errorEventDefinition/></endEvent>'
    ),
    "escalation_created": event("intermediateThrowEvent", "<escalationEventDefinition/>"),
    "timer_value": event(
        "intermediateCatchEvent",
        "<timerEventDefinition><timeDuration>${due(</timeDuration></timerEventDefinition>",
    ),
    "condition_value": event("intermediateCatchEvent", "<conditionalEventDefinition/>"),
    "event_definition": event(
        "intermediateCatchEvent",
        "<messageEventDefinition/><timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition>",
    ),
    "event_without_definition": event("intermediateCatchEvent", ""),
    "boundary_detached": around(TASK + '<boundaryEvent id="b" attachedToRef="no"/>'),
    "boundary_condition": around(TASK + '<boundaryEvent id="b" attachedToRef="n"/>'),
    "error_interrupts": around(
        TASK
        + '<boundaryEvent id="b" attachedToRef="n" cancelActivity="false"><errorEventDefinition/></boundaryEvent>'
    ),
    "link_without_target": around(
        TASK + '<intermediateThrowEvent id="l"><linkEventDefinition name="A"/></intermediateThrowEvent>'
    ),
    "link_twice": around(
        TASK + '<intermediateCatchEvent id="l"><linkEventDefinition name="A"/></intermediateCatchEvent>'
        '<intermediateCatchEvent id="m"><linkEventDefinition name="A"/></intermediateCatchEvent>'
    ),
    "compensation": event("intermediateThrowEvent", "<compensateEventDefinition/>"),
    "transaction": inside('<startEvent id="a"/><endEvent id="b"/>' + flow("a", "b"), kind="transaction"),
    "ad_hoc": inside('<task id="a"/><completionCondition>x</completionCondition>', kind="adHocSubProcess"),
    "event_sub_process": around(
        TASK + '<subProcess id="q" triggeredByEvent="true"><startEvent id="a"/></subProcess>'
    ),
    "complex_gateway": around('<complexGateway id="n"/>'),
    "event_gateway": around(
        '<eventBasedGateway id="g" instantiate="true"/><receiveTask id="n"/>' + flow("g", "n")
    ),
    "event_gateway_target": around('<eventBasedGateway id="g"/><task id="n"/>' + flow("g", "n")),
    "service_task": around('<serviceTask id="n"/>'),
    "script": around('<scriptTask id="n" scriptFormat="groovy"><script>println 1</script></scriptTask>'),
    "decision": around('<businessRuleTask id="n" camunda:decisionRef="quota"/>'),
    "called_process": around('<callActivity id="n" calledElement="elsewhere"/>'),
    "form": around('<userTask id="n" camunda:formKey="embedded:app:forms/a.html"/>'),
    "receive_start": around('<receiveTask id="n" instantiate="true"/>'),
    "multi_instance": around('<task id="n"><multiInstanceLoopCharacteristics/></task>'),
    "loop": around('<task id="n"><standardLoopCharacteristics/></task>'),
    "expression": around('<userTask id="n" camunda:assignee="${bean.}"/>'),
    "default_chosen": choice('<exclusiveGateway id="g"/>', CONDITION.format("x > 1")),
    "default_removed": choice(
        '<exclusiveGateway id="g" default="no"/>', CONDITION.format("a"), CONDITION.format("b")
    ),
    "condition_missing": choice('<exclusiveGateway id="g" default="g_e"/>'),
    "condition_untranslated": choice(
        '<exclusiveGateway id="g" default="g_e"/>', "", CONDITION.format("${a.b(}")
    ),
    "data": around(TASK + '<dataObjectReference id="o" name="申报书"/>'),
    "not_drawn": document(
        '<process id="p" isExecutable="true"><startEvent id="s"/><endEvent id="e"/>'
        + flow("s", "e")
        + "</process>"
        '<D:BPMNDiagram xmlns:D="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:C="http://www.omg.org/spec/DD/20100524/DC">'
        '<D:BPMNPlane bpmnElement="p"><D:BPMNShape bpmnElement="s"><C:Bounds x="0" y="0" width="36" height="36"/>'
        "</D:BPMNShape></D:BPMNPlane></D:BPMNDiagram>"
    ),
    "layout_made": PLAIN,
    "plane_repaired": document(
        '<process id="p" isExecutable="true"><startEvent id="s"/><endEvent id="e"/>'
        + flow("s", "e")
        + "</process>"
        '<D:BPMNDiagram xmlns:D="http://www.omg.org/spec/BPMN/20100524/DI"><D:BPMNPlane bpmnElement="d">'
        '<D:BPMNShape bpmnElement="s"><c:Bounds xmlns:c="http://www.omg.org/spec/DD/20100524/DC" x="9" y="9"'
        ' width="36" height="36"/></D:BPMNShape></D:BPMNPlane></D:BPMNDiagram>'
    ),
    "shape_removed": document(
        '<process id="p" isExecutable="true"><startEvent id="s"/><endEvent id="e"/>'
        + flow("s", "e")
        + "</process>"
        '<D:BPMNDiagram xmlns:D="http://www.omg.org/spec/BPMN/20100524/DI">'
        '<D:BPMNPlane bpmnElement="p"><D:BPMNShape bpmnElement="gone"/></D:BPMNPlane></D:BPMNDiagram>'
    ),
}
