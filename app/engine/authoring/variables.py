"""The variables of a process with what is known inside them, as an editor offers them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from app.engine.lint.messages import thrown_messages
from app.engine.lint.variables import payload_keys
from app.engine.reading import ProcessReading, Reading
from app.engine.spiff.activity import Activity
from app.engine.spiff.catching import Catcher
from app.engine.spiff.decision_task import DecisionTask
from app.engine.spiff.flow_node import FlowNode
from app.engine.spiff.message import MessageTrigger
from app.engine.spiff.repetition import MultiInstance
from app.engine.spiff.script_task import ScriptTask
from app.engine.spiff.sub_process import CallActivity
from app.engine.spiff.user_task import UserTask

GIVEN = {
    "instance": ("no", "process", "started_at", "starter"),
    "org": ("id", "principal", "name", "uscc", "type"),
    "params": (),
}


@dataclass(frozen=True, slots=True)
class Variable:
    """A name such as `check` or `check.outcome`, and the element that writes it; None for what is given."""

    name: str
    element_id: str | None = None


def variables_of(reading: Reading, process_id: str) -> tuple[Variable, ...]:
    """Everything that expressions of this process can name, sorted, each name once; empty when it is unreadable."""
    found: dict[str, str | None] = {}
    for name, members in GIVEN.items():
        found.update(dict.fromkeys((name, *(f"{name}.{member}" for member in members))))
    process = reading.processes.get(process_id)
    if process is not None:
        for name in _passed_in(reading, process_id):
            found.setdefault(name, None)
        for node in _nodes(process):
            for name in _written(reading, node):
                found.setdefault(name, node.bpmn_id)
                found.setdefault(name.partition(".")[0], node.bpmn_id)
    return tuple(Variable(name, found[name]) for name in sorted(found))


def _nodes(process: ProcessReading) -> Iterator[FlowNode]:
    for level in process.specs.values():
        yield from level.nodes


def _passed_in(reading: Reading, process_id: str) -> Iterator[str]:
    for other in reading.processes.values():
        for node in _nodes(other):
            if isinstance(node, CallActivity) and node.spec_key == process_id:
                yield from (name for name, _ in node.settings.inputs)
    spec = reading.processes[process_id].specs.get(process_id)
    for message in spec.message_starts if spec is not None else ():
        yield from payload_keys(reading, message) or ()


def _written(reading: Reading, node: FlowNode) -> Iterator[str]:
    settings = node.settings
    result = settings.text("resultVariable")
    if result:
        yield result
        yield from (f"{result}.{name}" for name in _members(reading, node))
    yield from (name for name, _ in settings.outputs)
    if isinstance(node, ScriptTask):
        yield from (name for name, _ in node.assignments)
    payload = settings.text("payloadVariable")
    if payload:
        yield payload
        yield from (f"{payload}.{key}" for key in _payload(reading, node))
    repetition = node.repetition if isinstance(node, Activity) else None
    if isinstance(repetition, MultiInstance):
        names = (repetition.element_variable, repetition.output_collection, "loopCounter")
        yield from (name for name in names if name)


def _members(reading: Reading, node: FlowNode) -> Iterator[str]:
    """What the result of an element holds: the fields of its form, the outputs of its decision."""
    if isinstance(node, UserTask):
        form = reading.forms.get(node.settings.text("formKey") or "")
        for component in form.walk() if form is not None else ():
            if component.key:
                yield component.key[0]
    elif isinstance(node, DecisionTask):
        decision = node.model.decisions.get(node.decision_id)
        table = decision.table if decision is not None else None
        yield from (output.name for output in (table.outputs if table is not None else ()) if output.name)


def _payload(reading: Reading, node: FlowNode) -> set[str]:
    trigger = node.trigger if isinstance(node, Catcher) else None
    return (payload_keys(reading, trigger.name) or set()) if isinstance(trigger, MessageTrigger) else set()


def messages_of(reading: Reading) -> tuple[str, ...]:
    """The names of all messages that processes of the bundle send or wait for."""
    names: set[str] = set()
    for process in reading.processes.values():
        for node in _nodes(process):
            names.update(thrown_messages(node))
            trigger = node.trigger if isinstance(node, Catcher) else None
            if isinstance(trigger, MessageTrigger):
                names.add(trigger.name)
        names.update(process.specs[process.process_id].message_starts)
    return tuple(sorted(names))
