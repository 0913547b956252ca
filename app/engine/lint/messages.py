"""Messages, signals, errors and escalations: that what is thrown can be caught and the other way round."""

from __future__ import annotations

from collections.abc import Iterator

from app.engine.lint.finder import Finder
from app.engine.spiff.activity import Activity
from app.engine.spiff.catching import Catcher
from app.engine.spiff.event_sub_process import EventSubProcess
from app.engine.spiff.flow_node import FlowNode
from app.engine.spiff.message import MessageTrigger
from app.engine.spiff.process import ProcessSpec
from app.engine.spiff.service_task import ServiceTask
from app.engine.spiff.start_event import StartEvent
from app.engine.spiff.sub_process import SubProcess
from app.engine.spiff.throwing import ErrorThrow, MessageThrow, SendTask, SignalThrow, ThrowEvent
from app.engine.spiff.triggers import ErrorTrigger, SignalTrigger


def check_messages(finder: Finder) -> None:
    """Look at every event."""
    started = {
        message
        for process in finder.reading.processes.values()
        for message in process.specs[process.process_id].message_starts
    }
    signals = set(_thrown_signals(finder))
    for node in finder.nodes():
        if isinstance(node, Catcher) and isinstance(node.trigger, MessageTrigger):
            settings = node.trigger.settings
            if settings is None or settings.formula("correlationKey") is None:
                zh, en = "接收消息没有 zr:correlationKey", "the message is caught without zr:correlationKey"
                finder.error(node.bpmn_id, "no_correlation_key", zh, en)
        for name in thrown_messages(node):
            if node.settings.formula("correlationKey") is None and name not in started:
                zh, en = (
                    f"发送消息 {name} 没有 zr:correlationKey",
                    f"message {name} is sent without zr:correlationKey",
                )
                finder.warn(node.bpmn_id, "no_correlation_key", zh, en)
        if (
            isinstance(node, Catcher)
            and isinstance(node.trigger, SignalTrigger)
            and node.trigger.name not in signals
        ):
            name = node.trigger.name
            zh, en = f"没有环节发出信号 {name}", f"nothing throws signal {name}"
            finder.warn(node.bpmn_id, "no_signal", zh, en)
    _check_partners(finder)
    _check_errors(finder)


def _check_partners(finder: Finder) -> None:
    """Messages that nobody sends or catches; the host's own count as well, where they are known."""
    sends, handles = finder.host.sends, finder.host.handles
    if sends is not None:
        sent = sends | {name for node in _everything(finder) for name in _sent(node)}
        for node in finder.nodes():
            for name in _caught(node):
                if name not in sent:
                    zh, en = f"没有环节发送消息 {name}", f"nobody sends message {name}"
                    finder.warn(node.bpmn_id, "no_sender", zh, en)
    if handles is not None:
        caught = handles | {name for node in _everything(finder) for name in _caught(node)}
        for node in finder.nodes():
            for name in _sent(node):
                if name not in caught:
                    zh, en = f"没有环节接收消息 {name}", f"nobody catches message {name}"
                    finder.warn(node.bpmn_id, "no_receiver", zh, en)


def _everything(finder: Finder) -> Iterator[FlowNode]:
    for process in finder.reading.processes.values():
        for level in process.specs.values():
            yield from level.nodes


def _caught(node: FlowNode) -> Iterator[str]:
    if isinstance(node, Catcher) and isinstance(node.trigger, MessageTrigger):
        yield node.trigger.name
    elif isinstance(node, StartEvent) and node.message is not None:
        yield node.message


def _sent(node: FlowNode) -> Iterator[str]:
    """Also what a service is asked to send: its parameter `message`, where that is written down."""
    yield from thrown_messages(node)
    if isinstance(node, ServiceTask):
        for name, formula in node.settings.parameters:
            if name == "message" and isinstance(formula.literal, str):
                yield formula.literal


def thrown_messages(node: FlowNode) -> Iterator[str]:
    """The names of the messages that an element sends."""
    if isinstance(node, SendTask):
        yield node.message
    elif isinstance(node, ThrowEvent):
        yield from (throw.name for throw in node.throws if isinstance(throw, MessageThrow))


def _thrown_signals(finder: Finder) -> Iterator[str]:
    for process in finder.reading.processes.values():
        for level in process.specs.values():
            for node in level.nodes:
                if isinstance(node, ThrowEvent):
                    yield from (throw.name for throw in node.throws if isinstance(throw, SignalThrow))


def _check_errors(finder: Finder) -> None:
    process_id = finder.process.process_id
    called = any(process_id in process.called for process in finder.reading.processes.values())
    for level in finder.levels:
        if level.own_scope:
            continue
        for node in level.nodes:
            for throw in node.throws if isinstance(node, ThrowEvent) else ():
                if isinstance(throw, ErrorThrow) and not called and not _is_caught(finder, level, throw.code):
                    zh, en = f"没有环节处理错误 {throw.code}", f"nothing catches error {throw.code}"
                    finder.error(node.bpmn_id, "uncaught_error", zh, en)


def _is_caught(finder: Finder, level: ProcessSpec | None, code: str) -> bool:
    while level is not None:
        if any(_catches(node, code) for node in level.nodes if isinstance(node, EventSubProcess)):
            return True
        host, outer = _host(finder, level)
        if isinstance(host, Activity) and any(_catches(event, code) for event in host.boundaries):
            return True
        level = outer
    return False


def _catches(node: Catcher, code: str) -> bool:
    return isinstance(node.trigger, ErrorTrigger) and node.trigger.code in (None, code)


def _host(finder: Finder, level: ProcessSpec) -> tuple[FlowNode | None, ProcessSpec | None]:
    for outer in finder.levels:
        for node in outer.nodes:
            if isinstance(node, (SubProcess, EventSubProcess)) and node.spec_key == level.key:
                return node, outer
    return None, None
