"""Reads events: what they wait for and what they bring about."""

from __future__ import annotations

from typing import Any

from app.engine.spiff.event_sub_process import EventSubProcess
from app.engine.spiff.flow_node import FlowNode
from app.engine.spiff.link import LinkCatch, LinkThrow
from app.engine.spiff.message import MessageTrigger
from app.engine.spiff.node_reader import NodeReader
from app.engine.spiff.settings import read_settings
from app.engine.spiff.throwing import (
    ErrorThrow,
    EscalationThrow,
    MessageThrow,
    SignalThrow,
    TerminateThrow,
    Throw,
)
from app.engine.spiff.timer import TimerTrigger
from app.engine.spiff.triggers import (
    ConditionTrigger,
    ErrorTrigger,
    EscalationTrigger,
    SignalTrigger,
    Trigger,
)
from app.engine.xml import bpmn, local_name

CATCHABLE = frozenset({"message", "timer", "signal", "conditional"})
BOUNDARY = CATCHABLE | {"error", "escalation"}
THROWABLE = frozenset({"message", "signal", "escalation"})
ENDING = THROWABLE | {"error", "terminate"}
TIMES = {"timeDate": False, "timeDuration": False, "timeCycle": True}


def message_name(reader: NodeReader, reference: str | None) -> str | None:
    """The name of the message that a reference names; its id when it has no name."""
    message = reader.diagram.referred(reference)
    if message is None or local_name(message) != "message":
        return None
    name: str | None = message.get("name") or message.get("id")
    return name


class EventReader(NodeReader):
    """Any event with its definitions."""

    def definitions(self, element: Any = None) -> list[Any]:
        """The event definitions, own ones and referred ones."""
        found = []
        for child in self.element if element is None else element:
            name = local_name(child)
            if name.endswith("EventDefinition"):
                found.append(child)
            elif name == "eventDefinitionRef":
                referred = self.diagram.referred((child.text or "").strip())
                if referred is not None:
                    found.append(referred)
        return found

    def trigger(self, allowed: frozenset[str], element: Any = None) -> Trigger | None:
        """What the event waits for; None after a refusal."""
        definitions = self.definitions(element)
        if len(definitions) != 1:
            self.refuse(
                "事件须恰好有一个定义" if definitions else "事件没有定义",
                "an event that waits needs exactly one definition",
            )
            return None
        kind = kind_of(definitions[0])
        if kind not in allowed:
            self.refuse(f"此处不支持 {kind} 事件", f"{kind} is not supported here")
            return None
        reader = getattr(self, f"_read_{kind}")
        trigger: Trigger | None = reader(definitions[0], element)
        return trigger

    def _payload_variable(self, element: Any) -> str | None:
        settings = self.settings if element is None else read_settings(element, self.compiler)
        return settings.text("payloadVariable")

    def _read_message(self, definition: Any, element: Any) -> Trigger | None:
        name = message_name(self, definition.get("messageRef"))
        if name is None:
            self.wrong("no_message", "未指定消息", "no message is named")
            return None
        settings = self.settings if element is None else read_settings(element, self.compiler)
        return MessageTrigger(settings.text("payloadVariable"), name, settings)

    def _read_timer(self, definition: Any, element: Any) -> Trigger | None:
        for kind, is_cycle in TIMES.items():
            text = self.text_of(kind, definition)
            if text is not None:
                return TimerTrigger(self._payload_variable(element), self.compiler.time(text, kind), is_cycle)
        self.wrong("no_time", "定时器没有时间", "the timer has no value")
        return None

    def _read_signal(self, definition: Any, element: Any) -> Trigger | None:
        name = self.named(definition.get("signalRef"), "signal")
        return SignalTrigger(self._payload_variable(element), name) if name is not None else None

    def _read_error(self, definition: Any, element: Any) -> Trigger | None:
        if not definition.get("errorRef"):
            return ErrorTrigger(self._payload_variable(element), None)
        code = self.named(definition.get("errorRef"), "error", "errorCode")
        return ErrorTrigger(self._payload_variable(element), code) if code is not None else None

    def _read_escalation(self, definition: Any, element: Any) -> Trigger | None:
        if not definition.get("escalationRef"):
            return EscalationTrigger(self._payload_variable(element), None)
        code = self.named(definition.get("escalationRef"), "escalation", "escalationCode")
        return EscalationTrigger(self._payload_variable(element), code) if code is not None else None

    def _read_conditional(self, definition: Any, element: Any) -> Trigger | None:
        text = self.text_of("condition", definition)
        if text is None:
            self.wrong("no_condition", "条件事件没有条件", "the conditional event has no condition")
            return None
        return ConditionTrigger(self._payload_variable(element), self.compiler.feel(text, "condition"))

    def named(self, reference: str | None, kind: str, attribute: str = "name") -> str | None:
        """The name or code of what a reference names, its id when it has none; None after an error."""
        found = self.diagram.referred(reference)
        if found is None or local_name(found) != kind:
            self.wrong(
                f"no_{kind}", f"引用的 {kind} 不存在", f"the {kind} that is referred to does not exist"
            )
            return None
        name: str | None = found.get(attribute) or found.get("id")
        return name

    def throws(self, allowed: frozenset[str]) -> list[Throw] | None:
        """What the event brings about; None after a refusal."""
        made: list[Throw] = []
        for definition in self.definitions():
            kind = kind_of(definition)
            if kind not in allowed:
                self.refuse(f"此处不支持 {kind} 事件", f"{kind} is not supported here")
                return None
            throw = self._throw(kind, definition)
            if throw is None:
                return None
            made.append(throw)
        return made

    def _throw(self, kind: str, definition: Any) -> Throw | None:
        if kind == "terminate":
            return TerminateThrow()
        if kind == "message":
            name = message_name(self, definition.get("messageRef"))
            if name is None:
                self.wrong("no_message", "未指定消息", "no message is named")
                return None
            return MessageThrow(name, self.settings)
        if kind == "escalation" and not definition.get("escalationRef"):
            return EscalationThrow(None)
        attribute = {"signal": "name", "error": "errorCode", "escalation": "escalationCode"}[kind]
        code = self.named(definition.get(f"{kind}Ref"), kind, attribute)
        if code is None:
            return None
        return SignalThrow(code) if kind == "signal" else _COUPLED[kind](code)


