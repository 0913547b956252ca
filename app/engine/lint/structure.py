"""The shape of each level: what can be reached, what can be left, what waits for itself."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from app.engine.lint.finder import Finder
from app.engine.spiff.activity import Activity
from app.engine.spiff.boundary import BoundaryEvent
from app.engine.spiff.catching import Catcher, EventGateway
from app.engine.spiff.event_sub_process import EventSubProcess
from app.engine.spiff.flow_node import FlowNode
from app.engine.spiff.parallel import ParallelGateway
from app.engine.spiff.process import ProcessSpec
from app.engine.spiff.sub_process import SubProcess
from app.engine.spiff.user_task import UserTask


def check_structure(finder: Finder) -> None:
    """Look at every level."""
    for level in finder.levels:
        reached = reachable(level, _entries(level))
        for node in level.nodes:
            if node.name not in reached and not _lost_host(node, level):
                finder.error(node.bpmn_id, "unreachable", "无法到达该环节", "nothing leads to this element")
        for component in _components(level):
            _check_exit(finder, level, component)
        for node in level.nodes:
            if isinstance(node, ParallelGateway) and node.name in reached:
                _check_entry(finder, level, node)
        for component in _components(level, [node.name for node in level.nodes if not _waits(node)]):
            zh = f"循环中没有等待的环节，可能一直空转：{'、'.join(sorted(component))}"
            en = f"nothing in this cycle waits, it may spin: {', '.join(sorted(component))}"
            finder.warn(min(component), "spinning", zh, en)


def _waits(node: FlowNode) -> bool:
    """Whether a token rests here until something outside happens."""
    return isinstance(node, (UserTask, SubProcess, EventGateway)) or (
        isinstance(node, Catcher) and not isinstance(node, BoundaryEvent)
    )


def _entries(level: ProcessSpec) -> list[str]:
    starts = [node.name for node in level.starts] + [node.name for node in level.message_starts.values()]
    return starts + [node.name for node in level.nodes if isinstance(node, EventSubProcess)]


def _lost_host(node: FlowNode, level: ProcessSpec) -> bool:
    """A boundary event without an activity has its own finding."""
    hosts = (host for host in level.nodes if isinstance(host, Activity))
    return isinstance(node, BoundaryEvent) and not any(node in host.boundaries for host in hosts)


def targets(level: ProcessSpec, name: str) -> list[str]:
    """Where a token at this element can go, boundary events included."""
    node = level.node(name)
    return [flow.target for flow in node.flows] + list(node.jumps(True)) if node is not None else []


def reachable(level: ProcessSpec, starts: Iterable[str], without: str | None = None) -> set[str]:
    """The names of what can be reached from `starts`, not passing `without`."""
    seen = {name for name in starts if name != without}
    todo = list(seen)
    while todo:
        for target in targets(level, todo.pop()):
            if target not in seen and target != without:
                seen.add(target)
                todo.append(target)
    return seen


def _components(level: ProcessSpec, names: Collection[str] | None = None) -> list[set[str]]:
    """The strongly connected parts that are cycles, among all elements or those named."""
    within = {node.name for node in level.nodes} if names is None else set(names)
    graph = {name: [target for target in targets(level, name) if target in within] for name in within}
    found: list[set[str]] = []
    done: set[str] = set()
    ahead = {name: _ahead(graph, name) for name in sorted(within)}
    for name, reached in ahead.items():
        if name in done or name not in reached:
            continue
        component = {other for other in reached if name in ahead[other]}
        done |= component
        found.append(component)
    return found


def _ahead(graph: Mapping[str, list[str]], name: str) -> set[str]:
    seen: set[str] = set()
    todo = [name]
    while todo:
        fresh = [target for target in graph[todo.pop()] if target not in seen]
        seen.update(fresh)
        todo += fresh
    return seen


def _check_exit(finder: Finder, level: ProcessSpec, component: Collection[str]) -> None:
    for name in component:
        if any(target not in component for target in targets(level, name)):
            return
    first = min(component)
    names = "、".join(sorted(component))
    finder.error(first, "endless", f"循环没有出口：{names}", f"no way leads out of this cycle: {names}")


def _check_entry(finder: Finder, level: ProcessSpec, gateway: ParallelGateway) -> None:
    before = reachable(level, _entries(level), gateway.name)
    for source in gateway.inputs:
        if source.name not in before and source.name in reachable(level, [gateway.name]):
            finder.error(
                gateway.bpmn_id,
                "join_waits_for_itself",
                f"并行汇聚等待自身之后的环节 {source.name}，永远不会发生",
                f"the join waits for {source.name}, which comes only after the join itself",
            )
