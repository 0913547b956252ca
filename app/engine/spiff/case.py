"""A running process: tokens, a queue of what can run, and one variable scope for each called process.

Corrects: the engine loop walks the whole tree for every step; a process without an end event never counts as
completed; the workflow reads the clock; scripts and expressions are Python.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from app.engine.effects import DecisionMade, Effects, Event, OutgoingMessage
from app.engine.errors import BudgetExceeded, EngineError
from app.engine.spiff.budget import StepBudget
from app.engine.spiff.token import Token
from app.engine.spiff.trail import Trail
from app.engine.spiff.values import plain

if TYPE_CHECKING:
    from app.engine.environment import Environment
    from app.engine.feel import Scope
    from app.engine.spiff.flow_node import FlowNode
    from app.engine.spiff.process import ProcessSpec

MAX_DEPTH = 20
MAX_TOKENS = 10_000


class NoScripts:
    """Takes the place of SpiffWorkflow's script engine: no text of a diagram is ever run as Python."""

    def evaluate(self, *_: Any, **__: Any) -> Any:
        raise EngineError("expressions are FEEL")

    execute = call_service = evaluate


class Level:
    """What the main process, called processes and sub-processes have in common."""

    spec: ProcessSpec
    tasks: dict[str, Token]
    task_tree: Token
    data: dict[str, Any]
    completed: bool
    top_workflow: Case
    outcome: str | None
    # The token of the sub-process or call activity that runs this level, None at the top.
    host: Token | None

    if TYPE_CHECKING:
        # SpiffWorkflow's own.
        def _remove_task(self, task_id: str) -> None: ...

    def plant(self) -> None:
        """Make the root that holds the tokens; nothing is predicted behind it."""
        self.task_tree = Token(self, self.spec.start, None, TaskState.COMPLETED)

    @property
    def scope(self) -> Level:
        """The level whose `data` are the variables here: this process or the one around a sub-process."""
        return self

    @property
    def shared_with(self) -> Token | None:
        """The token whose variables are visible here too: that of the sub-process, None for a process."""
        return None

    def tokens(self) -> Iterator[Token]:
        """The live tokens of this level, in the order of arrival."""
        root = self.task_tree
        return (token for token in list(self.tasks.values()) if token is not root)

    def begin(self, starts: list[FlowNode]) -> None:
        """Put a token on each start and arm the event sub-processes."""
        for node in self.spec.event_sub_processes:
            node.listen(self)
        for node in starts:
            node._update(self.task_tree._add_child(node))

    def end_if_empty(self) -> None:
        """Complete this level when no token is left; what only listens does not count."""
        if self.completed:
            return
        for token in self.tasks.values():
            if token is not self.task_tree and not token.task_spec.listens(token):
                return
        self.cancel_tokens()
        self.completed = True
        self.on_end()

    def cancel_tokens(self, but: Token | None = None) -> None:
        """Cancel every token of this level except one."""
        for token in self.tokens():
            if token is not but:
                token.cancel()

    def on_end(self) -> None:
        """Tell whoever waits for this level."""


class SubCase(Level, BpmnSubWorkflow):  # type: ignore[misc]
    """A running embedded sub-process or called process."""

    parent_task_id: str

    def __init__(self, spec: ProcessSpec, host: Token, top: Case) -> None:
        self.host = host
        self.outcome = None
        super().__init__(spec, host.id, top, deserializing=True)
        self.plant()

    @property
    def parent_workflow(self) -> Level:
        return self._host.workflow

    @property
    def _host(self) -> Token:
        if self.host is None:
            raise EngineError("a sub-process without a host")
        return self.host

    @property
    def scope(self) -> Level:
        return self if self.spec.own_scope else self._host.workflow.scope

    @property
    def shared_with(self) -> Token | None:
        return None if self.spec.own_scope else self.host

    def on_end(self) -> None:
        self._host.complete()

    def _calculate_depth(self) -> int:
        depth: int = getattr(self._host.workflow, "depth", 0) + 1
        if depth > MAX_DEPTH:
            raise BudgetExceeded(self._host.task_spec.bpmn_id, "processes are nested too deeply")
        return depth


