"""Valid BPMN 2.0 of the kinds that other tools write; every word beginning with `kept` must survive the import."""

from __future__ import annotations

from tests.engine.importer.samples import flow

MODEL = "http://www.omg.org/spec/BPMN/20100524/MODEL"
DI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
ENDS = '<startEvent id="s" name="kept start"/><endEvent id="e" name="kept end"/>'


def file(body: str, head: str = "") -> bytes:
    """A whole file in the default namespace."""
    return f'<definitions xmlns="{MODEL}" xmlns:xsi="{XSI}" {head} id="d" targetNamespace="urn:x">{body}</definitions>'.encode()


def line(node: str, root: str = "", head: str = "", extra: str = "") -> bytes:
    """A process of a start, one node `n` and an end."""
    inner = ENDS + node + flow("s", "n") + flow("n", "e") + extra
    return file(f'{root}<process id="p" name="kept process">{inner}</process>', head)


def prefixed(prefix: str) -> bytes:
    """Everything of BPMN under one prefix, the default namespace being somebody else's."""
    text = (
        f'<P:definitions xmlns:P="{MODEL}" xmlns="http://tool.example.invalid/keptns" id="d" targetNamespace="urn:x">'
        '<P:process id="p" isExecutable="true"><P:documentation textFormat="text/keptformat">kept words</P:documentation>'
        '<P:extensionElements><data kind="kept1"><item>kept2</item></data></P:extensionElements>'
        '<P:startEvent id="s"><P:outgoing>f</P:outgoing></P:startEvent><P:userTask id="n" name="kept3"/>'
        '<P:endEvent id="e"/><P:sequenceFlow id="f" sourceRef="s" targetRef="n"/>'
        '<P:sequenceFlow id="g" name="kept4" sourceRef="n" targetRef="e"/></P:process></P:definitions>'
    )
    return text.replace("P:", f"{prefix}:").replace("xmlns:P=", f"xmlns:{prefix}=").encode()


def shape(key: str, x: int, inner: str = "", more: str = "") -> str:
    bounds = f'<dc:Bounds x="{x}" y="80" width="36" height="36"/>'
    return f'<di0:BPMNShape id="{key}_di" bpmnElement="{key}" {more}>{bounds}{inner}</di0:BPMNShape>'


def diagram(key: str, plane: str, inner: str, more: str = "") -> str:
    return (
        f'<di0:BPMNDiagram xmlns:di0="{DI}" xmlns:dc="{DC}" xmlns:di="http://www.omg.org/spec/DD/20100524/DI" id="{key}" {more}>'
        f'<di0:BPMNPlane id="{key}_plane" bpmnElement="{plane}">{inner}</di0:BPMNPlane></di0:BPMNDiagram>'
    )


