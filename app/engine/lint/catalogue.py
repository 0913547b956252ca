"""Every code a finding can have: how grave it is, what it is called, where it is explained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from app.engine.errors import Problem

DOCUMENT = "docs/findings.md"


@dataclass(frozen=True, slots=True)
class Code:
    """One code; `both` are errors or warnings, as the case may be."""

    name: str
    severity: Literal["error", "warning", "both"]
    title_zh: str
    title_en: str


_ALL = (
    Code("xml", "error", "文件无法读取", "the file cannot be read"),
    Code("no_process", "error", "没有所指的流程", "there is no such process"),
    Code("not_executable", "error", "流程标为不可执行", "the process is not executable"),
    Code("no_id", "error", "元素没有 id", "an element has no id"),
    Code("duplicate_id", "error", "id 重复", "an id is used twice"),
    Code("too_large", "both", "规模超过上限", "larger than the limit"),
    Code("too_long", "error", "名称或 id 过长", "a name or id is too long"),
    Code("dangling", "both", "引用的元素不存在", "a reference to nothing"),
    Code("dangling_shape", "warning", "图形没有对应的元素", "a shape without an element"),
    Code("unsupported", "error", "引擎不支持的元素", "the engine does not run this"),
    Code("ignored", "warning", "不会部署的内容", "not deployed"),
    Code("ignored_data", "warning", "数据关联不起作用", "data associations have no effect"),
    Code(
        "ignored_extension", "warning", "其他产品的扩展不被执行", "an extension of another product is not run"
    ),
    Code("unknown_extension", "error", "未知的 zr: 扩展", "an unknown zr: extension"),
    Code("no_start", "error", "没有开始事件", "no start event"),
    Code("unreachable", "error", "无法到达", "nothing leads here"),
    Code("endless", "error", "循环没有出口", "a cycle without a way out"),
    Code("spinning", "warning", "循环中没有等待的环节", "nothing waits in this cycle"),
    Code("implicit_end", "warning", "路径没有结束事件", "a path without an end event"),
    Code("join_waits_for_itself", "error", "汇聚等待自身之后的环节", "the join waits for what follows it"),
    Code("no_way_on", "warning", "网关没有出口", "a gateway leads nowhere"),
    Code("bad_flow", "error", "连线不能这样连接", "a flow that cannot be"),
    Code("boundary_host", "error", "边界事件未附在任务上", "a boundary event without an activity"),
    Code("link", "error", "链接事件不成对", "a link event without its partner"),
    Code("not_callable", "error", "流程不能被调用", "the process cannot be called"),
    Code("unknown_process", "error", "被调用的流程不存在", "the called process does not exist"),
    Code("deadlock", "error", "死锁", "deadlock"),
    Code("unbounded", "error", "令牌无限增多", "unbounded"),
    Code("unsynchronised", "error", "未同步的令牌", "lack of synchronisation"),
    Code("livelock", "error", "无法结束", "livelock"),
    Code("improper", "error", "结束不当", "improper ending"),
    Code("dead", "error", "永远不会执行", "a dead element"),
    Code("uncovered", "error", "有取值没有出口", "a value opens no way"),
    Code("never_taken", "warning", "连线永远不会被选中", "a flow that is never taken"),
    Code("no_condition", "error", "缺少条件", "a condition is missing"),
    Code("no_default", "warning", "没有默认连线", "no default flow"),
    Code("ignored_condition", "warning", "条件不起作用", "a condition without effect"),
    Code("event_gateway", "error", "事件网关的出口不对", "an event gateway with wrong ways"),
    Code("ambiguous_message", "warning", "两个出口等待同一消息", "two ways wait for the same message"),
    Code("no_form", "error", "用户任务没有表单", "a user task without a form"),
    Code("unknown_form", "error", "表单不存在", "the form does not exist"),
    Code("unknown_field", "error", "表单中没有该字段", "the form has no such field"),
    Code("no_candidates", "error", "没有办理人", "nobody can do the task"),
    Code("no_lane", "warning", "任务不在泳道中", "a task outside all lanes"),
    Code("bad_principal", "error", "办理人写法不对", "not a principal"),
    Code("no_result_variable", "both", "结果没有保存", "the result goes nowhere"),
    Code("unknown_duty", "warning", "没有这项职责", "an unknown duty"),
    Code("bad_operation", "error", "任务操作的设置不对", "a wrong setting of operations"),
    Code("literal", "error", "应为表达式或时间", "not an expression or time"),
    Code("passes", "warning", "任务不执行任何操作", "a task that does nothing"),
    Code("no_delegate", "error", "服务任务未指定处理程序", "a service task without a delegate"),
    Code("unknown_delegate", "error", "处理程序不存在", "the delegate does not exist"),
    Code("unknown_parameter", "error", "处理程序没有该参数", "an unknown parameter"),
    Code("missing_parameter", "error", "缺少参数", "a parameter is missing"),
    Code("duplicate_parameter", "error", "参数重复", "a parameter given twice"),
    Code("no_result", "warning", "处理程序没有结果", "the delegate has no result"),
    Code("no_decision", "error", "没有所指的决策", "there is no such decision"),
    Code("unknown_decision", "error", "决策不存在", "the decision does not exist"),
    Code("decision", "error", "决策表有误", "a decision table is wrong"),
    Code("table_overlap", "both", "决策表的行重叠", "rows of a table overlap"),
    Code("table_gap", "warning", "决策表有空缺", "a table has a gap"),
    Code("table_catch_all", "warning", "决策表没有兜底行", "a table without a catch-all"),
    Code("table_unreachable", "warning", "决策表的行不起作用", "a row that never counts"),
    Code("no_clause", "warning", "没有注明依据条款", "no clause is named"),
    Code("unknown_clause", "error", "条款不存在", "the clause does not exist"),
    Code("no_english_name", "warning", "没有英文名称", "no English name"),
    Code(
        "untranslated", "warning", "表单或决策表的文字没有英文", "a text of a form or table without English"
    ),
    Code("feel_syntax", "error", "表达式有误", "an expression is wrong"),
    Code("script", "error", "脚本不是赋值", "a script that is no assignment"),
    Code("unknown_function", "error", "没有该函数", "an unknown function"),
    Code("unknown_variable", "warning", "没有环节写入该变量", "nothing writes this variable"),
    Code("hidden_variable", "both", "表单字段遮住流程变量", "a field hides a process variable"),
    Code("reserved_name", "error", "变量名由系统保留", "a reserved name"),
    Code("bad_name", "error", "变量名不能使用", "a name no expression can read"),
    Code("multi_instance", "error", "多实例设置不完整", "an incomplete multi-instance"),
    Code("loop", "error", "循环设置不完整", "an incomplete loop"),
    Code("results_lost", "warning", "多实例的结果会丢失", "the results of the runs are lost"),
    Code("no_time", "error", "定时器没有时间", "a timer without a time"),
    Code("bad_time", "error", "定时器的时间不对", "a timer value that is no time"),
    Code("no_wait", "warning", "定时器立即到期", "a timer that is due at once"),
    Code("bad_clock", "error", "时限的设置不对", "a wrong setting of a legal clock"),
    Code("no_clock", "warning", "没有环节启动该时限", "nothing starts this clock"),
    Code("no_message", "error", "未指定消息", "no message is named"),
    Code("no_sender", "warning", "没有环节发送该消息", "nobody sends this message"),
    Code("no_receiver", "warning", "没有环节接收该消息", "nobody catches this message"),
    Code("no_correlation_key", "both", "没有关联键", "no correlation key"),
    Code("no_signal", "both", "没有环节发出该信号", "nothing throws this signal"),
    Code("no_error", "error", "引用的错误不存在", "the error does not exist"),
    Code("no_escalation", "error", "引用的升级不存在", "the escalation does not exist"),
    Code("uncaught_error", "error", "没有环节处理该错误", "nothing catches this error"),
    Code("form", "error", "表单有误", "a form is wrong"),
    Code("policy", "error", "政策文件有误", "a policy file is wrong"),
)
CODES = {code.name: code for code in _ALL}


def link_to(code: str) -> str:
    """Where a code is explained; the codes of one form component share a place."""
    return f"{DOCUMENT}#{code.partition('.')[0]}"


def describe(problem: Problem) -> dict[str, Any]:
    """A finding as plain values, with the place where it is explained."""
    return {
        "file": problem.file,
        "line": problem.line,
        "element_id": problem.element_id,
        "code": problem.code,
        "severity": problem.severity,
        "message_zh": problem.message_zh,
        "message_en": problem.message_en,
        "docs": link_to(problem.code),
    }
