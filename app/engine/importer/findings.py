"""What was changed in a foreign diagram, in words for its new owner."""

from __future__ import annotations

from dataclasses import dataclass

TEXTS: dict[str, tuple[str, str]] = {
    "encoding": (
        "文件编码与声明不符，已按 {detail} 读取",
        "the encoding is not the declared one; read as {detail}",
    ),
    "doctype_removed": ("已去掉 DOCTYPE 声明", "the DOCTYPE declaration was removed"),
    "xml_recovered": (
        "XML 格式有误，已尽量修复，请核对全图",
        "the XML was broken and was mended: check the whole diagram",
    ),
    "namespace": ("使用旧版命名空间，已换为 BPMN 2.0", "an old namespace was replaced by that of BPMN 2.0"),
    "missing_id": ("缺少 id，已补为 {detail}", "had no id and got {detail}"),
    "duplicate_id": ("id 重复，已改为 {detail}", "the id was taken already and became {detail}"),
    "illegal_id": (
        "id 不合规范，已更换；原 id：{detail}",
        "the id was not allowed and was replaced; it was: {detail}",
    ),
    "carried": (
        "{detail} 在此处不属于 BPMN，已原样收存在扩展中",
        "{detail} has no place in BPMN here and is kept as it is among the extensions",
    ),
    "prefixed_reference": ("引用带有命名空间前缀，已去掉", "prefixes of references were removed"),
    "not_executable": ("流程原标为不可执行，已改为可执行", "the process was not executable and is now"),
    "no_process": ("文件中没有流程，已新建空流程", "the file holds no process: an empty one was made"),
    "several_processes": (
        "文件中有多个流程（{detail}），各自成为草稿",
        "several processes ({detail}): each becomes a draft",
    ),
    "plane_repaired": (
        "图没有指明所画的流程，已指向此流程",
        "the diagram did not say what it shows and was given this",
    ),
    "documentation_moved": (
        "说明写在流程之外，已移到流程中",
        "documentation stood outside of every process and was moved into one",
    ),
    "choreography": (
        "编排图不执行，仅保留供参考",
        "choreographies are not executed, they are kept for reference",
    ),
    "dangling_reference": (
        "引用的元素不存在，引用已移除：{detail}",
        "a reference to nothing was removed: {detail}",
    ),
    "dangling_flow": (
        "连线一端不存在，连线已移除：{detail}",
        "a flow without one of its ends was removed: {detail}",
    ),
    "flow_moved": (
        "连线所在层级不对，已移到两端所在的层级",
        "the flow stood on another level than its ends and was moved",
    ),
    "flow_across_levels": (
        "连线跨越子流程边界，已移除：{detail}",
        "a flow across the border of a sub-process was removed: {detail}",
    ),
    "flow_into_start": (
        "开始事件有进入的连线，已改为中间事件",
        "a start event with an incoming flow became intermediate",
    ),
    "end_with_outgoing": (
        "结束事件有流出的连线，已改为中间事件",
        "an end event with an outgoing flow became intermediate",
    ),
    "no_start": ("没有开始事件，已补上", "there was no start event: one was added"),
    "no_end": ("没有结束事件，已补上", "there was no end event: one was added"),
    "several_starts": (
        "有多个普通开始事件，其余的改为消息开始事件",
        "of several plain start events the others became message starts",
    ),
    "several_inner_starts": (
        "子流程有多个开始事件，已合并为一个并在其后加排他网关",
        "the starts of a sub-process became one, with an exclusive gateway behind it",
    ),
    "start_trigger": (
        "流程不能由 {detail} 事件启动，已改为普通开始事件",
        "a process cannot be started by {detail}: now a plain start",
    ),
    "same_start_message": (
        "两个开始事件接收同一消息，已分开",
        "two start events waited for the same message: now for two",
    ),
    "message_created": ("未指定消息，已新建消息“{detail}”", "no message was named: “{detail}” was made"),
    "signal_created": ("未指定信号，已新建信号“{detail}”", "no signal was named: “{detail}” was made"),
    "error_created": ("未指定错误，已新建错误“{detail}”", "no error was named: “{detail}” was made"),
    "escalation_created": (
        "未指定升级，已新建升级“{detail}”",
        "no escalation was named: “{detail}” was made",
    ),
    "timer_value": (
        "定时器没有可用的时间，暂设为一天；原值：{detail}",
        "the timer had no usable value, now one day; it was: {detail}",
    ),
    "condition_value": (
        "条件事件没有可用的条件，暂设为不成立；原值：{detail}",
        "the conditional event had no usable condition, now false; it was: {detail}",
    ),
    "event_definition": (
        "此处不支持的事件定义已搁置：{detail}",
        "event definitions that cannot stand here were set aside: {detail}",
    ),
    "event_without_definition": (
        "等待事件没有定义，已改为直接通过",
        "a waiting event without a definition now lets everything pass",
    ),
    "boundary_detached": (
        "边界事件没有所附的任务，已改为中间事件",
        "a boundary event without an activity became intermediate",
    ),
    "boundary_condition": (
        "边界事件没有可用的定义，暂设为不成立的条件",
        "the boundary event had no usable definition, now a false condition",
    ),
    "error_interrupts": ("错误边界事件必须中断，已改", "an error boundary event always interrupts: changed"),
    "link_without_target": (
        "没有接收该链接的事件，已改为结束事件",
        "nothing catches this link: it became an end event",
    ),
    "link_twice": ("链接名重复，已改为 {detail}", "the name of the link was taken and became {detail}"),
    "compensation": (
        "不支持补偿，已搁置：{detail}",
        "compensation is not supported and was set aside: {detail}",
    ),
    "transaction": ("事务子流程改为普通子流程", "a transaction became an ordinary sub-process"),
    "ad_hoc": ("自由子流程改为普通子流程", "an ad-hoc sub-process became an ordinary one"),
    "event_sub_process": (
        "事件子流程的开始事件不可用，已改为普通子流程",
        "an event sub-process without a usable start became an ordinary one",
    ),
    "complex_gateway": ("复杂网关改为包容网关", "a complex gateway became an inclusive one"),
    "event_gateway": (
        "事件网关不能启动流程，也不能并行，已改为普通事件网关",
        "the event-based gateway is now an ordinary one inside the process",
    ),
    "event_gateway_target": (
        "事件网关后应为等待事件或接收任务，已补一个待填条件的等待事件",
        "behind an event-based gateway something must wait: a catching event was added, its condition is open",
    ),
    "service_task": (
        "服务任务未指定处理程序，暂填 unassigned",
        "the service task names no delegate, for now “unassigned”",
    ),
    "script": (
        "脚本不是 FEEL 赋值，改为普通任务，脚本仍保留",
        "the script is not FEEL: now a plain task that still holds it",
    ),
    "decision": (
        "决策“{detail}”不在库中，改为普通任务",
        "decision “{detail}” is not there: now a plain task",
    ),
    "called_process": (
        "被调用的流程“{detail}”不在库中，改为普通任务",
        "called process “{detail}” is not there: now a plain task",
    ),
    "form": ("表单“{detail}”不在库中，暂不关联", "form “{detail}” is not there: the task has none for now"),
    "receive_start": ("接收任务不能启动流程，已改", "a receive task cannot start the process: changed"),
    "multi_instance": (
        "多实例没有可用的集合或次数，暂设为 1 次；原值：{detail}",
        "the multi-instance had no usable collection or number, now 1; it was: {detail}",
    ),
    "loop": (
        "循环没有可用的条件或次数，暂设为至多 1 次；原值：{detail}",
        "the loop had no usable condition or maximum, now at most once; it was: {detail}",
    ),
    "expression": (
        "无法翻译的表达式，已搁置：{detail}",
        "an expression that cannot be translated was set aside: {detail}",
    ),
    "default_chosen": ("分支没有条件，已设为默认流", "a branch without a condition became the default flow"),
    "default_removed": (
        "默认流不是该元素的出口，已移除：{detail}",
        "the default flow does not leave this element and was removed: {detail}",
    ),
    "condition_missing": (
        "分支没有条件，暂设为不成立",
        "a branch without a condition: for now it is never taken",
    ),
    "condition_untranslated": (
        "分支条件无法翻译，暂设为不成立；原条件：{detail}",
        "the condition cannot be translated, for now never; it was: {detail}",
    ),
    "data": (
        "数据对象、数据存储只作说明，不随流程流转：{detail}",
        "data objects and stores are shown but not executed: {detail}",
    ),
    "not_drawn": ("原图未画出的元素：{detail}", "elements that the diagram does not show: {detail}"),
    "layout_made": ("原文件没有图形，已自动排版", "the file had no diagram: one was laid out"),
    "shape_removed": (
        "图形所指的元素不存在，已移除：{detail}",
        "shapes of elements that do not exist were removed: {detail}",
    ),
    "refused": (
        "引擎不能执行，已改为可编辑的占位：{detail}",
        "the engine cannot run this, now a placeholder: {detail}",
    ),
}


@dataclass(frozen=True, slots=True)
class Repair:
    """One change, or one thing that the author must still decide; `code` is stable."""

    element_id: str | None
    code: str
    message_zh: str
    message_en: str


@dataclass(frozen=True, slots=True)
class Repaired:
    """A draft that can be loaded and edited, with everything that was done to make it so."""

    xml: bytes
    findings: tuple[Repair, ...]


def describe(element_id: str | None, code: str, detail: str = "") -> Repair:
    """The finding for a code."""
    zh, en = TEXTS[code]
    short = " ".join(detail.split())
    short = short if len(short) <= 200 else short[:199] + "…"
    return Repair(element_id, code, zh.format(detail=short or "无"), en.format(detail=short or "none"))
