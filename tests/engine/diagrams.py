"""Short ways to write diagrams and to run them in tests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from app.engine.definition import Bundle, Definition, load_definition
from app.engine.environment import Environment
from app.engine.instance import Instance, UserTaskView

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xmlns:zr="https://zhirong.example.invalid/schema/1.0"'
    ' xmlns:camunda="http://camunda.org/schema/1.0/bpmn"'
    ' xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core"'
    ' targetNamespace="t">'
)
_ARROW = re.compile(r"\s*(->|=>)\s*")


def flows(text: str, elements: str = "") -> tuple[str, str]:
    """Sequence flows of lines such as `s -> a -> e`, `g -> x [amount > 5]`, `g => y` (the default flow).

    Returns the flows and the elements, to which the default flows were added.
    """
    made = []
    for line in filter(None, (line.strip() for line in text.splitlines())):
        path, _, condition = line.partition("[")
        parts = _ARROW.split(path.strip())
        for index in range(0, len(parts) - 2, 2):
            source, arrow, target = parts[index : index + 3]
            flow_id = f"f_{source}_{target}"
            last = index == len(parts) - 3
            inner = _condition(condition.rstrip("] ")) if condition and last else ""
            made.append(
                f'<sequenceFlow id="{flow_id}" sourceRef="{source}"'
                f' targetRef="{target}">{inner}</sequenceFlow>'
            )
            if arrow == "=>":
                elements = re.sub(rf'id="{source}"', f'id="{source}" default="{flow_id}"', elements, count=1)
    return "".join(made), elements


def _condition(text: str) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    return f'<conditionExpression xsi:type="tFormalExpression">{escaped}</conditionExpression>'


def level(elements: str, connections: str) -> str:
    """The content of a process or sub-process."""
    made, elements = flows(connections, elements)
    return elements + made


def diagram(
    elements: str, connections: str, *, process: str = "p", attributes: str = "", root: str = ""
) -> bytes:
    """The file of one executable process."""
    body = level(elements, connections)
    return (
        f'{HEAD}{root}<process id="{process}" name="{process}"'
        f' isExecutable="true" {attributes}>{body}</process>'
        "</definitions>"
    ).encode()


def user(element_id: str, attributes: str = "", inner: str = "") -> str:
    """A user task whose result variable is called as the task."""
    variable = "" if "resultVariable" in attributes else f'zr:resultVariable="{element_id}"'
    return f'<userTask id="{element_id}" name="{element_id}" {variable} {attributes}>{inner}</userTask>'


def script(element_id: str, text: str) -> str:
    """A script task."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    return f'<scriptTask id="{element_id}" scriptFormat="feel"><script>{escaped}</script></scriptTask>'


class WeekCalendar:
    """Monday to Friday."""

    def add_working_days(self, start: date, days: int) -> date:
        while days > 0:
            start += timedelta(days=1)
            days -= start.weekday() < 5
        return start

    def working_days_between(self, start: date, end: date) -> int:
        return sum((start + timedelta(days=n)).weekday() < 5 for n in range(1, (end - start).days + 1))


NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)  # a Monday, 12:00 in Shanghai


def env(now: datetime = NOON, **limits: Any) -> Environment:
    """A world in which it is `now`."""
    return Environment(now, WeekCalendar(), **limits)


@dataclass
class Run:
    """An instance that is stored and loaded again after every step."""

    definition: Definition
    instance: Instance
    now: datetime = NOON

    def reload(self) -> None:
        state = self.instance.dump()
        effects = self.instance.drain()
        self.instance = Instance.load(self.definition, state)
        assert self.instance.dump() == state
        self.events += [(event.kind, event.element_id) for event in effects.events]
        self.messages += effects.messages
        self.decisions += effects.decisions

    def __post_init__(self) -> None:
        self.events: list[tuple[str, str | None]] = []
        self.messages: list[Any] = []
        self.decisions: list[Any] = []
        self.reload()

    @property
    def open(self) -> list[str]:
        """The element ids of the open user tasks, sorted."""
        return sorted(task.element_id for task in self.instance.user_tasks())

    def task(self, element_id: str, number: int = 0) -> UserTaskView:
        return [task for task in self.instance.user_tasks() if task.element_id == element_id][number]

    def do(self, element_id: str, data: Mapping[str, Any] | None = None, number: int = 0) -> Run:
        """Complete an open task."""
        self.instance.complete(self.task(element_id, number).id, data or {}, env(self.now))
        self.reload()
        return self

    def serve(self, element_id: str, result: Any = None) -> Run:
        """Complete a waiting service."""
        call = next(call for call in self.instance.services() if call.element_id == element_id)
        self.instance.complete_service(call.id, result, env(self.now))
        self.reload()
        return self

    def fail(self, element_id: str, code: str) -> Run:
        """Let a waiting service fail."""
        call = next(call for call in self.instance.services() if call.element_id == element_id)
        self.instance.fail_service(call.id, code, "it failed", env(self.now))
        self.reload()
        return self

    def wait(self, **delta: float) -> bool:
        """Let time pass and fire what is due."""
        self.now += timedelta(**delta)
        fired = self.instance.fire_timers(env(self.now))
        self.reload()
        return fired

    def send(self, message: str, key: str = "", payload: Mapping[str, Any] | None = None) -> bool:
        """Deliver a message."""
        found = self.instance.correlate(message, key, payload or {}, env(self.now))
        self.reload()
        return found

    def done(self, *kinds: str) -> list[str | None]:
        """The elements of the events of these kinds (element_completed), in order."""
        return [element for kind, element in self.events if kind in (kinds or ("element_completed",))]

    @property
    def completed(self) -> bool:
        return self.instance.completed

    @property
    def variables(self) -> dict[str, Any]:
        return self.instance.variables


def define(*files: bytes, decisions: Mapping[str, bytes] | None = None) -> Definition:
    """The definition of the first process; the others can be called."""
    processes = {re.search(rb'<process id="([^"]+)"', data)[1].decode(): data for data in files}  # type: ignore[index]
    return load_definition(Bundle(processes, decisions or {}), next(iter(processes)))


def run(
    *files: bytes, message: str | None = None, decisions: Mapping[str, bytes] | None = None, **variables: Any
) -> Run:
    """A started instance of the first process."""
    definition = define(*files, decisions=decisions)
    return Run(definition, Instance.start(definition, variables, env(), message=message))
