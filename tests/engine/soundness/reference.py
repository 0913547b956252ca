"""A second, slow and simple reading of the token rules, to judge the prover by."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import combinations

from app.engine.graph import ACTIVITIES, SUB_PROCESSES, Flow, Node, Process

Tokens = frozenset[tuple[str, int]]
State = tuple[Tokens, frozenset[str]]
RAISING = {"userTask", "serviceTask", "scriptTask", "businessRuleTask", "sendTask", "task", "callActivity"}


class TooLarge(Exception):
    """More states than the reference is willing to play."""


@dataclass
class Verdict:
    """The kinds of faults, what never acted, and how the level can end."""

    kinds: set[str] = field(default_factory=set)
    dead: set[str] = field(default_factory=set)
    outcomes: set[str] = field(default_factory=set)


def judge(process: Process, limit: int = 20_000) -> Verdict:
    """The verdict on a process: each level by itself, inner ones first. Raises TooLarge."""
    outcomes: dict[str, set[str]] = {}

    def level(scope: str | None) -> Verdict:
        whole = Verdict()
        for node in process.children(scope):
            if node.type in SUB_PROCESSES:
                inner = level(node.id)
                whole.kinds |= inner.kinds
                whole.dead |= inner.dead
                outcomes[node.id] = inner.outcomes
        roots: list[list[Node]] = [[]]
        nodes = {node.id: node for node in process.children(scope)}
        side = _side_branches(process, nodes)
        for begin in [*roots, *([node] for node in side)]:
            game = Game(process, nodes, outcomes, side, limit)
            found = game.play(begin)
            whole.kinds |= found.kinds
            whole.dead |= found.dead
            if not begin:
                whole.outcomes |= found.outcomes
        return whole

    return level(None)


def _ahead(process: Process, nodes: dict[str, Node], start: str, stop: set[str]) -> set[str]:
    seen, stack = {start}, [start]
    while stack:
        here = stack.pop()
        following = [flow.target for flow in process.outgoing[here]]
        following += [event.id for event in process.boundaries.get(here, ()) if event.id not in stop]
        for other in following:
            if other in nodes and other not in seen:
                seen.add(other)
                stack.append(other)
    return seen


def _begins(process: Process, nodes: dict[str, Node]) -> list[Node]:
    starts = [node for node in nodes.values() if node.type == "startEvent"]
    return starts or [n for n in nodes.values() if not process.incoming[n.id] and not n.attached_to]


def _side_branches(process: Process, nodes: dict[str, Node]) -> list[Node]:
    """Reminders and the like: what begins at a non-interrupting event and never meets the rest again."""
    quiet = {node.id for node in nodes.values() if node.attached_to and not node.interrupting}
    main: set[str] = set()
    for begin in _begins(process, nodes):
        main |= _ahead(process, nodes, begin.id, quiet)
    return [
        nodes[key]
        for key in quiet
        if nodes[key].attached_to in main and not _ahead(process, nodes, key, set()) & main
    ]


class Game:
    """Plays every run of one level; tokens lie on flows (by id) and in activities (`@id`)."""

    def __init__(
        self,
        process: Process,
        nodes: dict[str, Node],
        outcomes: dict[str, set[str]],
        side: list[Node],
        limit: int,
    ) -> None:
        self.process, self.nodes, self.outcomes, self.limit = process, nodes, outcomes, limit
        self.side = {node.id for node in side}
        self.seen: dict[State, list[State]] = {}
        self.acted: set[str] = set()
        self.verdict = Verdict()
        self.known: dict[tuple[str, str, bool], set[str]] = {}

    def play(self, begin: list[Node]) -> Verdict:
        """All runs from the level's start events, or from the event that begins a side branch."""
        first = self._first(begin)
        unsafe = self._explore(first)
        kinds = self.verdict.kinds
        if unsafe:
            kinds.add("unsynchronised")
            kinds |= self._aftermath(first)
        stuck = {
            state for state, after in self.seen.items() if not after and state[0] and state not in unsafe
        }
        if stuck:
            kinds.add("deadlock")
        before: dict[State, list[State]] = {}
        for state, following in self.seen.items():
            for after in following:
                before.setdefault(after, []).append(state)
        good = stuck | unsafe | {state for state in self.seen if not state[0]}
        todo = list(good)
        while todo:
            fresh = [state for state in before.get(todo.pop(), ()) if state not in good]
            good.update(fresh)
            todo += fresh
        if set(self.seen) - good:
            kinds.add("livelock")
        expected = self._expected(begin)
        self.verdict.dead = expected - self.acted
        return self.verdict

    def _expected(self, begin: list[Node]) -> set[str]:
        if begin:
            return _ahead(self.process, self.nodes, begin[0].id, set())
        aside: set[str] = set()
        for key in self.side:
            aside |= _ahead(self.process, self.nodes, key, set())
        return set(self.nodes) - aside

    def _first(self, begin: list[Node]) -> list[State]:
        found: list[State] = []
        if begin:
            self.acted.add(begin[0].id)
            return [(frozenset((flow.id, 1) for flow in self._out(begin[0].id)), frozenset())]
        starts = _begins(self.process, self.nodes)
        if starts and starts[0].type != "startEvent":
            return [(frozenset((f"?{node.id}", 1) for node in starts), frozenset())]
        for node in starts:
            self.acted.add(node.id)
            found += [self._state(Counter(way), frozenset()) for way in self._ways(node)]
        return found

    def _explore(self, first: list[State]) -> set[State]:
        unsafe: set[State] = set()
        todo = list(first)
        while todo:
            state = todo.pop()
            if state in self.seen:
                continue
            if len(self.seen) > self.limit:
                raise TooLarge
            if any(count > 1 for _place, count in state[0]):
                unsafe.add(state)
                self.seen[state] = []
                continue
            self.seen[state] = self._successors(state)
            todo += self.seen[state]
            if not state[0]:
                self.verdict.outcomes.add("completed")
        return unsafe

    def _aftermath(self, first: list[State]) -> set[str]:
        """With any number of tokens on a place: does a run come back with more tokens, does one get stuck?"""
        limit, kinds = 4_000, set()
        stack: list[tuple[Tokens, tuple[Tokens, ...]]] = [(state[0], ()) for state in first]
        known: set[Tokens] = set()
        while stack:
            tokens, before = stack.pop(0)
            if tokens in known:
                continue
            known.add(tokens)
            if len(known) > limit:
                return kinds
            held = dict(tokens)
            if any(old and all(held.get(p, 0) >= n for p, n in old) for old in before):
                return {"unbounded"}
            following = self._successors((tokens, frozenset()))
            if held and not following:
                kinds.add("deadlock")
            stack += [(after, (*before, tokens)) for after, _ends in following]
        return kinds

    @staticmethod
    def _state(tokens: Counter[str], ends: frozenset[str]) -> State:
        return frozenset((place, count) for place, count in tokens.items() if count), ends

    def _out(self, node_id: str) -> list[Flow]:
        return [flow for flow in self.process.outgoing[node_id] if flow.target in self.nodes]

    def _ins(self, node_id: str) -> list[str]:
        flows = [flow.id for flow in self.process.incoming[node_id] if flow.source in self.nodes]
        return [*flows, f"?{node_id}"]

    def _ways(self, node: Node) -> list[tuple[str, ...]]:
        outs = [flow.id for flow in self._out(node.id)]
        if node.type in ("exclusiveGateway", "eventBasedGateway"):
            return [(out,) for out in outs] or [()]
        if node.type == "inclusiveGateway":
            return _some(outs) or [()]
        free = [f.id for f in self._out(node.id) if f.condition and not f.is_default]
        if not free or node.type == "parallelGateway":
            return [tuple(outs)]
        fixed = [f.id for f in self._out(node.id) if not f.condition and not f.is_default]
        rest = [f.id for f in self._out(node.id) if f.is_default]
        ways: list[tuple[str, ...]] = [(*fixed, *some) for some in _some(free)]
        return [*ways, (*fixed, *rest)] if fixed or rest else ways

    def _successors(self, state: State) -> list[State]:
        tokens, ends = Counter(dict(state[0])), state[1]
        found: list[State] = []
        for node in self.nodes.values():
            if node.attached_to:
                continue
            filled = [place for place in self._ins(node.id) if tokens[place]]
            steps: list[tuple[list[str], tuple[str, ...]]] = []
            if node.type in ACTIVITIES:
                steps += [([place], (f"@{node.id}",)) for place in filled]
                found += self._working(tokens, ends, node)
            elif node.type == "parallelGateway":
                needed = [place for place in self._ins(node.id) if not place.startswith("?")]
                if filled and (filled == needed or not needed):
                    steps = [(filled, way) for way in self._ways(node)]
            elif node.type == "inclusiveGateway":
                if filled and not self._may_still_come(tokens, node, filled):
                    steps = [(filled, way) for way in self._ways(node)]
            elif node.type == "endEvent":
                found += self._ended(tokens, ends, node, filled)
            else:
                steps = [([place], way) for place in filled for way in self._ways(node)]
            if steps:
                self.acted.add(node.id)
            found += [self._state(_moved(tokens, take, put), ends) for take, put in steps]
        return found

    def _ended(
        self, tokens: Counter[str], ends: frozenset[str], node: Node, filled: list[str]
    ) -> list[State]:
        if not filled:
            return []
        self.acted.add(node.id)
        if set(node.event_kinds) & {"terminate", "error", "cancel"}:
            kind = next((kind for kind in ("error", "cancel") if kind in node.event_kinds), "completed")
            self.verdict.outcomes.add(kind)
            return [(frozenset(), frozenset())] if kind == "completed" else []
        if node.id in ends:
            self.verdict.kinds.add("improper")
        return [self._state(_moved(tokens, [place], ()), ends | {node.id}) for place in filled]

    def _working(self, tokens: Counter[str], ends: frozenset[str], node: Node) -> list[State]:
        """What can happen to an activity at work: it is done, or one of its events fires."""
        found: list[State] = []
        outcomes = self.outcomes.get(node.id)
        done = outcomes is None or "completed" in outcomes
        events = [event for event in self.process.boundaries.get(node.id, ()) if event.id in self.nodes]
        for place in (f"@{node.id}", f"@{node.id}!"):
            if not tokens[place]:
                continue
            if done:
                found += [self._state(_moved(tokens, [place], way), ends) for way in self._ways(node)]
            for event in events:
                out = tuple(flow.id for flow in self._out(event.id))
                if not self._can_fire(event, node):
                    continue
                if event.id in self.side:
                    self.acted.add(event.id)
                elif event.interrupting:
                    self.acted.add(event.id)
                    if done or place == f"@{node.id}":
                        found.append(self._state(_moved(tokens, [place], out), ends))
                elif place == f"@{node.id}":
                    self.acted.add(event.id)
                    found.append(self._state(_moved(tokens, [place], (f"{place}!", *out)), ends))
        return found

    def _can_fire(self, event: Node, host: Node) -> bool:
        if host.id not in self.outcomes or "error" not in event.event_kinds:
            return True
        inside = [n for n in self.process.nodes if self._is_within(n, host.id)]
        return "error" in self.outcomes[host.id] or any(n.type in RAISING for n in inside)

    def _is_within(self, node: Node, scope: str) -> bool:
        while node.parent_id:
            if node.parent_id == scope:
                return True
            node = self.process.by_id[node.parent_id]
        return False

    def _may_still_come(self, tokens: Counter[str], join: Node, filled: list[str]) -> bool:
        """Whether a token elsewhere leads to an empty flow of the join and to no filled one (13.4.3)."""
        ins = set(self._ins(join.id))
        for place, count in tokens.items():
            if count and place not in ins:
                for exceptions in (False, True):
                    ahead = self._flows_ahead(place, join.id, exceptions)
                    if ahead & (ins - set(filled)) and not ahead & set(filled):
                        return True
        return False

    def _flows_ahead(self, place: str, join_id: str, exceptions: bool) -> set[str]:
        """The flows that a token may pass later on, stopping at the join."""
        key = (place, join_id, exceptions)
        if key in self.known:
            return self.known[key]
        target = {flow.id: flow.target for flow in self.process.flows}
        seen: set[str] = set()
        stack = [place]
        while stack:
            here = stack.pop()
            node_id = here.strip("@!?") if here[0] in "@?" else target[here]
            if node_id == join_id:
                continue
            sources = [node_id]
            if exceptions:
                sources += [event.id for event in self.process.boundaries.get(node_id, ())]
            for flow in (flow for source in sources for flow in self._out(source)):
                if flow.id not in seen:
                    seen.add(flow.id)
                    stack.append(flow.id)
        self.known[key] = seen
        return seen


def _some(places: list[str]) -> list[tuple[str, ...]]:
    return [way for size in range(1, len(places) + 1) for way in combinations(places, size)]


def _moved(tokens: Counter[str], take: list[str], put: tuple[str, ...]) -> Counter[str]:
    after = tokens.copy()
    after.subtract(take)
    after.update(put)
    return after