JBPM = line(
    '<task id="n" name="kept0" drools:taskName="keptLog" drools:displayName="kept1"><extensionElements>'
    '<drools:metaData name="elementname"><drools:metaValue><![CDATA[kept2]]></drools:metaValue></drools:metaData>'
    '<drools:onEntry-script scriptFormat="http://www.java.com/java"><drools:script>kept3();</drools:script></drools:onEntry-script>'
    '</extensionElements><ioSpecification><dataInput id="in1" drools:dtype="String" itemSubjectRef="i" name="keptMessage"/>'
    '<inputSet><dataInputRefs>in1</dataInputRefs></inputSet><outputSet/></ioSpecification><dataInputAssociation id="dia">'
    '<targetRef>in1</targetRef><assignment><from xsi:type="tFormalExpression">kept4</from>'
    '<to xsi:type="tFormalExpression">in1</to></assignment></dataInputAssociation></task>',
    root='<itemDefinition id="i" structureRef="keptString"/>',
    head='xmlns:drools="http://www.jboss.org/drools"',
    extra='<property id="kept5" itemSubjectRef="i"/>',
).replace(
    b"</definitions>",
    b'<relationship type="BPSimData"><extensionElements><b:BPSimData xmlns:b="http://www.bpsim.org/schemas/1.0">'
    b'<b:Scenario id="default" name="kept6"/></b:BPSimData></extensionElements><source>d</source><target>d</target>'
    b"</relationship></definitions>",
)
SIGNAVIO = line(
    '<task id="n" name="kept0&#10;kept1" completionQuantity="1"><extensionElements><g:signavioMetaData metaKey="kept2"'
    ' metaValue="kept3"/><g:signavioLabel ref="text" x="kept4"/></extensionElements></task>'
    '<textAnnotation id="t"><text>kept5</text></textAnnotation><association id="a" sourceRef="n" targetRef="t"'
    ' associationDirection="None"/><dataStoreReference id="r" name="kept6" dataStoreRef="sid-1"/>',
    root='<dataStore id="sid-1" name="kept7" isUnlimited="true"/>',
    head='xmlns:g="http://www.signavio.com" exporter="kept8" exporterVersion="kept9"',
)
BIZAGI = line(
    '<task id="n" name="kept0"><documentation><![CDATA[<p>kept1</p>]]></documentation><extensionElements>'
    '<BizagiExtensions xmlns="http://www.bizagi.com/bpmn20"><BizagiProperties><BizagiProperty name="bgColor" value="kept2"/>'
    "</BizagiProperties></BizagiExtensions></extensionElements></task>",
    root='<message id="m1" name="kept3"/>',
)
ADONIS = line(
    '<task id="n"><extensionElements><adonis:modelattributes><adonis:attribute name="kept0"><adonis:value>kept1'
    "</adonis:value></adonis:attribute></adonis:modelattributes></extensionElements></task>",
    root='<extensionElements><adonis:version number="kept2"/></extensionElements>',
    head='xmlns:adonis="http://www.boc-eu.com/boc-is/adonis.model.attribute" adonis:modeltype="kept3"',
)
TRISOTECH = line(
    '<userTask id="n" triso:icon="kept0" implementation="##unspecified"><extensionElements><triso:attachments>'
    '<triso:attachment url="http://kept1.example.invalid"/></triso:attachments></extensionElements></userTask>',
    head='xmlns:triso="http://www.trisotech.com/2014/triso/bpmn" triso:logoChoice="kept2" expressionLanguage="http://kept3"',
)
CAMUNDA_7 = line(
    '<userTask id="n" c:asyncBefore="true" c:taskListener="kept0" c:followUpDate="${kept1}"><extensionElements>'
    '<c:formData businessKey="kept2"><c:formField id="kept3" label="kept4" type="enum"><c:value id="kept5" name="kept6"/>'
    '<c:validation><c:constraint name="kept7" config="2"/></c:validation></c:formField></c:formData>'
    '<c:taskListener event="create" delegateExpression="${kept8}"><c:field name="kept9"><c:string>keptA</c:string></c:field>'
    '</c:taskListener><c:inputOutput><c:inputParameter name="keptB"><c:map><c:entry key="keptC"><c:script'
    ' scriptFormat="groovy">keptD()</c:script></c:entry></c:map></c:inputParameter></c:inputOutput><c:properties>'
    '<c:property name="keptE" value="keptF"/></c:properties><c:failedJobRetryTimeCycle>keptG</c:failedJobRetryTimeCycle>'
    "</extensionElements></userTask>",
    head='xmlns:c="http://camunda.org/schema/1.0/bpmn" xmlns:modeler="http://camunda.org/schema/modeler/1.0"'
    ' modeler:executionPlatform="kept Platform"',
)
CAMUNDA_8 = line(
    '<serviceTask id="n" name="kept0" z:modelerTemplate="kept1"><extensionElements><z:taskDefinition type="kept2" retries="=kept3"/>'
    '<z:ioMapping><z:input source="=kept4" target="kept5"/><z:output source="=a.kept6" target="kept7"/></z:ioMapping>'
    '<z:taskHeaders><z:header key="kept8" value="kept9"/></z:taskHeaders></extensionElements><multiInstanceLoopCharacteristics>'
    '<extensionElements><z:loopCharacteristics inputCollection="=keptA" inputElement="keptB" outputCollection="keptC"'
    ' outputElement="=keptD"/></extensionElements></multiInstanceLoopCharacteristics></serviceTask>'
    '<userTask id="u"><extensionElements><z:userTask/><z:formDefinition formId="keptE"/><z:assignmentDefinition'
    ' candidateGroups="=keptF" assignee="keptG"/></extensionElements></userTask>'
    '<businessRuleTask id="b"><extensionElements><z:calledDecision decisionId="keptH" resultVariable="keptI"/></extensionElements>'
    '</businessRuleTask><callActivity id="c"><extensionElements><z:calledElement processId="keptJ" propagateAllChildVariables="false"/>'
    '</extensionElements></callActivity><scriptTask id="x"><extensionElements><z:script expression="=1 + keptK" resultVariable="keptL"/>'
    "</extensionElements></scriptTask>",
    root='<message id="m" name="keptM"><extensionElements><z:subscription correlationKey="=keptN"/></extensionElements></message>',
    head='xmlns:z="http://camunda.org/schema/zeebe/1.0"',
    extra=flow("u", "b") + flow("b", "c") + flow("c", "x"),
)
FLOWABLE = line(
    '<userTask id="n" f:candidateUsers="kept0,kept1" f:formFieldValidation="kept2" f:skipExpression="${kept3}"><extensionElements>'
    '<f:formProperty id="kept4" name="kept5" type="string" required="true"/><f:taskListener event="create" class="org.kept6"/>'
    '<d:stencilid><![CDATA[kept7]]></d:stencilid></extensionElements></userTask><serviceTask id="h" f:type="http">'
    '<extensionElements><f:field name="requestUrl"><f:string><![CDATA[http://kept8]]></f:string></f:field></extensionElements>'
    "</serviceTask>",
    head='xmlns:f="http://flowable.org/bpmn" xmlns:d="http://flowable.org/design"',
)
IBM = line(
    '<callActivity id="n" calledElement="1.kept0-uuid" name="kept1"><extensionElements><q:postAssignmentScript>tw.kept2 = 1;'
    '</q:postAssignmentScript><q:activityExtension xmlns:q="urn:other"><q:x>kept3</q:x></q:activityExtension></extensionElements>'
    '</callActivity><laneSet id="25.kept4"><lane id="4.kept5" name="kept6" partitionElementRef="24.kept7">'
    "<flowNodeRef>n</flowNodeRef></lane></laneSet>",
    head='xmlns:q="http://www.ibm.com/xmlns/prod/bpm/bpmn/ext/process/wsdl"',
)
RESOURCES = line(
    '<userTask id="n"><potentialOwner id="po" name="kept0"><resourceRef>r</resourceRef><resourceParameterBinding parameterRef="rp">'
    '<formalExpression language="kept1">kept2</formalExpression></resourceParameterBinding></potentialOwner><humanPerformer id="hp">'
    "<resourceAssignmentExpression><formalExpression>kept3</formalExpression></resourceAssignmentExpression></humanPerformer>"
    "<rendering><extensionElements><x:r xmlns:x='urn:r'>kept4</x:r></extensionElements></rendering></userTask>",
    root='<resource id="r" name="kept5"><resourceParameter id="rp" name="kept6" isRequired="true"/></resource>',
)
SERVICES = line(
    '<serviceTask id="n" operationRef="op" implementation="##WebService"/>',
    root='<message id="m" name="kept0" itemRef="i"/><itemDefinition id="i" itemKind="Information" structureRef="kept1"/>'
    '<interface id="if" name="kept2" implementationRef="kept3"><operation id="op" name="kept4"><inMessageRef>m</inMessageRef>'
    '</operation></interface><endPoint id="ep"/><partnerEntity id="pe" name="kept5"/><partnerRole id="pr" name="kept6"/>'
    '<correlationProperty id="cp" name="kept7"><correlationPropertyRetrievalExpression messageRef="m"><messagePath>kept8</messagePath>'
    "</correlationPropertyRetrievalExpression></correlationProperty>",
    extra='<correlationSubscription id="cs" correlationKeyRef="ck"><correlationPropertyBinding correlationPropertyRef="cp">'
    "<dataPath>kept9</dataPath></correlationPropertyBinding></correlationSubscription>",
)
ROOT_EVENTS = line(
    '<intermediateCatchEvent id="n"><eventDefinitionRef>ted</eventDefinitionRef></intermediateCatchEvent>'
    '<boundaryEvent id="b" attachedToRef="k" name="kept0" parallelMultiple="true"><eventDefinitionRef>med</eventDefinitionRef>'
    '<signalEventDefinition id="sd" signalRef="sg"/></boundaryEvent><task id="k"/>',
    root='<timerEventDefinition id="ted"><timeDuration xsi:type="tFormalExpression">PT5M</timeDuration></timerEventDefinition>'
    '<messageEventDefinition id="med" messageRef="m"/><message id="m" name="kept1"/><signal id="sg" name="kept2"/>'
    '<errorEventDefinition id="unused" errorRef="er"/><error id="er" name="kept3" errorCode="kept4"/>'
    '<escalation id="es" name="kept5" escalationCode="kept6"/>',
)
GLOBAL_TASKS = line(
    '<callActivity id="n" calledElement="gu" name="kept0"/><callActivity id="n2" calledElement="gs"/>',
    root='<globalUserTask id="gu" name="kept1" implementation="kept2"><documentation>kept3</documentation></globalUserTask>'
    '<globalScriptTask id="gs" name="kept4" scriptLanguage="kept5"><script>kept6</script></globalScriptTask>'
    '<globalManualTask id="gm" name="kept7"/><globalBusinessRuleTask id="gb" name="kept8"/><globalTask id="gt" name="kept9"/>',
)
ARTIFACTS = line(
    '<task id="n"/><dataObject id="do" name="kept0" isCollection="true"><dataState name="kept1"/></dataObject>'
    '<dataObjectReference id="dr" name="kept2" dataObjectRef="do"><dataState id="ds" name="kept3"/></dataObjectReference>'
    '<group id="g" categoryValueRef="cv"/><textAnnotation id="t" textFormat="text/kept4"><text>kept5</text></textAnnotation>',
    root='<category id="c" name="kept6"><categoryValue id="cv" value="kept7"/></category>',
    extra='<association id="a" sourceRef="t" targetRef="g" associationDirection="One"/>',
)
PROCESS_PARTS = file(
    '<import importType="http://www.w3.org/2001/XMLSchema" location="kept0.xsd" namespace="urn:kept1"/>'
    '<process id="p" processType="Private" isClosed="true" definitionalCollaborationRef="c"><auditing><extensionElements>'
    "<x:a xmlns:x='urn:a'>kept2</x:a></extensionElements></auditing><monitoring id='mo'><documentation>kept3</documentation>"
    "</monitoring><property id='pp' name='kept4'/><ioSpecification><dataInput id='pin' name='kept5'/><dataOutput id='pout'"
    " name='kept6'/><inputSet><dataInputRefs>pin</dataInputRefs></inputSet><outputSet><dataOutputRefs>pout</dataOutputRefs>"
    "</outputSet></ioSpecification><laneSet id='ls' name='kept7'><lane id='l1' name='kept8'><partitionElement id='pa'/>"
    "<flowNodeRef>s</flowNodeRef><childLaneSet id='cl'><lane id='l2' name='kept9'><flowNodeRef>e</flowNodeRef></lane>"
    f"</childLaneSet></lane></laneSet>{flow('s', 'e')}{ENDS}</process>"
)
COLLABORATION_ONLY = file(
    '<collaboration id="c" name="kept0" isClosed="true"><participant id="a" name="kept1"><participantMultiplicity minimum="0"'
    ' maximum="7"/></participant><participant id="b" name="kept2"><documentation>kept3</documentation></participant>'
    '<messageFlow id="mf" name="kept4" sourceRef="a" targetRef="b" messageRef="m"/><textAnnotation id="t"><text>kept5</text>'
    '</textAnnotation></collaboration><message id="m" name="kept6"/>'
)
CONVERSATION = file(
    '<collaboration id="c"><participant id="a" name="kept0"/><participant id="b" name="kept1"/><messageFlow id="mf" sourceRef="a"'
    ' targetRef="b"/><conversation id="k" name="kept2"><participantRef>a</participantRef><participantRef>b</participantRef>'
    '<messageFlowRef>mf</messageFlowRef><correlationKey id="ck" name="kept3"/></conversation><callConversation id="cc" name="kept4"'
    ' calledCollaborationRef="gc"><participantRef>a</participantRef><participantRef>b</participantRef></callConversation>'
    '<subConversation id="sc" name="kept5"><participantRef>a</participantRef><participantRef>b</participantRef>'
    '<conversation id="in" name="kept6"><participantRef>a</participantRef><participantRef>b</participantRef></conversation>'
    '</subConversation><conversationLink id="cl" name="kept7" sourceRef="a" targetRef="k"/></collaboration>'
    '<globalConversation id="gc" name="kept8"/>'
)
CHOREOGRAPHY = file(
    '<choreography id="c" name="kept0"><participant id="a" name="kept1"/><participant id="b" name="kept2"/><messageFlow id="mf"'
    f' sourceRef="a" targetRef="b"/>{ENDS}<choreographyTask id="n" name="kept3" initiatingParticipantRef="a"><participantRef>a'
    "</participantRef><participantRef>b</participantRef><messageFlowRef>mf</messageFlowRef></choreographyTask>"
    '<subChoreography id="sc" name="kept4" initiatingParticipantRef="a"><participantRef>a</participantRef><participantRef>b'
    '</participantRef><startEvent id="is" name="kept5"/></subChoreography><callChoreography id="ca" name="kept6"'
    ' calledChoreographyRef="gc" initiatingParticipantRef="a"><participantRef>a</participantRef><participantRef>b</participantRef>'
    f'</callChoreography>{flow("s", "n")}{flow("n", "e")}</choreography><globalChoreographyTask id="gc" name="kept7"'
    ' initiatingParticipantRef="a"/>'
)
SEVERAL_DIAGRAMS = file(
    f'<process id="p" name="kept0">{ENDS}<subProcess id="n" name="kept1"><startEvent id="i"/><endEvent id="j"/>{flow("i", "j")}'
    f'</subProcess>{flow("s", "n")}{flow("n", "e")}</process><process id="q" name="kept2"><startEvent id="z" name="kept3"/></process>'
    + diagram(
        "d1",
        "p",
        shape("s", 0, '<di0:BPMNLabel labelStyle="st"/>') + shape("n", 90) + shape("e", 300),
        'name="kept4"',
    )
    + diagram("d2", "n", shape("i", 0) + shape("j", 90), 'name="kept5" documentation="kept6" resolution="96"')
    + diagram("d3", "q", shape("z", 0), 'name="kept7"')
)
COLOURS = file(
    f'<process id="p">{ENDS}{flow("s", "e")}</process>'
    + diagram(
        "d1",
        "p",
        shape("s", 0, more='xmlns:b="http://bpmn.io/schema/bpmn/biocolor/1.0" b:stroke="#kept0"')
        + shape(
            "e",
            90,
            more='xmlns:c="http://www.omg.org/spec/BPMN/non-normative/color/1.0" c:background-color="#kept1"',
        ),
    )
)
POOLS = file(
    '<collaboration id="c"><participant id="a" name="kept0" processRef="p"/><participant id="b" name="kept1" processRef="t:elsewhere"/>'
    '<participant id="k" name="kept2" processRef="p"/><messageFlow id="m1" name="kept3" sourceRef="s" targetRef="b"/>'
    f'<messageFlow id="m2" name="kept4" sourceRef="b" targetRef="e"/></collaboration><process id="p">{ENDS}{flow("s", "e")}</process>',
    head='xmlns:t="urn:x"',
)
EVERY_TASK = line(
    "".join(
        f'<{kind} id="{key}" name="kept{key}"/>'
        for key, kind in (
            ("n", "userTask"), ("n1", "serviceTask"), ("n2", "scriptTask"), ("n3", "sendTask"), ("n4", "receiveTask"),
            ("n5", "manualTask"), ("n6", "businessRuleTask"), ("n7", "callActivity"), ("n8", "subProcess"),
            ("n9", "transaction"), ("n10", "adHocSubProcess"), ("n11", "exclusiveGateway"), ("n12", "parallelGateway"),
            ("n13", "inclusiveGateway"), ("n14", "complexGateway"), ("n15", "eventBasedGateway"),
            ("n16", "intermediateThrowEvent"), ("n17", "intermediateCatchEvent"), ("n18", "implicitThrowEvent"),
        )
    )
)  # fmt: skip
EVERY_EVENT = line(
    '<task id="n"/>'
    + "".join(
        f'<{event} id="{event}{number}" name="kept{event}{number}" {more}><{kind}EventDefinition id="{event}{number}d"/></{event}>'
        for event, more in (
            ("intermediateCatchEvent", ""), ("intermediateThrowEvent", ""), ("boundaryEvent", 'attachedToRef="n"'),
            ("startEvent", ""), ("endEvent", ""),
        )
        for number, kind in enumerate(
            ("message", "timer", "signal", "error", "escalation", "conditional", "link", "compensate", "cancel", "terminate")
        )
    )
)  # fmt: skip
CONDITIONS = line(
    '<complexGateway id="n" default="x1"><activationCondition>kept0</activationCondition></complexGateway><task id="k"/>'
    '<sequenceFlow id="x1" name="kept1" sourceRef="n" targetRef="k" isImmediate="true"><documentation>kept2</documentation>'
    '<conditionExpression xsi:type="tFormalExpression" language="http://www.java.com/java" evaluatesToTypeRef="i">return kept3;'
    "</conditionExpression></sequenceFlow>",
    root='<itemDefinition id="i" structureRef="kept4"/>',
)
LOOPS = line(
    '<task id="n"><multiInstanceLoopCharacteristics isSequential="true" behavior="Complex" noneBehaviorEventRef="sd">'
    '<loopCardinality>kept0</loopCardinality><loopDataInputRef>kept1</loopDataInputRef><inputDataItem id="ii" name="kept2"/>'
    '<complexBehaviorDefinition id="cb"><condition id="co">kept3</condition><event id="ev"><signalEventDefinition id="se"'
    ' signalRef="sg"/></event></complexBehaviorDefinition><completionCondition>kept4</completionCondition>'
    '</multiInstanceLoopCharacteristics></task><task id="k"><standardLoopCharacteristics testBefore="true" loopMaximum="3">'
    "<loopCondition>kept5</loopCondition></standardLoopCharacteristics></task>",
    root='<signal id="sg" name="kept6"/><signalEventDefinition id="sd" signalRef="sg"/>',
)
COMPENSATION = line(
    '<transaction id="n" name="kept0" method="##kept1"><startEvent id="ts"/><task id="ta" name="kept2"/><boundaryEvent id="cb"'
    ' attachedToRef="ta"><compensateEventDefinition/></boundaryEvent><task id="undo" name="kept3" isForCompensation="true"/>'
    '<association id="as" sourceRef="cb" targetRef="undo" associationDirection="One"/><endEvent id="te" name="kept4">'
    f"<cancelEventDefinition/></endEvent>{flow('ts', 'ta')}{flow('ta', 'te')}</transaction><boundaryEvent id='b'"
    " attachedToRef='n' name='kept5'><cancelEventDefinition/></boundaryEvent>"
)
NAMESPACED_REFERENCES = file(
    '<message id="m" name="kept0"/><collaboration id="c"><participant id="a" name="kept1" processRef="x:p"/></collaboration>'
    '<process id="p"><startEvent id="s"/><receiveTask id="n" name="kept2" messageRef="x:m"/><endEvent id="e"/>'
    '<sequenceFlow id="f" sourceRef="x:s" targetRef="x:n"/><sequenceFlow id="g" sourceRef="n" targetRef="e"/></process>',
    head='xmlns:x="urn:x"',
)
REDECLARED = (
    f'<definitions xmlns="{MODEL}" id="d" targetNamespace="u"><a:process xmlns:a="{MODEL}" id="p"><b:startEvent xmlns:b="{MODEL}"'
    f' id="s" name="kept0"/><task xmlns="{MODEL}" id="n"><documentation xmlns="{MODEL}">kept1</documentation></task><a:endEvent'
    ' id="e"/><a:sequenceFlow id="f" sourceRef="s" targetRef="n"/><a:sequenceFlow id="g" sourceRef="n" targetRef="e"/></a:process>'
    "</definitions>"
).encode()
REMARKS = (
    f'<?xml version="1.0"?><?xml-stylesheet href="kept0.xsl"?><!-- kept1 --><definitions xmlns="{MODEL}" id="d"'
    f' targetNamespace="u" xmlns:xsi="{XSI}" xsi:schemaLocation="{MODEL} kept2.xsd"><!-- kept3 --><process id="p"><!-- kept4 -->'
    f'<startEvent id="s"/><?tool kept5?><endEvent id="e"/>{flow("s", "e")}</process></definitions><!-- kept6 -->'
).encode()
ODD_IDS = file(
    '<process id="p"><startEvent id="开始" name="kept0"/><task id="task one" name="kept1"/><task id="1a" name="kept2"/>'
    '<endEvent id="{B-2}" name="kept3"/><sequenceFlow id="f 1" sourceRef="开始" targetRef="task one"/><sequenceFlow id="f:2"'
    ' sourceRef="task one" targetRef="1a"/><sequenceFlow id="f/3" name="kept4" sourceRef="1a" targetRef="{B-2}"/></process>'
)


