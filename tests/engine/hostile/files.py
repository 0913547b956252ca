"""Hostile files, small enough to be written here and large enough to hurt a careless reader."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable

from tests.engine.diagrams import HEAD, diagram, level, user

DMN = '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="m" name="m" namespace="t">'
ENDS = '<startEvent id="s"/><endEvent id="e"/>'
FINE = diagram(ENDS + user("t"), "s -> t -> e")
SECRET = "root:"


def _entities(declarations: str, use: str = "&x;") -> bytes:
    text = FINE.decode().replace('name="p"', f'name="{use}"' if "&" in use else 'name="p"')
    return f"<!DOCTYPE definitions [{declarations}]>{text}".encode()


def _bomb() -> bytes:
    lines = ['<!ENTITY a0 "ha">']
    lines += [f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)]
    return _entities("".join(lines), "&a11;")


def _nested(depth: int) -> bytes:
    inside = ""
    for number in range(depth):
        inside = f'<subProcess id="p{number}"><startEvent id="s{number}"/><endEvent id="e{number}"/>{inside}</subProcess>'
    return f'{HEAD}<process id="p" isExecutable="true">{ENDS}{inside}</process></definitions>'.encode()


def _process(inside: str) -> bytes:
    return f'{HEAD}<process id="p" isExecutable="true">{inside}</process></definitions>'.encode()


def _zip(name: str, size: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, b"\0" * size)
    return buffer.getvalue()


def _wide_gateway(kind: str, ways: int) -> bytes:
    tasks = "".join(user(f"t{n}") for n in range(ways))
    flows = "\n".join(f"g -> t{n}\nt{n} -> j" for n in range(ways))
    gates = f'<{kind} id="g"/><{kind} id="j"/>'
    return diagram(ENDS + gates + tasks, f"s -> g\nj -> e\n{flows}")


# Must be refused by every reader of diagrams.
REFUSED: dict[str, Callable[[], bytes]] = {
    "external entity": lambda: _entities('<!ENTITY x SYSTEM "file:///etc/passwd">'),
    "external entity over the net": lambda: _entities('<!ENTITY x SYSTEM "http://127.0.0.1:9/x">'),
    "parameter entity": lambda: _entities('<!ENTITY % x SYSTEM "file:///etc/passwd"> %x;', ""),
    "billion laughs": _bomb,
    "quadratic blow-up": lambda: _entities(f'<!ENTITY x "{"a" * 100_000}">', "&x;" * 5_000),
    "entity that names itself": lambda: _entities('<!ENTITY x "&x;">'),
    "internal subset": lambda: _entities('<!ATTLIST process isExecutable CDATA "true">', ""),
    "deep nesting": lambda: b"<a>" * 100_000 + b"</a>" * 100_000,
    "deep nesting, not closed": lambda: b"<a>" * 300_000,
    "huge attribute": lambda: FINE.replace(b'name="p"', b'name="' + b"x" * 20_000_000 + b'"'),
    "200,000 elements": lambda: _process('<task id="t"/>' * 200_001),
    "huge text": lambda: _process("x" * 20_000_000),
    "many attributes": lambda: b"<a " + b" ".join(b'a%d=""' % n for n in range(300_000)) + b"/>",
    "attribute twice": lambda: FINE.replace(b'name="p"', b'name="p" name="q"'),
    "empty": lambda: b"",
    "NUL bytes": lambda: b"\0" * 1_000,
    "random bytes": lambda: bytes(range(256)) * 100,
    "zip bomb": lambda: _zip("p.bpmn", 50_000_000),
    "gzip": lambda: b"\x1f\x8b\x08\0\0\0\0\0" + b"\0" * 100,
    "html": lambda: b"<html><body onload=alert(1)></body></html>",
}
# Must be refused, or read without harm: the outcome may differ from reader to reader.
ODD: dict[str, Callable[[], bytes]] = {
    "NUL inside": lambda: FINE.replace(b'name="p"', b'name="a\0b"'),
    "external DTD": lambda: b'<!DOCTYPE definitions SYSTEM "http://127.0.0.1:9/x.dtd">' + FINE,
    "bytes that are no UTF-8": lambda: FINE.replace(b'name="p"', b'name="\xff\xfe\xc3"'),
    "unknown encoding": lambda: b'<?xml version="1.0" encoding="x-evil"?>' + FINE,
    "UTF-7": lambda: b'<?xml version="1.0" encoding="utf-7"?>' + FINE.replace(b"<", b"+ADw-"),
    "declared UTF-16": lambda: b'<?xml version="1.0" encoding="utf-16"?>' + FINE,
    "UTF-32": lambda: FINE.decode().encode("utf-32"),
    "truncated": lambda: FINE[: len(FINE) // 2],
    "two roots": lambda: FINE + FINE,
    "style sheet": lambda: b'<?xml-stylesheet href="file:///etc/passwd" type="text/xsl"?>' + FINE,
    "inclusion": lambda: FINE.replace(
        b"<startEvent",
        b'<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="/etc/passwd" parse="text"/><startEvent',
    ),
    "schema location": lambda: FINE.replace(
        b"<process", b'<import importType="x" location="file:///etc/passwd" namespace="y"/><process', 1
    ),
    "many comments": lambda: _process(ENDS + "<!-- -->" * 25_000),
    "many namespaces": lambda: FINE.replace(
        b" id=", b"".join(b' xmlns:n%d="u"' % n for n in range(20_000)) + b" id=", 1
    ),
    "ids of code": lambda: FINE.replace(b'id="t"', b'id="__class__"').replace(b'"t"', b'"__class__"'),
    "sub-processes 60 deep": lambda: _nested(60),
    "sub-processes 240 deep": lambda: _nested(240),
    "lanes 200 deep": lambda: _process(
        '<laneSet id="l"><lane id="a">'
        + "<childLaneSet><lane>" * 100
        + "</lane></childLaneSet>" * 100
        + "</lane></laneSet>"
        + ENDS
    ),
    "event on itself": lambda: _process(
        ENDS + '<boundaryEvent id="b" attachedToRef="b"><timerEventDefinition/></boundaryEvent>'
    ),
    "flow to itself": lambda: diagram(ENDS + user("t"), "s -> t -> t -> e"),
    "calls itself": lambda: diagram(ENDS + '<callActivity id="c" calledElement="p"/>', "s -> c -> e"),
    "coordinates": lambda: FINE.replace(
        b"</definitions>",
        b'<d:BPMNDiagram xmlns:d="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:c="http://www.omg.org/spec/DD/20100524/DC">'
        b'<d:BPMNPlane bpmnElement="p"><d:BPMNShape bpmnElement="t"><c:Bounds x="1e308" y="NaN" width="-1e308" height="inf"/>'
        b"</d:BPMNShape></d:BPMNPlane></d:BPMNDiagram></definitions>",
    ),
    "script in names": lambda: FINE.replace(b'name="t"', b'name="&lt;script&gt;alert(1)&lt;/script&gt;"'),
    "Python script": lambda: diagram(
        ENDS
        + '<scriptTask id="x" scriptFormat="python"><script>import os; os.system("id")</script></scriptTask>',
        "s -> x -> e",
    ),
    "listener": lambda: FINE.replace(
        b"<endEvent",
        b'<serviceTask id="v" camunda:class="java.lang.Runtime" camunda:expression="${x.exec(1)}"/><endEvent',
        1,
    ),
    "conditions of another product": lambda: diagram(
        ENDS + user("t"), 's -> t -> e [${T(java.lang.Runtime).getRuntime().exec("id")}]'
    ),
    "level in a level": lambda: _process(level(ENDS, "s -> e") * 50),
}

# Too wide to be drawn in reasonable time; every check must judge them all the same.
WIDE: dict[str, Callable[[], bytes]] = {
    "the same id 5,000 times": lambda: _process(ENDS + '<task id="t"/>' * 5_000),
    "3,000 flows to one task": lambda: _process(
        ENDS
        + '<task id="t"/>'
        + "".join(f'<sequenceFlow id="f{n}" sourceRef="s" targetRef="t"/>' for n in range(3_000))
    ),
    "parallel, 60 ways": lambda: _wide_gateway("parallelGateway", 60),
    "inclusive, 60 ways": lambda: _wide_gateway("inclusiveGateway", 60),
    "exclusive, 400 ways": lambda: _wide_gateway("exclusiveGateway", 400),
}


def _table(cells: str) -> str:
    return f'<decision id="d" name="d"><decisionTable><input id="i"><inputExpression><text>x</text></inputExpression></input><output id="o"/>{cells}</decisionTable></decision>'


def _logic(inside: str) -> bytes:
    return f'{DMN}<decision id="d" name="d"><variable name="d"/>{inside}</decision></definitions>'.encode()


def _external(kind: str) -> bytes:
    entries = (
        '<contextEntry><variable name="f"/><functionDefinition kind="{kind}"><context><contextEntry><variable name="class"/>'
        '<literalExpression><text>"java.lang.Runtime"</text></literalExpression></contextEntry><contextEntry>'
        '<variable name="method signature"/><literalExpression><text>"exec(java.lang.String)"</text></literalExpression>'
        '</contextEntry></context></functionDefinition></contextEntry><contextEntry><literalExpression><text>f("id")</text>'
        "</literalExpression></contextEntry>"
    )
    return _logic(f"<context>{entries.format(kind=kind)}</context>")


DECISIONS: dict[str, Callable[[], bytes]] = {
    "external entity": lambda: (
        b'<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        + _logic("<literalExpression><text>&x;</text></literalExpression>")
    ),
    "billion laughs": lambda: _bomb(),
    "Java": lambda: _external("Java"),
    "PMML": lambda: _external("PMML"),
    "external function of FEEL": lambda: _logic(
        '<literalExpression><text>{f: function(a) external {java: {class: "java.lang.Math", "method signature": "abs(int)"}}, r: f(1)}.r</text></literalExpression>'
    ),
    "import of a file": lambda: (
        f'{DMN}<import name="o" namespace="file:///etc/passwd" locationURI="file:///etc/passwd" importType="x"/></definitions>'.encode()
    ),
    "requires itself": lambda: _logic(
        '<informationRequirement><requiredDecision href="#d"/></informationRequirement><literalExpression><text>d</text></literalExpression>'
    ),
    "a function that calls itself": lambda: (
        f'{DMN}<businessKnowledgeModel id="b" name="b"><variable name="b"/><encapsulatedLogic><formalParameter name="n"/>'
        "<literalExpression><text>b(n + 1)</text></literalExpression></encapsulatedLogic><knowledgeRequirement>"
        '<requiredKnowledge href="#b"/></knowledgeRequirement></businessKnowledgeModel><decision id="d" name="d"><variable name="d"/>'
        '<knowledgeRequirement><requiredKnowledge href="#b"/></knowledgeRequirement><literalExpression><text>b(1)</text>'
        "</literalExpression></decision></definitions>".encode()
    ),
    "types that hold themselves": lambda: (
        f'{DMN}<itemDefinition name="A"><typeRef>B</typeRef></itemDefinition><itemDefinition name="B"><typeRef>A</typeRef></itemDefinition>'
        '<decision id="d" name="d"><variable name="d" typeRef="A"/><literalExpression><text>1</text></literalExpression></decision></definitions>'.encode()
    ),
    "contexts 240 deep": lambda: _logic(
        "<context><contextEntry>" * 120
        + "<literalExpression><text>1</text></literalExpression>"
        + "</contextEntry></context>" * 120
    ),
    "200,000 elements": lambda: f"{DMN}{'<inputData/>' * 200_000}</definitions>".encode(),
    "endless loop": lambda: _logic(
        "<literalExpression><text>for i in 1..1000000000 return i</text></literalExpression>"
    ),
    "regex": lambda: _logic(
        '<literalExpression><text>matches("' + "a" * 5_000 + '!", "(a+)+$")</text></literalExpression>'
    ),
    "Python in a cell": lambda: (
        f"{DMN}{_table('<rule id=' + chr(34) + 'r' + chr(34) + '><inputEntry><text>-</text></inputEntry><outputEntry><text>__import__(' + chr(34) + 'os' + chr(34) + ').getcwd()</text></outputEntry></rule>')}</definitions>".encode()
    ),
    "zip bomb": lambda: _zip("d.dmn", 50_000_000),
    "NUL bytes": lambda: b"\0" * 1_000,
    "no DMN": lambda: FINE,
}


def _form(components: list[object], **more: object) -> bytes:
    return json.dumps(
        {"type": "default", "id": "f", "schemaVersion": 19, "components": components, **more}
    ).encode()


def _groups(depth: int) -> list[object]:
    inside: list[object] = [{"id": "a", "type": "textfield", "key": "a", "label": "a"}]
    for number in range(depth):
        inside = [{"id": f"g{number}", "type": "group", "path": f"g{number}", "components": inside}]
    return inside


def _field(**more: object) -> list[object]:
    return [{"id": "a", "type": "textfield", "key": "a", "label": "a", **more}]


FORMS: dict[str, Callable[[], bytes]] = {
    "lists 200,000 deep": lambda: b"[" * 200_000,
    "objects 100,000 deep": lambda: b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "groups 400 deep": lambda: _form(_groups(400)),
    "20,000 components": lambda: _form(
        [{"id": f"a{n}", "type": "textfield", "key": f"a{n}"} for n in range(20_000)]
    ),
    "a number of a million digits": lambda: b'{"schemaVersion": ' + b"9" * 900_000 + b"}",
    "a number beyond all bounds": lambda: b'{"schemaVersion": 1e999999999}',
    "not a number": lambda: b'{"schemaVersion": NaN}',
    "too large": lambda: b" " * 2_000_000,
    "no UTF-8": lambda: b'{"a": "\xff\xfe"}',
    "half a character": lambda: (
        b'{"type": "default", "components": [{"id": "\\ud800", "type": "text", "text": "\\udfff"}]}'
    ),
    "NUL bytes": lambda: b"\0" * 100,
    "null": lambda: b"null",
    "components of another type": lambda: _form(
        [1, None, "x", [], {"type": []}, {"type": {"a": 1}, "id": 7}]
    ),
    "key of code": lambda: _form(_field(key="__class__.__init__.__globals__")),
    "key called validate": lambda: _form(_field(key="validate")),
    "pattern that goes back and back": lambda: _form(_field(validate={"pattern": "^(a+)+$"})),
    "pattern 100,000 long": lambda: _form(_field(validate={"pattern": "(a|b?)" * 16_000})),
    "pattern that counts": lambda: _form(_field(validate={"pattern": "((a{1,1000}){1,1000}){1,1000}"})),
    "template of code": lambda: _form(
        [{"id": "t", "type": "text", "text": "{{ ''.__class__.__mro__ }} {{ 9 ** 9 ** 9 }}"}]
    ),
    "endless condition": lambda: _form(
        _field(conditional={"hide": "=count(for i in 1..1000000000 return i) > 1"})
    ),
    "text that is a script": lambda: _form(
        [{"id": "t", "type": "html", "content": "<img src=x onerror=alert(1)>"}]
    ),
    "image of a file": lambda: _form([{"id": "t", "type": "image", "source": "file:///etc/passwd"}]),
    "document of a file": lambda: _form([{"id": "t", "type": "iframe", "url": "javascript:alert(1)"}]),
}