_COUPLED: dict[str, Any] = {"error": ErrorThrow, "escalation": EscalationThrow}


def kind_of(definition: Any) -> str:
    """`timer` of a timerEventDefinition, and so on."""
    return local_name(definition).removesuffix("EventDefinition")


class StartEventReader(EventReader):
    """A start event of a process or an embedded sub-process."""

    def create(self) -> FlowNode | None:
        definitions = self.definitions()
        if self.process_parser.is_event_sub_process:
            return self.build(message=None)
        if not definitions:
            return self.build(message=None)
        if len(definitions) > 1 or kind_of(definitions[0]) != "message":
            kinds = ", ".join(kind_of(definition) for definition in definitions)
            self.refuse(
                f"流程不能由 {kinds} 事件启动",
                f"a process cannot be started by {kinds}; use a message start event",
            )
            return None
        name = message_name(self, definitions[0].get("messageRef"))
        if name is None:
            self.wrong("no_message", "未指定消息", "no message is named")
        return self.build(message=name) if name is not None else None


class CatchEventReader(EventReader):
    """An intermediate catching event."""

    def create(self) -> FlowNode | None:
        definitions = self.definitions()
        if len(definitions) == 1 and kind_of(definitions[0]) == "link":
            self.spec_class = LinkCatch
            return self.build(link=definitions[0].get("name") or self.element.get("name") or "")
        trigger = self.trigger(CATCHABLE)
        return self.build(trigger=trigger) if trigger is not None else None


class ThrowEventReader(EventReader):
    """An intermediate throwing event."""

    def create(self) -> FlowNode | None:
        definitions = self.definitions()
        if len(definitions) == 1 and kind_of(definitions[0]) == "link":
            self.spec_class = LinkThrow
            return self.build(link=definitions[0].get("name") or self.element.get("name") or "")
        throws = self.throws(THROWABLE)
        return self.build(throws=throws) if throws is not None else None


class EndEventReader(EventReader):
    """An end event."""

    def create(self) -> FlowNode | None:
        throws = self.throws(ENDING)
        return self.build(throws=throws) if throws is not None else None


class BoundaryEventReader(EventReader):
    """A boundary event."""

    def create(self) -> FlowNode | None:
        trigger = self.trigger(BOUNDARY)
        if trigger is None:
            return None
        interrupting = self.element.get("cancelActivity") not in ("false", "0")
        if isinstance(trigger, ErrorTrigger) and not interrupting:
            self.refuse("错误边界事件必须中断任务", "an error boundary event always interrupts")
        return self.build(trigger=trigger, interrupting=interrupting)


class EventSubProcessReader(EventReader):
    """A sub-process that is started by an event."""

    def create(self) -> FlowNode | None:
        starts = self.element.findall(bpmn("startEvent"))
        if len(starts) != 1:
            self.refuse("事件子流程须有一个开始事件", "an event sub-process has exactly one start event")
            return None
        trigger = self.trigger(BOUNDARY, starts[0])
        if trigger is None:
            return None
        key = f"{self.diagram.process_id}/{self.element.get('id')}"
        self.diagram.read_level(self.element, key, self.in_lane)
        interrupting = starts[0].get("isInterrupting") not in ("false", "0")
        if isinstance(trigger, ErrorTrigger) and not interrupting:
            self.refuse("错误事件子流程必须中断", "an error event sub-process always interrupts")
        self.spec_class = EventSubProcess
        return self.build(trigger=trigger, spec_key=key, interrupting=interrupting)