def nested(depth: int) -> bytes:
    """Sub-processes inside each other, deeper than any engine or reader would want."""
    inner = '<task id="x" name="keptx"/>'
    for number in range(depth):
        inner = f'<subProcess id="n{number}" name="kept{number}">{inner}</subProcess>'
    return line(inner.replace(f'"n{depth - 1}"', '"n"'))


WORDS = (
    '<process id="p" name="kept受理"><startEvent id="s"/><endEvent id="e"/>' + flow("s", "e") + "</process>"
)


def encoded(encoding: str, declared: str = "") -> bytes:
    declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    return (declaration + file(WORDS).decode()).encode(encoding)


DIALECTS: dict[str, bytes] = {
    **{f"prefix {prefix}": prefixed(prefix) for prefix in ("bpmn", "bpmn2", "semantic", "model", "ns0", "BPMN-2.0", "业务")},
    "jBPM": JBPM, "Signavio": SIGNAVIO, "Bizagi": BIZAGI, "ADONIS": ADONIS, "Trisotech": TRISOTECH, "Camunda 7": CAMUNDA_7,
    "Camunda 8": CAMUNDA_8, "Flowable": FLOWABLE, "IBM": IBM, "resources": RESOURCES, "services": SERVICES,
    "event definitions at the root": ROOT_EVENTS, "global tasks": GLOBAL_TASKS, "artifacts": ARTIFACTS,
    "parts of a process": PROCESS_PARTS, "collaboration only": COLLABORATION_ONLY, "conversation": CONVERSATION,
    "choreography": CHOREOGRAPHY, "several diagrams": SEVERAL_DIAGRAMS, "colours": COLOURS, "pools": POOLS,
    "every task": EVERY_TASK, "every event": EVERY_EVENT, "conditions": CONDITIONS, "loops": LOOPS,
    "compensation": COMPENSATION, "references with prefixes": NAMESPACED_REFERENCES, "namespace said again": REDECLARED,
    "remarks": REMARKS, "nested too deeply": nested(60), "odd ids": ODD_IDS, "utf-16": encoded("utf-16", "UTF-16"), "utf-16 big end first": encoded("utf-16-be", "UTF-16"),
    "utf-16 undeclared": encoded("utf-16"), "utf-8 with a mark": encoded("utf-8-sig", "utf-8"), "gbk": encoded("gbk", "GBK"),
    "gb18030": encoded("gb18030", "gb18030"), "utf-16 called utf-8": encoded("utf-16", "utf-8"),
    "gbk called utf-8": encoded("gbk", "utf-8"), "utf-32": encoded("utf-32", "utf-32"),
}  # fmt: skip
