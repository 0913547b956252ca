"""Small damage to a process: a gateway of another kind, a flow cut, a flow that leads elsewhere."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from app.engine.graph import Flow, Node, Process

KINDS = ("exclusiveGateway", "parallelGateway", "inclusiveGateway")
MAX_WAYS = 4


def mutate(process: Process, rng: Random) -> tuple[str, Process]:
    """What was changed, and the changed process."""
    gateways = [node for node in process.nodes if node.type in (*KINDS, "eventBasedGateway")]
    if gateways and rng.random() < 0.4:
        gateway = rng.choice(gateways)
        ways = max(len(process.outgoing[gateway.id]), len(process.incoming[gateway.id]))
        kinds = [kind for kind in KINDS if kind != gateway.type and (kind != KINDS[2] or ways <= MAX_WAYS)]
        kind = rng.choice(kinds)
        nodes = [replace(node, type=kind) if node is gateway else node for node in process.nodes]
        return f"{gateway.id} becomes {kind}", _copy(process, nodes, list(process.flows))
    flow = rng.choice(process.flows)
    others = [other for other in process.flows if other is not flow]
    if rng.random() < 0.5:
        return f"{flow.id} is cut", _copy(process, list(process.nodes), others)
    targets = [node.id for node in process.children(flow.parent_id) if _can_be_entered(node, flow)]
    moved = replace(flow, target=rng.choice(targets))
    return f"{flow.id} leads to {moved.target}", _copy(process, list(process.nodes), [*others, moved])


def _can_be_entered(node: Node, flow: Flow) -> bool:
    free = node.attached_to is None and node.type != "startEvent" and not node.triggered_by_event
    return free and node.id != flow.target


def _copy(process: Process, nodes: list[Node], flows: list[Flow]) -> Process:
    return Process(process.id, process.name, tuple(nodes), tuple(flows))
