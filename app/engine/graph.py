"""A read model of a BPMN file: what is in it and how it hangs together, without any execution semantics."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from app.engine.xml import BPMN, bpmn, local_name, namespace_of, parse_xml

EVENTS = frozenset(
    {"startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent", "event"}
)
GATEWAYS = frozenset(
    {
        "exclusiveGateway",
        "parallelGateway",
        "inclusiveGateway",
        "eventBasedGateway",
        "complexGateway",
        "gateway",
    }
)
TASKS = frozenset(
    {
        "task", "userTask", "manualTask", "serviceTask", "scriptTask", "sendTask", "receiveTask",
        "businessRuleTask", "callActivity",
    }
)  # fmt: skip
SUB_PROCESSES = frozenset({"subProcess", "transaction", "adHocSubProcess"})
CHOREOGRAPHY = frozenset({"choreographyTask", "subChoreography", "callChoreography"})
ACTIVITIES = TASKS | SUB_PROCESSES | CHOREOGRAPHY
FLOW_NODES = EVENTS | GATEWAYS | ACTIVITIES
DATA = frozenset({"dataObjectReference", "dataStoreReference", "dataInput", "dataOutput"})
ARTIFACTS = DATA | {"textAnnotation", "group"}
ROOTS = frozenset({"process", "choreography", "globalChoreographyTask"})


@dataclass(frozen=True, slots=True)
class Node:
    """A flow node (BPMN 2.0.2 §8.3.10); `parent_id` is the sub-process around it, None at the top."""

    id: str
    type: str
    name: str
    attached_to: str | None = None
    event_kinds: tuple[str, ...] = ()
    interrupting: bool = True
    multi_instance: Literal["parallel", "sequential"] | None = None
    loop: bool = False
    called_element: str | None = None
    lane_id: str | None = None
    parent_id: str | None = None
    triggered_by_event: bool = False
    for_compensation: bool = False
    link: str | None = None
    line: int | None = None
    event_codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Flow:
    """A sequence flow (§8.3.13)."""

    id: str
    source: str
    target: str
    name: str = ""
    condition: str | None = None
    is_default: bool = False
    parent_id: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane (§10.8); `parent_id` is the lane around it."""

    id: str
    name: str
    parent_id: str | None = None
    node_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Artifact:
    """A text annotation, group, data object or data store: drawn, never executed."""

    id: str
    type: str
    name: str
    parent_id: str | None = None


@dataclass(frozen=True, slots=True)
class Association:
    """An association or data association between two drawn elements."""

    id: str
    type: str
    source: str
    target: str
    directed: bool = False
    parent_id: str | None = None


