"""A second, slow and simple reading of the token rules, to judge the prover by."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

from app.engine.graph import Node, Process

Tokens = frozenset[tuple[str, int]]


class Reference:
    """Plays every run of a process without sub-processes; tokens lie on flows and in activities."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.seen: dict[Tokens, list[Tokens]] = {}
        self.unsafe: set[Tokens] = set()
        self.known: dict[tuple[str, str, bool], set[str]] = {}

    def verdict(self) -> set[str]:
        """The kinds of faults: deadlock, unsynchronised, livelock."""
        todo = [
            self._freeze(Counter(flow.id for flow in self.process.outgoing[node.id]))
            for node in self.process.nodes
            if node.type == "startEvent"
        ]
        while todo:
            state = todo.pop()
            if state in self.seen:
                continue
            if any(count > 1 for _place, count in state):
                self.unsafe.add(state)
                self.seen[state] = []
                continue
            self.seen[state] = [self._freeze(after) for after in self._successors(Counter(dict(state)))]
            todo += self.seen[state]
        found = {"unsynchronised"} if self.unsafe else set()
        dead = {
            state for state, after in self.seen.items() if not after and state and state not in self.unsafe
        }
        if dead:
            found.add("deadlock")
        before: dict[Tokens, list[Tokens]] = {}
        for state, following in self.seen.items():
            for after in following:
                before.setdefault(after, []).append(state)
        good = dead | self.unsafe | {state for state in self.seen if not state}
        stack = list(good)
        while stack:
            fresh = [state for state in before.get(stack.pop(), ()) if state not in good]
            good.update(fresh)
            stack += fresh
        return found | ({"livelock"} if set(self.seen) - good else set())

    @staticmethod
    def _freeze(tokens: Counter[str]) -> Tokens:
        return frozenset((place, count) for place, count in tokens.items() if count)

    def _successors(self, tokens: Counter[str]) -> list[Counter[str]]:
        found: list[Counter[str]] = []
        for node in self.process.nodes:
            ins = [flow.id for flow in self.process.incoming[node.id]]
            filled = [place for place in ins if tokens[place]]
            if node.type == "userTask":
                found += [self._moved(tokens, [place], [f"@{node.id}"]) for place in filled]
                if tokens[f"@{node.id}"]:
                    outs = [[flow.id for flow in self.process.outgoing[node.id]]]
                    for event in self.process.boundaries.get(node.id, ()):
                        outs.append([flow.id for flow in self.process.outgoing[event.id]])
                    found += [self._moved(tokens, [f"@{node.id}"], out) for out in outs]
            elif filled:
                found += self._gateway(tokens, node, ins, filled)
        return found

    def _gateway(
        self, tokens: Counter[str], node: Node, ins: list[str], filled: list[str]
    ) -> list[Counter[str]]:
        outs = [flow.id for flow in self.process.outgoing[node.id]]
        if node.type == "endEvent":
            return [self._moved(tokens, [place], []) for place in filled]
        if node.type == "parallelGateway":
            return [self._moved(tokens, ins, outs)] if filled == ins else []
        if node.type == "exclusiveGateway":
            return [self._moved(tokens, [place], [out]) for place in filled for out in outs] or [
                self._moved(tokens, [place], []) for place in filled if not outs
            ]
        if self._may_still_come(tokens, node, ins, filled):
            return []
        ways = [way for size in range(1, len(outs) + 1) for way in combinations(outs, size)] or [()]
        return [self._moved(tokens, filled, list(way)) for way in ways]

    @staticmethod
    def _moved(tokens: Counter[str], take: list[str], put: list[str]) -> Counter[str]:
        after = tokens.copy()
        after.subtract(take)
        after.update(put)
        return after

    def _may_still_come(self, tokens: Counter[str], join: Node, ins: list[str], filled: list[str]) -> bool:
        for place, count in tokens.items():
            if count and place not in ins:
                for exceptions in (False, True):
                    key = (place, join.id, exceptions)
                    if key not in self.known:
                        self.known[key] = self._ahead(*key)
                    ahead = self.known[key]
                    if ahead & (set(ins) - set(filled)) and not ahead & set(filled):
                        return True
        return False

    def _ahead(self, place: str, join_id: str, exceptions: bool) -> set[str]:
        """The flows that a token may pass later on, stopping at the join."""
        target = {flow.id: flow.target for flow in self.process.flows}
        seen: set[str] = set()
        stack = [place]
        while stack:
            here = stack.pop()
            node_id = here[1:] if here.startswith("@") else target[here]
            if node_id == join_id:
                continue
            sources = [node_id]
            if exceptions:
                sources += [event.id for event in self.process.boundaries.get(node_id, ())]
            for source in sources:
                for flow in self.process.outgoing[source]:
                    if flow.id not in seen:
                        seen.add(flow.id)
                        stack.append(flow.id)
        return seen
