"""A running instance: start it, load it, tell it what happened, ask what waits, store it.

Every call that changes something runs the process on until everything waits. When one raises, the object
must be thrown away and nothing be saved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from app.engine.definition import Definition
from app.engine.effects import (
    DecisionMade,
    Effects,
    Event,
    OutgoingMessage,
    PositionState,
    Rescheduled,
    ServiceCall,
    Subscription,
    UserTaskView,
)
from app.engine.environment import Environment
from app.engine.errors import StartRefused, StepFailed, TaskNotActive
from app.engine.spiff.budget import StepBudget
from app.engine.spiff.case import Case
from app.engine.spiff.catching import Catcher
from app.engine.spiff.clock import SUSPEND
from app.engine.spiff.fault import broadcast, throw_error
from app.engine.spiff.message import is_subscribed
from app.engine.spiff.rescheduling import reschedule
from app.engine.spiff.returning.acting import go_straight_back, is_sent_back
from app.engine.spiff.returning.points import remember
from app.engine.spiff.service_task import ServiceTask
from app.engine.spiff.timer import due_of
from app.engine.spiff.token import Token
from app.engine.spiff.user_task import UserTask
from app.engine.spiff.values import plain
from app.engine.state import read_state, write_state


class Instance:
    """One process instance; not to be shared between threads."""

    def __init__(self, definition: Definition, case: Case) -> None:
        self.definition = definition
        # Of the engine only: a host sees tasks, events and bytes.
        self.case = case

    @classmethod
    def start(
        cls,
        definition: Definition,
        variables: Mapping[str, Any],
        env: Environment,
        *,
        message: str | None = None,
    ) -> Instance:
        """A new instance that has run until everything waits; with `message` begun by that message.

        Raises StartRefused when the process has no such start event, StepFailed.
        """
        spec = definition.specs[definition.process_id]
        starts = (
            spec.starts
            if message is None
            else [spec.message_starts[m] for m in spec.message_starts if m == message]
        )
        if not starts:
            what = "without a message" if message is None else f"by message {message}"
            raise StartRefused(f"{definition.process_id} cannot be started {what}")
        instance = cls(definition, Case(spec, definition.specs))
        case = instance.case
        case.data.update(plain(variables))
        with instance.transition(env):
            case.record_plain("instance_started", {"message": message})
            case.begin(starts)
        return instance

    @classmethod
    def load(cls, definition: Definition, state: bytes) -> Instance:
        """The instance that `dump` stored; raises StateUnreadable."""
        return cls(definition, read_state(definition.process_id, definition.specs, state))

    def dump(self) -> bytes:
        """The state, to be loaded with the same definition."""
        return write_state(self.case)

    # What waits

    def user_tasks(self) -> tuple[UserTaskView, ...]:
        """The user tasks that somebody can complete now."""
        return tuple(
            token.task_spec.view(token)
            for token in self.case.all_tokens()
            if isinstance(token.task_spec, UserTask) and token.ready
        )

    def services(self) -> tuple[ServiceCall, ...]:
        """The service tasks that wait for the host."""
        return tuple(
            token.task_spec.call(token)
            for token in self.case.all_tokens()
            if isinstance(token.task_spec, ServiceTask) and "call" in token.internal_data
        )

    def subscriptions(self) -> tuple[Subscription, ...]:
        """The messages that are waited for."""
        found = []
        for token in self.case.all_tokens():
            message = token.internal_data.get("message")
            if message is not None and token.waiting:
                node = token.task_spec
                found.append(
                    Subscription(token.id, node.bpmn_id, node.process_id, message["name"], message["key"])
                )
        return tuple(found)

    def next_due(self) -> datetime | None:
        """When the next timer is due, in UTC."""
        return min(
            (due for token in self.case.all_tokens() if (due := due_of(token)) is not None), default=None
        )

    def suspensions(self) -> Mapping[str, PositionState]:
        """The legal clocks that do not count now, each with the element that suspends it."""
        found: dict[str, PositionState] = {}
        for token in self.case.all_tokens():
            node = token.task_spec
            if node.listens(token):
                continue
            for binding in node.settings.clocks:
                if binding.act == SUSPEND:
                    place = PositionState(node.process_id, node.bpmn_id, 1, token.waiting)
                    found.setdefault(binding.name, place)
        return found

    def positions(self) -> Mapping[str, PositionState]:
        """Where tokens are, by `process_id:element_id`.

        Boundary events that listen are not places; a repeated activity counts its runs.
        """
        found: dict[str, PositionState] = {}
        for token in self.case.all_tokens():
            if "host" in token.internal_data or token.task_spec.listens(token) or token.children:
                continue
            node = token.task_spec
            key = f"{node.process_id}:{node.bpmn_id}"
            known = found.get(key)
            found[key] = PositionState(
                node.process_id,
                node.bpmn_id,
                (known.count if known else 0) + 1,
                token.waiting and (known is None or known.waiting),
            )
        return found

    # What is

    @property
    def variables(self) -> dict[str, Any]:
        """A copy of the variables of the main process."""
        return dict(self.case.data)

    def set_variables(self, values: Mapping[str, Any]) -> None:
        """Set variables of the main process."""
        self.case.data.update(plain(values))

    @property
    def completed(self) -> bool:
        """Whether the instance has ended, also by cancellation."""
        return bool(self.case.completed)

    @property
    def outcome(self) -> str | None:
        """`zr:outcome` or id of the main process's last end event; None while it runs or if cancelled."""
        return self.case.outcome if self.completed else None

    @property
    def case_state(self) -> str | None:
        """The label set by the last `zr:caseState`."""
        return self.case.case_state

    def drain(self) -> Effects:
        """All that happened since the last call."""
        return self.case.drain()

    # What happens

    def complete(self, task_id: str, data: Mapping[str, Any], env: Environment) -> None:
        """Complete a user task with what was submitted; raises TaskNotActive, StepFailed."""
        token = self._find(task_id, lambda t: isinstance(t.task_spec, UserTask) and t.ready)
        with self.transition(env):
            remember(self.case, token)
            if is_sent_back(token):
                go_straight_back(self.case, token, data)
            else:
                token.task_spec.accept(token, data)

    def complete_service(self, task_id: str, result: Any, env: Environment) -> None:
        """Take the result of a delegate; raises TaskNotActive, StepFailed."""
        token = self._find_service(task_id)
        with self.transition(env):
            token.task_spec.accept(token, result)

    def fail_service(self, task_id: str, error_code: str, message: str, env: Environment) -> None:
        """Report that a delegate failed with a BPMN error.

        The nearest error boundary event or error event sub-process for that code takes over. Raises
        StepFailed when there is none, TaskNotActive.
        """
        token = self._find_service(task_id)
        with self.transition(env):
            if not throw_error(token, error_code, message, own=True):
                raise StepFailed(token.task_spec.bpmn_id, message, error_code)

    def fire_timers(self, env: Environment) -> bool:
        """Fire every timer that is due at `env.now`, in the order in which they are due; false if none is."""
        fired = False
        while True:
            due = [(when, token) for token in self.case.all_tokens() if (when := due_of(token)) is not None]
            due = [(when, token) for when, token in due if when <= env.now]
            if not due:
                return fired
            token = min(due, key=lambda entry: entry[0])[1]
            with self.transition(env, keep_budget=fired):
                self.case.record("timer_fired", token)
                self._catcher(token).fire(token)
            fired = True

    def correlate(self, message: str, key: str, payload: Mapping[str, Any], env: Environment) -> bool:
        """Deliver a message to the catcher that has waited longest for it; false when none waits."""
        for token in self.case.all_tokens():
            if is_subscribed(token, message, key):
                with self.transition(env):
                    self.case.record("message_received", token, {"message": message, "key": key})
                    self._catcher(token).fire(token, plain(payload))
                return True
        return False

    def reschedule(self, env: Environment) -> tuple[Rescheduled, ...]:
        """Compute due times and timers that count working days again, with the calendar of `env`; gives what moved.

        Nothing runs on: what is overdue now is found by whoever looks next. Raises StepFailed.
        """
        return reschedule(self.case, env)

    def signal(self, name: str, payload: Mapping[str, Any], env: Environment) -> bool:
        """Broadcast a signal from outside; false when nothing waits for it."""
        with self.transition(env):
            return broadcast(self.case, name, plain(payload))

    def cancel(self, env: Environment) -> None:
        """End the instance at once; nothing more runs. Raises TaskNotActive when it has ended already."""
        if self.completed:
            raise TaskNotActive(self.definition.process_id)
        case = self.case
        case.env = env
        case.cancel_tokens()
        case.completed, case.outcome = True, None
        case.record_plain("instance_cancelled", {})
        case.env = None

    @contextmanager
    def transition(self, env: Environment, *, keep_budget: bool = False) -> Iterator[None]:
        """Of the engine only: change the case inside, then run on until everything waits."""
        case = self.case
        case.env = env
        if not keep_budget:
            case.budget = StepBudget(env.max_steps, env.max_seconds)
        yield
        case.advance()
        case.env = None

    def _find(self, task_id: str, is_right: Callable[[Token], bool]) -> Token:
        token = self.case.find(task_id)
        if token is None or not is_right(token):
            raise TaskNotActive(task_id)
        return token

    def _find_service(self, task_id: str) -> Token:
        return self._find(
            task_id, lambda t: isinstance(t.task_spec, ServiceTask) and "call" in t.internal_data
        )

    @staticmethod
    def _catcher(token: Token) -> Catcher:
        node = token.task_spec
        if not isinstance(node, Catcher):
            raise TaskNotActive(token.id)
        return node


__all__ = [
    "DecisionMade",
    "Effects",
    "Event",
    "Instance",
    "OutgoingMessage",
    "PositionState",
    "Rescheduled",
    "ServiceCall",
    "Subscription",
    "UserTaskView",
]