class Case(Level, BpmnWorkflow):  # type: ignore[misc]
    """A running process instance with all its sub-processes and called processes."""

    subprocesses: dict[str, SubCase]
    subprocess_specs: Mapping[str, ProcessSpec]

    def __init__(self, spec: ProcessSpec, specs: Mapping[str, ProcessSpec]) -> None:
        self.host = None
        self.outcome = None
        self.case_state: str | None = None
        self.ready: deque[Token] = deque()
        self.env: Environment | None = None
        self.budget = StepBudget(0, 0)
        self._events: list[Event] = []
        self._messages: list[OutgoingMessage] = []
        self._decisions: list[DecisionMade] = []
        self.trail = Trail(any(each.keeps_trail for each in specs.values()))
        super().__init__(spec, None, NoScripts(), deserializing=True)
        self.subprocess_specs = specs
        self.plant()

    # Time

    @property
    def environment(self) -> Environment:
        if self.env is None:
            raise EngineError("the engine is at rest")
        return self.env

    @property
    def scope_of_feel(self) -> Scope:
        return self.environment.scope

    # Levels

    def levels(self) -> list[Level]:
        """The main process and everything that runs inside it, outer before inner."""
        return [self, *self.subprocesses.values()]

    def all_tokens(self) -> Iterator[Token]:
        """Every live token, with those of sub-processes and called processes."""
        for level in self.levels():
            yield from level.tokens()

    def find(self, task_id: str) -> Token | None:
        """The live token with this id."""
        for level in self.levels():
            token = level.tasks.get(task_id)
            if token is not None:
                return token if token is not level.task_tree else None
        return None

    def open(self, host: Token, spec: ProcessSpec) -> SubCase:
        """A new level run by `host`; raises BudgetExceeded when too deep."""
        level = SubCase(spec, host, self)
        self.subprocesses[host.id] = level
        return level

    def close(self, host: Token) -> SubCase | None:
        """Forget the level that `host` ran."""
        return self.subprocesses.pop(host.id, None)

    # Running

    def advance(self) -> None:
        """Run all that can run until everything waits; raises StepFailed, BudgetExceeded."""
        while True:
            while self.ready:
                token = self.ready.popleft()
                if token.ready and token.id in token.workflow.tasks:
                    self.budget.spend(token.task_spec.bpmn_id)
                    token.run()
            if not any(self._awaken()):
                self.make_room(self.spec.process_id)
                return

    def make_room(self, element_id: str, more: int = 0) -> None:
        """Raise BudgetExceeded when the case would hold more tokens than can be stored and shown."""
        if sum(len(level.tasks) for level in self.levels()) + more > MAX_TOKENS:
            raise BudgetExceeded(element_id, f"more than {MAX_TOKENS} tokens at once")

    def _awaken(self) -> Iterator[bool]:
        """Let those react that look at the whole: inclusive joins and conditional events."""
        for token in list(self.all_tokens()):
            if token.waiting and token.id in token.workflow.tasks:
                yield token.task_spec.reconsider(token)

    def on_end(self) -> None:
        self.record_plain("instance_completed", {"outcome": self.outcome})

    # Telling

    def record(self, kind: str, token: Token, detail: dict[str, Any] | None = None) -> None:
        """Note something that happened at the token's element."""
        node = token.task_spec
        self.trail.note(kind, token)
        extra = dict(detail or {})
        if "item" in token.internal_data:
            extra["loop_counter"] = token.internal_data["item"]
        self._events.append(Event(kind, node.bpmn_id, node.process_id, token.id, extra))

    def record_plain(self, kind: str, detail: dict[str, Any]) -> None:
        """Note something that happened to the instance as a whole."""
        self._events.append(Event(kind, None, self.spec.process_id, None, detail))

    def enter_state(self, token: Token, state: Any) -> None:
        """Change the label of the case's state."""
        if state is not None and str(state) != self.case_state:
            self.case_state = str(state)
            self.record("case_state", token, {"state": self.case_state})

    def send_message(self, token: Token, name: str, key: str, payload: Mapping[str, Any]) -> None:
        """Put a message into the host's hands."""
        values = plain(payload)
        self._messages.append(OutgoingMessage(name, key, values, token.task_spec.bpmn_id))
        self.record("message_sent", token, {"message": name, "key": key})

    def record_decision(self, token: Token, decision_id: str, trace: dict[str, Any]) -> None:
        """Note a decision with the rows that hit."""
        node = token.task_spec
        self._decisions.append(DecisionMade(node.bpmn_id, node.process_id, decision_id, trace))
        self.record("decision_made", token, {"decision": decision_id})

    def drain(self) -> Effects:
        """All that was noted since the last call."""
        effects = Effects(tuple(self._events), tuple(self._messages), tuple(self._decisions))
        self._events, self._messages, self._decisions = [], [], []
        return effects
