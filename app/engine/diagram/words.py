"""What a diagram says about its elements to those who cannot see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Language = Literal["zh", "en"]

TYPES: Mapping[str, tuple[str, str]] = {
    "startEvent": ("开始", "start"),
    "endEvent": ("结束", "end"),
    "intermediateCatchEvent": ("等待事件", "catching event"),
    "intermediateThrowEvent": ("发出事件", "throwing event"),
    "boundaryEvent": ("边界事件", "boundary event"),
    "task": ("任务", "task"),
    "userTask": ("人工任务", "user task"),
    "manualTask": ("线下任务", "manual task"),
    "serviceTask": ("系统任务", "service task"),
    "scriptTask": ("计算任务", "script task"),
    "sendTask": ("发送任务", "send task"),
    "receiveTask": ("接收任务", "receive task"),
    "businessRuleTask": ("规则任务", "business rule task"),
    "callActivity": ("调用流程", "called process"),
    "subProcess": ("子流程", "sub-process"),
    "transaction": ("事务子流程", "transaction"),
    "adHocSubProcess": ("临时子流程", "ad-hoc sub-process"),
    "exclusiveGateway": ("排他网关", "exclusive gateway"),
    "parallelGateway": ("并行网关", "parallel gateway"),
    "inclusiveGateway": ("包容网关", "inclusive gateway"),
    "eventBasedGateway": ("事件网关", "event-based gateway"),
    "complexGateway": ("复杂网关", "complex gateway"),
    "participant": ("参与方", "pool"),
    "lane": ("角色", "lane"),
    "sequenceFlow": ("流向", "flow"),
    "messageFlow": ("消息流", "message flow"),
    "association": ("关联", "association"),
    "textAnnotation": ("注释", "annotation"),
    "group": ("分组", "group"),
    "dataObjectReference": ("数据", "data object"),
    "dataStoreReference": ("数据库", "data store"),
}
STATES: Mapping[str, tuple[str, str]] = {
    "done": ("已完成", "done"),
    "active": ("进行中", "in progress"),
    "waiting": ("等待中", "waiting"),
    "failed": ("出错", "failed"),
    "cancelled": ("已取消", "cancelled"),
    "added": ("新增", "added"),
    "removed": ("删除", "removed"),
    "changed": ("修改", "changed"),
}


def name_type(kind: str, language: Language) -> str:
    """The word for a type of element; the BPMN name when we have none."""
    return TYPES.get(kind, (kind, kind))[language == "en"]


def name_state(state: str, language: Language) -> str:
    """The word for a state."""
    return STATES[state][language == "en"]


def describe(kind: str, name: str, state: str | None, count: int, caption: str, language: Language) -> str:
    """One sentence about an element: type, name, state, how many, who and how long."""
    parts = [name_state(state, language)] if state else []
    if count > 1:
        parts.append(f"×{count}")
    if caption:
        parts.append(caption)
    colon, left, right, comma = (": ", " (", ")", ", ") if language == "en" else ("：", "（", "）", "，")
    text = name_type(kind, language) + (colon + name if name else "")
    return text + (left + comma.join(parts) + right if parts else "")
