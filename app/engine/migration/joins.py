"""Which incoming flow of a join a flow of the old version became."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from app.engine.spiff.flow_node import FlowNode
from app.engine.spiff.inclusive import flows_ahead
from app.engine.spiff.parallel import Join
from app.engine.spiff.process import ProcessSpec

Target = Callable[[FlowNode], FlowNode | None]


def match_flows(
    old_spec: ProcessSpec, old: Join, new_spec: ProcessSpec, new: Join, target: Target
) -> dict[str, str]:
    """Old incoming flow → new incoming flow, where that is certain.

    A flow is known by where it comes from: editors give it another id when an element is put in or taken out.
    """
    sources = {flow.id: node for node in old_spec.nodes for flow in node.flows if flow.target == old.name}
    found = {
        flow_id: flow
        for flow_id, source in sources.items()
        if (flow := _direct(flow_id, target(source), new)) is not None
    }
    taken = set(found.values())
    for flow_id, source in sources.items():
        if flow_id not in found:
            ahead = _ahead(old_spec, source, new_spec, new, target) - taken
            if flow_id in ahead and target(source) is None:
                found[flow_id] = flow_id
            elif len(ahead) == 1:
                found[flow_id] = next(iter(ahead))
    return found


def _direct(flow_id: str, source: FlowNode | None, join: Join) -> str | None:
    """The flow that still leads from the same element to the join."""
    direct = [flow.id for flow in source.flows if flow.target == join.name] if source is not None else []
    return flow_id if flow_id in direct else direct[0] if len(direct) == 1 else None


def _ahead(
    old_spec: ProcessSpec, source: FlowNode, new_spec: ProcessSpec, join: Join, target: Target
) -> set[str]:
    """The flows into the join that can be reached from the nearest elements before that are still there."""
    survivors = _survivors(old_spec, source, target)
    return {
        flow_id
        for survivor in survivors
        for flow_id in flows_ahead(new_spec, survivor, join, False)
        if flow_id in join.incoming
    }


def _survivors(spec: ProcessSpec, start: FlowNode, target: Target) -> Iterator[FlowNode]:
    before: dict[str, list[FlowNode]] = {}
    for node in spec.nodes:
        for flow in node.flows:
            before.setdefault(flow.target, []).append(node)
    seen, todo = {start.name}, [start]
    while todo:
        node = todo.pop()
        found = target(node)
        if found is not None:
            yield found
            continue
        for earlier in before.get(node.name, ()):
            if earlier.name not in seen:
                seen.add(earlier.name)
                todo.append(earlier)
