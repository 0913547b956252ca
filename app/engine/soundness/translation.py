"""One level of a process as a net (BPMN 2.0.2 §13: flow nodes, gateways, events, activities)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations

from app.engine.graph import ACTIVITIES, Flow, Node, Process
from app.engine.soundness.endings import catches, caught_inside, thrown
from app.engine.soundness.net import END, Ending, Net, Place, Step, TooManyBranches

MAX_BRANCHES = 8


@dataclass(frozen=True)
class Level:
    """The nodes directly inside one scope.

    `endings` says how the sub-processes and called processes among them can end, by node id; `closed` are
    flows that no value opens.
    """

    process: Process
    scope_id: str | None
    endings: Mapping[str, Ending] = field(default_factory=dict)
    closed: frozenset[str] = frozenset()

    @cached_property
    def nodes(self) -> dict[str, Node]:
        """What takes part in the token game here: no compensation, no event sub-processes."""
        return {
            node.id: node
            for node in self.process.children(self.scope_id)
            if not node.for_compensation
            and not node.triggered_by_event
            and not (node.attached_to is not None and "compensate" in node.event_kinds)
        }

    @cached_property
    def links(self) -> dict[str, str]:
        """Link events: the throwing one's id → the catching one's, paired by name."""
        catching = {
            node.link: node.id
            for node in self.nodes.values()
            if node.type == "intermediateCatchEvent" and node.link is not None
        }
        return {
            node.id: catching[node.link]
            for node in self.nodes.values()
            if node.type == "intermediateThrowEvent" and node.link is not None and node.link in catching
        }

    def ins(self, node_id: str) -> list[Place]:
        flows = [flow.id for flow in self.process.incoming.get(node_id, ()) if flow.source in self.nodes]
        return flows + [f"link:{source}" for source, target in self.links.items() if target == node_id]

    def flows_out(self, node_id: str) -> list[Flow]:
        return [flow for flow in self.process.outgoing.get(node_id, ()) if flow.target in self.nodes]

    def outs(self, node_id: str) -> list[Place]:
        own = [f"link:{node_id}"] if node_id in self.links else []
        return [flow.id for flow in self.flows_out(node_id)] + own

    def boundaries(self, node_id: str) -> list[Node]:
        return [event for event in self.process.boundaries.get(node_id, ()) if event.id in self.nodes]

    def closure(self, start: Iterable[str], through: frozenset[str]) -> frozenset[str]:
        """All nodes that tokens from `start` can reach, not firing the boundary events named in `through`."""
        seen = set(start)
        stack = list(seen)
        while stack:
            current = stack.pop()
            targets = [flow.target for flow in self.flows_out(current)]
            targets += [self.links[current]] if current in self.links else []
            targets += [event.id for event in self.boundaries(current) if event.id not in through]
            for target in targets:
                if target not in seen:
                    seen.add(target)
                    stack.append(target)
        return frozenset(seen)


def translate(level: Level) -> Iterator[Net]:
    """The main net of a level, then one for each side branch that leaves it for good.

    A side branch begins at a non-interrupting boundary event and never joins the rest again. Any number of
    its tokens may run beside the rest without harm, so it is proved by itself. Raises TooManyBranches.
    """
    if not level.nodes:
        return
    starts = [node.id for node in level.nodes.values() if node.type == "startEvent"]
    implicit = [
        node.id for node in level.nodes.values() if node.attached_to is None and not level.ins(node.id)
    ]
    if starts:
        first = [
            Step(start, frozenset(), way) for start in starts for way in _ways(level, level.nodes[start])
        ]
    else:
        entered = [f"start:{node_id}" for node_id in implicit]
        first = [Step(level.scope_id or level.process.id, frozenset(), tuple(entered))] if entered else []
    yield from _nets(level, starts or implicit, first, frozenset(level.nodes))


def _nets(level: Level, roots: list[str], first: list[Step], scope: frozenset[str]) -> Iterator[Net]:
    side = _side_branches(level, roots)
    members = level.closure(roots, frozenset(side))
    steps = [step for node_id in level.nodes if node_id in members for step in _steps(level, node_id, side)]
    steps += _entry_steps(level, first)
    side_nodes = frozenset(node for nodes in side.values() for node in nodes)
    stranded = scope - members - side_nodes
    waits_at = {place: node_id for node_id in level.nodes for place in level.ins(node_id)}
    waits_at |= {f"start:{node_id}": node_id for node_id in level.nodes}
    yield Net(level.process.id, tuple(steps), tuple(first), members | stranded, stranded, waits_at)
    for event_id, nodes in side.items():
        begin = [Step(event_id, frozenset(), tuple(level.outs(event_id)))]
        yield from _nets(level, [event_id], begin, nodes)


def _side_branches(level: Level, roots: list[str]) -> dict[str, frozenset[str]]:
    """Non-interrupting boundary events → the nodes only they lead to, if the rest shares none of them."""
    quiet = frozenset(
        event.id for event in level.nodes.values() if event.attached_to is not None and not event.interrupting
    )
    main = level.closure(roots, quiet)
    found: dict[str, frozenset[str]] = {}
    for node_id in level.nodes:
        if node_id not in quiet or node_id in roots or level.nodes[node_id].attached_to not in main:
            continue
        ending = level.endings.get(level.nodes[node_id].attached_to or "")
        if ending is not None and not catches(level.nodes[node_id], ending):
            continue
        branch = level.closure([node_id], frozenset())
        ends_all = any("terminate" in level.nodes[key].event_kinds for key in branch)
        if not branch & main and not ends_all:
            found[node_id] = branch
    return found


def _entry_steps(level: Level, first: list[Step]) -> Iterator[Step]:
    """Without a start event every node without an incoming flow begins by itself (§13.2)."""
    for place in {place for step in first for place in step.put if place.startswith("start:")}:
        node = level.nodes[place.removeprefix("start:")]
        yield from _passing(level, node, place)


def _passing(level: Level, node: Node, place: Place) -> Iterator[Step]:
    """A token passes an event or a simple gateway."""
    ends = node.type == "endEvent"
    for way in _ways(level, node):
        put = (f"{END}{node.id}",) if ends else way
        yield Step(node.id, frozenset([place]), put, clears=_clears(node), outcome=_outcome(level, node))


def _steps(level: Level, node_id: str, side: Mapping[str, frozenset[str]]) -> Iterator[Step]:
    node, ins = level.nodes[node_id], level.ins(node_id)
    if node.attached_to is not None:
        return
    if node.type == "parallelGateway" and ins:
        yield Step(node.id, frozenset(ins), tuple(level.outs(node_id)))
    elif node.type in ("inclusiveGateway", "complexGateway"):
        yield from _inclusive(level, node, ins)
    elif node.type in ACTIVITIES:
        yield from _activity(level, node, ins, side)
    else:
        for place in ins:
            yield from _passing(level, node, place)


def _ways(level: Level, node: Node) -> list[tuple[Place, ...]]:
    """The sets of flows that a node may put tokens on when it is done, without those that no value opens."""
    ways = _all_ways(level, node)
    return [way for way in ways if not level.closed.intersection(way)] or ways


def _all_ways(level: Level, node: Node) -> list[tuple[Place, ...]]:
    flows, outs = level.flows_out(node.id), level.outs(node.id)
    if node.type in ("exclusiveGateway", "eventBasedGateway"):
        return [(place,) for place in outs] or [()]
    if node.type in ("inclusiveGateway", "complexGateway"):
        return _subsets(node, outs) or [()]
    conditional = [flow.id for flow in flows if flow.condition and not flow.is_default]
    if node.type == "parallelGateway" or not conditional:
        return [tuple(outs)]
    always = [place for place in outs if place not in conditional and not _is_default(flows, place)]
    ways = [tuple([*always, *chosen]) for chosen in _subsets(node, conditional)]
    rest = [*always, *(flow.id for flow in flows if flow.is_default)]
    return [*ways, tuple(rest)] if rest else ways


def _is_default(flows: Iterable[Flow], place: Place) -> bool:
    return any(flow.id == place and flow.is_default for flow in flows)


def _subsets(node: Node, places: list[Place]) -> list[tuple[Place, ...]]:
    """All non-empty combinations of branches."""
    if len(places) > MAX_BRANCHES:
        raise TooManyBranches(node.id, MAX_BRANCHES)
    return [chosen for size in range(1, len(places) + 1) for chosen in combinations(places, size)]


def _clears(node: Node) -> bool:
    return node.type == "endEvent" and bool({"terminate", "error", "cancel"} & set(node.event_kinds))


def _outcome(level: Level, node: Node) -> str:
    """What an event tells the parent; nothing when an event sub-process of its own level takes it."""
    if node.type not in ("endEvent", "intermediateThrowEvent"):
        return ""
    outcome = thrown(node)
    return "" if caught_inside(level.process, level.scope_id, outcome) else outcome


def _activity(
    level: Level, node: Node, ins: list[Place], side: Mapping[str, frozenset[str]]
) -> Iterator[Step]:
    """An activity with the boundary events that can fire; side branches do not touch its token."""
    ending = level.endings.get(node.id)
    events = [event for event in level.boundaries(node.id) if ending is None or catches(event, ending)]
    leaves = ending is None or ending.completes
    active = f"@{node.id}"
    for place in ins:
        yield Step(node.id, frozenset([place]), (active,))
    if leaves:
        yield from (Step(node.id, frozenset([active]), way) for way in _ways(level, node))
    for event in events:
        way = tuple(level.outs(event.id))
        if event.id in side:
            yield Step(event.id, frozenset([active]), (active,))
        elif event.interrupting:
            yield Step(event.id, frozenset([active]), way)
        else:
            yield Step(event.id, frozenset([active]), (f"{active}!", *way))
    if leaves and any(not event.interrupting and event.id not in side for event in events):
        after = frozenset([f"{active}!"])
        yield from (Step(node.id, after, way) for way in _ways(level, node))
        yield from (
            Step(event.id, after, tuple(level.outs(event.id))) for event in events if event.interrupting
        )
    if ending is not None:
        yield from _passed_on(level, node, ending, events)


def _passed_on(level: Level, node: Node, ending: Ending, events: list[Node]) -> Iterator[Step]:
    """Errors and escalations from inside that no boundary event takes: they reach the level around."""
    active = f"@{node.id}"
    for outcome in sorted(ending.outcomes - {"completed", "cancel"}):
        if any(catches(event, Ending(frozenset([outcome]))) for event in events):
            continue
        is_error = outcome.startswith("error")
        told = "" if caught_inside(level.process, level.scope_id, outcome) else outcome
        put = () if is_error else (active,)
        yield Step(node.id, frozenset([active]), put, clears=is_error, outcome=told)


def _inclusive(level: Level, node: Node, ins: list[Place]) -> Iterator[Step]:
    """§13.4.3: the join waits while a token elsewhere can reach an empty flow but no filled one."""
    ways = _ways(level, node)
    ahead = {
        exceptions: {place: _before(level, place, node.id, exceptions) for place in ins}
        for exceptions in (False, True)
    }
    for filled in _subsets(node, ins):
        empty = [place for place in ins if place not in filled]
        waits: set[Place] = set(empty)
        for before in ahead.values():
            can_fill = set().union(*(before[place] for place in empty))
            waits |= can_fill - set().union(*(before[place] for place in filled))
        taken = frozenset(filled)
        for way in ways:
            yield Step(node.id, taken, way, waits=frozenset(waits) - taken)


def _before(level: Level, place: Place, join_id: str, exceptions: bool) -> frozenset[Place]:
    """The places from which a token can still come to `place` without passing the join."""
    source_of = {out: node_id for node_id in level.nodes for out in level.outs(node_id)}
    seen = {place}
    stack = [place]
    while stack:
        source = level.nodes.get(source_of.get(stack.pop(), ""))
        if source is None or source.id == join_id:
            continue
        if source.attached_to is not None:
            if not exceptions or source.attached_to not in level.nodes:
                continue
            source = level.nodes[source.attached_to]
        more = [*level.ins(source.id), f"@{source.id}", f"@{source.id}!", f"start:{source.id}"]
        stack += [other for other in more if other not in seen]
        seen.update(more)
    return frozenset(seen)
