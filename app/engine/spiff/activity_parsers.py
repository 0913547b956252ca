"""Reads tasks, sub-processes and call activities with their loops."""

from __future__ import annotations

from typing import Any

from app.engine.feel import FeelError
from app.engine.spiff.activity import Activity
from app.engine.spiff.event_parsers import EventSubProcessReader, message_name
from app.engine.spiff.flow_node import FlowNode
from app.engine.spiff.formula import Formula, compile_feel
from app.engine.spiff.message import MessageTrigger
from app.engine.spiff.node_reader import NodeReader
from app.engine.spiff.repetition import MultiInstance, Repetition, StandardLoop
from app.engine.spiff.script_task import split_script
from app.engine.xml import bpmn


class ActivityReader(NodeReader):
    """Any activity: adds the loop to what `create_once` makes."""

    def create(self) -> FlowNode | None:
        node = self.create_once()
        if isinstance(node, Activity):
            node.repetition = self._repetition()
        return node

    def create_once(self) -> FlowNode | None:
        """The spec of one run."""
        return self.build()

    def _repetition(self) -> Repetition | None:
        loop = self.element.find(bpmn("standardLoopCharacteristics"))
        many = self.element.find(bpmn("multiInstanceLoopCharacteristics"))
        if many is not None:
            return self._multi_instance(many)
        return self._standard_loop(loop) if loop is not None else None

    def _standard_loop(self, loop: Any) -> Repetition | None:
        condition, maximum = self.text_of("loopCondition", loop), loop.get("loopMaximum")
        if condition is None and maximum is None:
            self.wrong("loop", "循环没有条件也没有次数上限", "the loop has neither a condition nor a maximum")
            return None
        if maximum is not None and not maximum.isdigit():
            self.wrong("loop", "loopMaximum 不是整数", "loopMaximum is no whole number")
            return None
        return StandardLoop(
            self._feel(condition, "loopCondition"),
            int(maximum) if maximum is not None else None,
            loop.get("testBefore") == "true",
        )

    def _multi_instance(self, many: Any) -> Repetition | None:
        cardinality = self.text_of("loopCardinality", many)
        reference = self.text_of("loopDataInputRef", many)
        collection = self.settings.formula("collection") or self._feel(reference, "loopDataInputRef")
        if cardinality is None and collection is None:
            self.wrong("multi_instance", "多实例没有集合也没有次数", "neither a collection nor a cardinality")
            return None
        if many.get("behavior", "All") != "All" or many.find(bpmn("complexBehaviorDefinition")) is not None:
            self.refuse("不支持多实例的抛出行为", "multi-instance behaviour other than All is not supported")
        item, output = many.find(bpmn("inputDataItem")), many.find(bpmn("outputDataItem"))
        output_name = output.get("name") or output.get("id") if output is not None else None
        return MultiInstance(
            many.get("isSequential") == "true",
            collection,
            self._feel(cardinality, "loopCardinality"),
            self.settings.text("elementVariable")
            or (item.get("name") or item.get("id") if item is not None else None),
            self.settings.text("outputCollection") or self.text_of("loopDataOutputRef", many),
            self.settings.formula("outputElement") or self._feel(output_name, "outputDataItem"),
            self._feel(self.text_of("completionCondition", many), "completionCondition"),
        )

    def _feel(self, text: str | None, what: str) -> Formula | None:
        return self.compiler.feel(text, what) if text is not None else None


class UserTaskReader(ActivityReader):
    """Takes the candidates of the lane."""

    def create_once(self) -> FlowNode | None:
        lane = self.in_lane
        return self.build(lane_candidates=lane.candidates if lane is not None else None)


class ServiceTaskReader(ActivityReader):
    """Needs a delegate."""

    def create_once(self) -> FlowNode | None:
        if not self.settings.text("delegate"):
            self.wrong("no_delegate", "服务任务未指定处理程序", "the service task names no delegate")
        return self.build()


class ScriptTaskReader(ActivityReader):
    """Splits the script into assignments."""

    def create_once(self) -> FlowNode | None:
        language = (self.element.get("scriptFormat") or "feel").lower()
        if "feel" not in language:
            self.refuse(f"脚本须用 FEEL，不支持 {language}", f"scripts are FEEL; {language} is not supported")
            return None
        script = self.element.find(bpmn("script"))
        assignments: list[tuple[str, Formula]] = []
        try:
            for name, text, line in split_script("".join(script.itertext()) if script is not None else ""):
                assignments.append((name, self._line(name, text, line)))
        except ValueError as error:
            self.wrong(
                "script",
                f"脚本中有一行不是赋值（{error}）",
                f"a line of the script is no assignment ({error})",
            )
        if not assignments:
            self.wrong("script", "脚本没有赋值", "the script assigns nothing")
        return self.build(assignments=tuple(assignments))

    def _line(self, name: str, text: str, line: int) -> Formula:
        try:
            return compile_feel(text)
        except FeelError as error:
            where = line + error.line - 1
            self.wrong(
                "feel_syntax",
                f"脚本第 {where} 行（{name}）的表达式有误，第 {error.column} 列：{error.message_zh}",
                f"script line {where} ({name}), column {error.column}: {error.message}",
            )
            return Formula(text)


class DecisionTaskReader(ActivityReader):
    """Finds the decision in the bundle."""

    def create_once(self) -> FlowNode | None:
        decision_id = self.settings.text("decisionRef")
        if not decision_id:
            self.wrong("no_decision", "规则任务未指定决策表", "the rule task names no decision")
            return None
        model = self.diagram.models.get(decision_id)
        if model is None:
            if decision_id not in self.diagram.models:
                self.wrong(
                    "unknown_decision", f"决策表 {decision_id} 不存在", f"there is no decision {decision_id}"
                )
            return None
        return self.build(decision_id=decision_id, model=model)


class SubProcessReader(ActivityReader):
    """Reads the level inside."""

    def create(self) -> FlowNode | None:
        if self.element.get("triggeredByEvent") == "true":
            return EventSubProcessReader(
                self.process_parser, self.spec_class, self.element, self.nsmap
            ).create()
        return super().create()

    def create_once(self) -> FlowNode | None:
        diagram = self.diagram
        key = f"{diagram.process_id}/{self.element.get('id')}"
        inner = diagram.read_level(self.element, key, self.in_lane)
        if inner.message_starts or (not inner.starts and inner.nodes):
            self.refuse(
                "子流程须有一个普通开始事件", "a sub-process begins with a start event without a trigger"
            )
        return self.build(spec_key=key)


class CallActivityReader(ActivityReader):
    """Names another process."""

    def create_once(self) -> FlowNode | None:
        called = (self.element.get("calledElement") or "").strip()
        if not called or called.startswith(("=", "$", "#")):
            self.wrong(
                "no_process", "须写明被调用流程的 id", "the id of the called process must be written out"
            )
            return None
        self.diagram.called.add(called)
        return self.build(spec_key=called)


class MessageTaskReader(ActivityReader):
    """Send and receive tasks."""

    def create_once(self) -> FlowNode | None:
        if self.element.get("instantiate") == "true":
            self.refuse("接收任务不能启动流程，请用消息开始事件", "a receive task cannot start the process")
            return None
        name = message_name(self, self.element.get("messageRef"))
        if name is None:
            self.wrong("no_message", "未指定消息", "no message is named")
            return None
        if self.element.tag == bpmn("sendTask"):
            return self.build(message=name)
        return self.build(trigger=MessageTrigger(self.settings.text("payloadVariable"), name, self.settings))
