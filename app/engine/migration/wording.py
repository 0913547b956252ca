"""What is said about elements that cannot move or that change, in both languages."""

from __future__ import annotations

from app.engine.bundle import process_file
from app.engine.errors import Problem
from app.engine.migration.plan import Change
from app.engine.spiff.flow_node import FlowNode

REASONS: dict[str, tuple[str, str]] = {
    "missing": (
        "新版本中没有该环节，而案件正停留于此，须指定对应的环节",
        "the case is at an element that the new version lacks: name the one that takes its place",
    ),
    "listener_missing": (
        "新版本中没有该事件，而其期限或消息正在等待，须指定对应的事件或明确放弃",
        "a time limit or message is waited for here and the new version lacks the event:"
        " name the one that takes its place or give it up",
    ),
    "moved": (
        "该环节在新版本中移到了另一个流程层级",
        "the element lies in another process or sub-process in the new version",
    ),
    "type_changed": ("该环节的类型已改变", "the element is of another type in the new version"),
    "trigger_changed": (
        "正在等待的事件改成了另一种",
        "the event that is waited for is of another kind in the new version",
    ),
    "called_changed": ("该环节改为调用另一个流程", "the element calls another process in the new version"),
    "repetition_changed": (
        "重复办理的方式已改变，已开始的各份无法接续",
        "the activity is repeated in another way; the runs that have begun do not fit",
    ),
    "join_changed": (
        "已有分支到达该汇合处，其连线在新版本中无法对应",
        "a branch has arrived at this join and its flow has no counterpart in the new version",
    ),
    "race_changed": (
        "正在等待的一组事件在新版本中没有一个保留",
        "none of the events that race here is left in the new version",
    ),
    "stuck": (
        "迁移后案件将停在此处，无法办结",
        "after the move the case would wait here for ever or never end",
    ),
    "other_process": ("不是同一流程的版本", "this is not a version of the same process"),
    "ended": ("案件已经结束", "the case has ended"),
    "bad_mapping": (
        "对应关系有误：旧版本或新版本中没有该环节",
        "the mapping names an element that the old or the new version lacks",
    ),
}
CHANGES: dict[str, tuple[str, str]] = {
    "armed": ("自迁移时起开始监听", "listens from the move on"),
    "dropped": ("不再监听", "is no longer listened for"),
    "rearmed": ("按新版本重新开始等待", "waits anew, as the new version says"),
    "due_kept": ("期限的算法已改，正在计算的期限不变", "the time is defined anew; the running timer stays"),
    "assigned_kept": (
        "办理人的规定已改，已产生的待办不变",
        "people or due date are defined anew; the open task keeps its own",
    ),
    "runs_kept": ("各份的来源已改，已开始的不变", "the runs are defined anew; those that have begun stay"),
}


def name_of(node: FlowNode) -> str:
    """How people call an element."""
    return node.bpmn_name or node.bpmn_id


def reason(code: str, process_id: str, element_id: str | None, name: str = "") -> Problem:
    """Why an instance cannot move."""
    zh, en = REASONS[code]
    quoted_zh, quoted_en = (f"“{name}”：", f"{name}: ") if name else ("", "")
    return Problem(code, element_id, process_file(process_id), quoted_zh + zh, quoted_en + en)


def change(code: str, node: FlowNode) -> Change:
    """What the move does at an element."""
    zh, en = CHANGES[code]
    name = name_of(node)
    return Change(code, node.process_id, node.bpmn_id, f"“{name}”{zh}", f"{name} {en}", of_instance=True)