@dataclass(frozen=True)
class Process:
    """One process with everything inside it, sub-processes included; order is that of the file."""

    id: str
    name: str
    nodes: tuple[Node, ...]
    flows: tuple[Flow, ...]
    lanes: tuple[Lane, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    associations: tuple[Association, ...] = ()
    executable: bool = False

    @cached_property
    def by_id(self) -> Mapping[str, Node]:
        return {node.id: node for node in self.nodes}

    @cached_property
    def outgoing(self) -> Mapping[str, tuple[Flow, ...]]:
        """Flows by the id of their source; every node has an entry."""
        return self._flows_by("source")

    @cached_property
    def incoming(self) -> Mapping[str, tuple[Flow, ...]]:
        """Flows by the id of their target; every node has an entry."""
        return self._flows_by("target")

    @cached_property
    def boundaries(self) -> Mapping[str, tuple[Node, ...]]:
        """Boundary events by the id of the activity that carries them."""
        found: dict[str, list[Node]] = defaultdict(list)
        for node in self.nodes:
            if node.attached_to is not None:
                found[node.attached_to].append(node)
        return {host: tuple(events) for host, events in found.items()}

    def children(self, parent_id: str | None) -> tuple[Node, ...]:
        """The nodes directly inside a sub-process, or at the top when None is given."""
        return tuple(node for node in self.nodes if node.parent_id == parent_id)

    def _flows_by(self, end: Literal["source", "target"]) -> dict[str, tuple[Flow, ...]]:
        found: dict[str, list[Flow]] = {node.id: [] for node in self.nodes}
        for flow in self.flows:
            found.setdefault(flow.source if end == "source" else flow.target, []).append(flow)
        return {key: tuple(flows) for key, flows in found.items()}


@dataclass(frozen=True, slots=True)
class Pool:
    """A participant (§9.3); without a process it is a black box."""

    id: str
    name: str
    process_id: str | None = None


@dataclass(frozen=True, slots=True)
class MessageFlow:
    """A message flow between two pools or elements of them (§9.4)."""

    id: str
    source: str
    target: str
    name: str = ""


@dataclass(frozen=True)
class Model:
    """A whole BPMN file."""

    processes: tuple[Process, ...]
    collaboration_id: str | None = None
    pools: tuple[Pool, ...] = ()
    message_flows: tuple[MessageFlow, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    associations: tuple[Association, ...] = ()

    def process(self, process_id: str) -> Process | None:
        """The process with this id, None when the file has none."""
        return next((process for process in self.processes if process.id == process_id), None)


def read_collaboration(xml: bytes) -> Model:
    """The model of a BPMN file.

    Elements without an id and flows without both ends are left out: they cannot be referred to.
    Raises XmlRefused.
    """
    return read_model(parse_xml(xml))


def read_model(root: Any) -> Model:
    """Like read_collaboration, for a tree that is already parsed."""
    collaboration = root.find(bpmn("collaboration"))
    if collaboration is None:
        collaboration = root.find(bpmn("choreography"))
    processes = tuple(read_process(child) for child in root if is_root(child) and child.get("id"))
    if collaboration is None:
        return Model(processes)
    return Model(
        processes,
        collaboration.get("id"),
        tuple(
            Pool(child.get("id"), child.get("name") or "", strip_prefix(child.get("processRef")))
            for child in collaboration.findall(bpmn("participant"))
            if child.get("id") and local_name(collaboration) == "collaboration"
        ),
        tuple(
            MessageFlow(
                child.get("id"),
                strip_prefix(child.get("sourceRef")) or "",
                strip_prefix(child.get("targetRef")) or "",
                child.get("name") or "",
            )
            for child in collaboration.findall(bpmn("messageFlow"))
            if child.get("id") and child.get("sourceRef") and child.get("targetRef")
        ),
        tuple(_artifacts(collaboration, None)) if local_name(collaboration) == "collaboration" else (),
        tuple(_associations(collaboration, None)) if local_name(collaboration) == "collaboration" else (),
    )


def is_root(element: Any) -> bool:
    """True for an element that holds flow nodes of its own: a process or a choreography."""
    return namespace_of(element) == BPMN and local_name(element) in ROOTS


def strip_prefix(reference: str | None) -> str | None:
    """References are QNames: some tools write `ns:Process_1` for an id of the same file."""
    return reference.rpartition(":")[2] or None if reference else None


def read_process(process: Any) -> Process:
    """The read model of one `<process>` element."""
    lanes = tuple(_lanes(process, None))
    parents = {lane.id: lane.parent_id for lane in lanes}
    lane_of: dict[str, str] = {}
    for lane in lanes:
        for node_id in lane.node_ids:
            known = lane_of.get(node_id)
            if known is None or _is_inside(lane.id, known, parents):
                lane_of[node_id] = lane.id
    levels = list(_levels(process, None))
    return Process(
        id=process.get("id"),
        name=process.get("name") or "",
        nodes=tuple(
            _node(child, parent, lane_of)
            for scope, parent in levels
            for child in scope
            if local_name(child) in FLOW_NODES and namespace_of(child) == BPMN and child.get("id")
        ),
        flows=tuple(flow for scope, parent in levels for flow in _flows(scope, parent)),
        lanes=lanes,
        artifacts=tuple(artifact for scope, parent in levels for artifact in _artifacts(scope, parent)),
        associations=tuple(link for scope, parent in levels for link in _associations(scope, parent)),
        executable=process.get("isExecutable") in ("true", "1"),
    )


def _levels(scope: Any, parent_id: str | None) -> Iterator[tuple[Any, str | None]]:
    yield scope, parent_id
    for child in scope:
        if local_name(child) in SUB_PROCESSES | {"subChoreography"} and child.get("id"):
            yield from _levels(child, child.get("id"))


def _is_inside(lane_id: str, other: str, parents: Mapping[str, str | None]) -> bool:
    current = parents.get(lane_id)
    while current is not None:
        if current == other:
            return True
        current = parents.get(current)
    return False


def _lanes(scope: Any, parent_id: str | None) -> Iterator[Lane]:
    for lane_set in (child for child in scope if local_name(child) in ("laneSet", "childLaneSet")):
        for lane in lane_set.findall(bpmn("lane")):
            if not lane.get("id"):
                continue
            refs = tuple((ref.text or "").strip() for ref in lane.findall(bpmn("flowNodeRef")))
            yield Lane(lane.get("id"), lane.get("name") or "", parent_id, tuple(ref for ref in refs if ref))
            yield from _lanes(lane, lane.get("id"))


def _node(element: Any, parent_id: str | None, lane_of: Mapping[str, str]) -> Node:
    node_type = local_name(element)
    many = element.find(bpmn("multiInstanceLoopCharacteristics"))
    sequential = many is not None and many.get("isSequential") == "true"
    interrupting = "isInterrupting" if node_type == "startEvent" else "cancelActivity"
    return Node(
        id=element.get("id"),
        type=node_type,
        name=(element.get("name") or "").strip(),
        attached_to=strip_prefix(element.get("attachedToRef")),
        event_kinds=tuple(event_kinds(element)),
        interrupting=element.get(interrupting, "true") not in ("false", "0"),
        multi_instance=None if many is None else "sequential" if sequential else "parallel",
        loop=element.find(bpmn("standardLoopCharacteristics")) is not None,
        called_element=element.get("calledElement"),
        lane_id=lane_of.get(element.get("id")),
        parent_id=parent_id,
        triggered_by_event=element.get("triggeredByEvent") == "true",
        for_compensation=element.get("isForCompensation") == "true",
        link=_link_name(element),
        line=element.sourceline,
        event_codes=tuple(_event_codes(element)),
    )


def _event_codes(element: Any) -> Iterator[str]:
    """The codes of the errors and escalations that an event throws or catches; none where any is meant."""
    for child in element:
        kind = local_name(child).removesuffix("EventDefinition")
        reference = strip_prefix(child.get(f"{kind}Ref")) if kind in ("error", "escalation") else None
        for declared in element.getroottree().getroot().findall(bpmn(kind)) if reference else ():
            if declared.get("id") == reference:
                yield str(declared.get(f"{kind}Code") or reference)


def _link_name(element: Any) -> str | None:
    """The name that pairs link events; the event's own name when its definition has none."""
    definition = element.find(bpmn("linkEventDefinition"))
    if definition is None:
        return None
    return definition.get("name") or (element.get("name") or "").strip()


def event_kinds(element: Any) -> Iterator[str]:
    """`timer`, `message`, … for each event definition of an event, own ones and referred ones."""
    for child in element:
        name = local_name(child)
        if name.endswith("EventDefinition"):
            yield name.removesuffix("EventDefinition")
        elif name == "eventDefinitionRef":
            target = strip_prefix((child.text or "").strip())
            for definition in element.getroottree().getroot():
                if target and definition.get("id") == target:
                    yield local_name(definition).removesuffix("EventDefinition")


def _flows(scope: Any, parent_id: str | None) -> Iterator[Flow]:
    defaults = {child.get("default") for child in scope if child.get("default")}
    for child in scope.findall(bpmn("sequenceFlow")):
        source, target = child.get("sourceRef"), child.get("targetRef")
        if not child.get("id") or not source or not target:
            continue
        condition = child.find(bpmn("conditionExpression"))
        yield Flow(
            child.get("id"),
            source,
            target,
            (child.get("name") or "").strip(),
            "".join(condition.itertext()).strip() if condition is not None else None,
            child.get("id") in defaults,
            parent_id,
            child.sourceline,
        )


def _artifacts(scope: Any, parent_id: str | None) -> Iterator[Artifact]:
    specifications = [child for child in scope if local_name(child) == "ioSpecification"]
    for child in [*scope, *(item for specification in specifications for item in specification)]:
        kind = local_name(child)
        if kind not in ARTIFACTS or not child.get("id"):
            continue
        text = child.find(bpmn("text"))
        name = "".join(text.itertext()) if text is not None else child.get("name") or ""
        yield Artifact(child.get("id"), kind, name.strip(), parent_id)


def _associations(scope: Any, parent_id: str | None) -> Iterator[Association]:
    for child in scope.findall(bpmn("association")):
        source, target = child.get("sourceRef"), child.get("targetRef")
        if child.get("id") and source and target:
            directed = child.get("associationDirection") in ("One", "Both")
            yield Association(child.get("id"), "association", source, target, directed, parent_id)
    for owner in scope:
        for link in owner:
            kind = local_name(link)
            if kind not in ("dataInputAssociation", "dataOutputAssociation") or not link.get("id"):
                continue
            ref = link.find(bpmn("sourceRef" if kind == "dataInputAssociation" else "targetRef"))
            other, own = ((ref.text or "").strip() if ref is not None else ""), owner.get("id")
            if other and own:
                source, target = (other, own) if kind == "dataInputAssociation" else (own, other)
                yield Association(link.get("id"), kind, source, target, True, parent_id)
