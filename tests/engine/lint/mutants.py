"""Every diagram of the content with one thing in it changed, as a slip of an author would change it."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any

from lxml import etree

from app.engine.xml import BPMNDI, bpmn, qname, zr
from tests.bpmn.walk import bundle

GATEWAYS = ("exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway")
TIMES = ("timeDate", "timeDuration", "timeCycle")
# An attribute that names something outside of the element: all of them must be there.
REFERENCES = {
    zr("formKey"): "form",
    zr("decisionRef"): "table",
    zr("delegate"): "delegate",
    zr("clauseRef"): "clause",
    "calledElement": "process",
    "messageRef": "message",
    "errorRef": "error",
    "signalRef": "signal",
    "escalationRef": "escalation",
}


@dataclass(frozen=True)
class Mutant:
    """A changed diagram: what was done, to which elements, and whether a game of tokens alone can excuse it."""

    kind: str
    ids: frozenset[str]
    data: bytes
    excusable: bool

    def __str__(self) -> str:
        return f"{self.kind} {' '.join(sorted(self.ids))}"


@cache
def _root(process_id: str) -> Any:
    """The diagram without its drawing: what is drawn is not what is changed here."""
    root = etree.fromstring(bundle().processes[process_id])
    for drawing in root.findall(qname(BPMNDI, "BPMNDiagram")):
        root.remove(drawing)
    return root


def count(process_id: str, kind: str) -> int:
    """In how many places of a diagram this can be done."""
    return sum(1 for _ in CHANGES[kind](_root(process_id)))


def mutant(process_id: str, kind: str, number: int) -> Mutant:
    """The diagram with that change made in the place of that number, and nowhere else."""
    root = deepcopy(_root(process_id))
    touched = next(islice(CHANGES[kind](root), number, None))()
    ids = frozenset(element.get("id") for element in touched if element.get("id"))
    return Mutant(kind, ids, etree.tostring(root), kind in EXCUSABLE)


def undrawn(process_id: str) -> bytes:
    """The diagram as it is, without its drawing."""
    data: bytes = etree.tostring(_root(process_id))
    return data


def _ends(root: Any, flow: Any) -> list[Any]:
    ends = {flow.get("sourceRef"), flow.get("targetRef")}
    return [flow, *(item for item in root.iter() if item.get("id") in ends)]


def _gateways(root: Any, kind: str) -> Iterator[Any]:
    for gateway in root.iter(*map(bpmn, GATEWAYS)):
        if gateway.tag != bpmn(kind):

            def make(gateway: Any = gateway) -> list[Any]:
                gateway.tag = bpmn(kind)
                ends = ("sourceRef", "targetRef")
                flows = [
                    flow
                    for flow in root.iter(bpmn("sequenceFlow"))
                    if gateway.get("id") in map(flow.get, ends)
                ]
                return [gateway, *flows]

            yield make


def _cut(root: Any) -> Iterator[Any]:
    for flow in list(root.iter(bpmn("sequenceFlow"))):

        def make(flow: Any = flow) -> list[Any]:
            touched = _ends(root, flow)
            for mention in [item for item in root.iter() if (item.text or "").strip() == flow.get("id")]:
                mention.getparent().remove(mention)
            for owner in root.iter():
                if owner.get("default") == flow.get("id"):
                    del owner.attrib["default"]
            flow.getparent().remove(flow)
            return touched

        yield make


def _redirected(root: Any) -> Iterator[Any]:
    for flow in list(root.iter(bpmn("sequenceFlow"))):
        level = [
            item
            for item in flow.getparent()
            if item.find(bpmn("incoming")) is not None and item.get("id") != flow.get("targetRef")
        ]
        if level:

            def make(flow: Any = flow, level: list[Any] = level) -> list[Any]:
                old = flow.get("targetRef")
                # The next but two in the file: neither always the same nor always the neighbour.
                new = level[(len(level) // 2 + level.index(level[-1]) // 3) % len(level)]
                for mention in root.iter(bpmn("incoming")):
                    if (mention.text or "").strip() == flow.get("id"):
                        mention.getparent().remove(mention)
                        break
                etree.SubElement(new, bpmn("incoming")).text = flow.get("id")
                new.insert(0, new[-1])
                flow.set("targetRef", new.get("id"))
                return [*_ends(root, flow), *(item for item in root.iter() if item.get("id") == old)]

            yield make


def _conditions(root: Any) -> Iterator[Any]:
    for condition in list(root.iter(bpmn("conditionExpression"))):

        def make(condition: Any = condition) -> list[Any]:
            flow = condition.getparent()
            flow.remove(condition)
            return _ends(root, flow)

        yield make


def _negations(root: Any) -> Iterator[Any]:
    for condition in root.iter(bpmn("conditionExpression")):

        def make(condition: Any = condition) -> list[Any]:
            condition.text = f"not({condition.text})"
            return _ends(root, condition.getparent())

        yield make


def _defaults(root: Any) -> Iterator[Any]:
    """The default flow is one like the others now, and has no condition."""
    for owner in root.iter():
        if owner.get("default"):

            def make(owner: Any = owner) -> list[Any]:
                chosen = owner.attrib.pop("default")
                return _ends(root, next(item for item in root.iter() if item.get("id") == chosen))

            yield make


def _detached(root: Any) -> Iterator[Any]:
    for event in root.iter(bpmn("boundaryEvent")):

        def make(event: Any = event) -> list[Any]:
            del event.attrib["attachedToRef"]
            return [event]

        yield make


def _references(root: Any, name: str) -> Iterator[Any]:
    for element in root.iter():
        if element.get(name):

            def make(element: Any = element) -> list[Any]:
                element.set(name, f"{element.get(name)}-gone")
                return [element, element.getparent()]

            yield make


def _messages(root: Any) -> Iterator[Any]:
    """The message has another name; who throws and catches it refers to it as before."""
    for message in root.iter(bpmn("message")):

        def make(message: Any = message) -> list[Any]:
            message.set("name", f"{message.get('name')} 2")
            users = [item for item in root.iter() if item.get("messageRef") == message.get("id")]
            return [message, *users, *(item.getparent() for item in users)]

        yield make


def _lanes(root: Any) -> Iterator[Any]:
    """The lane names nobody any more, and a task in it leaves it to the lane who does it."""
    for lane in root.iter(bpmn("lane")):
        held = {(item.text or "").strip() for item in lane.iter(bpmn("flowNodeRef"))}
        tasks = (task for task in root.iter(bpmn("userTask")) if task.get("id") in held)
        if lane.get(zr("candidates")) and any(
            task.get(zr("candidates")) is None and task.get(zr("assignee")) is None for task in tasks
        ):

            def make(lane: Any = lane) -> list[Any]:
                del lane.attrib[zr("candidates")]
                inside = {(item.text or "").strip() for item in lane.iter(bpmn("flowNodeRef"))}
                return [lane, *(item for item in root.iter() if item.get("id") in inside)]

            yield make


def _timers(root: Any) -> Iterator[Any]:
    for time in root.iter(*map(bpmn, TIMES)):

        def make(time: Any = time) -> list[Any]:
            time.text = ""
            event = time.getparent()
            return [event, event.getparent()]

        yield make


CHANGES: dict[str, Any] = {
    **{f"becomes {kind}": (lambda root, kind=kind: _gateways(root, kind)) for kind in GATEWAYS},
    "cut": _cut,
    "redirected": _redirected,
    "condition removed": _conditions,
    "condition negated": _negations,
    "default removed": _defaults,
    "detached": _detached,
    **{
        f"{what} broken": (lambda root, name=name: _references(root, name))
        for name, what in REFERENCES.items()
    },
    "message renamed": _messages,
    "lane emptied": _lanes,
    "timer emptied": _timers,
}
# What these change is the way of the tokens: it may be another way that is sound as well.
EXCUSABLE = frozenset({*(f"becomes {kind}" for kind in GATEWAYS), "cut", "redirected", "condition negated"})
