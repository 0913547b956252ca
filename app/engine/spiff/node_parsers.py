"""The table that SpiffWorkflow's parser is given: which reader and which spec for each element."""

from __future__ import annotations

from app.engine.spiff import activity_parsers as activities
from app.engine.spiff import event_parsers as events
from app.engine.spiff.boundary import BoundaryEvent
from app.engine.spiff.catching import CatchEvent, EventGateway, ReceiveTask
from app.engine.spiff.decision_task import DecisionTask
from app.engine.spiff.exclusive import ExclusiveGateway
from app.engine.spiff.flow_node import FlowNode
from app.engine.spiff.inclusive import InclusiveGateway
from app.engine.spiff.node_reader import NodeReader
from app.engine.spiff.parallel import ParallelGateway
from app.engine.spiff.pass_task import PassTask
from app.engine.spiff.script_task import ScriptTask
from app.engine.spiff.service_task import ServiceTask
from app.engine.spiff.start_event import StartEvent
from app.engine.spiff.sub_process import CallActivity, SubProcess
from app.engine.spiff.throwing import EndEvent, SendTask, ThrowEvent
from app.engine.spiff.user_task import UserTask
from app.engine.xml import bpmn


class EventGatewayReader(NodeReader):
    """An event-based gateway inside the process."""

    def create(self) -> FlowNode | None:
        if (
            self.element.get("instantiate") == "true"
            or self.element.get("eventGatewayType", "Exclusive") != "Exclusive"
        ):
            self.refuse("事件网关不能启动流程", "an event-based gateway cannot start the process")
            return None
        return self.build()


NODE_PARSERS: dict[str, tuple[type[NodeReader], type[FlowNode]]] = {
    bpmn("task"): (activities.ActivityReader, PassTask),
    bpmn("manualTask"): (activities.ActivityReader, PassTask),
    bpmn("userTask"): (activities.UserTaskReader, UserTask),
    bpmn("serviceTask"): (activities.ServiceTaskReader, ServiceTask),
    bpmn("scriptTask"): (activities.ScriptTaskReader, ScriptTask),
    bpmn("businessRuleTask"): (activities.DecisionTaskReader, DecisionTask),
    bpmn("sendTask"): (activities.MessageTaskReader, SendTask),
    bpmn("receiveTask"): (activities.MessageTaskReader, ReceiveTask),
    bpmn("subProcess"): (activities.SubProcessReader, SubProcess),
    bpmn("callActivity"): (activities.CallActivityReader, CallActivity),
    bpmn("exclusiveGateway"): (NodeReader, ExclusiveGateway),
    bpmn("parallelGateway"): (NodeReader, ParallelGateway),
    bpmn("inclusiveGateway"): (NodeReader, InclusiveGateway),
    bpmn("eventBasedGateway"): (EventGatewayReader, EventGateway),
    bpmn("startEvent"): (events.StartEventReader, StartEvent),
    bpmn("endEvent"): (events.EndEventReader, EndEvent),
    bpmn("intermediateCatchEvent"): (events.CatchEventReader, CatchEvent),
    bpmn("intermediateThrowEvent"): (events.ThrowEventReader, ThrowEvent),
    bpmn("boundaryEvent"): (events.BoundaryEventReader, BoundaryEvent),
}

REFUSED: dict[str, tuple[str, str]] = {
    "complexGateway": ("不支持复杂网关，请用排他、并行或包容网关", "complex gateways are not supported"),
    "adHocSubProcess": ("不支持自由子流程", "ad-hoc sub-processes are not supported"),
    "transaction": ("不支持事务子流程", "transactions are not supported: they need compensation"),
}
