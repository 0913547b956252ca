"""Finds for each token of an instance its place in another version, or the reason why it has none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from app.engine.definition import Definition
from app.engine.errors import Problem
from app.engine.migration.fitting import misfit, same_trigger, texts_changed
from app.engine.migration.joins import match_flows
from app.engine.migration.outlook import Mark, Marks
from app.engine.migration.plan import Change, Kept
from app.engine.migration.wording import change, name_of, reason
from app.engine.spiff.activity import Activity, is_item
from app.engine.spiff.boundary import BoundaryEvent
from app.engine.spiff.case import Case, Level
from app.engine.spiff.catching import Catcher, EventGateway
from app.engine.spiff.event_sub_process import EventSubProcess
from app.engine.spiff.flow_node import FlowNode
from app.engine.spiff.parallel import Join
from app.engine.spiff.process import ProcessSpec
from app.engine.spiff.sub_process import SubProcess
from app.engine.spiff.timer import due_of
from app.engine.spiff.token import Token
from app.engine.spiff.user_task import UserTask


class Matching:
    """What was found for a whole instance."""

    def __init__(self, case: Case, old: Definition, new: Definition, mapping: Mapping[str, str]) -> None:
        self.case, self.old, self.new, self.mapping = case, old, new, mapping
        self.reasons: list[Problem] = []
        self.changes: list[Change] = []
        self.kept: list[Kept] = []
        self.mapped: dict[str, str] = {}
        self.names: dict[str, str] = {}
        self.dropped: set[str] = set()
        self.flows: dict[str, str] = {}
        self.rearmed: list[str] = []
        self.attached: list[tuple[str, str]] = []
        self.listening: list[tuple[str | None, str]] = []
        self.racing: list[tuple[str, str]] = []
        self.marks: list[Marks] = []

    def match(self) -> None:
        """Look at every token, outer levels first."""
        if self.old.process_id != self.new.process_id:
            self.reasons.append(reason("other_process", self.new.process_id, None))
            return
        if self.case.completed:
            self.reasons.append(reason("ended", self.old.process_id, None))
            return
        self._check_mapping()
        specs: dict[str | None, ProcessSpec] = {None: self.new.specs[self.new.process_id]}
        for level in self.case.levels():
            spec = specs.get(level.host.id if level.host is not None else None)
            if spec is None:
                continue  # the activity around it cannot move: that is said already
            LevelMatching(self, level, spec).match()
            specs |= {
                token.id: self.new.specs[node.spec_key]
                for token in level.tokens()
                if isinstance(node := spec.node(self.names.get(token.id, "")), (SubProcess, EventSubProcess))
            }

    def _check_mapping(self) -> None:
        for key, wanted in self.mapping.items():
            process_id, _, element_id = key.partition(":")
            if key not in self.old.elements or (wanted and f"{process_id}:{wanted}" not in self.new.elements):
                self.reasons.append(reason("bad_mapping", process_id, element_id, f"{element_id} → {wanted}"))


class LevelMatching:
    """The tokens of one process or sub-process."""

    def __init__(self, whole: Matching, level: Level, spec: ProcessSpec) -> None:
        self.whole = whole
        self.level = level
        self.spec = spec
        self.marks: list[Mark] = []

    def match(self) -> None:
        """Places first, then what listens beside them."""
        tokens = list(self.level.tokens())
        listeners = [token for token in tokens if token.task_spec.listens(token)]
        beside = [token for token in tokens if "host" in token.internal_data]
        races: dict[str, list[Token]] = {}
        for token in tokens:
            if "race" in token.internal_data:
                races.setdefault(token.internal_data["race"], []).append(token)
            elif token not in listeners and token not in beside:
                self._place(token)
        for token in beside:
            self._boundary(token)
        for racers in races.values():
            self._race(racers)
        self._listeners(listeners)
        self.whole.marks.append(Marks(self.spec, tuple(self.marks)))

    def target(self, node: FlowNode) -> FlowNode | None:
        """The element of the new version, at this level, that an element became."""
        wanted = self.whole.mapping.get(f"{node.process_id}:{node.name}", node.name)
        return self.spec.node(wanted) if wanted else None

    def _targets(self, nodes: Iterable[FlowNode]) -> set[str]:
        return {found.name for node in nodes if (found := self.target(node)) is not None}

    def _refuse(self, code: str, node: FlowNode) -> None:
        problem = reason(code, node.process_id, node.bpmn_id, name_of(node))
        if problem not in self.whole.reasons:
            self.whole.reasons.append(problem)

    def _is_elsewhere(self, node: FlowNode) -> bool:
        wanted = self.whole.mapping.get(f"{node.process_id}:{node.name}", node.name)
        return f"{node.process_id}:{wanted}" in self.whole.new.elements

    # Places

    def _place(self, token: Token) -> None:
        old = token.task_spec
        new = self.target(old)
        if new is None:
            self._refuse("moved" if self._is_elsewhere(old) else "missing", old)
            return
        code = misfit(token, old, new)
        if code is not None:
            self._refuse(code, old)
            return
        self._assign(token, new)
        if isinstance(old, Join) and isinstance(new, Join):
            self._join(token, old, new)
        elif not is_item(token):
            self.marks.append(Mark(new.name, is_aside=isinstance(new, EventSubProcess)))
        if isinstance(old, Activity) and isinstance(new, Activity) and not is_item(token):
            self._arm_boundaries(token, old, new)
        if texts_changed(old, new) and not is_item(token):
            self.whole.changes.append(change("assigned_kept", new))

    def _assign(self, token: Token, new: FlowNode) -> None:
        old, whole = token.task_spec, self.whole
        whole.names[token.id] = new.name
        if new.name != old.name:
            whole.mapped[f"{old.process_id}:{old.name}"] = new.name
        if isinstance(old, Catcher) and isinstance(new, Catcher) and token.waiting:
            self._keep_trigger(token, old, new)
        self._note(token, new)

    def _note(self, token: Token, new: FlowNode) -> None:
        """Say what goes on: every place, and of what listens beside it the timers and messages."""
        kept, where = self.whole.kept, (token.id, new.process_id, new.bpmn_id)
        due, message = due_of(token), token.internal_data.get("message")
        is_beside = "host" in token.internal_data or new.listens(token)
        if token.id in self.whole.rearmed:
            return
        if due is not None:
            kept.append(Kept("timer", *where, due))
        elif message is not None:
            kept.append(Kept("message", *where, None, message["name"]))
        elif not is_beside and not token.children:
            is_task = isinstance(new, UserTask) and token.ready
            kept.append(Kept("task" if is_task else "place", *where))

    def _keep_trigger(self, token: Token, old: Catcher, new: Catcher) -> None:
        kind = same_trigger(old.trigger, new.trigger)
        if kind == "other":
            self.whole.rearmed.append(token.id)
            self.whole.changes.append(change("rearmed", new))
        elif kind == "other time":
            self.whole.changes.append(change("due_kept", new))

    def _join(self, token: Token, old: Join, new: Join) -> None:
        flows = match_flows(self.level.spec, old, self.spec, new, self.target)
        via = flows.get(token.internal_data["via"])
        arrived = {flows.get(other.internal_data["via"]): other.internal_data["via"]
                   for other in old.arrivals(token)}  # fmt: skip
        if via is None or arrived[via] != token.internal_data["via"]:
            self._refuse("join_changed", old)
            return
        self.whole.flows[token.id] = via
        self.marks.append(Mark(new.name, via))

    # What listens

    def _arm_boundaries(self, token: Token, old: Activity, new: Activity) -> None:
        known = self._targets(old.boundaries)
        for boundary in new.boundaries:
            if boundary.name not in known:
                self.whole.attached.append((token.id, boundary.name))
                self.whole.changes.append(change("armed", boundary))

    def _boundary(self, token: Token) -> None:
        host = self.spec.node(self.whole.names.get(token.internal_data["host"], ""))
        if not isinstance(host, Activity):
            return  # its activity cannot move: that is said already
        new = self.target(token.task_spec)
        if isinstance(new, BoundaryEvent) and new in host.boundaries:
            self._assign(token, new)
        else:
            self._give_up(token)

    def _give_up(self, token: Token) -> None:
        """Stop listening: without a word if nothing is lost by it, else only if the mapping says so."""
        old = token.task_spec
        is_meant = self.whole.mapping.get(f"{old.process_id}:{old.name}") == ""
        if is_meant or not {"timer", "message"} & token.internal_data.keys():
            self.whole.dropped.add(token.id)
            self.whole.changes.append(change("dropped", old))
        else:
            self._refuse("moved" if self._is_elsewhere(old) else "listener_missing", old)

    def _race(self, racers: list[Token]) -> None:
        names = {token.task_spec.name for token in racers}
        old = next(
            (node for node in self.level.spec.nodes
             if isinstance(node, EventGateway) and names <= {flow.target for flow in node.flows}),
            None,
        )  # fmt: skip
        new = self.target(old) if old is not None else None
        if old is None or not isinstance(new, EventGateway):
            self._refuse("missing" if new is None else "type_changed", old or racers[0].task_spec)
            return
        wanted = {flow.target for flow in new.flows}
        for token in racers:
            found = self.target(token.task_spec)
            if found is None or found.name not in wanted:
                self._give_up(token)
            elif (code := misfit(token, token.task_spec, found)) is not None:
                self._refuse(code, token.task_spec)
            else:
                self._assign(token, found)
        if all(token.id in self.whole.dropped for token in racers):
            self._refuse("race_changed", old)
            return
        self.marks.append(Mark(new.name))
        self._arm_racers(racers[0], old, wanted)

    def _arm_racers(self, racer: Token, old: EventGateway, wanted: set[str]) -> None:
        known = self._targets(self.level.spec.task_specs[flow.target] for flow in old.flows)
        for name in sorted(wanted - known):
            self.whole.racing.append((racer.id, name))
            self.whole.changes.append(change("armed", self.spec.task_specs[name]))

    def _listeners(self, listeners: list[Token]) -> None:
        for token in listeners:
            new = self.target(token.task_spec)
            if isinstance(new, EventSubProcess):
                self._assign(token, new)
            else:
                self._give_up(token)
        for token in self.level.tokens():
            node = token.task_spec
            if isinstance(node, EventSubProcess) and node.interrupting and not node.listens(token):
                return  # it has ended all that listened at this level
        known = self._targets(self.level.spec.event_sub_processes)
        host = self.level.host.id if self.level.host is not None else None
        for event in self.spec.event_sub_processes:
            if event.name not in known:
                self.whole.listening.append((host, event.name))
                self.whole.changes.append(change("armed", event))
